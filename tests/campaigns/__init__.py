"""Long campaigns against running programs: each prints figures beside their bounds."""
