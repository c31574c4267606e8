"""Recomputes everything public of a hotline's log from nothing, and says what it checked.

It needs no token, and trusts nobody: not the hotline's tiles, nor its root, only what it has hashed
itself. What is listed it does not see.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from takeback.gate.sync.client import PublicLog
from takeback.hashlist.errors import EventOutOfPlaceError
from takeback.hashlist.events import PurposeEvent, parse_event
from takeback.tlog.bundles import decode_entries, decode_openings
from takeback.tlog.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from takeback.tlog.cosignature import cosignatures_of
from takeback.tlog.errors import (
    BadSignatureError,
    LogRewrittenError,
    LogShortenedError,
    UnwitnessedError,
    WrongOriginError,
)
from takeback.tlog.merkle import Frontier, complete_subtree_hash, leaf_hash
from takeback.tlog.signed_note import VerifierKey, split_note
from takeback.tlog.tiles import TILE_WIDTH, BundleRef, TileRef
from takeback.tlog.trust import TrustPolicy


@dataclass(frozen=True, slots=True)
class SeenElsewhere:
    """A checkpoint of the log from another source; `where`: how a sentence names that source."""

    where: str
    note: bytes


class Audit:
    """One audit of one log. `on_progress` hears how many events are hashed of how many."""

    def __init__(
        self,
        log: PublicLog,
        policy: TrustPolicy | None = None,
        on_progress: Callable[[int, int], None] = lambda _done, _of: None,
    ) -> None:
        self._log = log
        self._policy = policy
        self._on_progress = on_progress
        self.note = log.checkpoint()

    def findings(self, seen: list[SeenElsewhere]) -> Iterator[str]:
        """Check step by step; yields a sentence for each that held.

        `seen`: checkpoints from elsewhere, which must be of the same history. Raises LogError at
        the first thing that does not hold, HotlineError if something can't be fetched.
        """
        key = VerifierKey.parse(self._log.key())
        checkpoint = open_checkpoint(self.note, key)
        yield f"{checkpoint.origin} has signed a checkpoint of {checkpoint.size} events."
        yield from self._cosignatures(key)
        others = [(elsewhere, self._opened(elsewhere, key)) for elsewhere in seen]
        for elsewhere, other in others:
            if other.size > checkpoint.size:
                raise LogShortenedError(
                    f"The checkpoint {elsewhere.where} has {other.size} events, and the hotline "
                    f"shows only {checkpoint.size}."
                )
        roots = self._recompute(checkpoint, {other.size for _, other in others})
        if roots[checkpoint.size] != checkpoint.root_hash:
            raise LogRewrittenError("The events do not lead to the root that was signed.")
        yield f"All {checkpoint.size} commitments lead to the signed root, and so does every tile."
        for elsewhere, other in others:
            if roots[other.size] != other.root_hash:
                raise LogRewrittenError(
                    f"The checkpoint {elsewhere.where} is of another history: at {other.size} "
                    "events it has another root. Keep both; they prove that the log was forked."
                )
            yield f"The checkpoint {elsewhere.where} ({other.size} events) is of the same history."
        if checkpoint.size:
            yield self._purpose()

    def _opened(self, elsewhere: SeenElsewhere, key: VerifierKey) -> Checkpoint:
        """Read a checkpoint from elsewhere; it proves something only if the log has signed it.

        It may be from before the log was handed over: then the policy names the key of that time.
        """
        named = [log.key for log in self._policy.logs] if self._policy else []
        for known in (key, *(other for other in named if other.name == key.name)):
            with suppress(BadSignatureError):
                return open_checkpoint(elsewhere.note, known)
        raise BadSignatureError(
            f"The checkpoint {elsewhere.where} is not signed by a key of this log, so it proves "
            "nothing. If it is from before the log was handed over, name the old key in --trust."
        )

    def _cosignatures(self, key: VerifierKey) -> Iterator[str]:
        if self._policy is None:
            return
        if self._policy.logs and key not in {log.key for log in self._policy.logs}:
            raise WrongOriginError("The trust policy does not name the key that the log shows.")
        found = cosignatures_of(self.note, [witness.key for witness in self._policy.witnesses])
        for witness in self._policy.witnesses:
            if witness.key in found:
                at = datetime.fromtimestamp(found[witness.key], UTC)
                yield f"{witness.name} cosigned it at {at:%F %H:%M} UTC."
        try:
            self._policy.require_quorum(self.note)
        except UnwitnessedError as error:
            raise UnwitnessedError(str(error).partition(" The list you have")[0]) from error
        yield "The quorum of witnesses is met."

    def _recompute(self, checkpoint: Checkpoint, sizes: set[int]) -> dict[int, bytes]:
        """Hash every commitment, compare every tile; returns the root at these sizes."""
        roots = {0: Frontier().root()}
        frontier = Frontier()
        full: list[bytes] = []
        for number in range(-(-checkpoint.size // TILE_WIDTH)):
            width = min(TILE_WIDTH, checkpoint.size - number * TILE_WIDTH)
            ref = BundleRef(number, width)
            leaves = [
                leaf_hash(commitment)
                for commitment in decode_entries(self._log.entries(ref), width)
            ]
            self._require_tile(TileRef(0, ref), leaves)
            start = frontier.size
            for size in sorted({*(size for size in sizes if start < size < ref.end), ref.end}):
                frontier = frontier.extended(leaves[frontier.size - start : size - start])
                roots[size] = frontier.root()
            if width == TILE_WIDTH:
                full.append(complete_subtree_hash(leaves))
            self._on_progress(frontier.size, checkpoint.size)
        level = 1
        while full:
            for number in range(-(-len(full) // TILE_WIDTH)):
                inside = full[number * TILE_WIDTH : (number + 1) * TILE_WIDTH]
                self._require_tile(TileRef(level, BundleRef(number, len(inside))), inside)
            whole = range(len(full) // TILE_WIDTH)
            full = [
                complete_subtree_hash(full[at * TILE_WIDTH : (at + 1) * TILE_WIDTH]) for at in whole
            ]
            level += 1
        return roots

    def _require_tile(self, ref: TileRef, hashes: list[bytes]) -> None:
        if self._log.tile(ref) != b"".join(hashes):
            raise LogRewrittenError(f"The tile {ref.path} is not what its events lead to.")

    def _purpose(self) -> str:
        (record,) = decode_openings(self._log.purpose(), 1)
        (commitment,) = decode_entries(
            self._log.entries(BundleRef(0, _first_width(self.note))), _first_width(self.note)
        )[:1]
        if record.opening is None:
            raise EventOutOfPlaceError("The log does not show its purpose.")
        record.opening.check(commitment, 0)
        event = parse_event(record.opening.event)
        if not isinstance(event, PurposeEvent):
            raise EventOutOfPlaceError("The log does not begin with its purpose.")
        state = "It has expired" if event.expires <= datetime.now(UTC) else "It expires"
        return (
            f"Its purpose is committed to at the very beginning: {event.lists} At most "
            f"{event.most_added_a_day} entries a day; {event.confirmations} of "
            f"{', '.join(event.confirmers)} may confirm. {state} on {event.expires:%F}."
        )


def _first_width(note: bytes) -> int:
    return min(TILE_WIDTH, parse_checkpoint(split_note(note)[0]).size)
