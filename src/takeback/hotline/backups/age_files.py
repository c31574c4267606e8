"""Encrypted files as age has them (https://age-encryption.org/v1), streamed, with X25519 keys.

Keys are those of `age-keygen`, and `age -d` opens the files, too. A file that was cut off or
changed anywhere is noticed, at the latest at its end.
"""

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, BinaryIO, Final

import pyrage

from takeback.hotline.backups.domain import BackupError, now
from takeback.running.private_files import sync_directory

_BUFFER = 1 << 20
# Both in Bech32, as age has them: https://age-encryption.org/v1, "The X25519 recipient type".
_PUBLIC_HALF: Final = "age1"
_SECRET_HALF: Final = "AGE-SECRET-KEY-"  # noqa: S105 - how they begin
_PUBLIC_LENGTH: Final = 62


def make_key(path: Path) -> str:
    """Write a new secret key to `path`, readable by this user only; returns the public one.

    Raises BackupError if the file is there already: what it opens would be lost with it.
    """
    identity = pyrage.x25519.Identity.generate()
    public = str(identity.to_public())
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as error:
        raise BackupError(f"{path} is there already. Choose another name.") from error
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(f"# created: {now().isoformat()}\n# public key: {public}\n{identity}\n")
        file.flush()
        os.fsync(file.fileno())
    return public


def parse_recipients(lines: Sequence[str]) -> list[Any]:
    """Read public keys, `age1…`, one a line. Raises BackupError for anything else, or for none.

    It never repeats a line: that may be a secret key, and what a nightly job says is kept.
    """
    recipients = []
    for number, line in enumerate(_meant(lines), 1):
        which = f"Recipient {number}"
        if _SECRET_HALF in line.upper():
            raise BackupError(
                f"{which} is the secret half of a key, which opens your backups. It does not "
                "belong on this machine: delete it here, also where the shell or a job keeps what "
                "was typed. Give the public half, age1…, which the file of the key names."
            )
        if not line.startswith(_PUBLIC_HALF):
            raise BackupError(f"{which} is no public key of age: those begin with age1.")
        try:
            recipients.append(pyrage.x25519.Recipient.from_str(line))
        except pyrage.RecipientError:
            # Not from the library's error: it could repeat the line.
            raise BackupError(
                f"{which} begins as a public key of age does, and is not whole or was mistyped: it "
                f"has {len(line)} characters, and an X25519 key has {_PUBLIC_LENGTH}. Copy it "
                "again."
            ) from None
    if not recipients:
        raise BackupError("Say for whom to encrypt, with --to age1…")
    return recipients


def parse_identities(text: str) -> list[Any]:
    """Read a file of secret keys as `age-keygen` writes it. Raises BackupError; it names no key."""
    try:
        found = [pyrage.x25519.Identity.from_str(line) for line in _meant(text.splitlines())]
    except pyrage.IdentityError:
        raise BackupError("The key file holds no secret keys of age, AGE-SECRET-KEY-1…") from None
    if not found:
        raise BackupError("The key file holds no secret key.")
    return found


def _meant(lines: Sequence[str]) -> list[str]:
    stripped = [line.strip() for line in lines]
    return [line for line in stripped if line and not line.startswith("#")]


