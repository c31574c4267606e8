"""A case changes: once each, all or nothing, also from two pages at the same time."""

from collections.abc import Callable
from contextlib import suppress
from datetime import date
from hashlib import sha256
from typing import Any
from uuid import uuid4

import pytest

from takeback.hashlist.events import EntryId
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.entries.models import Entry
from takeback.hotline.foundation.encryption import JSON, unseal_field
from takeback.hotline.intake.access import CaseGoneError, belongs_to_answers, history_of
from takeback.hotline.intake.actions import withdraw_case
from takeback.hotline.intake.case_changes import (
    MOST_EVER,
    AlreadyInCaseError,
    BoxChangedError,
    CaseFullError,
    NewBox,
    TooManyAddressesError,
    add_addresses,
    add_pictures,
    choose_apps,
    withdraw_picture,
)
from takeback.hotline.intake.domain.pictures import MAX_PICTURES, Picture, TooManyPicturesError
from takeback.hotline.intake.domain.timeline import Happening
from takeback.hotline.intake.domain.web_address import MAX_ADDRESSES
from takeback.hotline.intake.models import Case, CasePicture
from takeback.hotline.log.models import PendingEvent
from takeback.hotline.log.sequencing import sequence_pending
from tests.support.actors import a_lead
from tests.support.threads import in_threads
from tests.support.visiting import picture_record, report_from_browser


def a_picture(**changes: Any) -> Picture:
    return Picture.from_json(picture_record(**changes))


def a_case(*records: dict[str, Any]) -> Case:
    report_from_browser(pictures=list(records) or [picture_record()])
    return Case.objects.get()


def verbs() -> list[str]:
    acts = AuditRecord.objects.filter(verb__startswith="case.").order_by("position")
    return [verb for verb in acts.values_list("verb", flat=True) if verb != "case.sent"]


def numbers() -> list[int]:
    return list(CasePicture.objects.values_list("number", flat=True))


@pytest.mark.django_db
def test_a_picture_is_added_a_day_later(monkeypatch: pytest.MonkeyPatch) -> None:
    case = a_case()
    today, later = CasePicture.objects.get().added_on, date(2031, 5, 6)
    monkeypatch.setattr("django.utils.timezone.localdate", lambda *_: later)
    assert add_pictures(case, [a_picture(), a_picture()]) == [2, 3]
    assert [row.added_on for row in CasePicture.objects.all()] == [today, later, later]
    assert PendingEvent.objects.count() == 3, "each is an entry of its own"
    assert verbs() == ["case.pictures_added"]


@pytest.mark.django_db
def test_the_same_picture_sent_twice_is_added_once() -> None:
    case, picture = a_case(), a_picture()
    assert add_pictures(case, [picture]) == [2]
    assert add_pictures(case, [picture]) == []
    assert add_pictures(case, [picture, a_picture()]) == [3], "what is new still comes"
    assert numbers() == [1, 2, 3]
    assert verbs() == ["case.pictures_added"] * 2


@pytest.mark.django_db
@pytest.mark.parametrize("where", ["waits", "in the log", "held", "suspended"])
def test_a_file_that_is_looked_for_already_is_refused(where: str) -> None:
    first = picture_record(**({"pdq": "00" * 32} if where == "held" else {}))
    case = a_case(first)
    entry = EntryId(CasePicture.objects.get().entry)
    if where != "waits":
        sequence_pending()
    if where == "suspended":
        entries_actions.suspend_entry(entry, "hotline", a_lead())
    again = a_picture(sha256=first["sha256"])
    with pytest.raises(AlreadyInCaseError) as refused:
        add_pictures(case, [a_picture(), again])
    assert refused.value.numbers == {again.id: 1}
    assert numbers() == [1], "all or nothing"
    assert verbs() == []


@pytest.mark.django_db
def test_a_file_of_another_case_says_nothing() -> None:
    """Whether somebody else has reported a picture is nobody's business."""
    record = picture_record()
    report_from_browser(pictures=[record])
    report_from_browser(pictures=[picture_record()])
    other = Case.objects.exclude(pictures__picture=record["id"]).get()
    assert add_pictures(other, [a_picture(sha256=record["sha256"])]) == [2]


