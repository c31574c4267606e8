"""Which page of the desk is for whom: a table of every page, its methods and what forms can ask.

The table is written by hand and says what is wanted. The tests walk the addresses, so a page or a
method that has no row fails.
"""

import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from takeback.hashlist.events import EntryId
from takeback.hashlist.signals import PdqSignal, Sha256Signal
from takeback.hotline.appeals.actions import send_appeal
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.appeals.models import Appeal
from takeback.hotline.desk.domain import Decision, Reason
from takeback.hotline.entries.actions import suspend_entry
from takeback.hotline.entries.amending import amend_entry
from takeback.hotline.limits.actions import forget_everyone
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.staff.actions import invite
from takeback.hotline.staff.domain import Role
from tests.hotline.staff.columns import in_column, undone
from tests.support.actors import a_lead, browser_of, person_with
from tests.support.listing import list_picture, sequenced_entry, signals_of

EVERYBODY: Final = "everybody"
"""Pages before anybody has logged in."""


@dataclass(frozen=True, slots=True)
class Request:
    """One thing that can be asked of a page, and who may."""

    route: str
    method: str
    #          support analyst lead publisher auditor operator
    may: str
    form: Mapping[str, str] = field(default_factory=dict)


def deciding(decision: Decision, may: str) -> Request:
    form = {"decision": decision.value, "reason": Reason.OTHER.value}
    return Request("desk-entry", "POST", may, form)


REQUESTS: Final = (
    Request("desk-login", "GET", EVERYBODY),
    Request("desk-login", "POST", EVERYBODY),
    Request("desk-logout", "POST", EVERYBODY),
    Request("desk-join", "GET", EVERYBODY),
    Request("desk-join", "POST", EVERYBODY),
    Request("desk", "GET", "y y y y y -"),
    Request("desk-entry", "GET", "y y y y y -"),
    deciding(Decision.RELEASE, "- y y - - -"),
    deciding(Decision.RESUME, "- y y - - -"),
    deciding(Decision.REFUSE, "- y y - - -"),
    deciding(Decision.WITHDRAW, "- y y y - -"),
    Request("desk-appeal", "GET", "y y y y y -"),
    *(Request("desk-appeal", "POST", "- - y - - -", {"answer": answer}) for answer in Answer),
)


def desk_routes(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for child in resolver.url_patterns:
        address = prefix + str(child.pattern)
        if isinstance(child, URLResolver):
            yield from desk_routes(child, address)
        elif isinstance(child, URLPattern) and address.startswith("desk/"):
            assert child.name
            yield child.name


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits at the desk: one of each."""

    held: EntryId
    suspended: EntryId
    amended: EntryId
    appeal: uuid.UUID
    invitation: str

    def address(self, request: Request) -> str:
        entries = {Decision.RESUME: self.suspended, Decision.REFUSE: self.amended}
        decision = request.form.get("decision")
        arguments: dict[str, list[object]] = {
            "desk-entry": [entries[Decision(decision)] if decision in entries else self.held],
            "desk-appeal": [self.appeal],
            "desk-join": [self.invitation],
        }
        return reverse(request.route, args=arguments.get(request.route, []))


@pytest.fixture
def waiting(db: None) -> Waiting:
    suspended = list_picture([Sha256Signal(value="ab" * 32)])
    amended = sequenced_entry(*signals_of(bytes([0x33]) * 32))
    suspend_entry(suspended, "hotline", person_with(Role.LEAD).actor)
    amend_entry(amended, signals=signals_of(bytes(32)), actor=a_lead())
    sequence_pending()
    held = list_picture([PdqSignal(value="0f" * 32, quality=0)])
    send_appeal("Skylark", "reference", "", bytes(32))
    Appeal.objects.update(entry=suspended)
    return Waiting(held, suspended, amended, Appeal.objects.get().id, invite("Bo", Role.ANALYST))


def test_every_page_of_the_desk_and_each_of_its_methods_has_a_row(waiting: Waiting) -> None:
    routes = list(desk_routes(get_resolver()))
    assert set(routes) == {request.route for request in REQUESTS}
    for route in routes:
        address = waiting.address(Request(route, "GET", ""))
        answered = {
            method
            for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
            if Client().generic(method, address).status_code != 405
        }
        assert answered == {request.method for request in REQUESTS if request.route == route}
    decisions = {request.form["decision"] for request in REQUESTS if "decision" in request.form}
    assert decisions == set(Decision)


@pytest.mark.parametrize("request_", REQUESTS, ids=str)
def test_a_page_of_the_desk_is_for_those_in_its_row(request_: Request, waiting: Waiting) -> None:
    address = waiting.address(request_)

    def answer_to(browser: Client) -> tuple[int, str]:
        forget_everyone()  # else the limit of log-ins answers
        with undone():
            answer = browser.generic(
                request_.method,
                address,
                "&".join(f"{name}={value}" for name, value in request_.form.items()),
                "application/x-www-form-urlencoded",
            )
        return answer.status_code, answer.headers.get("Location", "")

    if request_.may == EVERYBODY:
        for browser in (Client(), *(browser_of(person_with(role)) for role in Role)):
            assert answer_to(browser)[0] in {200, 303, 422}
        return
    assert answer_to(Client()) == (303, reverse("desk-login"))
    done = (200, "") if request_.method == "GET" else (303, reverse("desk"))
    for role, allowed in in_column(request_.may).items():
        assert answer_to(browser_of(person_with(role))) == (done if allowed else (403, "")), role


def test_pages_show_only_what_the_person_may_do(waiting: Waiting) -> None:
    entry = reverse("desk-entry", args=[waiting.held])
    shown = {
        role: re.findall(
            r'name="decision" value="(\w+)"',
            browser_of(person_with(role)).get(entry).content.decode(),
        )
        for role in set(Role) - {Role.OPERATOR}
    }
    assert shown == {
        Role.REPORTER_SUPPORT: [],
        Role.ANALYST: ["release", "withdraw"],
        Role.LEAD: ["release", "withdraw"],
        Role.PUBLISHER: ["withdraw"],
        Role.AUDITOR: [],
    }
    appeal = reverse("desk-appeal", args=[waiting.appeal])
    assert b'name="answer"' in browser_of(person_with(Role.LEAD)).get(appeal).content
    assert b'name="answer"' not in browser_of(person_with(Role.ANALYST)).get(appeal).content


def test_a_page_that_is_not_for_the_role_says_so_and_lets_log_out(waiting: Waiting) -> None:
    page = browser_of(person_with(Role.OPERATOR)).get(reverse("desk"))
    assert page.status_code == 403
    assert b"You are here as operator, and in that role nobody may see what waits." in page.content
    assert reverse("desk-logout").encode() in page.content
