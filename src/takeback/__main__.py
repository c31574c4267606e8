"""`python -m takeback` is the `takeback` command."""

from takeback.cli.main import app

app()
