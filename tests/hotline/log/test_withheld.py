"""What each key sees of the list: exactly the entries that ever were in a lane it may read."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.gate.store.live_entries import read_live_entry
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.events import (
    EntryId,
    Provenance,
)
from takeback.hotline.audit.domain import OPERATOR
from takeback.hotline.entries.actions import (
    list_entries,
    resume_entry,
    suspend_entry,
    withdraw_entries,
)
from takeback.hotline.feedback import access as feedback_access
from takeback.hotline.log import access as log_access
from takeback.hotline.log.sequencing import sequence_everything, sequence_pending
from takeback.hotline.platforms.access import following_platforms
from takeback.hotline.platforms.actions import add_key, add_platform
from takeback.hotline.platforms.domain import Scope, lanes_opened_by
from takeback.hotline.platforms.models import PlatformFetch
from takeback.signals.lanes import ALL_LANES, LANE_BITS, Lane
from tests.support.actors import a_lead
from tests.support.followers import Follower, follow_database, some_signals
from tests.support.listing import amend, list_imported, list_picture
from tests.support.running import hotline

REPORTED = {Lane.SELF_REPORTED, Lane.CONFIRMED}
STEPS = ("add", "amend", "suspend", "resume", "withdraw", "follow")
plans = st.lists(
    st.tuples(st.sampled_from(STEPS), st.integers(0, 3), st.sampled_from(list(LANE_BITS))),
    max_size=20,
)


class Model:
    """What is in force, and the lanes in which each entry ever was."""

    def __init__(self) -> None:
        self.ever: dict[EntryId, int] = {}
        self.live: dict[EntryId, Lane] = {}
        self.suspended: dict[EntryId, Lane] = {}

    def step(self, what: str, which: int, lane: Lane) -> None:
        """Take one step, if it makes sense."""
        pool = sorted(self.suspended if what == "resume" else self.live)
        entry = pool[which % len(pool)] if pool else None
        if what == "add":
            new = add(lane)
            self.ever[new], self.live[new] = LANE_BITS[lane], lane
        elif entry is None:
            return
        elif what == "amend" and {lane, self.live[entry]} <= REPORTED:
            amend(entry, lane)
            self.ever[entry], self.live[entry] = self.ever[entry] | LANE_BITS[lane], lane
        elif what == "suspend":
            suspend_entry(entry, "hotline", a_lead())
            self.suspended[entry] = self.live.pop(entry)
        elif what == "resume":
            resume_entry(entry, 0, a_lead())
            self.live[entry] = self.suspended.pop(entry)
        elif what == "withdraw":
            withdraw_entries([entry], "hotline", a_lead())
            del self.live[entry]
        sequence_everything()

    def seen(self, lanes: int) -> dict[EntryId, Lane]:
        """What a key of these lanes may see."""
        return {entry: lane for entry, lane in self.live.items() if self.ever[entry] & lanes}


def add(lane: Lane) -> EntryId:
    """List a picture in the way that leads into this lane."""
    match lane:
        case Lane.IMPORTED:
            (new,) = list_imported("elsewhere", [tuple(some_signals())])
        case Lane.TEST:
            provenance = Provenance(hotline=log_access.log_origin(), source="test")
            (new,) = list_entries([some_signals()], lane, provenance, actor=OPERATOR)
        case _:
            new = list_picture(some_signals(), lane)
    return new


@pytest.mark.django_db
def test_a_gate_folds_exactly_what_its_key_may_see() -> None:
    model = Model()
    key = log_access.verifier_key_line()
    followers = [Follower(key, lanes) for lanes in (*LANE_BITS.values(), ALL_LANES)]
    model.step("add", 0, Lane.SELF_REPORTED)

    @settings(max_examples=15)
    @given(plans)
    def check(plan: list[tuple[str, int, Lane]]) -> None:
        for what, which, lane in [*plan, ("follow", 0, Lane.CONFIRMED)]:
            if what != "follow":
                model.step(what, which, lane)
                continue
            for follower in followers:
                live = follow_database(follower)
                assert {entry: found.lane for entry, found in live.items()} == model.seen(
                    follower.lanes
                )

    check()
    # Who comes later, when much was erased, sees the same.
    for follower in followers:
        assert (
            follow_database(Follower(key, follower.lanes)).keys()
            == model.seen(follower.lanes).keys()
        )


def test_gates_with_different_keys_hold_different_parts_of_one_log(
    hotline_database: str, tmp_path: Path
) -> None:
    add_platform("Skylark")
    moved, confirmed, unseen = (
        list_picture(some_signals(), lane)
        for lane in (Lane.SELF_REPORTED, Lane.CONFIRMED, Lane.SELF_REPORTED)
    )
    sequence_pending()
    scopes = ([Scope.READ_CONFIRMED], [Scope.READ_SELF_REPORTED], list(Scope))
    tokens = [
        add_key("Skylark", scopes_of_key, review_process="We look.").token
        for scopes_of_key in scopes
    ]

    def held(token: str, lanes: int) -> set[EntryId]:
        store = Store(tmp_path / str(lanes))
        pinned = PlatformToken.parse(token)
        with HotlineClient(url, pinned) as client:
            ListSync(store, client, pinned).sync()
        with store.change_list() as connection:
            return {
                entry for entry in (moved, confirmed, unseen) if read_live_entry(connection, entry)
            }

    def all_held() -> list[set[EntryId]]:
        pairs = zip(tokens, scopes, strict=True)
        return [held(token, lanes_opened_by(scopes_of_key)) for token, scopes_of_key in pairs]

    with hotline(hotline_database) as (url, _):
        assert all_held() == [{confirmed}, {moved, unseen}, {moved, confirmed, unseen}]
        amend(moved, Lane.CONFIRMED)
        withdraw_entries([unseen], "reporter")
        sequence_pending()
        assert all_held() == [{confirmed, moved}, {moved}, {moved, confirmed}]
        withdraw_entries([moved], "reporter")
        sequence_pending()
        assert all_held() == [{confirmed}, set(), {confirmed}]


@pytest.mark.django_db
def test_a_platform_has_got_only_what_its_key_may_see() -> None:
    add_platform("Skylark")
    platform = following_platforms()[0]
    confirmed = LANE_BITS[Lane.CONFIRMED]
    entry = list_picture(some_signals())
    sequence_pending()
    PlatformFetch.objects.create(
        platform_id=platform.id, size=2, lanes=confirmed, fetched_at=datetime.now(UTC)
    )
    (outcome,) = feedback_access.outcomes([entry])
    assert outcome.fetched_at is None
    amend(entry, Lane.CONFIRMED)
    sequence_pending()
    now = datetime.now(UTC)
    PlatformFetch.objects.create(platform_id=platform.id, size=3, lanes=confirmed, fetched_at=now)
    (outcome,) = feedback_access.outcomes([entry])
    assert outcome.fetched_at == now
