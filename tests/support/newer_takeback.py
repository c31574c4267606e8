"""`takeback`, with two more kinds of fingerprint."""

import tests.support.newer_kinds  # noqa: F401  # isort: skip

from takeback.cli.main import app

if __name__ == "__main__":
    app()
