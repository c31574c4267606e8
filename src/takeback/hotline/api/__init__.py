"""The log and the list over HTTP, for programs."""
