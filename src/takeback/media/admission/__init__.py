"""What a picture will cost, when its turn comes, and who must come again later."""
