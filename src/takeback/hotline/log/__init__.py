"""The one log: it sequences events, signs checkpoints and publishes them; it knows no entries."""
