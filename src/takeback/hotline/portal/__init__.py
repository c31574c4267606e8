"""Pages for the engineers of platforms, at `/platforms/`."""
