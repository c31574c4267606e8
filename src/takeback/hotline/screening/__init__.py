"""What a new entry is compared with before it goes out."""
