"""The queue in words: the oldest first, how long each waits, and only reasons that fit."""

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from django.test import Client
from django.utils import timezone

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.appeals.models import Appeal
from takeback.hotline.audit.domain import Verb
from takeback.hotline.desk.access import entry_in_review
from takeback.hotline.desk.domain import FITTING, Decision, Reason, fitting_reasons
from takeback.hotline.desk.texts import FEEDBACK, HOLD_REASONS, LANES, REASONS
from takeback.hotline.desk.waiting import days_left, waited, waited_days
from takeback.hotline.entries.domain import HoldReason
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.feedback.actions import record_feedback
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.staff.domain import Permission, Role
from takeback.signals.lanes import Lane
from tests.support.actors import browser_of, person_with
from tests.support.desk_browser import at_the_desk, read
from tests.support.feedback import feedback_item, platform
from tests.support.followers import some_signals
from tests.support.listing import list_picture, sequenced_entry, signals_of
from tests.support.visiting import ORIGIN

NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)

CODES = re.compile(
    "|".join(
        sorted(
            {
                word.value
                for kind in (Lane, FeedbackValue, HoldReason, Reason, Role, Verb)
                for word in kind
                if re.search("[_.]", word.value)
            }
        )
    )
)
"""What the program calls things; words of one piece, such as `lead`, are English anyway."""


def in_words(page: str) -> str:
    """What is read on a page, without the codes that stand small beside it."""
    main = page.split("<main")[1].split("</main>", maxsplit=1)[0]
    small = re.sub(r"<small.*?</small>", "", main, flags=re.DOTALL)
    return re.sub(r"<[^>]+>", " ", small)


def held_for(hours: float) -> EntryId:
    entry = sequenced_entry(*signals_of(bytes(32)))
    Hold.objects.filter(entry=entry).update(since=timezone.now() - timedelta(hours=hours))
    return entry


def suspended_for(hours: float) -> EntryId:
    entry = list_picture(some_signals())
    sequence_pending()
    doubt = [feedback_item(entry, FeedbackValue.NOT_THE_SAME)]
    record_feedback(platform(f"Heron {entry}"), doubt)
    Entry.objects.filter(id=entry).update(suspended_at=timezone.now() - timedelta(hours=hours))
    return entry


def appeal_of(days: int) -> str:
    name = f"Gannet {days}"
    platform(name)
    before = set(Appeal.objects.values_list("id", flat=True))
    Client().post("/appeal", {"platform": name, "reference": "nothing"}, headers=ORIGIN)
    (made,) = Appeal.objects.exclude(id__in=before)
    made.sent_on = timezone.localdate() - timedelta(days=days)
    made.save()
    return str(made.id)


@pytest.mark.django_db
def test_the_oldest_stands_first_and_each_says_how_long_it_waits() -> None:
    held = [held_for(hours) for hours in (3, 100, 0.5)]
    suspended = [suspended_for(hours) for hours in (1, 47)]
    appeals = [appeal_of(days) for days in (0, 9, 2)]
    page = read(at_the_desk())
    for oldest_first in (
        [held[1], held[0], held[2]],
        [suspended[1], suspended[0]],
        [appeals[1], appeals[2], appeals[0]],
    ):
        places = [page.index(f'/{waiting}"') for waiting in oldest_first]
        assert all(before < after for before, after in pairwise(places))
    for words in (
        *("waiting 30 minutes", "waiting 3 hours", "waiting 4 days"),
        *("waiting 1 hour", "waiting 47 hours"),
        "waiting since today, 7 days left to answer",
        "waiting 2 days, 5 days left to answer",
        "waiting 9 days, 2 days late",
    ):
        assert f">{words}<" in page
    assert "Nothing waits for a decision" not in page
    assert "waiting 47 hours" in read(at_the_desk("Bea"), f"/desk/entries/{suspended[1]}")


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=-5), "less than a minute"),
        (timedelta(seconds=59), "less than a minute"),
        (timedelta(seconds=60), "1 minute"),
        (timedelta(minutes=59, seconds=59), "59 minutes"),
        (timedelta(hours=1), "1 hour"),
        (timedelta(hours=47, minutes=59), "47 hours"),
        (timedelta(hours=48), "2 days"),
        (timedelta(days=400), "400 days"),
    ],
)
def test_waiting_is_told_in_the_largest_unit_that_still_says_something(
    passed: timedelta, words: str
) -> None:
    assert waited(NOW - passed, NOW) == f"waiting {words}"


