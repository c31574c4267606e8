"""The case code: how it is stretched, and what is looked up by it."""
