"""The young person: start, questions, case code, timeline, taking it back, leaving quickly."""
