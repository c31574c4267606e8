"""The desk: who gets in, what is shown, what is decided; its cookie stays at the desk."""

import json
from base64 import urlsafe_b64encode
from dataclasses import replace
from pathlib import Path

import pytest
from django.test import Client

from takeback.hashlist.events import EntryId, new_entry_id
from takeback.hashlist.feedback import FeedbackValue
from takeback.hashlist.recovery_copy import CopyHead, write_recovery_copy
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.desk import actions
from takeback.hotline.desk.domain import Decision, Reason
from takeback.hotline.entries.actions import suspend_entry
from takeback.hotline.entries.amending import amend_entry
from takeback.hotline.entries.domain import UnknownEntryError
from takeback.hotline.entries.models import Entry
from takeback.hotline.feedback.actions import record_feedback
from takeback.hotline.log.access import current_checkpoint
from takeback.hotline.log.beginning_anew import begin_recovered_log
from takeback.hotline.log.continuity.doubts import note_restored
from takeback.hotline.log.sequencing import sequence_everything, sequence_pending
from takeback.hotline.staff import actions as staff_actions
from takeback.hotline.staff import passkeys
from takeback.hotline.staff.access import staff
from takeback.hotline.staff.domain import DeskError, Role
from takeback.hotline.staff.models import Invitation, Person
from tests.support.actors import a_lead
from tests.support.desk_browser import FORM_TOKEN, at_the_desk, read
from tests.support.feedback import feedback_item, platform
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture, sequenced_entry, signals_of
from tests.support.visiting import ORIGIN


def decide(client: Client, entry: EntryId, **form: str) -> int:
    token = FORM_TOKEN.search(read(client, f"/desk/entries/{entry}"))
    assert token
    form["csrfmiddlewaretoken"] = token[1]
    return client.post(f"/desk/entries/{entry}", form).status_code


@pytest.mark.django_db
def test_what_waits_is_shown_with_its_numbers_and_decided_with_a_name_in_the_record() -> None:
    held, kept_off = (
        sequenced_entry(*signals_of(bytes(32))),
        sequenced_entry(*signals_of(bytes(32))),
    )
    doubted = list_picture(some_signals())
    sequence_pending()
    heron = platform("Heron")
    record_feedback(heron, [feedback_item(doubted, FeedbackValue.NOT_THE_SAME)])
    ana = at_the_desk()
    page = read(ana)
    assert page.count("Close to a well-known lawful picture") == 2
    assert "1 platform said that it is not the same picture" in page
    shown = read(ana, f"/desk/entries/{held}")
    assert '0 bits: <bdi class="app-verbatim">blank, grey 0' in shown
    assert "never was in the log" in shown
    assert "said that it is not the same picture, 1 time" in read(ana, f"/desk/entries/{doubted}")
    assert decide(ana, held, decision="release") == 422
    assert decide(ana, held, decision="release", reason="platforms_right") == 422
    assert decide(ana, held, decision="release", reason="another_picture") == 303
    assert decide(ana, kept_off, decision="withdraw", reason="lawful_picture") == 303
    assert decide(ana, doubted, decision="resume", reason="platforms_wrong") == 303
    sequence_pending()
    assert set(follow_database()) == {held, doubted}
    emptied = read(ana)
    assert "Nothing waits for a decision." in emptied
    for sentence in ("Nothing waits to go out.", "Nothing is out of", "No appeal waits for an"):
        assert sentence in emptied
    number = Person.objects.get(name="Ana").pk
    acts = AuditRecord.objects.filter(actor=f"staff {number}").values_list("verb", "subject")
    assert list(acts.order_by("position")) == [
        ("entry.released", held),
        ("desk.release.another_picture", held),
        ("entry.withdrawn", kept_off),
        ("desk.withdraw.lawful_picture", kept_off),
        ("entry.resumed", doubted),
        ("desk.resume.platforms_wrong", doubted),
    ]


