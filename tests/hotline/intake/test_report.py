"""Sending a report, from a browser that runs our code and from one that does not."""

import json
import threading
from dataclasses import replace
from typing import Any

import pytest
from django.db import close_old_connections

from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.codes.access import lookup_digest, site_salt
from takeback.hotline.codes.domain import new_case_code
from takeback.hotline.foundation.encryption import unseal_field
from takeback.hotline.intake.access import belongs_to_answers, case_of_lookup
from takeback.hotline.intake.actions import CodeTakenError, send_report
from takeback.hotline.intake.case_changes import add_pictures, choose_apps
from takeback.hotline.intake.domain.answers import AgeBand, Report, Threat
from takeback.hotline.intake.domain.pictures import Picture
from takeback.hotline.intake.models import Case, CasePicture
from takeback.hotline.log.models import PendingEvent
from tests.hotline.intake.timeline_page import picture_rows
from tests.support.visiting import ORIGIN, Visitor, come_back, picture_record, report_from_browser


@pytest.mark.django_db
def test_without_javascript_who_has_an_address_sends_a_case_without_pictures() -> None:
    visitor = Visitor().answer_all(threat="yes")
    code = visitor.code
    assert "we made it for you" in visitor.page
    assert not Case.objects.exists(), "nothing is sent before the person says so"
    visitor.answer("send")
    assert visitor.code == code, "the code is shown again after sending"
    assert "Your case is saved." in visitor.page
    assert "Now add the web address." in visitor.page
    assert "It is sent" not in visitor.page
    assert 'class="app-door app-door--main" href="/case/addresses"' in visitor.page
    assert not CasePicture.objects.exists()
    assert "Is someone still threatening you?" in come_back(code).page


@pytest.mark.django_db
@pytest.mark.parametrize("helps", [False, True])
def test_the_case_knows_whether_a_grown_up_helped(helps: bool) -> None:
    visitor = Visitor().begin("helper" if helps else "copies").answer("age", age="13_15")
    visitor.answer("threat", threat="no").answer("pictures", lacks="1")
    visitor.answer("instead", instead="address").answer("send")
    case = Case.objects.get()
    answers = unseal_field(belongs_to_answers(case.id), bytes(case.answers))
    assert isinstance(answers, dict)
    assert answers["helper"] is helps


@pytest.mark.django_db
def test_with_our_code_in_the_browser_the_server_never_sees_the_case_code() -> None:
    pictures = [
        picture_record(),
        picture_record(quality=12),
        picture_record(pdq=None, quality=None),
    ]
    visitor = Visitor().answer_all(pictures=pictures, js="1")
    assert 'data-module="case-code"' in visitor.page
    assert f'data-salt="{site_salt().hex()}"' in visitor.page
    code = new_case_code()
    sent = visitor.send_from_browser(code, b"names only the code opens")
    assert (sent.status_code, sent.content) == (204, b"")

    case = case_of_lookup(code.derive(site_salt()).lookup)
    assert case is not None
    assert bytes(case.sealed_names or b"") == b"names only the code opens"
    rows = list(case.pictures.all())
    assert [str(row.picture) for row in rows] == [record["id"] for record in pictures]
    assert [row.exact_only for row in rows] == [False, True, True]
    assert AuditRecord.objects.filter(verb="case.sent", subject=str(case.id)).count() == 1
    events = {event.subject: event.event for event in PendingEvent.objects.all()}
    for row, record in zip(rows, pictures, strict=True):
        event = bytes(events[row.entry]).decode()
        assert record["sha256"] in event
        assert record["md5"] in event
        # What says too little of the picture is not listed.
        assert ((record["pdq"] or "nowhere") in event) is (record["quality"] == 100)

    visitor.read("/case")
    assert "Picture 3" in visitor.page
    assert visitor.page.count("only copies that were not changed can be found") == 2


