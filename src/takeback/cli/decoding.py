"""What commands that decode pictures say where no process can be started for it."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer

from takeback.cli.printing import say

_NOTHING_DONE = 2
"""Unlike 1, with which commands end that have read some files and others not."""


@contextmanager
def start_explained() -> Iterator[None]:
    """Turn a decoder that can't be started into one line on standard error, and exit code 2."""
    from takeback.media import DecoderNotStarted

    try:
        yield
    except DecoderNotStarted as error:
        say(str(error), err=True)
        raise typer.Exit(_NOTHING_DONE) from error
