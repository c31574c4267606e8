"""Who signs the log: its origin, fixed when the log begins, and the keys from the secret files."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings

from takeback.hashlist.events import KeyEvent, parse_event
from takeback.hotline.foundation.secrets import secret, secrets_directory
from takeback.hotline.log.models import Log, LogEntry
from takeback.tlog.signed_note import Signer

FIRST_KEY = "log-key"
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


def new_log_key() -> str:
    """Make another key in a file of its own; returns its verifier key line."""
    return Signer(log_origin(), secret(free_key_name())).verifier_key.line


def free_key_name() -> str:
    """Return the name of a file for a key that is not there yet."""
    number = 2
    while (secrets_directory() / f"{FIRST_KEY}-{number}").exists():
        number += 1
    return f"{FIRST_KEY}-{number}"


def key_signer(event: KeyEvent) -> Signer:
    """Return the signer with the key that an event hands the log over to; RuntimeError if lost."""
    return _signer_of(log_origin(), event.key)


def _log() -> Log:
    log, _ = Log.objects.get_or_create(id=1, defaults={"origin": origin_here()})
    return log


def _signer_of(origin: str, line: str) -> Signer:
    for path in secrets_directory().glob(f"{FIRST_KEY}*"):
        signer = Signer(origin, secret(path.name))
        if signer.verifier_key.line == line:
            return signer
    raise RuntimeError(
        f"The log was handed over to the key {line}, and no file {FIRST_KEY}-… in "
        f"{secrets_directory()} holds it. Restore it from a backup."
    )