@pytest.mark.django_db
def test_crops_are_listed_with_their_picture_unless_they_say_too_little() -> None:
    telling, plain = ({"pdq": digit * 64, "quality": q} for digit, q in (("a", 80), ("c", 79)))
    picture = picture_record()
    whole = {"pdq": picture["pdq"], "quality": 100}
    picture["crops"] = [telling, plain, whole, telling]
    report_from_browser(pictures=[picture])
    [event] = PendingEvent.objects.all()
    listed = [
        (signal["value"], signal["quality"])
        for signal in json.loads(bytes(event.event))["signals"]
        if signal["type"] == "pdq"
    ]
    assert listed == [(picture["pdq"], 100), ("a" * 64, 80)]


@pytest.mark.django_db
def test_sending_twice_makes_one_case() -> None:
    visitor = Visitor().answer_all(pictures=[picture_record()], js="1")
    code = new_case_code()
    assert visitor.send_from_browser(code).status_code == 204
    assert visitor.send_from_browser(code).status_code == 204
    assert Case.objects.count() == CasePicture.objects.count() == 1
    visitor.read("/report")
    assert "It is sent" in visitor.page
    assert "We don't have it" in visitor.page


@pytest.mark.django_db
def test_another_report_with_a_code_that_is_taken_is_not_swallowed() -> None:
    _, code = report_from_browser(pictures=[picture_record()])
    visitor = Visitor().answer_all(pictures=[picture_record()], js="1")
    assert visitor.send_from_browser(code).status_code == 409
    assert CasePicture.objects.count() == 1
    assert visitor.send_from_browser(new_case_code()).status_code == 204
    assert CasePicture.objects.count() == 2


@pytest.mark.django_db
def test_a_report_is_the_same_by_its_answers_and_though_the_case_has_grown() -> None:
    report = Report(AgeBand.UNDER_13, None, False, Threat.NO, (a_picture(), a_picture()))
    lookup = b"\x07" * 32
    case = send_report(report, lookup, None)
    add_pictures(case, [a_picture()])
    choose_apps(case, ["TikTok"])
    assert send_report(report, lookup, None) == case, "its answer got lost, and more came since"
    for other in (
        replace(report, age=AgeBand.FROM_13_TO_15),
        replace(report, helper=True),
        replace(report, threat=Threat.YES),
        replace(report, pictures=(*report.pictures, a_picture())),
    ):
        with pytest.raises(CodeTakenError):
            send_report(other, lookup, None)
    without = replace(report, pictures=())
    assert send_report(without, b"\x08" * 32, None) != case
    with pytest.raises(CodeTakenError):
        send_report(replace(without, threat=Threat.YES), b"\x08" * 32, None)


def test_two_threads_sending_the_same_report_make_one_case(hotline_database: str) -> None:
    report = Report(AgeBand.UNDER_13, None, False, Threat.NO, (a_picture(),))
    ready = threading.Barrier(2)
    cases: list[Case] = []

    def send() -> None:
        ready.wait()
        try:
            cases.append(send_report(report, b"\x07" * 32, None))
        finally:
            close_old_connections()

    threads = [threading.Thread(target=send) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({case.id for case in cases}) == 1 == len(cases) - 1
    assert Case.objects.count() == CasePicture.objects.count() == 1
    assert PendingEvent.objects.count() == 1


@pytest.mark.django_db
def test_a_report_that_cannot_be_listed_leaves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_signals: object, **_: object) -> None:
        raise OSError("the key of the log can't be read")

    monkeypatch.setattr("takeback.hotline.entries.actions.list_entries", fail)
    report = Report(AgeBand.UNDER_13, None, False, Threat.NO, (a_picture(),))
    with pytest.raises(OSError, match="key of the log"):
        send_report(report, b"\x07" * 32, None)
    assert not Case.objects.exists()
    assert not AuditRecord.objects.filter(verb="case.sent").exists()


