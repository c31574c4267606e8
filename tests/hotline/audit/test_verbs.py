"""Verbs and actors of the audit record are types: none stands anywhere as a bare string."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction

import takeback
from takeback.hotline.appeals.domain import ANSWERED, Answer
from takeback.hotline.audit.access import verify_chain
from takeback.hotline.audit.actions import make_known, record, record_all
from takeback.hotline.audit.domain import (
    NUMBERED,
    OPERATOR,
    REPORTER,
    SYSTEM_ACTORS,
    Actor,
    ActorKind,
    Verb,
)
from takeback.hotline.audit.models import AuditRecord, KnownActor
from takeback.hotline.desk.domain import DECIDED, Decision, Reason
from takeback.hotline.staff.domain import ROLE_GIVEN

SOURCE = Path(takeback.__file__).parent
DEFINED_IN = SOURCE / "hotline/audit/domain.py"
COMPOSED = re.compile(
    rf"(?:{'|'.join(sorted({verb.split('.')[0] for verb in Verb}))})\.[a-z_.{{}}]*"
)
RECORDING = {"record", "record_all"}


def trees() -> Iterator[tuple[Path, ast.Module]]:
    for path in SOURCE.rglob("*.py"):
        if path != DEFINED_IN and "migrations" not in path.parts:
            yield path, ast.parse(path.read_text(encoding="utf-8"))


def text_of(node: ast.AST) -> str | None:
    """The string that stands here, with `{}` for what it inserts."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "{}" for part in node.values)
    return None


def test_no_verb_stands_in_the_source_as_a_bare_string() -> None:
    for path, tree in trees():
        for node in ast.walk(tree):
            text = text_of(node)
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            assert text not in set(Verb), where
            if isinstance(node, ast.JoinedStr) and text is not None:
                assert not COMPOSED.fullmatch(text), where


def test_no_actor_stands_in_the_source_as_a_bare_string() -> None:
    for path, tree in trees():
        for node in ast.walk(tree):
            where = f"{path}:{getattr(node, 'lineno', 0)}"
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else ""
                name = node.func.id if isinstance(node.func, ast.Name) else name
                if name in RECORDING:
                    assert text_of(node.args[0]) is text_of(node.args[2]) is None, where
                for keyword in node.keywords:
                    assert keyword.arg != "actor" or text_of(keyword.value) is None, where
            elif isinstance(node, ast.arg) and node.arg == "actor":
                assert node.annotation is not None, where
                assert ast.unparse(node.annotation) == "Actor", where


def test_every_verb_is_used() -> None:
    used = set[str]()
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
                used |= {node.attr} if node.value.id == "Verb" else set()
    assert {Verb[name] for name in used} | set(DECIDED.values()) == set(Verb)


def test_every_decision_answer_and_role_has_a_verb_that_spells_it() -> None:
    for (decision, reason), verb in DECIDED.items():
        assert verb == f"desk.{decision}.{reason}"
    assert {decision for decision, _ in DECIDED} == set(Decision)
    assert {reason for _, reason in DECIDED} == set(Reason)
    assert {answer: f"appeal.answered.{answer}" for answer in Answer} == ANSWERED
    assert all(verb == f"staff.role.{role}" for role, verb in ROLE_GIVEN.items())


def test_an_actor_is_read_as_it_is_written() -> None:
    many = [Actor(kind, number) for kind in NUMBERED for number in (1, 27)]
    for actor in (*SYSTEM_ACTORS, *many):
        assert Actor.parse(str(actor)) == actor
    assert str(Actor(ActorKind.STAFF, 3)) == "staff 3"
    for text in ("", "staff", "staff x", "staff 03", "operator 1", "king", "reporter "):
        with pytest.raises(ValueError):
            Actor.parse(text)


@pytest.mark.django_db
def test_actors_of_the_system_have_rows_from_the_beginning() -> None:
    assert {str(actor): actor.kind for actor in SYSTEM_ACTORS} == dict(
        KnownActor.objects.values_list("name", "kind")
    )


@pytest.mark.django_db
def test_the_record_takes_no_act_of_an_actor_without_a_row() -> None:
    stranger = Actor(ActorKind.STAFF, 1000)
    for subjects in (["one"], ["one", "two", "three"]):
        with pytest.raises(IntegrityError, match="knows no actor staff 1000"), transaction.atomic():
            record_all(Verb.ENTRY_LISTED, subjects, stranger)
    make_known(stranger)
    make_known(stranger)
    record(Verb.ENTRY_LISTED, "one", stranger)
    assert AuditRecord.objects.get().actor == "staff 1000"


@pytest.mark.django_db
def test_rows_of_actors_are_never_changed() -> None:
    record(Verb.ENTRY_LISTED, "one", REPORTER)
    for change in (
        lambda: KnownActor.objects.filter(name=str(OPERATOR)).update(kind="worker"),
        lambda: KnownActor.objects.all().delete(),
        lambda: connection.cursor().execute("TRUNCATE audit_knownactor"),
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            change()
    assert verify_chain().records == 1
