"""Long campaigns, figures beside their bounds; `python -m tests.campaigns.NAME --help`."""
