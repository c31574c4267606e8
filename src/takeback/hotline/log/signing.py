"""Who signs the log: its origin, fixed when the log begins, and the keys from the secret files."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from takeback.hashlist.events import KeyEvent, parse_event
from takeback.hotline.foundation.secret_notes.making import make_noted_secret
from takeback.hotline.foundation.secrets import LOG_KEY, secret, secrets_directory
from takeback.hotline.log.models import Log, LogEntry
from takeback.tlog.signed_note import Signer, VerifierKey

_KEY_FILES = f"{LOG_KEY}*"
OVERLAP = timedelta(days=30)
"""So long a former key signs beside the new one: for gates that were away when it changed."""


@dataclass(frozen=True, slots=True)
class LogKeys:
    """The key in force, and those before it that still sign beside it."""

    current: Signer
    former: tuple[Signer, ...] = ()

    @property
    def all(self) -> tuple[Signer, ...]:
        """Every key that signs now, the one in force first."""
        return (self.current, *self.former)


def log_origin() -> str:
    """Return the origin of this hotline's log; the first call fixes it.

    It is the log's address without its scheme, as C2SP tlog-tiles proposes; it stays when the
    hotline moves, because every gate has pinned it.
    """
    return _log().origin


def origin_here() -> str:
    """Return the origin that a log which begins now gets, from the hotline's address."""
    parts = urlsplit(settings.PUBLIC_URL)
    return f"{parts.netloc}{parts.path}/log/v1"


def origin_in_place_of(lost: str, taken: Collection[str]) -> str:
    """Return the origin of a log that begins at this address in the place of a lost one.

    It is the address with a number, from 2 on, that none of the origins `taken` has, and none
    before it: an origin is never used for two logs (C2SP tlog-checkpoint asks for a unique one).
    """
    address = origin_here()
    used = [_number_at(address, origin) for origin in (lost, *taken)]
    return f"{address}/{max(1, *used) + 1}"


def is_origin_of_address(origin: str, address: str) -> bool:
    """Whether an origin is that of a first log at an address, or of one that followed it there."""
    return _number_at(address, origin) > 0


def _number_at(address: str, origin: str) -> int:
    """Return the how-manieth log at an address an origin names, from 1; 0 if at another."""
    if origin == address:
        return 1
    number = origin.removeprefix(f"{address}/")
    return int(number) if origin != number and number.isdecimal() else 0


def log_signer() -> Signer:
    """Return the signer with the key in force."""
    return log_keys().current


def log_keys() -> LogKeys:
    """Return the keys that sign now, by the key events that stand in the log.

    Raises RuntimeError if the file of a key is missing.
    """
    log = _log()
    origin = log.origin
    current = Signer(origin, secret(log.first_key))
    former: list[Signer] = []
    events = LogEntry.objects.filter(subject=None, kind="key").order_by("index")
    for opened in events.values_list("event", flat=True):
        event = parse_event(bytes(opened or b""))
        if not isinstance(event, KeyEvent):
            continue
        if datetime.now(UTC) < event.time + OVERLAP:
            former.insert(0, current)
        current = _signer_of(origin, event.key)
    return LogKeys(current, tuple(former))


def known_keys() -> list[VerifierKey]:
    """Return every key of which a checkpoint of this log may be signed.

    Those of the log's own events, and those of files that are newer than its first key: a database
    from a backup does not know a key that the log was handed over to since. Keys of logs before
    this one, which may have been stolen, are older.
    """
    log = _log()
    numbers = {path.name: _number_of(path.name) for path in secrets_directory().glob(_KEY_FILES)}
    first = _number_of(log.first_key)
    return [
        Signer(log.origin, secret(name)).verifier_key
        for name, number in sorted(numbers.items(), key=lambda pair: pair[1])
        if number >= first
    ]


def new_log_key() -> str:
    """Make another key in a file of its own; returns its verifier key line."""
    return Signer(log_origin(), make_noted_secret(free_key_name())).verifier_key.line


def free_key_name() -> str:
    """Return the name of a file for a key that is not there yet."""
    number = 2
    while (secrets_directory() / f"{LOG_KEY}-{number}").exists():
        number += 1
    return f"{LOG_KEY}-{number}"


def key_signer(event: KeyEvent) -> Signer:
    """Return the signer with the key that an event hands the log over to; RuntimeError if lost."""
    return _signer_of(log_origin(), event.key)


def _log() -> Log:
    log, _ = Log.objects.get_or_create(id=1, defaults={"origin": origin_here()})
    return log


def _number_of(key_name: str) -> int:
    number = key_name.removeprefix(LOG_KEY).removeprefix("-")
    return int(number) if number.isdecimal() else 1


def _signer_of(origin: str, line: str) -> Signer:
    for path in secrets_directory().glob(_KEY_FILES):
        signer = Signer(origin, secret(path.name))
        if signer.verifier_key.line == line:
            return signer
    raise RuntimeError(
        f"The log was handed over to the key {line}, and no file {LOG_KEY}-… in "
        f"{secrets_directory()} holds it. Restore it from a backup."
    )
