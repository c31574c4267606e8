"""Takes the signed log one verified step further, from a checkpoint that `tx` keeps for us."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from threatexchange.exchanges.fetch_state import FetchCheckpointBase

from takeback.gate.sync.checkpoints import require_trust, take_newest
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.hashlist.errors import ExpiredListError
from takeback.hashlist.events import PurposeEvent
from takeback.hashlist.follow import LoggedEvent, LogGrowth
from takeback.hashlist.rules import LogRules
from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.errors import LogError
from takeback.tlog.merkle import Frontier
from takeback.tlog.signed_note import VerifierKey
from takeback.tlog.trust import TrustPolicy


@dataclass
class ListCheckpoint(FetchCheckpointBase):
    """What was verified so far, in values that any store keeps: JSON, pickle or a database.

    `pinned`: the verifier key line first believed; `frontier`: the edge of the Merkle tree, in
    hex; `rules`: those of the log, as JSON; `fetched_at`: second since the epoch.
    """

    pinned: str
    frontier: str
    rules: str
    fetched_at: int

    def get_progress_timestamp(self) -> int:
        """When the list was last fetched."""
        return self.fetched_at


@dataclass(frozen=True, slots=True)
class VerifiedStep:
    """The events since a checkpoint, all of them verified, and the checkpoint after them.

    `purpose`: what the log is for, None while it is empty; `withheld`: how many events there are
    that this token may not read.
    """

    events: list[LoggedEvent]
    checkpoint: ListCheckpoint
    purpose: PurposeEvent | None
    withheld: int


def next_step(
    client: HotlineClient,
    token: PlatformToken,
    before: ListCheckpoint | None,
    trust: TrustPolicy | None = None,
) -> VerifiedStep:
    """Fetch and verify the events since `before`, or the whole log if that is None.

    Nothing is given out before the whole step leads to the signed root. `trust`: what every
    checkpoint has to meet besides. Raises LogError if the log is refused, HotlineError if the
    hotline can't be asked.
    """
    return take_newest(client.checkpoint, lambda note: _step_to(note, client, token, before, trust))


def _step_to(
    note: bytes,
    client: HotlineClient,
    token: PlatformToken,
    before: ListCheckpoint | None,
    trust: TrustPolicy | None,
) -> VerifiedStep:
    if before is None:
        pinned, frontier, rules = VerifierKey.parse(client.key()), Frontier(), LogRules()
    else:
        pinned = VerifierKey.parse(before.pinned)
        frontier = Frontier.from_bytes(bytes.fromhex(before.frontier))
        rules = LogRules.from_json(json.loads(before.rules))
    key = rules.key or pinned
    if token.pin not in (pinned.pin, key.pin):
        raise LogError(
            "The token does not fit the key of the log. Ask the hotline for a new token; for "
            "another log, delete what was fetched (tx fetch --clear)."
        )
    growth = LogGrowth(frontier, signed := open_checkpoint(note, key))
    require_trust(trust, note, pinned, key)
    events: list[LoggedEvent] = []
    now = datetime.now(UTC)
    for part in growth.ranges():
        taken = growth.take(part, client.openings(part))
        rules = rules.after(taken, signed.origin, now)
        events += taken
    edge = growth.finish()
    if message := rules.expired(signed.origin, now):
        raise ExpiredListError(message)
    fetched_at = max(int(time.time()), before.fetched_at if before else 0)
    after = ListCheckpoint(
        pinned.line, edge.to_bytes().hex(), json.dumps(rules.to_json()), fetched_at
    )
    return VerifiedStep(events, after, rules.purpose, sum(logged.withheld for logged in events))


def opened(step: VerifiedStep) -> Iterator[LoggedEvent]:
    """Yield the events that were neither erased since nor withheld."""
    return (logged for logged in step.events if logged.event is not None)
