"""Parse, call, render: the pages of the young person, by what they are for."""
