"""Takeback measured side by side with what platforms use: `make bench`, `make bench-quick`.

Every step writes what it measured to var/benchmarks/results as JSON; `report` makes
docs/benchmarks.md and its plots of them.
"""
