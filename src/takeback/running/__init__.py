"""What every program that runs for long needs, whatever it is for: bounds, secrecy, health."""
