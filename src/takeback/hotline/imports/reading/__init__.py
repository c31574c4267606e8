"""Reads other organisations' lists, each in its own shape, from a server or a file."""