@pytest.mark.django_db
def test_when_our_code_fails_in_the_browser_the_server_makes_the_code() -> None:
    visitor = Visitor().answer_all(pictures=[picture_record()], js="1")
    visitor.answer("send", lookup="", sealed_names="")
    code = visitor.code
    assert "Nothing is sent so far" in visitor.page
    visitor.answer("send")
    assert len(picture_rows(come_back(code).page)) == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "form",
    [
        {"lookup": "ab"},
        {"lookup": "zz" * 32},
        {"lookup": "ab" * 32, "sealed_names": "no base64!"},
        {"lookup": "ab" * 32, "sealed_names": "A" * 200_000},
    ],
    ids=["short", "no hex", "no base64", "too long"],
)
def test_odd_values_from_a_browser_are_refused_and_nothing_is_lost(form: dict[str, str]) -> None:
    visitor = Visitor().answer_all(js="1")
    assert visitor.post(step="send", **form).status_code == 400
    assert not Case.objects.exists()
    assert visitor.send_from_browser(new_case_code()).status_code == 204


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("step", "form", "says"),
    [
        ("age", {}, "Pick one of the answers."),
        ("age", {"age": "12"}, "Pick one of the answers."),
        ("threat", {"threat": ""}, "Pick one of the answers."),
    ],
)
def test_a_missing_answer_has_a_kind_sentence(step: str, form: dict[str, Any], says: str) -> None:
    visitor = Visitor().begin()
    if step != "age":
        visitor.answer("age", age="16_17")
    sent = visitor.post(step=step, **form)
    page = sent.content.decode()
    assert sent.status_code == 422
    assert page.count(says) == 2, "once above, once beside the question"
    assert f'<a href="#{step}">' in page


@pytest.mark.django_db
def test_broken_picture_records_keep_the_ones_sent_before() -> None:
    visitor = Visitor().begin().answer("age", age="16_17").answer("threat", threat="no")
    good = picture_record()
    visitor.answer("pictures", pictures=json.dumps([good]), js="1")
    visitor.post(go="pictures")
    visitor.read()
    assert good["sha256"] in visitor.page
    sent = visitor.post(step="pictures", pictures='[{"id": 1}]')
    assert sent.status_code == 422
    assert visitor.read().page.count(good["sha256"]) == 1


@pytest.mark.django_db
def test_a_step_that_is_not_open_is_not_answered() -> None:
    visitor = Visitor().begin()
    for form in (
        {"step": "instead"},
        {"step": "send"},
        {"step": "no"},
        {"go": "send"},
        {"go": "x"},
    ):
        assert visitor.post(**form).status_code == 303
        assert "How old are you?" in visitor.read().page
    assert not Case.objects.exists()


@pytest.mark.django_db
def test_a1_the_first_door_leads_straight_to_what_helps() -> None:
    visitor = Visitor().begin("threat")
    assert "Don't pay" in visitor.page
    assert 'href="tel:' in visitor.page
    assert "How old are you?" in visitor.answer("threat_help").page
    read_before = Visitor().begin("threat", read="1")
    assert "How old are you?" in read_before.page


@pytest.mark.django_db
def test_a4_the_red_door_has_words_for_a_grown_up_until_the_age_is_known() -> None:
    grown_up = "Ask a grown-up you trust to sit with you"
    visitor = Visitor().begin("threat")
    assert grown_up in visitor.page
    visitor.answer("threat_help").answer("age", age="16_17").post(go="threat_help")
    assert "Don't pay" in visitor.read().page
    assert grown_up not in visitor.page


@pytest.mark.django_db
def test_an_end_does_not_look_like_having_arrived() -> None:
    visitor = Visitor().begin().answer("age", age="13_15").answer("threat", threat="yes")
    visitor.answer("threat_help").answer("pictures", lacks="1").answer("instead", instead="neither")
    assert "<title>Help</title>" in visitor.page
    assert "Step " not in visitor.page
    assert "<progress" not in visitor.page
    assert 'value="back"' in visitor.page
    main = visitor.page.partition("<main")[2].partition("</main>")[0]
    assert "Don't pay. Don't send more." in main
    assert 'class="app-call__button" href="tel:' in main
    calm = Visitor().begin().answer("age", age="13_15").answer("threat", threat="no")
    calm.answer("pictures", lacks="1").answer("instead", instead="neither")
    assert "Don't pay" not in calm.page


@pytest.mark.django_db
def test_whoever_has_only_an_address_reads_what_it_is_good_for() -> None:
    visitor = Visitor().begin().answer("age", age="13_15").answer("threat", threat="no")
    honest = "We can't ask websites yet."
    assert honest in visitor.page.partition("<noscript>")[2].partition("</noscript>")[0]
    visitor.answer("pictures", lacks="1")
    assert honest in visitor.page
    assert 'href="/reach">See who can help with that' in visitor.page


