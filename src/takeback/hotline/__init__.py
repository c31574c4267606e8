"""The hotline's side: what a young person, a platform and the list need from it; in Django."""
