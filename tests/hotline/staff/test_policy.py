"""Who may take which action: a table of every action, for every role and everybody else.

The table is written by hand and says what is wanted. The tests walk the modules, so an action, a
role or a kind of actor that has no place in it fails. Pages have a table in `test_pages`.
"""

import ast
import importlib
import inspect
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from django.db import transaction

import takeback.hotline
from takeback.hashlist.events import new_entry_id
from takeback.hotline.appeals.actions import answer_appeal
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.audit.domain import NUMBERED, OPERATOR, SYSTEM_ACTORS, Actor, ActorKind
from takeback.hotline.desk import actions as desk
from takeback.hotline.desk.domain import Decision, Reason
from takeback.hotline.desk.texts import ROLES as NAMES_OF_ROLES
from takeback.hotline.entries import actions as entries
from takeback.hotline.entries import amending, confirmations
from takeback.hotline.feedback import actions as feedback
from takeback.hotline.imports import actions as imports
from takeback.hotline.log import key_rotation
from takeback.hotline.log.beginning_anew import begin_new_log, begin_recovered_log
from takeback.hotline.log.continuity.restoring import vouch_for_backup
from takeback.hotline.planted.canaries import add_canary
from takeback.hotline.planted.test_lane import list_drawn_pictures, withdraw_drawn_pictures
from takeback.hotline.platforms import actions as platforms
from takeback.hotline.staff import actions as staff
from takeback.hotline.staff.domain import NotPermittedError, Permission, Role
from takeback.hotline.staff.policy import OF_OTHERS, OF_ROLES, may
from takeback.hotline.webhooks import actions as webhooks
from takeback.signals.lanes import Lane
from tests.hotline.staff.columns import COLUMNS, in_column, undone
from tests.support.actors import person_with

SOURCE = Path(takeback.hotline.__file__).parent
DOCS = Path(__file__).resolve().parents[3] / "docs"


@dataclass(frozen=True, slots=True)
class Action:
    """How somebody tries an action, and who may: roles in `COLUMNS`, and others who are no person.

    What is tried would fail for another reason or change nothing; all of it is rolled back.
    """

    roles: str
    others: frozenset[ActorKind]
    try_it: Callable[[Actor], object]


SHELL: Final = frozenset({ActorKind.OPERATOR})
NOBODY: Final = frozenset[ActorKind]()
NOTHING: Final[Any] = None
"""In the place of what an action never looks at before it has asked."""


def decided(decision: Decision) -> Callable[[Actor], object]:
    return lambda actor: desk.decide(actor, new_entry_id(), decision, Reason.OTHER)


