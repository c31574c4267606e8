"""A person has one role, given with an invitation; the record holds who had which, and when."""

import json

import pytest
from django.db import IntegrityError, transaction
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.hotline.audit.models import AuditRecord, KnownActor
from takeback.hotline.staff.actions import invite, remove
from takeback.hotline.staff.domain import ROLE_GIVEN, DeskError, NotPermittedError, Role
from takeback.hotline.staff.models import Person
from tests.support.actors import browser_of, person_with


def recorded(person: Person) -> list[str]:
    acts = AuditRecord.objects.filter(subject=str(person.actor)).order_by("position")
    return list(acts.values_list("verb", flat=True))


@pytest.mark.django_db
def test_the_record_says_who_had_which_role() -> None:
    ana = person_with(Role.ANALYST, "Ana")
    invite("Ana", Role.ANALYST)
    assert recorded(ana) == ["staff.invited", "staff.role.analyst", "staff.invited"]
    invite("Ana", Role.LEAD)
    assert recorded(ana)[3:] == ["staff.invited", "staff.role.lead"]
    remove("Ana")
    invite("Ana", Role.LEAD)
    assert recorded(ana)[5:] == ["staff.removed", "staff.invited", "staff.role.lead"]
    assert KnownActor.objects.filter(name=str(ana.actor), kind="staff").count() == 1
    assert set(ROLE_GIVEN) == set(Role)


@pytest.mark.django_db
def test_another_role_is_in_force_at_once() -> None:
    browser = browser_of(person_with(Role.LEAD, "Ana"))
    assert browser.get("/desk/").status_code == 200
    invite("Ana", Role.OPERATOR)
    assert browser.get("/desk/").status_code == 403


@pytest.mark.django_db
def test_a_session_does_not_outlive_its_person_not_even_if_they_come_back() -> None:
    browser = browser_of(person_with(Role.LEAD, "Ana"))
    remove("Ana")
    invite("Ana", Role.LEAD)
    assert browser.get("/desk/").status_code == 303


@pytest.mark.django_db
def test_only_those_who_may_invite_and_remove() -> None:
    lead = person_with(Role.LEAD).actor
    with pytest.raises(NotPermittedError, match="may not invite people"):
        invite("Bo", Role.LEAD, lead)
    with pytest.raises(NotPermittedError, match="may not remove people"):
        remove("Bo", lead)
    assert not Person.objects.filter(name="Bo").exists()
    with pytest.raises(DeskError):
        invite("", Role.LEAD)


@pytest.mark.django_db
def test_the_database_takes_no_other_role_and_no_password() -> None:
    ana = person_with(Role.ANALYST, "Ana")
    for change in ({"role": "king"}, {"password": "pbkdf2_sha256$1$a$b"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Person.objects.filter(pk=ana.pk).update(**change)
    assert not ana.has_usable_password()


def command(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["hotline", "staff", *arguments])
    return done.exit_code, done.output


def test_an_invitation_names_a_role_and_whoever_forgets_it_reads_what_each_may(
    hotline_database: str,
) -> None:
    for wrong in ((), ("--role", "king")):
        code, text = command("invite", "Ana", *wrong)
        assert code == 1
        assert "--role analyst: may see what waits; let held entries out; put entries" in text
        assert all(f"--role {role}: may " in text for role in Role)
    code, text = command("invite", "Ana", "--role", "analyst", "--json")
    assert code == 0
    assert json.loads(text)["role"] == "analyst"
    assert "Ana, analyst: works here, 0 passkeys" in command("list")[1]
    assert json.loads(command("list", "--json")[1])["staff"][0]["role"] == "analyst"
