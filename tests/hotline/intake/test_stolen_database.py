"""Whoever steals the database opens no answer, address or code; what is taken back is gone."""

import json
from collections.abc import Iterator

import pytest
from django.contrib.sessions.backends.base import UpdateError
from django.db import connection
from pytest_django import Settings

from takeback.hotline.codes.access import site_salt
from takeback.hotline.codes.domain import new_case_code
from takeback.hotline.foundation.encryption import CannotOpenError, unseal_field
from takeback.hotline.foundation.models import SealedSession
from takeback.hotline.foundation.sessions import SessionStore
from takeback.hotline.intake.access import belongs_to_address, belongs_to_answers
from takeback.hotline.intake.models import Case, CaseAddress
from tests.support.visiting import Visitor, picture_record, report_from_browser

ADDRESS = "https://very-private.example/where-it-is?who=me"
APP = "Snapchat"


def everything() -> bytes:
    """All values of all rows of all tables, as a dump would hold them."""

    def values() -> Iterator[bytes]:
        with connection.cursor() as cursor:
            for table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
                for row in cursor.fetchall():
                    for value in row:
                        raw = isinstance(value, bytes | memoryview)
                        yield bytes(value) if raw else str(value).encode()

    return b"\n".join(values())


@pytest.mark.django_db
def test_while_answering_the_dump_says_nothing() -> None:
    picture = picture_record()
    visitor = Visitor().answer_all(pictures=[picture], threat="yes")
    dump = everything()
    cookie = visitor.client.cookies["s"].value
    for secret in (
        cookie,
        visitor.code.digits,
        visitor.code.grouped,
        "13_15",
        picture["pdq"],
        picture["sha256"],
        "threat",
    ):
        assert secret.encode() not in dump


@pytest.mark.django_db
def test_after_sending_the_dump_holds_no_answer_address_or_code() -> None:
    visitor, code = report_from_browser(pictures=[picture_record()], threat="yes")
    visitor.add_to_case("addresses", addresses=ADDRESS).add_to_case("apps", apps=[APP])
    keys = code.derive(site_salt())
    dump = everything()
    for secret in (
        visitor.client.cookies["s"].value.encode(),
        code.digits.encode(),
        code.grouped.encode(),
        keys.lookup,
        keys.lookup.hex().encode(),
        keys.wrap,
        keys.wrap.hex().encode(),
        ADDRESS.encode(),
        b"very-private",
        APP.encode(),
        b"13_15",
    ):
        assert secret not in dump
    assert str(Case.objects.get().id).encode() in dump, "the search would find what is there"


@pytest.mark.django_db
def test_lengths_in_the_dump_say_nearly_nothing() -> None:
    visitor, _ = report_from_browser()
    visitor.add_to_case("addresses", addresses=f"https://a.example/\n{ADDRESS}")
    lengths = {len(bytes(row.address)) for row in CaseAddress.objects.all()}
    assert len(lengths) == 1


@pytest.mark.django_db
def test_a_sealed_value_opens_only_in_its_own_place() -> None:
    visitor, _ = report_from_browser()
    visitor.add_to_case("addresses", addresses="https://a.example/\nhttps://b.example/")
    case = Case.objects.get()
    first, second = CaseAddress.objects.all()
    sealed = bytes(first.address)
    assert unseal_field(belongs_to_address(first.id), sealed) == "https://a.example/"
    for place in (belongs_to_address(second.id), belongs_to_answers(case.id)):
        with pytest.raises(CannotOpenError):
            unseal_field(place, sealed)
    with pytest.raises(CannotOpenError):
        unseal_field(belongs_to_address(first.id), sealed[:-1] + bytes([sealed[-1] ^ 1]))
    with pytest.raises(CannotOpenError):
        unseal_field(belongs_to_address(first.id), b"")


@pytest.mark.django_db
def test_after_stopping_it_all_nothing_of_the_case_is_left() -> None:
    names = b"names only the code opens"
    picture = picture_record()
    visitor = Visitor().answer_all(pictures=[picture], js="1")
    visitor.send_from_browser(new_case_code(), names)
    visitor.add_to_case("addresses", addresses=ADDRESS)
    case = Case.objects.get()
    sealed = [bytes(case.answers), *(bytes(row.address) for row in CaseAddress.objects.all())]
    assert all(value in everything() for value in [names, *sealed])
    visitor.read("/case/withdraw").post("/case/withdraw")
    dump = everything()
    for value in [names, *sealed, picture["id"].encode(), bytes(case.lookup_digest)]:
        assert value not in dump


@pytest.mark.django_db
def test_a_session_is_found_and_opened_by_its_cookie_only() -> None:
    session = SessionStore()
    session["answers"] = {"threat": "yes"}
    session.create()
    session.save()
    token = session.session_key
    assert token
    assert SessionStore(token)["answers"] == {"threat": "yes"}
    other = SessionStore("A" * 43)
    assert other.get("answers") is None
    row = SealedSession.objects.get()
    assert token.encode() not in bytes(row.id) + bytes(row.data)
    # A row moved to another cookie's place does not open.
    stranger = SessionStore()
    stranger.create()
    SealedSession.objects.exclude(id=row.id).update(data=bytes(row.data))
    assert SessionStore(stranger.session_key).get("answers") is None


@pytest.mark.django_db
def test_a_session_that_was_left_does_not_come_back() -> None:
    visitor = Visitor().begin()
    token = visitor.client.cookies["s"].value
    slow = SessionStore(token)
    slow["visit"] = json.loads(json.dumps(slow["visit"]))
    visitor.client.get("/leave")
    assert not SealedSession.objects.exists()
    with pytest.raises(UpdateError):
        slow.save()
    assert not SealedSession.objects.exists()


@pytest.mark.django_db
def test_an_outdated_session_is_no_session(settings: Settings) -> None:
    settings.SESSION_COOKIE_AGE = -1
    visitor = Visitor()
    visitor.client.post("/begin", headers={"Origin": "http://testserver"})
    answer = visitor.client.get("/report")
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("https://www.bbc.co.uk/")
    SessionStore.clear_expired()
    assert not SealedSession.objects.exists()
