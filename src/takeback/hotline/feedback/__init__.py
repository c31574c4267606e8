"""What platforms say, and what became of entries there."""
