"""What the hotline's own people do: they look at what waits, and decide."""
