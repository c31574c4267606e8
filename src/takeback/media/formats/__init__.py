"""What each file format needs before and after its decoder: which frame, which kinds, how much."""
