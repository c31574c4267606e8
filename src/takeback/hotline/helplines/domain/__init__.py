"""What a helpline is, when it is open, and what may be said of that."""
