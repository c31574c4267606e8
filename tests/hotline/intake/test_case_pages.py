"""The pages of the case afterwards: what each takes, refuses kindly, and says."""

import base64
import json
import re
from hashlib import sha256
from typing import Any

import pytest

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.audit.domain import Verb
from takeback.hotline.entries.actions import suspend_entry, withdraw_entries
from takeback.hotline.feedback.actions import record_feedback
from takeback.hotline.intake.access import history_of
from takeback.hotline.intake.actions import withdraw_case
from takeback.hotline.intake.case_changes import choose_apps
from takeback.hotline.intake.domain.pictures import MAX_PICTURES
from takeback.hotline.intake.models import Case, CasePicture
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import note_fetched
from tests.hotline.intake.test_words import MESSAGES
from tests.hotline.intake.timeline_page import in_short, newest_first, picture_rows
from tests.support.actors import a_lead
from tests.support.feedback import acknowledge, feedback_item, platform
from tests.support.responses import Response
from tests.support.visiting import ORIGIN, Visitor, come_back, picture_record, report_from_browser

KEPT = b"sealed in the browser"
"""The box that `report_from_browser` leaves."""
PAGES = ("/case/pictures", "/case/addresses", "/case/apps", "/case/picture/1/stop")


def opened(*records: dict[str, Any], **answers: Any) -> Visitor:
    """A browser without scripts, on the timeline of a case."""
    pictures = list(records) or [picture_record()]
    return come_back(report_from_browser(pictures=pictures, **answers)[1])


def box(sealed: bytes, made_from: bytes = KEPT) -> dict[str, str]:
    return {
        "sealed_names": base64.b64encode(sealed).decode(),
        "made_from": sha256(made_from).hexdigest(),
    }


def add(visitor: Visitor, *records: dict[str, Any], **form: str) -> Response:
    visitor.read("/case/pictures")
    return visitor.post("/case/pictures", pictures=json.dumps(records), **form)


def goes_to(answer: Response, path: str) -> bool:
    return (answer.status_code, answer.headers.get("Location")) == (303, path)


@pytest.mark.django_db
def test_a_picture_is_added_and_stands_on_the_timeline() -> None:
    visitor = opened()
    assert goes_to(add(visitor, picture_record()), "/case")
    rows = picture_rows(visitor.read("/case").page)
    assert [row.startswith(f"Picture {n} Added: Today") for n, row in enumerate(rows, 1)] == [
        True,
        True,
    ]
    assert newest_first(visitor.page) == ["You put the codes of 2 pictures on our list. Today"]


@pytest.mark.django_db
def test_the_same_file_again_is_refused_kindly_and_left_out() -> None:
    record = picture_record()
    visitor = opened(record)
    sent = add(visitor, picture_record(sha256=record["sha256"]))
    page = sent.content.decode()
    assert sent.status_code == 422
    sentence = "You added this before. It is picture 1. We look for copies of it already"
    assert page.count(sentence) == 2, "in the summary and beside the field"
    assert '<a href="#pictures">' in page
    assert record["sha256"] not in page
    assert CasePicture.objects.count() == 1


@pytest.mark.django_db
def test_beside_the_same_file_again_the_others_are_added_and_the_case_says_so_once() -> None:
    record = picture_record()
    visitor = opened(record)
    sent = add(visitor, picture_record(sha256=record["sha256"]), picture_record())
    assert goes_to(sent, "/case")
    assert CasePicture.objects.count() == 2
    note = "1 picture is added. Picture 1 was there already."
    assert note in visitor.read("/case").page
    assert note not in visitor.read("/case").page


