"""Who had a lawful picture stopped says so and reads an answer; numbers tell nothing of one."""

import re
from html import unescape
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.appeals.access import waiting_appeals
from takeback.hotline.appeals.actions import answer_appeal
from takeback.hotline.appeals.domain import Answer, figures_of
from takeback.hotline.appeals.models import Appeal
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.entries.models import Entry
from takeback.hotline.feedback.actions import record_feedback
from takeback.hotline.planted.canaries import add_canary
from takeback.hotline.platforms.actions import revoke_platform
from takeback.hotline.statistics.domain import FEWEST, blurred
from tests.support.actors import a_lead
from tests.support.desk_browser import FORM_TOKEN, at_the_desk, read
from tests.support.feedback import feedback_item, listed, platform
from tests.support.followers import some_signals
from tests.support.listing import list_imported
from tests.support.responses import Response
from tests.support.visiting import ORIGIN

_CODE = re.compile(r"\b\d{4}(?: \d{4}){4}\b")
WORDS = "It is our <b>holiday</b> picture of a sand castle."


def send(**form: str) -> Response:
    return Client().post("/appeal", form, headers=ORIGIN)


def code_of(answer: Response) -> str:
    assert answer.status_code == 200
    assert not answer.cookies
    found = _CODE.search(answer.content.decode())
    assert found
    return found[0]


def read_answer(code: str) -> str:
    page = Client().post("/appeal/answer", {"code": code}, headers=ORIGIN)
    assert not page.cookies
    return unescape(page.content.decode())


def stopped() -> tuple[EntryId, str]:
    """An entry, and the reference that Heron showed whose upload it stopped."""
    heron, entry = platform("Heron"), listed()
    item = feedback_item(entry, FeedbackValue.BLOCKED)
    record_feedback(heron, [item])
    return entry, str(item.id)


@pytest.mark.django_db
def test_an_appeal_is_sent_found_and_answered_and_nobody_learns_more() -> None:
    entry, reference = stopped()
    right = code_of(send(platform="Heron", reference=f" {reference} ", words=WORDS))
    nowhere = code_of(send(platform="Heron", reference=str(uuid4())))
    assert read_answer(right) == read_answer(nowhere)
    assert "We have not looked at it yet" in read_answer(right)
    ana = at_the_desk()
    pages = [read(ana, f"/desk/appeals/{appeal.id}") for appeal in waiting_appeals()]
    (about,) = (page for page in pages if entry in page)
    assert WORDS in about
    assert "1 platform stopped it, 1 time" in about
    assert "waiting since today, 7 days left to answer" in about
    assert (
        b"<b>holiday</b>"
        not in ana.get(f"/desk/appeals/{Appeal.objects.get(entry=entry).id}").content
    )
    for appeal in waiting_appeals():
        path = f"/desk/appeals/{appeal.id}"
        token = FORM_TOKEN.search(read(ana, path))
        assert token
        form = {"csrfmiddlewaretoken": token[1]}
        assert ana.post(path, form).status_code == 422
        wrong = Answer.NOT_FOUND if appeal.possible == [] else Answer.TAKEN_OFF
        if not appeal.entry:
            assert ana.post(path, form | {"answer": wrong}).status_code == 422
        assert ana.post(path, form | {"answer": appeal.possible[0]}).status_code == 303
        assert ana.post(path, form | {"answer": appeal.possible[0]}).status_code == 422
    assert waiting_appeals() == []
    assert "You were right" in read_answer(right)
    assert "We could not find your number" in read_answer(nowhere)
    assert Entry.objects.get(id=entry).withdrawn_at is not None
    verbs = AuditRecord.objects.filter(verb__startswith="appeal.").values_list("verb", flat=True)
    assert sorted(verbs) == [
        "appeal.answered.not_found", "appeal.answered.taken_off", "appeal.sent", "appeal.sent",
    ]  # fmt: skip


@pytest.mark.django_db
def test_an_appeal_that_was_faster_than_the_gates_report_finds_its_entry_later() -> None:
    heron, entry = platform("Heron"), listed()
    report = feedback_item(entry, FeedbackValue.BLOCKED)
    code = code_of(send(platform="Heron", reference=str(report.id)))
    (early,) = waiting_appeals()
    assert (early.entry, early.possible) == ("", [Answer.NOT_FOUND])
    record_feedback(heron, [report])
    (late,) = waiting_appeals()
    assert (late.entry, late.possible) == (entry, [Answer.TAKEN_OFF, Answer.STAYS])
    answer_appeal(late.id, Answer.TAKEN_OFF, a_lead())
    assert "You were right" in read_answer(code)
    assert Entry.objects.get(id=entry).withdrawn_at is not None
    assert Appeal.objects.get().entry == entry


