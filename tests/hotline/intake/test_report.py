"""Sending a report, from a browser that runs our code and from one that does not."""

import json
import threading
from typing import Any

import pytest
from django.db import close_old_connections

from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.codes.access import lookup_digest, site_salt
from takeback.hotline.codes.domain import new_case_code
from takeback.hotline.intake.access import case_of_lookup
from takeback.hotline.intake.actions import send_report
from takeback.hotline.intake.domain.answers import AgeBand, Report, Threat
from takeback.hotline.intake.domain.pictures import Picture
from takeback.hotline.intake.models import Case, CasePicture
from takeback.hotline.log.models import PendingEvent
from tests.support.visiting import ORIGIN, Visitor, come_back, picture_record, report_from_browser


@pytest.mark.django_db
def test_without_javascript_a_web_address_goes_all_the_way() -> None:
    visitor = Visitor().answer_all(
        addresses="example.org/page\n\nhttps://bücher.example/?a=1", threat="yes", apps=("TikTok",)
    )
    code = visitor.code
    assert "we made it for you" in visitor.page
    assert not Case.objects.exists(), "nothing is sent before the person says so"
    visitor.answer("code")
    assert visitor.code == code, "the code is shown again after sending"
    visitor.read("/case")
    assert "https://example.org/page" in visitor.page

    back = come_back(code)
    assert "https://bücher.example/?a=1" in back.page
    assert "Asking websites to take it down does not work yet" in back.page
    assert "TikTok does not check our list yet" in back.page
    assert "Is someone still threatening you?" in back.page


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


def test_two_threads_sending_the_same_report_make_one_case(hotline_database: str) -> None:
    report = Report(
        AgeBand.UNDER_13, None, (a_picture(),), ("https://example.org/",), Threat.NO, ()
    )
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
    report = Report(AgeBand.UNDER_13, None, (a_picture(),), (), Threat.NO, ())
    with pytest.raises(OSError, match="key of the log"):
        send_report(report, b"\x07" * 32, None)
    assert not Case.objects.exists()
    assert not AuditRecord.objects.filter(verb="case.sent").exists()


@pytest.mark.django_db
def test_when_our_code_fails_in_the_browser_the_server_makes_the_code() -> None:
    visitor = Visitor().answer_all(pictures=[picture_record()], js="1")
    visitor.answer("code", lookup="", sealed_names="")
    code = visitor.code
    assert "Nothing has been sent so far" in visitor.page
    visitor.answer("code")
    assert come_back(code).page.count("Picture 1") == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "form",
    [
        {"lookup": "ab"},
        {"lookup": "zz" * 32},
        {"lookup": "ab" * 32, "sealed_names": "no base64!"},
        {"lookup": "ab" * 32, "sealed_names": "A" * 100_000},
    ],
    ids=["short", "no hex", "no base64", "too long"],
)
def test_odd_values_from_a_browser_are_refused_and_nothing_is_lost(form: dict[str, str]) -> None:
    visitor = Visitor().answer_all(addresses="example.org", js="1")
    assert visitor.post(step="code", **form).status_code == 400
    assert not Case.objects.exists()
    assert visitor.send_from_browser(new_case_code()).status_code == 204


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("step", "form", "says"),
    [
        ("age", {}, "Pick one of the answers."),
        ("age", {"age": "12"}, "Pick one of the answers."),
        ("have", {"have": ""}, "Pick one of the answers."),
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
    assert f'aria-describedby="{step}-hint {step}-error"' in page


@pytest.mark.django_db
def test_a_bad_address_keeps_what_was_typed() -> None:
    visitor = Visitor().begin().answer("age", age="16_17").answer("have", have="addresses")
    sent = visitor.post(step="addresses", addresses="https://example.org/1\nmy <b>page")
    assert sent.status_code == 422
    assert "Line 2 has a space" in sent.content.decode()
    assert "my &lt;b&gt;page" in sent.content.decode()


@pytest.mark.django_db
def test_broken_picture_records_keep_the_ones_sent_before() -> None:
    visitor = Visitor().begin().answer("age", age="16_17").answer("have", have="both")
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
    for form in ({"step": "check"}, {"step": "code"}, {"step": "no"}, {"go": "code"}, {"go": "x"}):
        assert visitor.post(**form).status_code == 303
        assert "How old are you?" in visitor.read().page
    assert not Case.objects.exists()


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
    visitor.answer_all(addresses="example.org", js="1")
    sent = visitor.client.post("/report", {"step": "code", "lookup": "ab" * 32})
    assert sent.status_code == 403
    assert not Case.objects.exists()


@pytest.mark.django_db
def test_the_digest_of_a_case_is_not_its_look_up_key() -> None:
    _, code = report_from_browser(addresses="example.org")
    lookup = code.derive(site_salt()).lookup
    row = Case.objects.get()
    assert bytes(row.lookup_digest) == lookup_digest(lookup) != lookup


@pytest.mark.django_db
def test_the_case_is_found_with_the_code_in_other_digits() -> None:
    _, code = report_from_browser(addresses="example.org")
    arabic = code.grouped.translate({ord("0") + value: 0x660 + value for value in range(10)})
    opened = Visitor().client.post("/open", {"code": arabic}, headers=ORIGIN)
    assert opened.status_code == 303


def a_picture() -> Picture:
    return Picture.from_json(picture_record())
