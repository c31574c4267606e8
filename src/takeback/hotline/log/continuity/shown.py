"""Takes in checkpoints of this log that others hold: what its own key has signed is no hearsay."""

from takeback.hotline.log.access import log_origin, published_size
from takeback.hotline.log.continuity.doubts import contains, doubt_by, settle_restored
from takeback.hotline.log.signing import known_keys
from takeback.tlog.checkpoint import Checkpoint, parse_checkpoint
from takeback.tlog.errors import LogError, WrongOriginError
from takeback.tlog.signed_note import open_note


class NotOursError(ValueError):
    """What was shown is no checkpoint of this log; the message says why."""


def own_checkpoint(note: bytes) -> Checkpoint:
    """Read a checkpoint that a key of this log has signed; raises NotOursError for any other."""
    try:
        checkpoint = parse_checkpoint(open_note(note, known_keys()))
        if checkpoint.origin != (origin := log_origin()):
            raise WrongOriginError(f"It is of {checkpoint.origin}, not of {origin}.")
    except LogError as error:
        raise NotOursError(str(error)) from error
    return checkpoint


def take_shown(note: bytes, source: str) -> bool:
    """Take in a checkpoint that somebody holds; says whether the log contains it.

    If not, nothing is signed from now on. `source`: who holds it, for an operator to read. One that
    stands where this log is published to shows that a restored database is the newest. Raises
    NotOursError.
    """
    state = own_checkpoint(note)
    if not contains(state):
        doubt_by(source, note, state)
        return False
    if state.size == published_size():
        settle_restored()
    return True
