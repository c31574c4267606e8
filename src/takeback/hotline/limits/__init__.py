"""Slows whoever floods the hotline, without keeping an address."""
