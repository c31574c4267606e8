"""What a gate keeps on the platform's disk: its copy of the list, snapshots of it, an outbox."""
