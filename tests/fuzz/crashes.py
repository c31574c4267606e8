"""The kept corpus: files that once broke something, which every test run tries again."""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "media" / "crashes"
LARGEST = 1 << 16  # bytes of one file; what is longer can be made smaller
WHAT_TO_DO = """\
Each of these files broke a decoder entry; the log beside the corpus in var/fuzz says how.
1. Read what it does: .venv/bin/python -m tests.fuzz.TARGET --replay FILE
2. Mend it, or bound it where it is not our code.
3. Keep the file in tests/media/crashes, make it smaller if you can (-minimize_crash=1), and add a
   line to the README there. Every `make test` tries it again."""


def kept() -> list[Path]:
    """Return the files of the corpus."""
    return sorted(path for path in FOLDER.iterdir() if path.suffix == ".bin")


def keep(find: Path) -> Path:
    """Copy what libFuzzer wrote into the corpus, under a name that tells target and content."""
    data = find.read_bytes()
    kind = find.name.partition("-")[0]  # crash, timeout, oom, leak, slow
    digest = hashlib.sha256(data).hexdigest()[:12]
    place = FOLDER / f"{find.parent.name}-{kind}-{digest}.bin"
    place.write_bytes(data)
    return place
