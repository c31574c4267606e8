"""The `takeback` command: thin commands over the rooms."""
