"""The gate over HTTP."""
