"""Punjabi dates, for which Django has no form: the day, the month, the year."""

DATE_FORMAT = "j F Y"
