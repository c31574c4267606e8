"""Coming back with the code: the timeline, one answer for all not found, the end of a case."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackItem, FeedbackValue
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.codes.domain import CaseCode, check_digit, new_case_code
from takeback.hotline.entries import actions as entries_actions
from takeback.hotline.entries.models import Entry
from takeback.hotline.feedback import actions as feedback_actions
from takeback.hotline.feedback.domain import Removal
from takeback.hotline.intake import sentences
from takeback.hotline.intake.models import Case, CaseAddress, CasePicture
from takeback.hotline.limits.turns import Turns
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms import actions as platforms_actions
from takeback.hotline.platforms.access import following_platform, following_platforms
from tests.hotline.intake.timeline_page import in_short, newest_first, picture_rows
from tests.support.actors import a_lead
from tests.support.feedback import acknowledge
from tests.support.responses import Response
from tests.support.visiting import ORIGIN, Visitor, come_back, picture_record, report_from_browser


def open_with(**form: str) -> Response:
    return Visitor().client.post("/open", form, headers=ORIGIN)


def seen(answer: Response) -> tuple[int, bytes, dict[str, str], list[str]]:
    """All that whoever guesses codes can tell answers apart by."""
    cookies = [morsel.OutputString() for morsel in answer.cookies.values()]
    return answer.status_code, answer.content, dict(answer.headers), cookies


@pytest.mark.django_db
def test_unknown_malformed_and_withdrawn_codes_get_the_same_answer() -> None:
    visitor, withdrawn = report_from_browser()
    visitor.read("/case/withdraw").post("/case/withdraw")
    unknown = new_case_code()
    wrong = str((int(unknown.digits[3]) + 1) % 10)
    answers = [
        open_with(code=unknown.grouped),
        open_with(code=withdrawn.grouped),
        open_with(code=unknown.digits[:3] + wrong + unknown.digits[4:]),
        open_with(code="hello"),
        open_with(code=""),
        open_with(code="9" * 5000),
        open_with(lookup="ab" * 32),
        open_with(lookup="not hexadecimal"),
        open_with(),
    ]
    assert all(seen(answer) == seen(answers[0]) for answer in answers)
    assert seen(answers[0])[0] == 422
    assert not answers[0].cookies
    assert b"We have no report with this code" in answers[0].content


@pytest.mark.django_db
def test_the_timeline_says_that_a_person_looks_first_and_what_came_of_it() -> None:
    pictures = [picture_record(pdq="00" * 32), picture_record()]
    _, code = report_from_browser(pictures=pictures)
    sequence_pending()
    first, _second = (picture.entry for picture in CasePicture.objects.order_by("number"))
    looks_first = "We got the code of this picture. A person here looks at the code first."
    assert newest_first(come_back(code).page) == [
        f"{looks_first} Picture 1 · Today",
        "You put the code of this picture on our list. Picture 2 · Today",
    ]
    entries_actions.release_entry(EntryId(first), a_lead())
    sequence_pending()
    assert newest_first(come_back(code).page) == [
        "You put the codes of 2 pictures on our list. Today"
    ]
    entries_actions.suspend_entry(EntryId(first), "not_the_same", a_lead())
    page = come_back(code).page
    assert newest_first(page)[0].startswith(
        "We took the code of this picture off our list for now."
    )
    entries_actions.withdraw_entries([EntryId(first)], "hotline", a_lead())
    lines = newest_first(come_back(code).page)
    assert lines[0].startswith(
        "A person here looked. The code of this picture is not on our list any more."
    )
    assert not any("for now" in line for line in lines), "what was decided is stale"


@pytest.mark.django_db
def test_the_timeline_says_what_each_platform_did() -> None:
    platforms_actions.add_platform("Skylark")
    platforms_actions.add_platform("Quiet Place")
    _, code = report_from_browser(pictures=[picture_record(), picture_record()])
    sequence_pending()
    skylark = following_platform("Skylark")
    platforms_actions.note_fetched(skylark, 3)
    first, second = CasePicture.objects.order_by("number")
    values = [
        (first.entry, FeedbackValue.PENDING_REVIEW),
        (first.entry, FeedbackValue.BLOCKED),
        (first.entry, FeedbackValue.BLOCKED),
        (second.entry, FeedbackValue.NOT_THE_SAME),
    ]
    feedback_actions.record_feedback(
        skylark,
        [
            FeedbackItem(id=uuid4(), entry=EntryId(entry), value=value, time=datetime.now(UTC))
            for entry, value in values
        ],
    )
    page = come_back(code).page
    assert newest_first(page) == [
        "A website says it stopped the wrong picture. It was not yours. Picture 2 · Today",
        "Skylark stopped 2 copies. Picture 1 · Today",
        "Skylark got the codes of 2 pictures. Today",
    ], "it has fetched the list, and nobody knows whether it looks; held ones were decided"
    acknowledge(skylark)
    page = come_back(code).page
    assert newest_first(page)[-1] == "Skylark looks for copies of 2 pictures now. Today"
    assert "Quiet Place" not in page, "it has not fetched the list"
    first_row, second_row = picture_rows(page)
    assert "2 stopped" in first_row
    assert "Skylark stopped 2 copies." in first_row
    assert "No one has told us about a copy so far. That can be good news." in second_row
    assert "2 copies were stopped The last one was today." in in_short(page)
    assert "1 website looks for copies now Skylark" in in_short(page)


@pytest.mark.django_db
def test_stopping_it_all_takes_everything_off_the_list_and_deletes_the_case() -> None:
    visitor, code = report_from_browser(pictures=[picture_record()])
    visitor.add_to_case("addresses", addresses="example.org")
    entry = CasePicture.objects.get().entry
    case_id = str(Case.objects.get().id)
    visitor.read("/case/withdraw")
    assert Case.objects.exists(), "asking is not doing"
    done = visitor.post("/case/withdraw")
    assert (done.status_code, done.headers["Location"]) == (303, "/withdrawn")
    assert not Case.objects.exists()
    assert not CaseAddress.objects.exists()
    assert Entry.objects.get(id=entry).withdrawn_at is not None
    assert AuditRecord.objects.filter(verb="case.withdrawn", subject=case_id).count() == 1
    assert visitor.client.get("/case").status_code == 303, "its session is over as well"
    assert open_with(code=code.grouped).status_code == 422


@pytest.mark.django_db
def test_two_browsers_stopping_it_all_do_it_once() -> None:
    first, code = report_from_browser(pictures=[picture_record()])
    second = come_back(code)
    first.read("/case/withdraw")
    second.read("/case/withdraw")
    assert first.post("/case/withdraw").status_code == 303
    late = second.post("/case/withdraw")
    assert (late.status_code, late.headers["Location"]) == (303, "/ended")
    assert AuditRecord.objects.filter(verb="case.withdrawn").count() == 1


@pytest.mark.django_db
def test_a_case_is_not_opened_by_another_cases_code() -> None:
    first, _ = report_from_browser()
    second, code = report_from_browser()
    first.add_to_case("addresses", addresses="first.example")
    second.add_to_case("addresses", addresses="second.example")
    page = come_back(code).page
    assert "second.example" in page
    assert "first.example" not in page


@pytest.mark.django_db
def test_a_text_that_is_no_code_costs_as_much_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    derived: list[CaseCode] = []
    derive = CaseCode.derive

    def counted(code: CaseCode, salt: bytes) -> object:
        derived.append(code)
        return derive(code, salt)

    monkeypatch.setattr(CaseCode, "derive", counted)
    payload = "1" * 19
    for typed in (payload + str(check_digit(payload)), "nonsense", ""):
        derived.clear()
        open_with(code=typed)
        assert len(derived) == 1


@pytest.mark.django_db
def test_more_guesses_than_places_wait_and_are_then_asked_to_come_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("takeback.hotline.codes.stretching.WAIT_SECONDS", 0.01)
    monkeypatch.setattr("takeback.hotline.codes.stretching._turns", Turns(0, 10))
    answer = open_with(code="1234")
    assert answer.status_code == 503
    assert b"Many people are here" in answer.content
    assert answer.headers["Retry-After"] == "10"


@pytest.mark.django_db
def test_who_stops_it_all_reads_how_far_that_has_got() -> None:
    for name in ("Skylark", "Plover"):
        platforms_actions.add_platform(name)
    visitor, _ = report_from_browser(pictures=[picture_record()])
    sequence_pending()
    platforms = following_platforms()
    for platform in platforms:
        platforms_actions.note_fetched(platform, 2)
        acknowledge(platform)
    platforms_actions.add_platform("Heron")  # says nothing of what is in force there
    platforms_actions.note_fetched(following_platform("Heron"), 2)
    visitor.read("/case/withdraw").post("/case/withdraw")
    assert (
        "0 of 2 websites have removed it from their list so far." in visitor.read("/withdrawn").page
    )
    sequence_pending()
    for number, sentence in enumerate(
        [
            "1 of 2 websites have removed it from their list so far.",
            "All 2 websites that had got it have removed it from their list.",
        ]
    ):
        acknowledge(platforms[number])
        page = visitor.read("/withdrawn").page
        assert f"{sentence} Some websites do not tell us if they have removed it." in page


@pytest.mark.django_db
def test_who_stopped_nothing_is_not_told_that_it_is_done() -> None:
    answer = Visitor().client.get("/withdrawn")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    visitor, _ = report_from_browser(pictures=[picture_record()])
    assert visitor.client.get("/withdrawn").status_code == 303, "its case stands"


@pytest.mark.django_db
def test_a_case_without_pictures_is_deleted_without_a_word_of_websites() -> None:
    code = Visitor().answer_all(threat="no").answer("send").code
    assert not CasePicture.objects.exists()
    visitor = come_back(code)
    assert "Delete my case" in visitor.page
    page = visitor.read("/case/withdraw").page
    assert "Delete your case?" in page
    assert "Websites will stop looking" not in page
    visitor.post("/case/withdraw")
    page = visitor.read("/withdrawn").page
    assert "Your case is deleted" in page
    assert "told to stop looking" not in page
    assert not Case.objects.exists()


@pytest.mark.parametrize(
    ("removal", "sentence"),
    [
        (Removal(0, 1), "1 website has not removed it from its list yet."),
        (Removal(1, 1), "1 website had got it, and has removed it from its list."),
        (Removal(0, 2), "0 of 2 websites have removed it from their list so far."),
    ],
)
def test_of_a_single_website_it_is_said_as_of_a_single_one(removal: Removal, sentence: str) -> None:
    assert sentences.of_removal(removal) == sentence