@pytest.mark.django_db
@pytest.mark.parametrize("sequenced", [False, True])
def test_one_of_three_is_withdrawn_and_its_number_is_never_used_again(sequenced: bool) -> None:
    records = [picture_record() for _ in range(3)]
    case = a_case(*records)
    if sequenced:
        sequence_pending()
    assert withdraw_picture(case, 3)
    assert not withdraw_picture(case, 3), "once"
    rows = list(CasePicture.objects.all())
    assert [row.withdrawn_on for row in rows] == [None, None, rows[0].added_on]
    gone = {entry.id for entry in Entry.objects.exclude(withdrawn_at=None)}
    assert gone == {rows[2].entry}
    assert verbs() == ["case.picture_withdrawn"]
    assert add_pictures(case, [a_picture(sha256=records[2]["sha256"])]) == [4]
    kinds = {fact.kind for fact in history_of(case).pictures[2].facts}
    assert kinds == {Happening.LISTED, Happening.WITHDRAWN}, "it was not the hotline"


@pytest.mark.django_db
def test_the_last_withdrawal_keeps_the_case() -> None:
    case = a_case()
    withdraw_picture(case, 1)
    assert Case.objects.get() == case
    withdraw_case(case)
    assert not Case.objects.exists()


@pytest.mark.django_db
def test_a_number_that_the_case_never_had_is_not_withdrawn() -> None:
    case = a_case()
    with pytest.raises(CasePicture.DoesNotExist):
        withdraw_picture(case, 2)


@pytest.mark.django_db
def test_a_case_has_room_for_so_many_pictures_that_are_looked_for() -> None:
    case = a_case(*(picture_record() for _ in range(MAX_PICTURES)))
    with pytest.raises(TooManyPicturesError):
        add_pictures(case, [a_picture()])
    withdraw_picture(case, 1)
    assert add_pictures(case, [a_picture()]) == [MAX_PICTURES + 1]


@pytest.mark.django_db
def test_adding_and_withdrawing_for_ever_has_an_end() -> None:
    case, today = a_case(), date(2026, 3, 1)
    CasePicture.objects.bulk_create(
        CasePicture(
            case=case,
            picture=uuid4(),
            number=number,
            entry=f"{number:026}",
            is_video=False,
            exact_only=False,
            added_on=today,
            withdrawn_on=today,
        )
        for number in range(2, MOST_EVER + 1)
    )
    with pytest.raises(CaseFullError):
        add_pictures(case, [a_picture()])


@pytest.mark.django_db
def test_addresses_are_kept_once_and_sealed() -> None:
    report_from_browser()
    case = Case.objects.get()
    add_addresses(case, ["https://first.example/"])
    more = ["https://second.example/", "https://first.example/", "https://second.example/"]
    assert add_addresses(case, more) == 1
    assert add_addresses(case, more) == 0
    assert history_of(case).addresses == ["https://first.example/", "https://second.example/"]
    assert not any(b"second" in bytes(row.address) for row in case.addresses.all())
    assert verbs() == ["case.addresses_added"] * 2
    with pytest.raises(TooManyAddressesError):
        add_addresses(case, [f"https://{n}.example/" for n in range(MAX_ADDRESSES - 1)])
    assert case.addresses.count() == 2


@pytest.mark.django_db
def test_apps_are_chosen_anew_and_the_other_answers_stay() -> None:
    report_from_browser(pictures=[picture_record()], threat="yes")
    case = Case.objects.get()
    choose_apps(case, ["Snapchat", "TikTok"])
    choose_apps(case, ["Snapchat", "TikTok"])
    case.refresh_from_db()
    assert history_of(case).apps == ["Snapchat", "TikTok"]
    assert b"Snapchat" not in bytes(case.answers)
    assert history_of(case).threatened
    assert verbs() == ["case.apps_chosen"]


@pytest.mark.django_db
def test_the_answers_of_a_case_are_opened_once_each_time_it_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    case, opened = a_case(), list[str]()

    def counted(belongs_to: str, sealed: bytes) -> JSON:
        opened.append(belongs_to)
        return unseal_field(belongs_to, sealed)

    monkeypatch.setattr("takeback.hotline.intake.access.unseal_field", counted)
    history_of(case)
    assert opened == [belongs_to_answers(case.id)]


