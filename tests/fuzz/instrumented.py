"""Imports what is fuzzed so that libFuzzer sees which ways through the Python code are taken."""

import contextlib
import importlib
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import atheris

_SOURCES = Path(__file__).parents[2] / "src"


@contextlib.contextmanager
def instrumented(*packages: str, without: Sequence[str] = ()) -> Iterator[None]:
    """Instrument what is imported of these packages meanwhile; nothing of them may be imported yet.

    `without`: modules that compare large arrays. Atheris never lets go of what a comparison that it
    watches gives, and an input would cost a megabyte.

    Atheris would see nothing of modules that the finder of the editable install loads. So the
    sources are put on the path instead; the native module, which is not there, is loaded before.
    """
    importlib.import_module("takeback._native")
    del sys.modules["takeback"]
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if "editable" not in type(finder).__module__
    ]
    sys.path.insert(0, str(_SOURCES))
    with atheris.instrument_imports(include=list(packages), exclude=list(without)):
        yield
