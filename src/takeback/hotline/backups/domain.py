"""What a backup is: its name, what its first member says, and how long it is kept."""

import json
import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final

FORMAT: Final = 1
KEEP_DAYS: Final = 14
"""So long a backup is kept if the operator says nothing: the longest that withdrawn
fingerprints live on in backups."""

_STAMP: Final = "%Y-%m-%dT%H%M%SZ"
_NAME: Final = re.compile(
    r"takeback-([0-9a-f]{8})-(?:(database|secrets)-)?(\d{4}-\d\d-\d\dT\d{6}Z)\.age"
)


class BackupError(Exception):
    """A backup can't be made or restored; the message says why and what to do."""


class Kind(StrEnum):
    """How the database stands in a backup."""

    BASE = "base"
    """The files of the embedded server, as `pg_basebackup` copies them."""
    DUMP = "dump"
    """What `pg_dump` writes of a server's database, in its custom format."""


class Part(StrEnum):
    """What a backup holds: parts can go into files of their own, with keys of their own."""

    DATABASE = "database"
    SECRETS = "secrets"
    """The secret files, and what else stands in the state folder."""


ALL_PARTS: Final = frozenset(Part)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself, in its first member.

    `made_at`: when it was begun, in UTC; `kind` and `postgres` (a major version) are those of the
    database; `takeback`: the version of the program that made it.
    """

    made_at: datetime
    parts: frozenset[Part]
    kind: Kind | None
    postgres: int | None
    takeback: str

    def to_json(self) -> bytes:
        """Return it as one JSON object."""
        fields = asdict(self) | {
            "format": FORMAT,
            "made_at": self.made_at.isoformat(),
            "parts": sorted(self.parts),
        }
        return json.dumps(fields, sort_keys=True).encode()

    @staticmethod
    def from_json(text: bytes) -> "Manifest":
        """Read it. Raises BackupError if this is no backup, or of another format."""
        try:
            fields = json.loads(text)
            if fields["format"] != FORMAT:
                raise BackupError("A newer Takeback made this backup. Update this one first.")
            return Manifest(
                made_at=datetime.fromisoformat(fields["made_at"]),
                parts=frozenset(map(Part, fields["parts"])),
                kind=Kind(fields["kind"]) if fields["kind"] else None,
                postgres=fields["postgres"],
                takeback=fields["takeback"],
            )
        except (ValueError, KeyError, TypeError) as error:
            raise BackupError("This is not a backup that Takeback has made.") from error


@dataclass(frozen=True, slots=True)
class Restored:
    """The note that a restore leaves in the state folder: the log may be older than it was.

    `restored_at`, `made_at`: when the backup was put back and when it was begun, in UTC; `origin`
    and `size`: of the log that came out of it, in events, everything replayed.
    """

    restored_at: datetime
    made_at: datetime
    origin: str
    size: int

    def to_json(self) -> bytes:
        """Return it as one JSON object."""
        fields = asdict(self) | {
            "restored_at": self.restored_at.isoformat(),
            "made_at": self.made_at.isoformat(),
        }
        return json.dumps(fields, sort_keys=True).encode()


def now() -> datetime:
    """Return the time in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def stamp(moment: datetime) -> str:
    """Return a moment as it stands in names of files."""
    return moment.astimezone(UTC).strftime(_STAMP)


@dataclass(frozen=True, slots=True)
class BackupName:
    """What the name of a backup tells without a key.

    `hotline`: eight hexadecimal digits, whose backup it is; `made_at`: when it was begun, in UTC.
    """

    hotline: str
    parts: frozenset[Part]
    made_at: datetime

    def __str__(self) -> str:
        which = "" if self.parts == ALL_PARTS else f"{min(self.parts)}-"
        return f"takeback-{self.hotline}-{which}{stamp(self.made_at)}.age"

    @staticmethod
    def of(path: Path) -> "BackupName | None":
        """Read the name of a file, None if it is not one that Takeback gives."""
        match = _NAME.fullmatch(path.name)
        if match is None:
            return None
        hotline, part, made = match.groups()
        parts = frozenset({Part(part)}) if part else ALL_PARTS
        return BackupName(hotline, parts, datetime.strptime(made, _STAMP).replace(tzinfo=UTC))


def expired(paths: Iterable[Path], new: BackupName, keep: timedelta) -> list[Path]:
    """Return which of these files may go now that a new backup is whole, one of the paths.

    Those of the same hotline that were begun longer ago than `keep`, if all that they hold is in
    backups that are newer. What is another hotline's, or has another name, stays.
    """
    own = {path: name for path in paths if (name := BackupName.of(path)) is not None}
    own = {path: name for path, name in own.items() if name.hotline == new.hotline}
    old = {path: name for path, name in own.items() if name.made_at < new.made_at - keep}
    newer = frozenset[Part]().union(*(own[path].parts for path in own.keys() - old.keys()))
    return sorted(path for path, name in old.items() if name.parts <= newer)