@pytest.mark.django_db
def test_a_box_is_taken_only_in_the_place_of_the_one_it_was_made_from() -> None:
    case = a_case(picture_record(), picture_record())
    kept = b"sealed in the browser"
    add_pictures(case, [a_picture()], NewBox(b"second box", sha256(kept).digest()))
    late = NewBox(b"from the first box", sha256(kept).digest())
    changes: list[Callable[[], object]] = [
        lambda: add_pictures(case, [a_picture()], late),
        lambda: withdraw_picture(case, 1, late),
    ]
    for change in changes:
        with pytest.raises(BoxChangedError) as refused:
            change()
        assert refused.value.sealed == b"second box"
    case.refresh_from_db()
    assert bytes(case.sealed_names or b"") == b"second box"
    assert (numbers(), verbs()) == ([1, 2, 3], ["case.pictures_added"])
    assert not CasePicture.objects.exclude(withdrawn_on=None).exists()


@pytest.mark.django_db
def test_an_answer_that_got_lost_is_no_conflict() -> None:
    """The browser sends the same again, with the box that it knew: that was taken before."""
    case, picture = a_case(), a_picture()
    box = NewBox(b"second box", sha256(b"sealed in the browser").digest())
    assert add_pictures(case, [picture], box) == [2]
    assert add_pictures(case, [picture], box) == []


@pytest.mark.django_db
def test_what_cannot_be_listed_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_signals: object, **_: object) -> None:
        raise OSError("the key of the log can't be read")

    case = a_case()
    monkeypatch.setattr("takeback.hotline.entries.actions.list_entries", fail)
    box = NewBox(b"second box", sha256(b"sealed in the browser").digest())
    with pytest.raises(OSError, match="key of the log"):
        add_pictures(case, [a_picture()], box)
    case.refresh_from_db()
    assert bytes(case.sealed_names or b"") == b"sealed in the browser"
    assert (numbers(), verbs()) == ([1], [])


@pytest.mark.django_db
def test_a_case_that_is_gone_says_so() -> None:
    case = a_case()
    withdraw_case(case)
    changes: list[Callable[[], object]] = [
        lambda: add_pictures(case, [a_picture()]),
        lambda: withdraw_picture(case, 1),
        lambda: add_addresses(case, ["https://example.org/"]),
        lambda: choose_apps(case, ["TikTok"]),
    ]
    for change in changes:
        with pytest.raises(CaseGoneError):
            change()


def test_two_pages_adding_at_once_give_no_number_twice(hotline_database: str) -> None:
    case = a_case()
    same, others = a_picture(), [a_picture() for _ in range(4)]
    in_threads(*(lambda other=other: add_pictures(case, [same, other]) for other in others))
    assert numbers() == list(range(1, 7)), "the one that all of them sent is there once"
    assert PendingEvent.objects.count() == 6


def test_one_file_added_by_two_pages_at_once_is_there_once(hotline_database: str) -> None:
    case, refused = a_case(), []
    twins = [a_picture(sha256="ab" * 32) for _ in range(2)]

    def add(twin: Picture) -> None:
        try:
            add_pictures(case, [twin])
        except AlreadyInCaseError as error:
            refused.append(error)

    in_threads(*(lambda twin=twin: add(twin) for twin in twins))
    assert (len(refused), numbers()) == (1, [1, 2])


def test_a_file_is_known_while_the_log_takes_it_in(hotline_database: str) -> None:
    """Between waiting and standing in the log there is no moment in which a twin slips through."""
    for _ in range(5):
        case = Case.objects.first() or a_case()
        first = a_picture()
        add_pictures(case, [first])
        again = a_picture(sha256=first.sha256)

        def add_again(case: Case = case, again: Picture = again) -> None:
            with pytest.raises(AlreadyInCaseError):
                add_pictures(case, [again])

        in_threads(sequence_pending, add_again)


def test_adding_while_all_is_withdrawn_leaves_nothing_on_the_list(hotline_database: str) -> None:
    case = a_case(*(picture_record() for _ in range(3)))

    def add() -> None:
        with suppress(CaseGoneError):
            add_pictures(case, [a_picture()])

    in_threads(add, lambda: withdraw_case(case), add)
    assert not Case.objects.exists()
    assert not Entry.objects.filter(withdrawn_at=None).exists()


def test_two_boxes_at_once_keep_one_and_refuse_the_other(hotline_database: str) -> None:
    case, refused = a_case(), []
    made_from = sha256(b"sealed in the browser").digest()

    def add(name: bytes) -> None:
        try:
            add_pictures(case, [a_picture()], NewBox(name, made_from))
        except BoxChangedError as error:
            refused.append(error.sealed)

    in_threads(lambda: add(b"left"), lambda: add(b"right"))
    case.refresh_from_db()
    assert refused == [bytes(case.sealed_names or b"")]
    assert numbers() == [1, 2]