ACTIONS: Final[Mapping[str, Action]] = {
    "entries.actions.list_entries": Action(
        "- - - - - y",
        SHELL | {ActorKind.REPORTER, ActorKind.WORKER},
        lambda actor: entries.list_entries([], actor=actor),
    ),
    "entries.actions.list_entries (confirmed)": Action(
        "- - - - - -",
        SHELL | {ActorKind.WORKER},
        lambda actor: entries.list_entries([], Lane.CONFIRMED, actor=actor),
    ),
    "entries.amending.amend_entry": Action(
        "- - y y - -",
        NOBODY,
        lambda actor: amending.amend_entry(new_entry_id(), lane=Lane.CONFIRMED, actor=actor),
    ),
    "entries.amending.refuse_amendment": Action(
        "- y y - - -", NOBODY, lambda actor: amending.refuse_amendment(new_entry_id(), actor)
    ),
    "entries.actions.release_entry": Action(
        "- y y - - -", NOBODY, lambda actor: entries.release_entry(new_entry_id(), actor)
    ),
    "entries.actions.withdraw_entries": Action(
        "- y y y - y", SHELL, lambda actor: entries.withdraw_entries([], "hotline", actor)
    ),
    "entries.actions.withdraw_entries (reporter)": Action(
        "- - - - - -",
        frozenset({ActorKind.REPORTER}),
        lambda actor: entries.withdraw_entries([], "reporter", actor),
    ),
    "entries.actions.suspend_entry": Action(
        "- - y - - -",
        frozenset({ActorKind.PLATFORMS}),
        lambda actor: entries.suspend_entry(new_entry_id(), "hotline", actor),
    ),
    "entries.actions.resume_entry": Action(
        "- y y - - -", NOBODY, lambda actor: entries.resume_entry(new_entry_id(), 0, actor)
    ),
    "entries.confirmations.confirm_entry": Action(
        "- - y y - -",
        SHELL,
        lambda actor: confirmations.confirm_entry(NOTHING, NOTHING, actor),
    ),
    "entries.confirmations.take_confirmation_back": Action(
        "- - y y - -",
        SHELL,
        lambda actor: confirmations.take_confirmation_back("nowhere", new_entry_id(), actor),
    ),
    "feedback.actions.resume_entry": Action(
        "- y y - - -", NOBODY, lambda actor: feedback.resume_entry(new_entry_id(), actor)
    ),
    "appeals.actions.answer_appeal": Action(
        "- - y - - -",
        NOBODY,
        lambda actor: answer_appeal(uuid.uuid4(), Answer.NOT_FOUND, actor),
    ),
    "desk.actions.answer": Action(
        "- - y - - -", NOBODY, lambda actor: desk.answer(actor, uuid.uuid4(), Answer.NOT_FOUND)
    ),
    "desk.actions.decide (release)": Action("- y y - - -", NOBODY, decided(Decision.RELEASE)),
    "desk.actions.decide (refuse)": Action("- y y - - -", NOBODY, decided(Decision.REFUSE)),
    "desk.actions.decide (resume)": Action("- y y - - -", NOBODY, decided(Decision.RESUME)),
    # Whoever runs the hotline may take off what was imported; no page of the desk is open to them.
    "desk.actions.decide (withdraw)": Action("- y y y - y", SHELL, decided(Decision.WITHDRAW)),
    "imports.actions.open_feed": Action(
        "- - - - - y", SHELL, lambda actor: imports.open_feed("No name", "", actor=actor)
    ),
    "imports.actions.take_in": Action(
        "- - - - - y", SHELL, lambda actor: imports.take_in("nothing", [], actor=actor)
    ),
    "imports.actions.withdraw_unseen": Action(
        "- - - - - y",
        SHELL,
        lambda actor: imports.withdraw_unseen("nothing", frozenset(), actor=actor),
    ),
    "imports.actions.keep_cursor": Action(
        "- - - - - y", SHELL, lambda actor: imports.keep_cursor("nothing", None, actor=actor)
    ),
    "imports.actions.drop_feed": Action(
        "- - - - - y", SHELL, lambda actor: imports.drop_feed("nothing", actor=actor)
    ),
    "log.beginning_anew.begin_new_log": Action("- - - - - y", SHELL, begin_new_log),
    "log.beginning_anew.begin_recovered_log": Action(
        "- - - - - y", SHELL, lambda actor: begin_recovered_log([], lambda _: None, actor)
    ),
    "log.continuity.restoring.vouch_for_backup": Action("- - - - - y", SHELL, vouch_for_backup),
    "log.key_rotation.rotate_log_key": Action("- - - - - y", SHELL, key_rotation.rotate_log_key),
    "planted.canaries.add_canary": Action(
        "- - - - - y",
        SHELL | {ActorKind.WORKER},
        lambda actor: add_canary("Nobody", actor),
    ),
    "planted.test_lane.list_drawn_pictures": Action("- - - - - y", SHELL, list_drawn_pictures),
    "planted.test_lane.withdraw_drawn_pictures": Action(
        "- - - - - y", SHELL, withdraw_drawn_pictures
    ),
    "platforms.actions.add_platform": Action(
        "- - - - - y", SHELL, lambda actor: platforms.add_platform("", actor=actor)
    ),
    "platforms.actions.invite_platform": Action(
        "- - - - - y", SHELL, lambda actor: platforms.invite_platform("", actor=actor)
    ),
    "platforms.actions.renew_token": Action(
        "- - - - - y", SHELL, lambda actor: platforms.renew_token("Nobody", actor=actor)
    ),
    "platforms.actions.revoke_platform": Action(
        "- - - - - y", SHELL, lambda actor: platforms.revoke_platform("Nobody", actor=actor)
    ),
    "platforms.actions.add_key": Action(
        "- - - - - y", SHELL, lambda actor: platforms.add_key("Nobody", [], actor=actor)
    ),
    "platforms.actions.revoke_key": Action(
        "- - - - - y", SHELL, lambda actor: platforms.revoke_key("Nobody", 1, actor=actor)
    ),
    "staff.actions.invite": Action(
        "- - - - - y", SHELL, lambda actor: staff.invite("", Role.LEAD, actor)
    ),
    "staff.actions.remove": Action("- - - - - y", SHELL, lambda actor: staff.remove("No", actor)),
    "webhooks.actions.add_webhook": Action(
        "- - - - - y",
        SHELL,
        lambda actor: webhooks.add_webhook("Nobody", "https://example.org/", actor=actor),
    ),
    "webhooks.actions.remove_webhook": Action(
        "- - - - - y", SHELL, lambda actor: webhooks.remove_webhook("Nobody", 1, actor=actor)
    ),
    "webhooks.actions.redeliver": Action(
        "- - - - - y", SHELL, lambda actor: webhooks.redeliver("Nobody", 1, actor=actor)
    ),
}

