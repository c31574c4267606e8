"""Keeps the store in step with hotlines, and brings them what the platform said."""
