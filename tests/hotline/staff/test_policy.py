"""Who may take which action, by the table of every action.

The tests walk the modules, so an action, a role or a kind of actor that has no place in it fails.
Pages have a table in `test_pages`.
"""

import ast
import importlib
import inspect
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest
from django.db import transaction

import takeback.hotline
from takeback.hotline.audit.domain import NUMBERED, OPERATOR, SYSTEM_ACTORS, Actor, ActorKind
from takeback.hotline.desk.texts import ROLES as NAMES_OF_ROLES
from takeback.hotline.log import key_rotation
from takeback.hotline.staff import actions as staff
from takeback.hotline.staff.domain import NotPermittedError, Permission, Role
from takeback.hotline.staff.policy import OF_OTHERS, OF_ROLES, may
from tests.hotline.staff.columns import COLUMNS, in_column, undone
from tests.hotline.staff.table_of_actions import (
    ACTIONS,
    ALWAYS_THE_SAME,
    ASKED_BEFORE,
    CHANGES_NOTHING,
    Action,
)
from tests.support.actors import person_with

SOURCE = Path(takeback.hotline.__file__).parent
DOCS = Path(__file__).resolve().parents[3] / "docs"

BELOW_THE_POLICY: Final = frozenset(
    {"audit", "config", "foundation", "helplines", "limits", "pages"}
)
"""Rooms that stand below `staff`, or put rooms together; nobody acts in them."""


def modules_of_actions() -> Iterator[str]:
    """Modules that hold actions: those of this name, and what writes records or asks the policy."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if parts[0] in BELOW_THE_POLICY or "migrations" in parts or "views" in parts:
            continue
        text = path.read_text(encoding="utf-8")
        writes = "takeback.hotline.audit.actions import" in text
        asks = re.search(r"staff\.policy import .*\brequire\b", text) is not None
        if parts[-1] == "actions" or writes or asks:
            yield ".".join(parts)


def public_functions() -> Iterator[tuple[str, Callable[..., object]]]:
    for name in modules_of_actions():
        module = importlib.import_module(f"takeback.hotline.{name}")
        for function_name, function in vars(module).items():
            is_own = inspect.isfunction(function) and function.__module__ == module.__name__
            if is_own and not function_name.startswith("_"):
                yield f"{name}.{function_name}", function


def without_case(name: str) -> str:
    return name.split(" ", maxsplit=1)[0]


def test_the_tables_have_a_column_for_every_role_and_every_kind_of_actor() -> None:
    assert tuple(Role) == COLUMNS
    assert set(OF_ROLES) == set(Role) == set(NAMES_OF_ROLES)
    assert set(OF_OTHERS) == set(ActorKind) - {ActorKind.STAFF}
    granted = set[Permission]().union(*OF_ROLES.values(), *OF_OTHERS.values())
    assert granted == set(Permission)


def test_every_action_has_a_row_and_none_has_two() -> None:
    found = {name for name, _ in public_functions()}
    tables = (
        {without_case(name) for name in ACTIONS},
        set(ALWAYS_THE_SAME),
        set(ASKED_BEFORE),
        CHANGES_NOTHING,
    )
    assert found == set[str]().union(*tables)
    assert len(found) == sum(map(len, tables))


def test_every_action_that_is_told_who_acts_asks_before_it_does_anything() -> None:
    for name, function in public_functions():
        acts = "actor" in inspect.signature(function).parameters
        assert acts == (name in {without_case(row) for row in ACTIONS}), name
        if acts:
            (tree,) = ast.parse(inspect.getsource(function)).body
            assert isinstance(tree, ast.FunctionDef)
            first = tree.body[1]  # after the docstring
            assert ast.unparse(first).startswith("require(actor, "), name
        elif name in ALWAYS_THE_SAME:
            assert "require(" in inspect.getsource(function), name


def is_refused(action: Action, actor: Actor) -> bool:
    with undone():
        try:
            with transaction.atomic():
                action.try_it(actor)
        except NotPermittedError:
            return True
        except Exception:
            return False
    return False


@pytest.mark.django_db
@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_for_those_in_its_row(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(key_rotation, "new_log_key", lambda: 1 / 0)  # it would write a file
    action = ACTIONS[name]
    for role, allowed in in_column(action.roles).items():
        assert is_refused(action, person_with(role).actor) is not allowed, role
    for kind in set(ActorKind) - {ActorKind.STAFF}:
        actor = Actor(kind, 1 if kind in NUMBERED else None)
        assert is_refused(action, actor) is not (kind in action.others), kind


@pytest.mark.parametrize("name", ALWAYS_THE_SAME)
def test_an_action_that_only_one_kind_takes_is_for_that_kind(name: str) -> None:
    kind, permission = ALWAYS_THE_SAME[name]
    holders = {kind for kind, allowed in OF_OTHERS.items() if permission in allowed}
    if all(permission in allowed for allowed in OF_ROLES.values()):
        holders.add(ActorKind.STAFF)
    assert holders == {kind}
    assert kind is ActorKind.STAFF or not any(permission in of for of in OF_ROLES.values())


@pytest.mark.django_db
def test_who_was_removed_or_never_was_may_do_nothing() -> None:
    person = person_with(Role.LEAD, "Ana")
    assert may(person.actor, Permission.RELEASE)
    staff.remove("Ana")
    for actor in (person.actor, Actor(ActorKind.STAFF, person.pk + 1)):
        assert not any(may(actor, permission) for permission in Permission)


def test_code_that_answers_requests_always_says_who_acts() -> None:
    """Only commands at the shell act as the operator without a word."""
    signatures = {
        name.rsplit(".", 1)[1]: list(inspect.signature(function).parameters).index("actor")
        for name, function in public_functions()
        if "actor" in inspect.signature(function).parameters
    }
    ambiguous = {"invite", "remove", "answer"}  # names that other things have, too
    for path in SOURCE.rglob("*.py"):
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(call, ast.Call):
                continue
            called = ast.unparse(call.func)
            name = called.rsplit(".", 1)[-1]
            is_action = called.endswith(f"actions.{name}") or name not in ambiguous
            if name in signatures and is_action:
                named = any(keyword.arg == "actor" for keyword in call.keywords)
                assert named or len(call.args) > signatures[name], f"{path}:{call.lineno}"


def table_for_docs() -> str:
    head = ["may", *(NAMES_OF_ROLES[role] for role in Role), "at the shell"]
    rows = [head, ["---"] * len(head)]
    for permission in Permission:
        marks = ["yes" if permission in OF_ROLES[role] else "" for role in Role]
        marks.append("yes" if permission in OF_OTHERS[ActorKind.OPERATOR] else "")
        if any(marks):
            rows.append([permission.value, *marks])
    cells = (["" if not cell else f" {cell}" for cell in row] for row in rows)
    return "".join(f"|{' |'.join(row)} |\n" for row in cells)


def test_the_table_in_the_docs_says_who_may_do_what() -> None:
    table = table_for_docs()
    assert table in (DOCS / "desk.md").read_text(encoding="utf-8"), f"docs/desk.md needs\n{table}"


def test_system_actors_may_do_what_their_row_says() -> None:
    for actor in SYSTEM_ACTORS:
        assert all(may(actor, of) == (of in OF_OTHERS[actor.kind]) for of in Permission)
    assert not may(OPERATOR, Permission.RELEASE)
