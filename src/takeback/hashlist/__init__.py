"""What the list is: signals, events and their fold, and how a gate follows its log."""