@pytest.mark.django_db
def test_answering_looks_for_the_entry_of_a_reference_once() -> None:
    platform("Heron")
    send(platform="Heron", reference=str(uuid4()))
    ana = at_the_desk()
    path = f"/desk/appeals/{Appeal.objects.get().id}"
    token = FORM_TOKEN.search(read(ana, path))
    assert token
    form = {"csrfmiddlewaretoken": token[1], "answer": Answer.NOT_FOUND}
    with CaptureQueriesContext(connection) as asked_of_the_database:
        assert ana.post(path, form).status_code == 303
    looks = [query for query in asked_of_the_database if '"said_id" = ' in query["sql"]]
    assert len(looks) == 1


@pytest.mark.django_db
def test_a8_whoever_wants_theirs_stopped_is_led_back_and_nobody_else_is_told_why() -> None:
    """Those who want theirs stopped read "Was your picture stopped by mistake?".

    And whoever was stopped reads nothing here, before the form, of people who report pictures.
    """
    page = unescape(Client().get("/appeal").content.decode())
    main = page.split("<main")[1].split("</main>")[0]
    before, after = main.split("<form")[0], main.split("</form>")[1]
    assert "copies" not in before
    assert "Do you want copies of your picture stopped?" in after
    assert '<a class="govuk-link" href="/">Start here</a>' in after
    assert "<aside" not in page, "no helpline beside it"
    footer = unescape(Client().get("/").content.decode()).split("<footer")[1]
    link = re.search(r'<a [^>]*href="/appeal"[^>]*>([^<]+)', footer)
    assert link is not None
    assert link[1] == "A website stopped my post"
    assert "picture" not in link[1]


@pytest.mark.django_db
def test_what_was_written_is_sealed_and_the_code_is_not_kept() -> None:
    _, reference = stopped()
    code = code_of(send(platform="Heron", reference=reference, words=WORDS))
    row = Appeal.objects.get()
    kept = bytes(row.statement) + bytes(row.lookup_digest)
    for secret in (b"holiday", reference.encode(), code.encode(), code.replace(" ", "").encode()):
        assert secret not in kept
    # The code of an appeal opens no case.
    opened = Client().post("/open", {"code": code}, headers=ORIGIN)
    assert opened.status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"platform": "Nobody"}, "Pick the website or app"),
        ({"platform": "Plover"}, "Pick the website or app"),
        ({"reference": "  "}, "Copy the number"),
        ({"reference": "9" * 101}, "Copy the number"),
        ({"words": "w" * 1001}, "That is too long"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(
    changes: dict[str, str], says: str
) -> None:
    platform("Plover")
    revoke_platform("Plover")
    platform("Heron")
    form = {"platform": "Heron", "reference": "typed-reference", "words": "typed words"} | changes
    answer = send(**form)
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert says in page
    for name in {"reference", "words"} - set(changes):
        assert form[name] in page
    assert not Appeal.objects.exists()


@pytest.mark.django_db
def test_another_sites_form_and_an_unknown_code_are_refused() -> None:
    forged = Client().post("/appeal", {}, headers={"Origin": "https://evil.example"})
    assert forged.status_code == 403
    unknown = Client().post("/appeal/answer", {"code": "1234"}, headers=ORIGIN)
    assert unknown.status_code == 422
    assert b"find a case with this code" in unknown.content


@pytest.mark.django_db
def test_the_numbers_are_published_and_small_ones_are_not() -> None:
    cache.clear()
    platform("Heron")
    for _ in range(FEWEST):
        listed()
    # What nobody reported here is no part of it.
    list_imported("elsewhere", [tuple(some_signals())])
    add_canary("Heron")
    send(platform="Heron", reference="nothing")
    numbers = Client().get("/figures.json").json()
    assert numbers.pop("in_force") == FEWEST
    assert set(numbers.values()) == {None}
    page = Client().get("/figures").content.decode()
    assert page.count("Fewer than 5") == 8
    listed()
    assert Client().get("/figures.json").json()["in_force"] == FEWEST, "not at every look"
    cache.clear()


@given(st.lists(st.tuples(st.sampled_from(Answer), st.integers(0, 90)), max_size=20))
def test_figures_count_each_answer_once(answers: list[tuple[str, int]]) -> None:
    figures = figures_of(len(answers) + 3, answers)
    assert (figures.received, figures.answered) == (len(answers) + 3, len(answers))
    assert figures.right == [answer for answer, _ in answers].count(Answer.TAKEN_OFF)
    days = sorted(took for _, took in answers)
    if len(answers) < FEWEST:
        assert figures.median_days is None
    else:
        assert figures.median_days is not None
        assert days[0] <= figures.median_days <= days[-1]
    assert blurred(len(answers)) in {None, len(answers)}
