"""Tags that show a service or a platform from the facts."""
