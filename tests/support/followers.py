"""What these tests need of a platform: to follow the log as a gate does, and pictures to list."""

import os
from collections.abc import Callable

from takeback.hashlist.events import EntryId
from takeback.hashlist.fold import ListState, LiveEntry
from takeback.hashlist.follow import LogGrowth
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.hotline.log import access as log_access
from takeback.hotline.planted.access import canaries_of_others
from takeback.hotline.platforms.domain import FollowingPlatform
from takeback.signals.lanes import ALL_LANES
from takeback.tlog.bundles import EventRange
from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.merkle import Frontier
from takeback.tlog.signed_note import VerifierKey

Fetch = Callable[[str], bytes]


def some_signals() -> tuple[Signal, ...]:
    """The fingerprints of a picture that nobody has."""
    return (
        PdqSignal(value=os.urandom(32).hex(), quality=90),
        Sha256Signal(value=os.urandom(32).hex()),
        Md5Signal(value=os.urandom(16).hex()),
    )


class Follower:
    """Follows a log step by step and refuses what a gate refuses."""

    def __init__(
        self, key_line: str, lanes: int = ALL_LANES, reader: FollowingPlatform | None = None
    ) -> None:
        self.lanes = lanes
        self.reader = reader
        self.key = VerifierKey.parse(key_line)
        self.frontier = Frontier()
        self.state = ListState()

    def follow(self, note: bytes, fetch_openings: Fetch) -> dict[EntryId, LiveEntry]:
        """Take the step to this checkpoint; returns what is live then."""
        growth = LogGrowth(self.frontier, open_checkpoint(note, self.key))
        for part in growth.ranges():
            self.state.apply(growth.take(part, fetch_openings(part.path)))
        self.frontier = growth.finish()
        return dict(self.state.live)


def follow_database(follower: Follower | None = None) -> dict[EntryId, LiveEntry]:
    """Follow the log as it stands in the database, from its start or from where one has got to."""
    follower = follower or Follower(log_access.verifier_key_line())

    def fetch(path: str) -> bytes:
        withheld = canaries_of_others(follower.reader) if follower.reader else None
        openings = log_access.openings(EventRange.parse(path), follower.lanes, withheld)
        assert openings is not None
        return openings

    return follower.follow(log_access.current_checkpoint()[1], fetch)
