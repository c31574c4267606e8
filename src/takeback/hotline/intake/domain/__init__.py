"""The rules of a report: its questions, its answers, its code and its timeline. No Django here."""
