"""The list: entries, how they stand, and who may change that."""
