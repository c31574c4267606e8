"""Whether the database answers, what is wrong when it does not, and how it comes back."""
