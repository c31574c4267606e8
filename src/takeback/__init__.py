"""Takeback: fingerprints of pictures, a signed list of them, and the gate that stops copies."""
