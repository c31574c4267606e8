"""Backups: database, secrets and state in one encrypted file, and the way back from it."""
