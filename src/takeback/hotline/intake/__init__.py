"""The young person: start, questions, case code, timeline, withdrawing, leaving quickly."""
