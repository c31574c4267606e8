"""Ukrainian dates as they are spoken: no zero before the day, the month in its form after it."""

DATE_FORMAT = "j E Y"
