"""What the list is: signals, events and their fold; and the signed log that carries them."""
