"""What a person at a shell reads: commands as they can be typed here, and what a folder holds."""