@pytest.mark.django_db
def test_a_grown_up_who_helps_is_not_taken_for_the_young_person() -> None:
    visitor = Visitor().begin("helper").answer("age", age="under_13").answer("threat", threat="yes")
    threatened = visitor.page
    asks_for_pictures = visitor.answer("threat_help").page
    asks_instead = visitor.answer("pictures", lacks="1").page
    ends = visitor.answer("instead", instead="neither").page
    assert "They are not in trouble." in threatened
    assert "Do they think about hurting themselves?" in threatened
    assert "You don't need to look." in asks_for_pictures
    assert "What do they have?" in asks_instead
    for page in (threatened, asks_for_pictures, asks_instead, ends):
        main = page.partition("<main")[2].partition("</main>")[0]
        for words in ("You are not in trouble", "you trust", "yourself", "Your pictures"):
            assert words not in main


@pytest.mark.django_db
def test_who_was_grown_up_in_the_picture_gets_the_help_of_grown_ups() -> None:
    visitor = Visitor().begin().answer("age", age="18_over_then")
    question = visitor.page
    helped = visitor.answer("threat", threat="yes").page
    ended = visitor.answer("threat_help").page
    for page in (question, helped, ended):
        assert "Call Revenge Porn Helpline" in page
        assert "Call Childline" not in page
    assert "Report Remove" not in helped
    assert "your parents" not in helped
    assert "StopNCII" in ended
    assert "Don't pay. Don't send more." in ended
    young = Visitor().begin().answer("age", age="18_over_under_18_then")
    assert "Call Childline" in young.answer("threat", threat="yes").page


@pytest.mark.django_db
def test_a_call_stands_beside_thoughts_of_hurting_oneself() -> None:
    page = Visitor().begin("threat").page
    _, question, after = page.partition("Do you think about hurting yourself?")
    assert question
    assert 'href="tel:' in after.partition("Now stop the copies")[0]


@pytest.mark.django_db
def test_a_door_that_does_not_exist_is_refused() -> None:
    assert Visitor().client.post("/begin", {"door": "no"}, headers=ORIGIN).status_code == 400


@pytest.mark.django_db
def test_a4_the_age_changes_what_is_read() -> None:
    young, older = Visitor().begin(), Visitor().begin()
    young.answer("age", age="under_13")
    older.answer("age", age="16_17")
    assert "Ask a grown-up you trust to sit with you" in young.page
    assert "Ask a grown-up you trust to sit with you" not in older.page


@pytest.mark.django_db
def test_beginning_again_forgets_the_answers_before() -> None:
    visitor = Visitor().begin().answer("age", age="16_17")
    old = visitor.client.cookies["s"].value
    visitor.begin()
    assert "How old are you?" in visitor.page
    assert visitor.client.cookies["s"].value != old


@pytest.mark.django_db
def test_another_site_can_neither_begin_nor_open_nor_send() -> None:
    visitor = Visitor()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        for path in ("/begin", "/open"):
            assert visitor.client.post(path, {"code": "1"}, headers=headers).status_code == 403
    assert not visitor.client.cookies
    visitor.answer_all(js="1")
    sent = visitor.client.post("/report", {"step": "send", "lookup": "ab" * 32})
    assert sent.status_code == 403
    assert not Case.objects.exists()


@pytest.mark.django_db
def test_the_digest_of_a_case_is_not_its_look_up_key() -> None:
    _, code = report_from_browser()
    lookup = code.derive(site_salt()).lookup
    row = Case.objects.get()
    assert bytes(row.lookup_digest) == lookup_digest(lookup) != lookup


@pytest.mark.django_db
def test_the_case_is_found_with_the_code_in_other_digits() -> None:
    _, code = report_from_browser()
    arabic = code.grouped.translate({ord("0") + value: 0x660 + value for value in range(10)})
    opened = Visitor().client.post("/open", {"code": arabic}, headers=ORIGIN)
    assert opened.status_code == 303


def a_picture() -> Picture:
    return Picture.from_json(picture_record())
