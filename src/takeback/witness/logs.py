"""The logs that a witness watches: their origins, and the keys that may sign for each."""

from collections.abc import Iterable
from dataclasses import dataclass

from takeback.tlog.checkpoint import Checkpoint, parse_checkpoint
from takeback.tlog.cosignature import CosignatureKey, cosignatures_of
from takeback.tlog.errors import BadSignatureError, MalformedLogError, WrongOriginError
from takeback.tlog.signed_note import VerifierKey, open_note, split_note

LogKey = VerifierKey | CosignatureKey
_LIST_HEADER = "logs/v0"


class LogListError(ValueError):
    """A list of logs can't be used; the message names the line and says why."""


@dataclass(frozen=True, slots=True)
class WatchedLogs:
    """The keys of each log by its origin; several while a log is handed over to a new key."""

    keys: dict[str, tuple[LogKey, ...]]

    @classmethod
    def of(cls, logs: Iterable[tuple[str, LogKey]]) -> "WatchedLogs":
        """Take origins with their keys; one that comes twice has several keys."""
        keys: dict[str, tuple[LogKey, ...]] = {}
        for origin, key in logs:
            keys[origin] = (*keys.get(origin, ()), key)
        return cls(keys)

    def open(self, note: bytes) -> Checkpoint:
        """Return the checkpoint of a log that is watched, its signature verified.

        Raises MalformedLogError if it is not a checkpoint, WrongOriginError if the log is not
        watched, and BadSignatureError if no key of the log has signed it.
        """
        text, _ = split_note(note)
        checkpoint = parse_checkpoint(text)
        keys = self.keys.get(checkpoint.origin)
        if keys is None:
            raise WrongOriginError(f"The log {checkpoint.origin} is not watched here.")
        # A log that signs with ML-DSA-44 does it as witnesses do.
        if cosignatures_of(note, [key for key in keys if isinstance(key, CosignatureKey)]):
            return checkpoint
        for key in keys:
            if isinstance(key, VerifierKey) and _signed_by(note, key):
                return checkpoint
        raise BadSignatureError(f"No key of {checkpoint.origin} has signed this checkpoint.")


def parse_log_key(line: str) -> LogKey:
    """Read the key of a log, `name+hash+base64`; raises MalformedLogError."""
    try:
        return VerifierKey.parse(line)
    except MalformedLogError:
        return CosignatureKey.parse(line)


def parse_log_list(text: str) -> list[tuple[str, LogKey]]:
    """Read a list of logs as public witnesses share it; raises LogListError.

    After the line `logs/v0`: `vkey <key>` begins a log, `origin <name>` gives it another name than
    its key's; other words, and what follows `#`, are passed over.
    """
    logs: list[tuple[str, LogKey]] = []
    begun = False
    for number, line in enumerate(text.splitlines(), 1):
        word, _, rest = line.strip().partition(" ")
        try:
            if not word or word.startswith("#"):
                continue
            if not begun:
                if line.strip() != _LIST_HEADER:
                    raise LogListError(f"it must be {_LIST_HEADER}.")
                begun = True
            elif word == "vkey":
                key = parse_log_key(rest.strip())
                logs.append((key.name, key))
            elif word == "origin" and logs:
                logs[-1] = (rest.strip(), logs[-1][1])
        except (LogListError, MalformedLogError) as error:
            raise LogListError(f"Line {number} of the list of logs: {error}") from error
    return logs


def _signed_by(note: bytes, key: VerifierKey) -> bool:
    try:
        open_note(note, [key])
    except BadSignatureError:
        return False
    return True