ALWAYS_THE_SAME: Final[Mapping[str, tuple[ActorKind, Permission]]] = {
    # Actions that only one kind of actor ever takes, so that nobody has to say who it is.
    "appeals.actions.send_appeal": (ActorKind.APPELLANT, Permission.SEND_APPEAL),
    "entries.holds.keep_checked": (ActorKind.HOTLINE, Permission.HOLD),
    "intake.actions.send_report": (ActorKind.REPORTER, Permission.SEND_REPORT),
    "intake.case_changes.add_addresses": (ActorKind.REPORTER, Permission.ADD_TO_REPORT),
    "intake.case_changes.add_pictures": (ActorKind.REPORTER, Permission.ADD_TO_REPORT),
    "intake.case_changes.choose_apps": (ActorKind.REPORTER, Permission.ADD_TO_REPORT),
    "intake.case_changes.withdraw_picture": (ActorKind.REPORTER, Permission.WITHDRAW_REPORT),
    "intake.actions.withdraw_case": (ActorKind.REPORTER, Permission.WITHDRAW_REPORT),
    "platforms.actions.accept_invitation": (ActorKind.INVITATION, Permission.MAKE_KEY),
    "staff.actions.join": (ActorKind.STAFF, Permission.JOIN),
}

ASKED_BEFORE: Final[Mapping[str, str]] = {
    # Steps of an action that has asked, or of no action at all: none has a record of its own.
    "entries.actions.lock_entries": "locks",
    "entries.actions.lock_entry_in_log": "locks",
    "entries.amending.forgive_votes": "part of sequencing an amendment",
    "entries.amending.note_amended": "part of sequencing an amendment",
    "entries.holds.hold": "part of amend_entry and keep_checked",
    "entries.recovering.list_what_gates_hold": "part of begin_recovered_log",
    "feedback.actions.forget_acknowledgements": "part of begin_new_log",
    "feedback.actions.record_acknowledgement": "a platform, by a scope of its key",
    "feedback.actions.record_feedback": "a platform, by a scope of its key",
    "log.actions.append": "part of every action that changes the list",
    "log.actions.ask_for_sequencing": "wakes the worker",
    "log.actions.drop_pending": "part of withdraw_entries",
    "log.actions.drop_pending_additions": "part of suspend_entry and refuse_amendment",
    "log.actions.let_go": "part of release_entry",
    "log.actions.lock_log": "locks",
    "log.actions.lock_pending": "locks",
    "log.actions.take_back_pending": "part of begin_new_log",
    "platforms.actions.begin_anew": "part of begin_new_log",
    "platforms.actions.lock_platform": "locks",
    "platforms.actions.note_fetched": "a platform, by a scope of its key",
    "platforms.actions.note_key_used": "a platform, by a scope of its key",
}

CHANGES_NOTHING: Final = frozenset(
    {
        "entries.actions.listable",
        "entries.actions.tells_enough",
        "entries.actions.whole_picture",
        "entries.confirmations.confirmed_again",
        "entries.confirmations.confirmed_records",
        "imports.actions.key_digest",
        "planted.canaries.find_canaries",
        "planted.canaries.lacks_canaries",
        "planted.test_lane.drawn_pictures_are_listed",
    }
)

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
