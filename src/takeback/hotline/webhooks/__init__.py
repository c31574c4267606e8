"""Tells platforms of checkpoints."""
