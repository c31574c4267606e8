"""Punjabi."""
