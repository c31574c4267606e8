"""Tile coordinates: how the log is cut into files of 256 hashes or events (C2SP tlog-tiles)."""

import re
from dataclasses import dataclass

from takeback.tlog.errors import MalformedLogError

TILE_WIDTH = 256
_MAX_LEVEL = 63
_GROUP = 1000
_NUMBER = re.compile(r"(?:x\d{3}/){0,5}\d{3}", re.ASCII)
_PARTIAL = re.compile(r"\.p/([1-9]\d{0,2})", re.ASCII)
_LEVEL = re.compile(r"(0|[1-9]\d?)/", re.ASCII)


@dataclass(frozen=True, slots=True)
class BundleRef:
    """One bundle or tile of a level: its number, and its width, 1–256; under 256 it is partial."""

    number: int
    width: int = TILE_WIDTH

    def __post_init__(self) -> None:
        """Raise MalformedLogError for a width or number that no tile has."""
        if self.number < 0 or not 1 <= self.width <= TILE_WIDTH:
            raise MalformedLogError(f"There is no tile {self.number} of width {self.width}.")

    @property
    def start(self) -> int:
        """Index of the first hash or event in it, within its level."""
        return self.number * TILE_WIDTH

    @property
    def end(self) -> int:
        """Index after the last one."""
        return self.start + self.width

    @property
    def path(self) -> str:
        """`<N>[.p/<W>]`: tile 1234067 is `x001/x234/067`."""
        groups = [f"{self.number % _GROUP:03d}"]
        rest = self.number // _GROUP
        while rest:
            groups.append(f"x{rest % _GROUP:03d}")
            rest //= _GROUP
        partial = "" if self.width == TILE_WIDTH else f".p/{self.width}"
        return "/".join(reversed(groups)) + partial

    @classmethod
    def parse(cls, path: str) -> "BundleRef":
        """Read `<N>[.p/<W>]`; raises MalformedLogError for any other spelling."""
        number = _NUMBER.match(path)
        if number is None:
            raise _no_tile(path)
        partial = _PARTIAL.fullmatch(path, number.end())
        if partial is None and number.end() != len(path):
            raise _no_tile(path)
        ref = cls(
            int(number[0].replace("x", "").replace("/", "")),
            int(partial[1]) if partial else TILE_WIDTH,
        )
        if ref.path != path:  # needless zeros, or a full tile called partial
            raise _no_tile(path)
        return ref


@dataclass(frozen=True, slots=True)
class TileRef:
    """One tile of the Merkle tree: level 0–63, above the number and width."""

    level: int
    bundle: BundleRef

    @property
    def path(self) -> str:
        """`<L>/<N>[.p/<W>]`."""
        return f"{self.level}/{self.bundle.path}"

    @classmethod
    def parse(cls, path: str) -> "TileRef":
        """Read `<L>/<N>[.p/<W>]`; raises MalformedLogError for any other spelling."""
        level = _LEVEL.match(path)
        if level is None or int(level[1]) > _MAX_LEVEL:
            raise _no_tile(path)
        return cls(int(level[1]), BundleRef.parse(path[level.end() :]))


def _no_tile(path: str) -> MalformedLogError:
    return MalformedLogError(f"{path[:60]!r} names no tile. Example: x001/x234/067.p/8")
