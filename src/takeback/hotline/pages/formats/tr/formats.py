"""Turkish dates as they are spoken: no zero before the day."""

DATE_FORMAT = "j F Y"