@contextmanager
def encrypting(
    path: Path, recipients: Sequence[Any], on_bytes: Callable[[int], None]
) -> Iterator[BinaryIO]:
    """Yield a file to write into; it stands encrypted at `path`, whole and synced, at the end.

    If the block raises, or the disk is full, nothing stands at `path`. `on_bytes` hears how many
    bytes were written, now and then. Raises OSError.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.draft")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            sink = _Sink(file, on_bytes)
            try:
                with _through_a_pipe(
                    lambda inner: pyrage.encrypt_io(inner, sink, recipients), writes_to_us=False
                ) as plain:
                    yield plain
            except pyrage.EncryptError as error:
                sink.finish()
                raise BackupError(f"The backup could not be encrypted: {error}.") from error
            sink.finish()
            os.fsync(file.fileno())
        draft.rename(path)
        sync_directory(path.parent)
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def decrypting(
    path: Path, identities: Sequence[Any], on_bytes: Callable[[int], None]
) -> Iterator[BinaryIO]:
    """Yield what stands encrypted at `path`; only at the end of the block is it proven whole.

    `on_bytes` hears how many encrypted bytes were read. Raises BackupError if no key fits, or if
    the file was changed or cut off.
    """
    with path.open("rb") as file:
        source = _Source(file, on_bytes)
        try:
            with _through_a_pipe(
                lambda inner: pyrage.decrypt_io(source, inner, identities), writes_to_us=True
            ) as plain:
                yield plain
        except pyrage.DecryptError as error:
            raise BackupError(_why_closed(path.name, str(error))) from error
        except _DamagedError as error:
            raise BackupError(f"{path.name} was changed or cut off; it is not used.") from error


def _why_closed(name: str, words: str) -> str:
    """Say in plain words what the library means, which it says in words only."""
    if "matching keys" in words:
        return f"{name} can't be opened with this key. Use the key that it was made for."
    return f"{name} is no backup, or was cut off or changed. Fetch it anew, or take another backup."


class _DamagedError(Exception):
    """The encrypted file is not as it was written."""


@contextmanager
def _through_a_pipe(work: Callable[[IO[bytes]], None], *, writes_to_us: bool) -> Iterator[BinaryIO]:
    """Run `work` on one end of a pipe in a thread of its own; yields the other end.

    What `work` raises is raised here in place of the broken pipe that we saw. If the block raises,
    `work` sees its end close and what it raises then is of no interest.
    """
    reading, writing = os.pipe()
    ours, theirs = (reading, writing) if writes_to_us else (writing, reading)
    failure: list[BaseException] = []

    def run() -> None:
        try:
            with os.fdopen(theirs, "wb" if writes_to_us else "rb", buffering=_BUFFER) as inner:
                work(inner)
        except BrokenPipeError:
            pass
        except OSError as error:
            # The library says "decryption error" so, without a number, as Rust's io does.
            failure.append(_DamagedError(str(error)) if error.errno is None else error)
        except BaseException as error:  # it goes on to whoever waits for the thread
            failure.append(error)

    thread = threading.Thread(target=run, name="age", daemon=True)
    thread.start()
    file: BinaryIO = os.fdopen(ours, "rb" if writes_to_us else "wb", buffering=_BUFFER)
    try:
        yield file
        if writes_to_us:
            while file.read(_BUFFER):  # what comes after the archive must be sound as well
                pass
        else:
            file.close()
        thread.join()
    except BaseException as error:
        _close_quietly(file)
        thread.join()
        if failure and isinstance(error, (OSError, EOFError, BackupError, ValueError)):
            raise failure[0] from error
        raise
    finally:
        _close_quietly(file)
    if failure:
        raise failure[0]


def _close_quietly(file: BinaryIO) -> None:
    try:
        file.close()
    except OSError:
        return


class _Sink:
    """Writes to a file and remembers what went wrong, which the library does not always tell."""

    def __init__(self, file: IO[bytes], on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes
        self._error: OSError | None = None

    def write(self, data: bytes) -> int:
        """Write all of it."""
        view = memoryview(data)
        try:
            while view:
                view = view[self._file.write(view) :]
        except OSError as error:
            self._error = error
            raise
        self._on_bytes(len(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""

    def finish(self) -> None:
        """Raise the OSError of any write that failed."""
        if self._error is not None:
            raise self._error


class _Source:
    """Reads a file and says how far it is."""

    def __init__(self, file: IO[bytes], on_bytes: Callable[[int], None]) -> None:
        self._file = file
        self._on_bytes = on_bytes

    def read(self, size: int = -1) -> bytes:
        """Read up to `size` bytes."""
        data = self._file.read(size)
        self._on_bytes(len(data))
        return data