@pytest.mark.django_db
def test_a_browser_that_seals_is_told_which_files_the_case_has_and_sends_the_others() -> None:
    record, other = picture_record(), picture_record()
    again = picture_record(sha256=record["sha256"])
    visitor = opened(record)
    refused = add(visitor, again, other, **box(b"with a note too many"))
    assert (refused.status_code, refused.json()["already"]) == (409, [again["id"]])
    assert base64.b64decode(refused.json()["sealed"]) == KEPT
    assert CasePicture.objects.count() == 1
    assert add(visitor, other, **box(b"second box")).status_code == 204
    assert "1 picture is added. Picture 1 was there already." in visitor.read("/case").page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("pictures", "says"),
    [
        ("", "Pick at least one picture."),
        ("[]", "Pick at least one picture."),
        ("[{}]", "Please pick them again"),
        (json.dumps([picture_record() for _ in range(MAX_PICTURES)]), "can have 50 pictures"),
        (json.dumps([picture_record() for _ in range(MAX_PICTURES + 1)]), "can have 50 pictures"),
    ],
    ids=["nothing", "none", "broken", "one too many for the case", "too many"],
)
def test_pictures_that_cannot_be_taken_have_a_kind_sentence(pictures: str, says: str) -> None:
    visitor = opened().read("/case/pictures")
    sent = visitor.post("/case/pictures", pictures=pictures)
    assert (sent.status_code, says in sent.content.decode()) == (422, True)
    assert CasePicture.objects.count() == 1


@pytest.mark.django_db
def test_who_has_had_all_the_pictures_of_a_case_is_not_asked_to_remove_some(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("takeback.hotline.intake.case_changes.MOST_EVER", 1)
    sent = add(opened(), picture_record())
    assert sent.status_code == 422
    assert "A case can have 200 pictures in all." in sent.content.decode()
    assert "remove some" not in sent.content.decode()


@pytest.mark.django_db
def test_a_box_goes_with_what_is_added_and_a_stale_one_is_answered_with_the_newest() -> None:
    visitor = opened()
    taken = add(visitor, picture_record(), **box(b"second box"))
    assert (taken.status_code, taken.content) == (204, b"")
    stale = add(visitor, picture_record(), **box(b"late", made_from=KEPT))
    assert stale.status_code == 409
    assert base64.b64decode(stale.json()["sealed"]) == b"second box"
    stopped = visitor.read("/case/picture/1/stop").post("/case/picture/1/stop", **box(b"late"))
    assert stopped.status_code == 409
    assert CasePicture.objects.filter(withdrawn_on=None).count() == 2
    again = add(visitor, picture_record(), **box(b"third box", made_from=b"second box"))
    assert again.status_code == 204
    assert bytes(Case.objects.get().sealed_names or b"") == b"third box"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "form",
    [
        {"sealed_names": "no base64!", "made_from": "ab" * 32},
        {"sealed_names": "AAAA"},
        {"sealed_names": "AAAA", "made_from": "zz" * 32},
        {"sealed_names": "A" * 400_000, "made_from": "ab" * 32},
    ],
    ids=["no base64", "made of nothing", "no digest", "too long"],
)
def test_an_odd_box_is_refused_and_changes_nothing(form: dict[str, str]) -> None:
    assert add(opened(), picture_record(), **form).status_code == 400
    assert CasePicture.objects.count() == 1


@pytest.mark.django_db
def test_one_of_three_is_stopped_without_scripts() -> None:
    visitor = opened(*(picture_record() for _ in range(3)))
    page = visitor.read("/case/picture/2/stop").page
    assert "Stop looking for copies?" in page
    assert "Picture 2" in page
    assert not CasePicture.objects.exclude(withdrawn_on=None).exists(), "asking is not doing"
    assert goes_to(visitor.post("/case/picture/2/stop"), "/case")
    rows = picture_rows(visitor.read("/case").page)
    assert ["Not looked for any more" in row for row in rows] == [False, True, False]
    assert ["Stop looking for copies" in row for row in rows] == [True, False, True]
    assert goes_to(visitor.client.get("/case/picture/2/stop"), "/case"), "it is done already"
    visitor.read("/case/picture/3/stop")
    assert goes_to(visitor.post("/case/picture/2/stop"), "/case"), "pressed twice"


