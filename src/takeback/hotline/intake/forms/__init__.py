"""What the forms of the young person's pages send, read into values; and what they offer."""
