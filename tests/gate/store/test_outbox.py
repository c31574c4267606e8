"""Feedback: on the disk before it is said, delivered once, never in the way of a decision."""

import subprocess
import sys
import threading
import time

import pytest

from takeback.gate.check.gate import Gate
from takeback.gate.store.outbox import Outbox
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, HotlineUnreachableError, PlatformToken
from takeback.gate.sync.delivery import FeedbackDelivery, back_off_seconds, deliver_outbox
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.feedback import FeedbackValue
from takeback.matching.matcher import UploadFingerprints
from takeback.matching.policy import Decision, LanePolicy, MatchPolicy
from takeback.signals.lanes import Lane
from tests.support.log_server import Log
from tests.support.match_lists import entry_id

WRITER = """
import itertools, pathlib, sys
from takeback.gate.store.outbox import Outbox
from takeback.gate.store.store import Store
from takeback.hashlist.feedback import FeedbackValue
from takeback.hashlist.events import new_entry_id
outbox = Outbox(Store(pathlib.Path(sys.argv[1])))
for _ in itertools.count():
    print(*[item.id for item in outbox.add([new_entry_id()], FeedbackValue.BLOCKED)], flush=True)
"""


def test_what_was_said_outlives_a_kill_and_is_delivered_once(
    log: Log, client: HotlineClient, store: Store
) -> None:
    outbox = Outbox(store)
    printed_ids: list[str] = []
    for wait in (0.0, 0.02, 0.05):
        command = [sys.executable, "-c", WRITER, str(store.folder)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as writer:
            assert writer.stdout is not None
            printed_ids.append(writer.stdout.readline().strip())
            time.sleep(wait)
            writer.kill()
            printed_ids += writer.stdout.read().split()
    # The one that was being written when the kill came may be there without having been said.
    waiting = [str(item.id) for item in outbox.waiting()]
    assert set(printed_ids) <= set(waiting)
    assert len(waiting) <= len(printed_ids) + 3
    assert deliver_outbox(outbox, client) == len(waiting)
    assert sorted(log.feedback) == sorted(waiting)
    assert log.deliveries == len(waiting)
    assert outbox.counts() == (0, 0)
    assert deliver_outbox(outbox, client) == 0


def test_what_was_sent_but_not_forgotten_is_sent_again_under_its_id(
    log: Log, client: HotlineClient, store: Store
) -> None:
    outbox = Outbox(store)
    (item,) = outbox.add([entry_id(1)], FeedbackValue.NOT_THE_SAME)
    client.send_feedback([item])  # and then the process is killed
    deliver_outbox(outbox, client)
    assert log.feedback == {str(item.id): (entry_id(1), "not_the_same")}
    assert log.deliveries == 2


def test_what_can_not_be_delivered_waits(log: Log, client: HotlineClient, store: Store) -> None:
    outbox = Outbox(store)
    outbox.add([entry_id(1), entry_id(2)], FeedbackValue.BLOCKED)
    log.broken = True
    with pytest.raises(HotlineUnreachableError):
        deliver_outbox(outbox, client)
    assert outbox.counts() == (2, 0)


def test_what_is_refused_for_good_holds_nothing_up(
    log: Log, client: HotlineClient, store: Store
) -> None:
    outbox = Outbox(store)
    outbox.add([entry_id(n) for n in range(5)], FeedbackValue.BLOCKED)
    log.refuses_feedback = {entry_id(3)}
    assert deliver_outbox(outbox, client) == 4
    assert outbox.counts() == (0, 1)


def test_feedback_is_delivered_by_itself_and_comes_back_after_trouble(
    log: Log, hotline: str, store: Store
) -> None:
    outbox = Outbox(store)
    with HotlineClient(hotline, PlatformToken.parse(log.token)) as client:
        delivery = FeedbackDelivery(outbox, client)
        log.broken = True
        outbox.add([entry_id(1)], FeedbackValue.BLOCKED)
        delivery.start()
        time.sleep(0.1)
        log.broken = False
        outbox.add([entry_id(2)], FeedbackValue.BLOCKED)
        deadline = time.monotonic() + 20
        while len(log.feedback) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        delivery.stop()
    assert {entry for entry, _ in log.feedback.values()} == {entry_id(1), entry_id(2)}


def test_pauses_between_deliveries_grow_to_a_longest_one() -> None:
    for failures in range(1, 40):
        longest = min(15.0, 0.5 * 2 ** (failures - 1))
        assert longest / 2 <= back_off_seconds(failures) <= longest


def test_an_entry_that_can_be_none_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="26 letters"):
        Outbox(store).add(["somebody@example.org"], FeedbackValue.BLOCKED)


@pytest.mark.parametrize(
    ("lane", "value"),
    [
        (Lane.CONFIRMED, FeedbackValue.BLOCKED),
        (Lane.SELF_REPORTED, FeedbackValue.PENDING_REVIEW),
    ],
)
def test_every_matched_entry_hears_of_the_decision(
    log: Log, sync: ListSync, store: Store, lane: Lane, value: FeedbackValue
) -> None:
    entries = {log.add(bytes(32), lane) for _ in range(3)}
    log.add(b"\xff" * 32, lane)
    sync.sync()
    with Gate.open(store.folder) as gate:
        gate.check_fingerprints(UploadFingerprints(pdq=bytes(32)))
        gate.check_fingerprints(UploadFingerprints(pdq=bytes(32)), report=False)
    waiting = Outbox(store).waiting()
    assert {item.entry for item in waiting} == entries
    assert [item.value for item in waiting] == [value] * 3


def test_a_lane_that_is_only_watched_says_not_blocked(
    log: Log, sync: ListSync, store: Store
) -> None:
    log.add(bytes(32))
    sync.sync()
    policy = MatchPolicy(self_reported=LanePolicy(24, 50, Decision.ALLOW))
    with Gate.open(store.folder, policy) as gate:
        assert gate.check_fingerprints(UploadFingerprints(pdq=bytes(32))).decision == "allow"
    assert [item.value for item in Outbox(store).waiting()] == [FeedbackValue.NOT_BLOCKED]


def test_a_decision_stands_when_the_outbox_can_not_be_written(
    log: Log, sync: ListSync, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    log.add(bytes(32), Lane.CONFIRMED)
    sync.sync()
    with Gate.open(store.folder) as gate:
        (store.folder / "outbox.db").unlink()
        (store.folder / "outbox.db").mkdir()
        assert gate.check_fingerprints(UploadFingerprints(pdq=bytes(32))).decision == "block"
    assert "could not be put into the outbox" in caplog.text


def test_a_long_sync_does_not_hold_feedback_up(log: Log, store: Store) -> None:
    outbox, held = Outbox(store), threading.Event()
    with store.change_list():

        def add() -> None:
            outbox.add([entry_id(1)], FeedbackValue.BLOCKED)
            held.set()

        threading.Thread(target=add).start()
        assert held.wait(20)