def test_of_appeals_only_days_are_known() -> None:
    today = date(2026, 11, 30)
    assert waited_days(today, today) == "waiting since today"
    assert waited_days(date(2026, 11, 29), today) == "waiting 1 day"
    assert days_left(date(2026, 11, 23), today, 7) == "to be answered today"
    assert days_left(date(2026, 11, 24), today, 7) == "1 day left to answer"
    assert days_left(date(2026, 11, 22), today, 7) == "1 day late"


def test_everything_has_words() -> None:
    assert set(LANES) == set(Lane)
    assert set(HOLD_REASONS) == set(HoldReason)
    assert set(FEEDBACK) == set(FeedbackValue)
    assert set(REASONS) == set(Reason)
    for words in (*LANES.values(), *HOLD_REASONS.values(), *FEEDBACK.values(), *REASONS.values()):
        assert "_" not in words


@pytest.mark.django_db
def test_no_page_of_the_desk_shows_what_the_program_calls_things() -> None:
    held, doubted = held_for(3), suspended_for(5)
    heron = platform("Heron")
    record_feedback(heron, [feedback_item(doubted, value) for value in FeedbackValue])
    ana = at_the_desk()
    paths = ["/desk/", f"/desk/entries/{held}", f"/desk/entries/{doubted}"]
    paths.append(f"/desk/appeals/{appeal_of(0)}")
    pages = {path: in_words(read(ana, path)) for path in paths}
    assert {path: CODES.findall(page) for path, page in pages.items()} == {p: [] for p in paths}
    about = pages[f"/desk/entries/{doubted}"]
    for words in ("stopped it", "held it until somebody looks", "let it through"):
        assert f"1 platform {words}, 1 time" in about
    assert "A young person reported it; nobody has seen the picture" in about
    support = browser_of(person_with(Role.REPORTER_SUPPORT, "Bea"))
    read_only = in_words(read(support, f"/desk/entries/{held}"))
    assert "There is nothing here for you to decide." in read_only
    refused = support.post(f"/desk/entries/{held}", {"decision": "release", "reason": "other"})
    shown = in_words(refused.content.decode())
    assert refused.status_code == 403
    assert "reporter support" in shown
    assert Permission.RELEASE in shown
    assert CODES.findall(shown) == []


@pytest.mark.parametrize("reason", HoldReason)
@pytest.mark.parametrize("decision", Decision)
def test_a_reason_is_offered_only_where_it_can_be_true(
    decision: Decision, reason: HoldReason
) -> None:
    never_out = fitting_reasons(decision, held_for=reason, doubted=False, in_log=False)
    assert set(never_out) <= set(FITTING[decision])
    assert Reason.OTHER in never_out
    assert Reason.APPEAL_RIGHT not in never_out, "nothing was stopped by it yet"
    about_likeness = reason in (HoldReason.GUARD, HoldReason.CROWD)
    if decision is Decision.RELEASE:
        assert (Reason.ANOTHER_PICTURE in never_out) == about_likeness
        assert not {Reason.FLOOD, Reason.LAWFUL_PICTURE, Reason.PLATFORMS_RIGHT} & set(never_out)
    by_platforms = {Reason.PLATFORMS_RIGHT, Reason.PLATFORMS_WRONG} & set(never_out)
    wants = decision in (Decision.RELEASE, Decision.RESUME, Decision.WITHDRAW)
    assert bool(by_platforms) == (reason is HoldReason.SUSPENDED and wants)


@pytest.mark.django_db
def test_a_page_offers_for_each_decision_its_own_reasons() -> None:
    ana = at_the_desk()
    held, doubted = held_for(3), suspended_for(5)

    def offered(entry: EntryId) -> dict[str, list[str]]:
        forms = read(ana, f"/desk/entries/{entry}").split('name="decision" value="')[1:]
        return {
            form.split('"')[0]: re.findall(r'name="reason" id="[^"]+" value="(\w+)"', form)
            for form in forms
        }

    assert offered(held) == {
        "release": ["another_picture", "other"],
        "withdraw": ["lawful_picture", "asked_for", "flood", "other"],
    }
    assert offered(doubted) == {
        "resume": ["platforms_wrong", "other"],
        "withdraw": [
            *("lawful_picture", "platforms_right", "appeal_right", "asked_for", "flood", "other")
        ],
    }
    assert "Keep it off the list for good, because:" in read(ana, f"/desk/entries/{held}")
    assert "Take it off the list for good, because:" in read(ana, f"/desk/entries/{doubted}")
    found = entry_in_review(held)
    assert found is not None
    assert found.in_log is False
