"""Checks uploads against the lists in force."""
