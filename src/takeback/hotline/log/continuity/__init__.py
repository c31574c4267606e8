"""Keeps a restored backup from signing another history: what was signed is known elsewhere, too."""
