"""English dates that read the same in every English-speaking country: 3 March 2026."""

DATE_FORMAT = "j F Y"
