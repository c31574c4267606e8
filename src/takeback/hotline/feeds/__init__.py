"""The list in the shapes that other programs already read, and feedback in each of them."""
