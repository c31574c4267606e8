"""The numbers that the hotline publishes."""
