"""What has no documented face, found under the names that it had and has in one tree or another.

Of each the newest name stands first. A tree that was rearranged is measured again once its names
are added here; what is called, and with what, stays the same for all of them.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any


def hamming_index() -> Any:
    """Return the class with `build(codes)`, `search(query, bits)`, `search_flat(queries, bits)`."""
    return _found(
        ("takeback.matching.index", "PdqIndex"),
        ("takeback.matching.hamming", "PdqIndex"),
        ("takeback.matching.hamming", "HammingIndex"),
    )


def luma() -> Any:
    """Return the class with `from_scaled(grey, width, height)` and `dihedral_pdqs()`."""
    return _found(("takeback.fingerprints.luma", "Luma"))


def embedded_server(data: Path) -> Any:
    """Start a hotline's embedded PostgreSQL on a folder; returns what has `get_uri()`."""
    start = _found(
        ("takeback.hotline.foundation.database", "embedded_server"),
        ("takeback.hotline.config.database", "embedded_server"),
    )
    return start(data, cleanup_mode="stop")


def set_up_hotline() -> None:
    """Make the hotline's code ready."""
    importlib.import_module("django").setup()


def signals_of(pdq: str, sha256: str) -> tuple[Any, Any]:
    """Return what is listed of a picture with these digests: 64 hex digits each."""
    return (
        _signal("PdqSignal")(value=pdq, quality=100),
        _signal("Sha256Signal")(value=sha256),
    )


def list_pictures(pictures: Sequence[Sequence[Any]]) -> list[str]:
    """Put pictures, each a sequence of signals, on the list in one transaction; returns ids."""
    listing = _found(
        ("takeback.hotline.entries.actions", "list_entries"),
        ("takeback.hotline.publishing.actions", "list_pictures"),
    )
    return [str(entry) for entry in listing(pictures)]


def withdraw(entries: Sequence[str]) -> None:
    """Take entries off the list, as the young person does, in one transaction."""
    withdrawing = _found(
        ("takeback.hotline.entries.actions", "withdraw_entries"),
        ("takeback.hotline.publishing.actions", "withdraw_entries"),
    )
    withdrawing(entries, "reporter")


def published_at() -> float:
    """Return when the newest checkpoint was published: seconds of the epoch."""
    publication = _found(
        ("takeback.hotline.log.models", "Publication"),
        ("takeback.hotline.publishing.models", "Publication"),
    )
    newest: datetime = publication.objects.order_by("-checkpoint").first().published_at
    return newest.timestamp()


def _signal(name: str) -> Any:
    return _found(("takeback.signals.wire", name), ("takeback.hashlist.signals", name))


def _found(*places: tuple[str, str]) -> Any:
    """Return the first of these that this tree has; raises LookupError if it has none."""
    for module, name in places:
        try:
            return getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise  # the module is there, but lacks something else
        except AttributeError:
            continue
    names = " or ".join(f"{module}.{name}" for module, name in places)
    raise LookupError(f"This tree has no {names}: add its name to {__file__}.")
