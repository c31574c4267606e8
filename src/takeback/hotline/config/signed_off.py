"""Whether a native reader has read a language: a file beside its catalogue says so, with a digest.

The digest is that of the translations alone, whatever their order, headers and comments. Whoever
changes a single one makes the language a draft again, until somebody reads it anew.
"""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from struct import error as struct_error
from struct import unpack_from

FILE = "signed-off.toml"
"""The name of the file, in the folder of its language; there is no name of a person in it."""

DRAFT = "draft"
READ = "read by a native reader"

_LITTLE_ENDIAN = 0x950412DE.to_bytes(4, "little")
_HEAD = "5I"
"""Magic number, revision, count of texts, and where the tables of their ids and of them begin."""
_ENTRY_BYTES = 8


class SignOffError(ValueError):
    """A file that says whether a language was read can't be understood."""


@dataclass(frozen=True)
class SignOff:
    """That a native reader has read all of a catalogue."""

    day: date
    catalogue: str
    """What `digest` gave for the catalogue that was read."""

    def as_toml(self) -> str:
        """What stands in the file."""
        return f'state = "{READ}"\ndate = {self.day.isoformat()}\ncatalogue = "{self.catalogue}"\n'


def digest(compiled: bytes) -> str:
    """What distinguishes the translations of a compiled catalogue (.mo, GNU gettext 10.3).

    Raises SignOffError if `compiled` is none.
    """
    whole = sha256()
    try:
        for text in sorted(_texts(compiled)):
            for part in text:
                whole.update(len(part).to_bytes(8, "big") + part)
    except struct_error as problem:
        raise SignOffError("This is not a compiled catalogue.") from problem
    return f"sha256:{whole.hexdigest()}"


def sign_off(language: Path) -> SignOff | None:
    """What the file in a language's folder says; nothing if it is a draft, or has no file.

    Raises SignOffError, with the path, if the file says anything else.
    """
    path = language / FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except ValueError as problem:
        raise SignOffError(f"{path}: {problem}") from problem
    match found:
        case {"state": state, **rest} if state == DRAFT and not rest:
            return None
        case {"state": state, "date": day, "catalogue": str(catalogue), **rest} if (
            state == READ and type(day) is date and not rest
        ):
            return SignOff(day, catalogue)
    raise SignOffError(f"{path}: not what tools/sign-off writes")


def is_read(language: Path) -> bool:
    """Whether what the pages say in a language is what a native reader has read.

    `language`: its folder, with the compiled catalogue. Raises as `sign_off` and `digest` do.
    """
    signed = sign_off(language)
    compiled = language / "LC_MESSAGES" / "django.mo"
    if signed is None or not compiled.is_file():
        return False
    return digest(compiled.read_bytes()) == signed.catalogue


def drafts(locales: Path, languages: Iterable[str]) -> list[str]:
    """Those of `languages` that no native reader has read as they stand, each a folder below."""
    return [language for language in languages if not is_read(locales / language)]


def _texts(compiled: bytes) -> Iterator[tuple[bytes, bytes]]:
    order = "<" if compiled.startswith(_LITTLE_ENDIAN) else ">"
    _, _, count, ids, translations = unpack_from(order + _HEAD, compiled)
    for place in range(0, count * _ENTRY_BYTES, _ENTRY_BYTES):
        key = _string(compiled, order, ids + place)
        # The empty key has the header, which says when and with what the file was made.
        if key:
            yield key, _string(compiled, order, translations + place)


def _string(compiled: bytes, order: str, place: int) -> bytes:
    length, start = unpack_from(f"{order}2I", compiled, place)
    return compiled[start : start + length]