@pytest.mark.django_db
def test_a_change_of_an_entry_in_force_is_shown_as_one_and_can_be_refused_alone() -> None:
    refused, let_out = sequenced_entry(*some_signals()), sequenced_entry(*some_signals())
    before = follow_database()
    for entry in (refused, let_out):
        amend_entry(entry, signals=signals_of(bytes(32)), actor=a_lead())
    sequence_pending()
    ana = at_the_desk()
    assert read(ana).count("A change of an entry in force") == 2
    shown = read(ana, f"/desk/entries/{refused}")
    assert "In force; a change of it waits since" in shown
    assert "Let the change go out" in shown
    assert "Take it off the list for good" in shown
    assert decide(ana, refused, decision="refuse", reason="lawful_picture") == 303
    assert decide(ana, let_out, decision="release", reason="another_picture") == 303
    sequence_pending()
    after = follow_database()
    assert after[refused] == before[refused]
    assert after[let_out].signals != before[let_out].signals
    assert "Leave the entry as it is" not in read(ana, f"/desk/entries/{refused}")
    assert AuditRecord.objects.filter(verb="desk.refuse.lawful_picture", subject=refused).exists()


@pytest.mark.django_db
def test_nobody_gets_in_without_a_passkey_nor_with_another_cookie_nor_once_removed() -> None:
    entry = sequenced_entry(*signals_of(bytes(32)))
    stranger = Client()
    for path in ("/desk/", f"/desk/entries/{entry}", f"/desk/entries/{new_entry_id()}"):
        answer = stranger.get(path)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/desk/login")
    ana = at_the_desk()
    key = ana.cookies["desk"].value
    elsewhere = Client()
    elsewhere.cookies["s"] = key
    assert elsewhere.get("/desk/").status_code == 303
    visitor = Client()
    visitor.post("/begin", headers=ORIGIN)
    visitor.cookies["desk"] = visitor.cookies["s"].value
    assert visitor.get("/desk/").status_code == 303
    forged = ana.post(f"/desk/entries/{entry}", {"decision": "release", "reason": "other"})
    assert forged.status_code == 403
    assert ana.get(f"/desk/entries/{new_entry_id()}").status_code == 404
    staff_actions.remove("Ana")
    assert ana.get("/desk/").status_code == 303
    assert Entry.objects.get(id=entry).withdrawn_at is None


@pytest.mark.django_db
def test_the_desks_cookie_is_strict_and_goes_to_the_desk_only() -> None:
    client = Client()
    page = client.get("/desk/login")
    assert list(page.cookies) == ["passkey"]
    morsel = page.cookies["passkey"]
    assert (morsel["path"], morsel["samesite"], morsel["httponly"]) == ("/desk/", "Strict", True)
    assert (morsel["max-age"], morsel["domain"]) == (passkeys.ANSWER_SECONDS, "")
    assert not client.get("/").cookies
    ana = at_the_desk()
    first = ana.get("/desk/")
    assert list(first.cookies) == ["desk"]
    morsel = first.cookies["desk"]
    assert (morsel["path"], morsel["samesite"], morsel["httponly"]) == ("/desk/", "Strict", True)
    assert (morsel["max-age"], morsel["expires"], morsel["domain"]) == ("", "", "")
    token = FORM_TOKEN.search(first.content.decode())
    assert token
    ended = ana.post("/desk/logout", {"csrfmiddlewaretoken": token[1]})
    assert ended.cookies["desk"].value == ""
    assert ana.get("/desk/").status_code == 303


def credential(client_data: bytes, attestation: bytes) -> str:
    """What a browser would send of a passkey that says this."""
    coded = {
        "clientDataJSON": urlsafe_b64encode(client_data).decode(),
        "attestationObject": urlsafe_b64encode(attestation).decode(),
        "authenticatorData": urlsafe_b64encode(attestation).decode(),
        "signature": "AA",
        "userHandle": "MQ",
    }
    whole = {"id": "AA", "rawId": "AA", "type": "public-key", "response": coded}
    return json.dumps(whole | {"clientExtensionResults": {}})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "answer",
    [
        *("", "{}", "[]", "null", "x" * 20_000),
        *('{"response": {}}', '{"response": {"userHandle": "MQ"}}'),
        *("[" * 5_000, '{"response":' * 1_000),
        '{"id":"AA","rawId":"AA","type":"public-key","response":{"userHandle":"MQ",'
        '"signature":"AA","clientDataJSON":"e30","authenticatorData":"AA"}}',
        *(
            credential(client_data, attestation)
            for client_data in (b"[" * 4_000, b'{"type":"webauthn.create","challenge":"AA"}')
            # CBOR: arrays within arrays; a text that says it is longer; half a number; a break.
            for attestation in (b"\x81" * 4_000, b"\xa1\x7b\xff\xff", b"\x1b\x00", b"\xff")
        ),
    ],
)
def test_what_is_no_passkey_is_refused_and_nothing_breaks(answer: str) -> None:
    token = staff_actions.invite("Ana", Role.LEAD)
    client = Client()
    for path in ("/desk/login", f"/desk/join/{token}"):
        client.get(path)
        assert client.post(path, {"answer": answer}).status_code == 422
    assert Invitation.objects.get().used_at is None
    assert client.get("/desk/").status_code == 303


