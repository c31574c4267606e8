"""Who did what: an append-only, chained record."""
