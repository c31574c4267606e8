"""The list: the signed log, the platforms that follow it, and what they report back."""
