"""Requests to addresses that others have chosen."""
