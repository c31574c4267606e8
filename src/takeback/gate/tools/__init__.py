"""What else an operator does with a list: audit it, prove it, take it elsewhere."""
