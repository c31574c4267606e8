"""What all rooms stand on: database, secrets, encryption, sessions, headers."""
