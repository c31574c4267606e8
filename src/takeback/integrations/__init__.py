"""Other people's programs: what lets them read the list, or ask a gate."""
