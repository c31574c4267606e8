"""What a folder of the embedded server's write-ahead log holds, and what can go from it.

A folder of it begins somewhere and goes on for ever; together with any backup begun later than its
beginning it holds every commit up to its end.
"""

import re
import shutil
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from takeback.hotline.backups.domain import BackupError

WAL_SETTING: Final = "synchronous_standby_names"
"""Whom commits wait for."""
_SEGMENT: Final = re.compile(r"([0-9A-F]{8})([0-9A-F]{8})([0-9A-F]{8})(\.partial)?")
_HISTORY: Final = re.compile(r"[0-9A-F]{8}\.history")
_SEGMENTS_OF_A_WORD: Final = 256  # of 16 MiB each, in the lower 4 GiB of a position
_START: Final = re.compile(rb"START WAL LOCATION: \S+ \(file ([0-9A-F]{24})\)")
_CLOCK_MARGIN: Final = timedelta(hours=1)


def take_wal(source: Path, base: Path, target: Path) -> None:
    """Copy into the new folder `target` all that a base backup in `base` needs of a followed log.

    Raises BackupError if something is missing between the two, or is of another server.
    """
    started = _START.search((base / "backup_label").read_bytes())
    if started is None:
        raise BackupError("The backup does not say where its write-ahead log begins.")
    first = _number(started[1].decode())
    files = [path for path in sorted(source.iterdir()) if _SEGMENT.fullmatch(path.name)]
    needed = {_number(path.name): path for path in files if _number(path.name) >= first}
    if not needed:
        raise BackupError(f"{source} holds nothing that is newer than the backup.")
    own = {
        _number(path.name) for path in (base / "pg_wal").iterdir() if _SEGMENT.fullmatch(path.name)
    }
    missing = set(range(first, max(needed) + 1)) - own - set(needed)
    if missing:
        raise BackupError(
            f"{source} begins after this backup, or files are missing in it: {len(missing)} of "
            f"{max(needed) - first + 1}. Take a newer backup, or leave --wal out."
        )
    target.mkdir(mode=0o700)
    for path in needed.values():
        shutil.copyfile(path, target / path.name.removesuffix(".partial"))
    for path in source.iterdir():
        if _HISTORY.fullmatch(path.name):
            shutil.copyfile(path, target / path.name)


def newest_segment(folder: Path) -> int:
    """Return the number of the newest segment in a folder of segments."""
    return max(_number(path.name) for path in folder.iterdir() if _SEGMENT.fullmatch(path.name))


def segment_at(connection: psycopg.Connection[Any]) -> int:
    """Return the number of the segment that a server writes into now."""
    ((name,),) = connection.execute("SELECT pg_walfile_name(pg_current_wal_lsn())").fetchall()
    return _number(str(name))


def prune(folder: Path, oldest_backup: datetime) -> int:
    """Remove segments that were whole before the oldest backup began; returns how many."""
    before = (oldest_backup - _CLOCK_MARGIN).timestamp()
    old = [
        path
        for path in folder.iterdir()
        if (match := _SEGMENT.fullmatch(path.name))
        and match[4] is None
        and path.stat().st_mtime < before
    ]
    for path in old:
        path.unlink()
    return len(old)


def _number(name: str) -> int:
    """Return the number of a segment from the name of its file, whatever its timeline."""
    return int(name[8:16], 16) * _SEGMENTS_OF_A_WORD + int(name[16:24], 16)