@pytest.mark.django_db
def test_stopping_the_last_one_keeps_the_case_open() -> None:
    visitor = opened()
    visitor.read("/case/picture/1/stop").post("/case/picture/1/stop")
    page = visitor.read("/case").page
    assert "We look for no copies now You can add a picture at any time." in in_short(page)
    assert goes_to(add(visitor, picture_record()), "/case")
    assert "Picture 2" in visitor.read("/case").page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([], "No copy seen so far. That can be good news."),
        ([FeedbackValue.NOT_BLOCKED], "A copy was seen A website saw it and did not stop it."),
        ([FeedbackValue.PENDING_REVIEW] * 2, "2 copies were stopped for now"),
        ([FeedbackValue.BLOCKED, FeedbackValue.NOT_BLOCKED], "1 copy was stopped The last one"),
    ],
    ids=["nothing", "left up", "held", "stopped"],
)
def test_a7_the_card_says_first_what_is_best_and_never_that_nothing_was_seen_when_it_was(
    values: list[FeedbackValue], says: str
) -> None:
    skylark = platform("Skylark")
    _, code = report_from_browser(pictures=[picture_record()])
    sequence_pending()
    note_fetched(skylark, 2)
    acknowledge(skylark)
    entry = EntryId(CasePicture.objects.get().entry)
    record_feedback(skylark, [feedback_item(entry, value) for value in values])
    assert says in in_short(come_back(code).page)


@pytest.mark.django_db
def test_a_picture_that_is_off_the_list_does_not_look_protected() -> None:
    skylark = platform("Skylark")
    _, code = report_from_browser(pictures=[picture_record(), picture_record()])
    sequence_pending()
    note_fetched(skylark, 3)
    acknowledge(skylark)
    first, second = (EntryId(row.entry) for row in CasePicture.objects.order_by("number"))
    record_feedback(skylark, [feedback_item(first, FeedbackValue.PENDING_REVIEW)])
    card = in_short(come_back(code).page)
    assert "1 copy was stopped for now" in card
    assert "not looked for" not in card
    suspend_entry(first, "not_the_same", a_lead())
    page = come_back(code).page
    assert "1 picture is not looked for just now." in in_short(page)
    assert "1 website looks for copies now" in in_short(page)
    rows = picture_rows(page)
    assert ["Not looked for just now" in row for row in rows] == [True, False]
    assert ["Added: Today" in row for row in rows] == [False, True]
    withdraw_entries([second], "hotline", a_lead())
    page = come_back(code).page
    assert "Not looked for any more" in picture_rows(page)[1]
    card = in_short(page)
    assert "We look for no copies now" in card
    assert "2 pictures are not looked for just now." in card
    assert "stopped for now" not in card, "nothing is in force"
    assert "website" not in card


@pytest.mark.django_db
def test_just_after_sending_the_card_says_that_websites_get_the_code_soon() -> None:
    _, code = report_from_browser(pictures=[picture_record()])
    card = in_short(come_back(code).page)
    assert "The code is on our list No website has told us yet that it looks." in card
    assert "0 websites" not in card
    sequence_pending()
    acknowledge(platform("Skylark"))
    card = in_short(come_back(code).page)
    assert "The code is on our list Websites get the code in the next minutes." in card
    assert "0 websites" not in card
    suspend_entry(EntryId(CasePicture.objects.get().entry), "hotline", a_lead())
    assert "next minutes" not in in_short(come_back(code).page)


@pytest.mark.django_db
def test_a_picture_that_the_case_never_had_is_not_found() -> None:
    assert opened().client.get("/case/picture/2/stop").status_code == 404


@pytest.mark.django_db
def test_addresses_are_added_without_scripts_and_a_bad_one_keeps_what_was_typed() -> None:
    visitor = opened().read("/case/addresses")
    bad = visitor.post("/case/addresses", addresses="example.org\nmy <b>page")
    assert bad.status_code == 422
    assert "Line 2 has a space" in bad.content.decode()
    assert "my &lt;b&gt;page" in bad.content.decode()
    assert visitor.post("/case/addresses", addresses="\n").status_code == 422
    many = "\n".join(f"example.org/{n}" for n in range(19))
    assert goes_to(visitor.post("/case/addresses", addresses=many), "/case")
    full = visitor.post("/case/addresses", addresses="example.org/a\nexample.org/b")
    assert (full.status_code, "can have 20 web addresses" in full.content.decode()) == (422, True)
    page = visitor.read("/case").page
    assert "19 addresses saved. We can't ask websites yet." in in_short(page)
    assert "https://example.org/18" in page


