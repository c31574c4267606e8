"""Slows anyone who floods the hotline, without keeping an address."""
