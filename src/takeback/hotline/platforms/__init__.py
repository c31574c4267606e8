"""Who follows the list, with which keys."""
