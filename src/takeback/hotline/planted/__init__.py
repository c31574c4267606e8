"""Entries of no reported picture: canaries, and the test lane."""
