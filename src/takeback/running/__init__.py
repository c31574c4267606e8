"""What every program that runs needs, whatever it is for: bounds, secrecy, health, safe lines."""
