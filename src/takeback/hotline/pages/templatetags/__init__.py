"""Template tags of the hotline's configuration."""