@pytest.mark.django_db
def test_sites_for_adults_are_not_offered_to_under_13s_unless_chosen_before() -> None:
    def offered(visitor: Visitor) -> set[str]:
        return {name for name in ("OnlyFans", "Pornhub") if name in visitor.read("/case/apps").page}

    assert offered(opened()) == {"OnlyFans", "Pornhub"}
    young = opened(age="under_13")
    case = Case.objects.latest("pictures__id")
    assert offered(young) == set()
    assert goes_to(young.post("/case/apps", apps=["TikTok", "OnlyFans"]), "/case")
    case.refresh_from_db()
    assert history_of(case).apps == ["TikTok"], "what the page does not offer is left out"
    choose_apps(case, ["TikTok", "OnlyFans"])
    assert offered(young) == {"OnlyFans"}
    assert goes_to(young.post("/case/apps", apps=["TikTok", "OnlyFans"]), "/case")
    case.refresh_from_db()
    assert history_of(case).apps == ["TikTok", "OnlyFans"]


@pytest.mark.django_db
def test_apps_are_told_and_changed_without_scripts() -> None:
    visitor = opened().read("/case/apps")
    sent = visitor.post("/case/apps", apps=["TikTok", "No App That We Offered"])
    assert goes_to(sent, "/case")
    assert "TikTok does not check our list yet" in visitor.read("/case").page
    assert history_of(Case.objects.get()).apps == ["TikTok"]
    assert re.search(r'value="TikTok" checked', visitor.read("/case/apps").page)
    assert goes_to(visitor.post("/case/apps"), "/case")
    assert "TikTok" not in visitor.read("/case").page


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_a_page_of_a_case_that_is_gone_leads_away(path: str) -> None:
    visitor = opened().read(path)
    withdraw_case(Case.objects.get())
    assert goes_to(visitor.post(path, pictures=json.dumps([picture_record()])), "/ended")
    assert visitor.client.get(path).headers["Location"].startswith("https://")


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_no_other_site_changes_a_case(path: str) -> None:
    visitor = opened()
    form = {"pictures": json.dumps([picture_record()]), "addresses": "example.org"}
    assert visitor.client.post(path, form, headers=ORIGIN).status_code == 403, "no token"
    assert len(Case.objects.get().pictures.filter(withdrawn_on=None)) == 1
    assert not history_of(Case.objects.get()).addresses


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("threat", "near_the_top", "question"),
    [
        ("yes", True, "Is someone still threatening you?"),
        ("no", False, "Is someone threatening you now?"),
    ],
)
def test_a_threat_is_asked_about_near_the_top_only_where_there_was_one(
    threat: str, near_the_top: bool, question: str
) -> None:
    page = opened(threat=threat).page
    assert len(re.findall("Is someone (?:still )?threatening", page)) == 1
    before_the_card = page.index(question) < page.index("app-case-card")
    assert before_the_card is near_the_top


def test_a3_nothing_that_a_young_person_reads_calls_withdrawing_taking_back() -> None:
    """The site says that it takes a picture back: what ends that must have another name."""
    texts = [text for where, text in MESSAGES if "intake/" in where]
    assert any("Stop looking for copies" in text for text in texts)
    ends = re.compile(r"\b(take|taken|taking|took)\b( \w+){0,3} back\b|\btake off\b", re.IGNORECASE)
    assert [text for text in texts if ends.search(text) and text not in SAYS_WHAT_WE_DO] == []


SAYS_WHAT_WE_DO = {"Take back a picture of you", "Take off", "Take 3 off the list"}


def test_every_change_of_a_case_has_a_verb_of_its_own() -> None:
    assert {verb.value for verb in Verb if verb.value.startswith("case.")} == {
        "case.sent",
        "case.withdrawn",
        "case.pictures_added",
        "case.picture_withdrawn",
        "case.addresses_added",
        "case.apps_chosen",
    }
