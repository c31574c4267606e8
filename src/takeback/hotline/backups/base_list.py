"""The list that a base backup brings of its own files, and whether they are as it says.

PostgreSQL's `pg_verifybackup` does this too, but the one in the embedded server's wheel crashes.
https://www.postgresql.org/docs/current/backup-manifest-format.html has the format.
"""

import hashlib
import json
from pathlib import Path

from takeback.hotline.backups.domain import BackupError

NAME = "backup_manifest"


def verify_files(folder: Path) -> None:
    """Check every file of a base backup by size and SHA-256. Raises BackupError at a wrong one.

    Its WAL is not on the list; the server checks that itself when it starts.
    """
    text = (folder / NAME).read_bytes()
    fields = json.loads(text)
    end = text.rindex(b'"Manifest-Checksum"')
    if hashlib.sha256(text[:end]).hexdigest() != fields["Manifest-Checksum"]:
        raise BackupError("The list of the database's files is damaged; nothing was replaced.")
    for file in fields["Files"]:
        name = file["Path"] if "Path" in file else bytes.fromhex(file["Encoded-Path"]).decode()
        path = folder / name
        if not path.is_file() or path.stat().st_size != file["Size"]:
            raise BackupError(f"The database's file {name} is missing or cut off.")
        with path.open("rb") as opened:
            if hashlib.file_digest(opened, "sha256").hexdigest() != file["Checksum"]:
                raise BackupError(f"The database's file {name} is damaged.")
