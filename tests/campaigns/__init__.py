"""Long measurements, each against its bound; `python -m tests.campaigns.NAME --help`."""
