"""Two platforms that put together all they got, and the whole public log, try to link pictures.

Every picture of a case is an entry of its own. They compare ids, times, order and sizes of entries
that came in one batch, knowing afterwards which of them belong together: nothing may tell those
pairs from the others. Nor may when they come: the worker puts cases of one tick into one batch.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

import pytest
from django.test import Client

from takeback.hashlist.events import AddedEvent, WithdrawnEvent, parse_event
from takeback.hotline.intake.models import CasePicture
from takeback.hotline.limits.actions import forget_everyone
from takeback.hotline.log import access as log_access
from takeback.hotline.log.models import Checkpoint, PendingEvent
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform
from takeback.tlog.bundles import decode_openings
from takeback.tlog.tiles import BundleRef
from tests.support.running import await_truth, running
from tests.support.visiting import Visitor, picture_record, report_from_browser

BATCHES, CASES, PICTURES = 6, 5, 3
MIXED, TICK = 8, 2.0
ALL_MIXED = 1 + 2 * MIXED * (PICTURES + 1)  # purpose, additions, withdrawals
A_BATCH = CASES * PICTURES
MOST_SIGMAS = 5  # an honest hotline fails once in a million runs


@dataclass(frozen=True)
class Seen:
    """What a platform knows of one entry."""

    entry: str
    index: int
    event: AddedEvent
    size: int

    @property
    def bits(self) -> int:
        padded = f"{self.entry}======".upper()
        return int.from_bytes(base64.b32decode(padded), "big")


@pytest.fixture
def seen() -> list[list[Seen]]:
    """The entries of each batch, as two platforms fetched them over HTTP."""
    tokens = [add_platform(name) for name in ("Skylark", "Plover")]
    batches = []
    for _ in range(BATCHES):
        before = max(1, log_access.current_checkpoint()[0])
        for _ in range(CASES):
            forget_everyone()  # so many reports from one machine would be slowed
            report_from_browser(pictures=[picture_record() for _ in range(PICTURES)])
        sequence_pending()
        after = log_access.current_checkpoint()[0]
        first, second = (fetched(token, before, after) for token in tokens)
        assert first == second  # together they know no more than each alone
        batches.append(
            [
                Seen(event.entry, index, event, len(record.opening.event))
                for index, record in enumerate(decode_openings(first, after - before), before)
                if record.opening
                and isinstance(event := parse_event(record.opening.event), AddedEvent)
            ]
        )
    return batches


def fetched(token: str, start: int, end: int) -> bytes:
    answer = Client().get(
        f"/list/v1/openings/{start}-{end}", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    return answer.content


@pytest.mark.django_db
def test_nothing_tells_pictures_of_one_case_from_others(seen: list[list[Seen]]) -> None:
    case_of = {
        picture.entry: picture.case_id for picture in CasePicture.objects.only("entry", "case")
    }
    assert [len(batch) for batch in seen] == [A_BATCH] * BATCHES
    together, neighbours, distances = 0, 0, []
    for batch in seen:
        # Times, lanes, provenance and sizes are the same for all: they tell nothing apart.
        assert (
            len(
                {
                    (picture.event.time, picture.event.lane, picture.event.provenance)
                    for picture in batch
                }
            )
            == 1
        )
        assert len({picture.size for picture in batch}) == 1
        for picture, other in combinations(batch, 2):
            if case_of[picture.entry] == case_of[other.entry]:
                together += 1
                neighbours += abs(picture.index - other.index) == 1
                distances.append((picture.bits ^ other.bits).bit_count())

    # Order: linked pairs stand side by side as often as any two of a shuffled batch do.
    chance = 2 / A_BATCH
    expected, sigma = together * chance, sqrt(together * chance * (1 - chance))
    assert abs(neighbours - expected) < MOST_SIGMAS * sigma
    # Ids: linked ones differ in as many of 128 bits as random ones.
    sigma = sqrt(128 / 4 / len(distances))
    assert abs(sum(distances) / len(distances) - 64) < MOST_SIGMAS * sigma

    # The public log says how many events there are, and nothing else.
    size = log_access.current_checkpoint()[0]
    public = b"".join(
        log_access.entry_bundle(BundleRef(number, min(256, size - 256 * number))) or b""
        for number in range(-(-size // 256))
    )
    assert len(public) == size * 34
    for batch in seen:
        for picture in batch:
            assert picture.entry.encode() not in public
            for signal in picture.event.signals:
                assert bytes.fromhex(signal.value) not in public


@pytest.mark.django_db
def test_nothing_tells_withdrawals_of_one_case_from_others() -> None:
    """Whoever stops it all withdraws each picture; beside others in a batch that does not show.

    A batch that holds one case only links its pictures: docs/threat-model.md admits it.
    """
    token = add_platform("Skylark")
    together = neighbours = 0
    for _ in range(BATCHES):
        reporters = []
        for _ in range(CASES):
            forget_everyone()
            pictures = [picture_record() for _ in range(PICTURES)]
            reporters.append(report_from_browser(pictures=pictures)[0])
        rows = CasePicture.objects.only("entry", "case")
        case_of = {picture.entry: picture.case_id for picture in rows}
        sequence_pending()
        before = log_access.current_checkpoint()[0]
        for reporter in reporters:
            withdraw_all(reporter)
        sequence_pending()
        after = log_access.current_checkpoint()[0]
        assert after - before == A_BATCH
        events = [
            parse_event(record.opening.event)
            for record in decode_openings(fetched(token, before, after), A_BATCH)
            if record.opening
        ]
        withdrawn = [event for event in events if isinstance(event, WithdrawnEvent)]
        # Each names one entry and its one place in the log, and says nothing else.
        assert len(withdrawn) == A_BATCH
        assert {(len(event.erases), event.reason, event.time) for event in withdrawn} == {
            (1, "reporter", withdrawn[0].time)
        }
        for (at, event), (there, other) in combinations(enumerate(withdrawn), 2):
            if case_of[event.entry] == case_of[other.entry]:
                together += 1
                neighbours += there - at == 1
    chance = 2 / A_BATCH
    expected, sigma = together * chance, sqrt(together * chance * (1 - chance))
    assert abs(neighbours - expected) < MOST_SIGMAS * sigma


@pytest.mark.django_db
def test_nothing_tells_pictures_that_were_added_later_from_others() -> None:
    """Half of a batch are new cases, half come to cases of before: they look and mix alike."""
    token = add_platform("Skylark")
    together = neighbours = 0
    for _ in range(BATCHES):
        reporters = [reporter_with(1) for _ in range(CASES)]
        sequence_pending()
        before = log_access.current_checkpoint()[0]
        for reporter in reporters:
            forget_everyone()
            add_later(reporter, PICTURES)
            reporter_with(PICTURES)
        sequence_pending()
        after = log_access.current_checkpoint()[0]
        assert after - before == 2 * A_BATCH
        records = decode_openings(fetched(token, before, after), after - before)
        events = [parse_event(record.opening.event) for record in records if record.opening]
        added = [event for event in events if isinstance(event, AddedEvent)]
        assert len(added) == 2 * A_BATCH, "new entries, never amended ones"
        assert len({(event.time, event.lane, event.provenance) for event in added}) == 1
        assert len({len(r.opening.event) for r in records if r.opening}) == 1
        case_of = {
            picture.entry: picture.case_id for picture in CasePicture.objects.only("entry", "case")
        }
        for (at, event), (there, other) in combinations(enumerate(added), 2):
            if case_of[event.entry] == case_of[other.entry]:
                together += 1
                neighbours += there - at == 1
    chance = 2 / (2 * A_BATCH)
    expected, sigma = together * chance, sqrt(together * chance * (1 - chance))
    assert abs(neighbours - expected) < MOST_SIGMAS * sigma


@pytest.mark.django_db
def test_a_picture_that_is_stopped_alone_looks_like_one_of_a_whole_case() -> None:
    """Some stop one picture, some all: nothing in an event or its place says which."""
    token = add_platform("Skylark")
    first_half = 0
    for _ in range(BATCHES):
        alone = [reporter_with(PICTURES) for _ in range(A_BATCH)]
        whole = [reporter_with(PICTURES) for _ in range(CASES)]
        sequence_pending()
        newest = list(CasePicture.objects.order_by("id"))[-(A_BATCH + CASES) * PICTURES :]
        stopped_alone = {row.entry for row in newest[: A_BATCH * PICTURES] if row.number == 2}
        before = log_access.current_checkpoint()[0]
        for reporter in alone:
            answer = reporter.read("/case/picture/2/stop").post("/case/picture/2/stop")
            assert answer.status_code == 303
        for reporter in whole:
            withdraw_all(reporter)
        sequence_pending()
        after = log_access.current_checkpoint()[0]
        records = decode_openings(fetched(token, before, after), after - before)
        events = [parse_event(record.opening.event) for record in records if record.opening]
        withdrawn = [event for event in events if isinstance(event, WithdrawnEvent)]
        assert len(withdrawn) == after - before == 2 * A_BATCH
        assert {(len(event.erases), event.reason, event.time) for event in withdrawn} == {
            (1, "reporter", withdrawn[0].time)
        }
        first_half += sum(event.entry in stopped_alone for event in withdrawn[:A_BATCH])
    total = BATCHES * A_BATCH
    # Of a shuffled batch, half of them stand in its first half (hypergeometric, so fewer sigmas).
    assert abs(first_half - total / 2) < MOST_SIGMAS * sqrt(total / 8)


def test_the_clock_puts_cases_together_and_none_starts_a_batch_of_its_own(
    hotline_database: str,
) -> None:
    """Through the running worker: no two batches are of one tick, so what came in it is mixed."""
    reporters = [ready_to_send() for _ in range(MIXED)]
    with running(hotline_database, "worker", TAKEBACK_SEQUENCING_SECONDS=f"{TICK:g}") as worker:
        await_truth(lambda: log_access.current_checkpoint()[0] > 0, worker)
        for reporter, lookup in reporters:
            assert reporter.post(step="send", lookup=lookup).status_code == 204
        await_truth(lambda: not PendingEvent.objects.exists(), worker)
        for reporter, _ in reporters:
            forget_everyone()
            add_later(reporter, 1)
        await_truth(lambda: not PendingEvent.objects.exists(), worker)
        for reporter, _ in reporters:
            stopped = reporter.read("/case/picture/1/stop").post("/case/picture/1/stop")
            assert stopped.status_code == 303
        await_truth(lambda: not PendingEvent.objects.exists(), worker)
        for reporter, _ in reporters:
            withdraw_all(reporter)
        # Only then all of it is published: what is signed goes into the mark before that.
        await_truth(lambda: log_access.current_checkpoint()[0] == ALL_MIXED, worker)
    ticks = [row.signed_at.timestamp() // TICK for row in Checkpoint.objects.order_by("size")]
    assert len(ticks) == len(set(ticks)) > 1


def withdraw_all(reporter: Visitor) -> None:
    answer = reporter.read("/case/withdraw").post("/case/withdraw")
    assert (answer.status_code, answer.headers.get("Location")) == (303, "/withdrawn")


def reporter_with(pictures: int) -> Visitor:
    """A browser that has just sent a case of so many pictures."""
    forget_everyone()  # so many reports from one machine would be slowed
    return report_from_browser(pictures=[picture_record() for _ in range(pictures)])[0]


def add_later(reporter: Visitor, pictures: int) -> None:
    records = json.dumps([picture_record() for _ in range(pictures)])
    answer = reporter.read("/case/pictures").post("/case/pictures", pictures=records)
    assert answer.status_code == 303


def ready_to_send() -> tuple[Visitor, str]:
    """A visit that has answered everything, and the look-up key that it will send."""
    forget_everyone()
    pictures = [picture_record() for _ in range(PICTURES)]
    return Visitor().answer_all(pictures=pictures, js="1"), secrets.token_hex(32)