@pytest.mark.django_db
def test_invitations_work_once_and_end_with_the_person() -> None:
    token = staff_actions.invite("Ana", Role.LEAD)
    assert Client().get(f"/desk/join/{token}").status_code == 200
    with pytest.raises(passkeys.PasskeyError):
        staff_actions.join(token, "{}", "")
    staff_actions.remove("Ana")
    assert Client().get(f"/desk/join/{token}").status_code == 404
    with pytest.raises(DeskError):
        staff_actions.join(token, "{}", "")
    with pytest.raises(DeskError):
        staff_actions.remove("Ana")
    for name in ("", " ", "A\nB", "x" * 81):
        with pytest.raises(DeskError):
            staff_actions.invite(name, Role.LEAD)
    assert [(person.name, person.active, person.passkeys) for person in staff()] == [
        ("Ana", False, 0)
    ]


@pytest.mark.django_db
def test_two_who_decide_at_once_leave_one_decision() -> None:
    entry = list_picture(some_signals())
    sequence_pending()
    suspend_entry(entry, "hotline", a_lead())
    ana = at_the_desk()
    person = Person.objects.get(name="Ana")
    actions.decide(person.actor, entry, Decision.WITHDRAW, Reason.OTHER)
    page = read(ana, f"/desk/entries/{entry}")
    assert "Off the list since" in page
    assert "There is nothing here" not in page
    assert "<form" not in page.split("<main")[1]


@pytest.mark.django_db
@pytest.mark.parametrize("reason", ["other", "flood"], ids=["fits", "never fits this decision"])
def test_what_cannot_be_decided_any_more_is_refused_and_leaves_no_record(reason: str) -> None:
    held, doubted = sequenced_entry(*signals_of(bytes(32))), sequenced_entry(*some_signals())
    suspend_entry(doubted, "hotline", a_lead())
    ana = at_the_desk()
    token = FORM_TOKEN.search(read(ana, f"/desk/entries/{doubted}"))
    assert token
    form = {"csrfmiddlewaretoken": token[1], "decision": "release", "reason": reason}
    assert ana.post(f"/desk/entries/{new_entry_id()}", form).status_code == 404
    never_held = ana.post(f"/desk/entries/{doubted}", form)
    assert never_held.status_code == 422
    assert b"be done any more" in never_held.content
    assert decide(ana, held, decision="release", reason="another_picture") == 303
    before = AuditRecord.objects.count()
    late = ana.post(f"/desk/entries/{held}", form)
    assert late.status_code == 422
    assert b"Somebody was faster" in late.content
    assert AuditRecord.objects.count() == before
    for entry in (held, new_entry_id()):
        with pytest.raises(UnknownEntryError):
            actions.decide(a_lead(), entry, Decision.RELEASE, Reason(reason))


@pytest.mark.django_db
def test_the_desk_reads_that_the_list_stands_still_and_whose_case_is_lost(tmp_path: Path) -> None:
    kept, lost = sequenced_entry(*some_signals()), new_entry_id()
    ana = at_the_desk()
    assert "stands still" not in read(ana)
    note_restored()
    sequence_pending()
    page = read(ana)
    assert "The list stands still since" in page
    assert "no gate has shown yet that it is the newest" in page
    live = follow_database()[kept]
    with (tmp_path / "copy").open("w") as file:
        head = CopyHead(current_checkpoint()[1], None, frozenset())
        write_recovery_copy(file, head, [live, replace(live, entry=lost)])
    begin_recovered_log([tmp_path / "copy"], lambda _: None)
    sequence_everything()
    page = read(ana)
    assert "stands still" not in page
    assert "their case lost (1)" in page and lost in page
    assert "from what a gate held" in read(ana, f"/desk/entries/{lost}")
    assert decide(ana, lost, decision="withdraw", reason="other") == 303
    sequence_everything()
    assert "case lost" not in read(ana)
    assert set(follow_database()) == {kept}
