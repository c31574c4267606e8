"""Every action with who may take it: a table for every role and everybody else.

It is written by hand and says what is wanted.
"""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from takeback.hashlist.events import new_entry_id
from takeback.hotline.appeals.actions import answer_appeal
from takeback.hotline.appeals.domain import Answer
from takeback.hotline.audit.domain import Actor, ActorKind
from takeback.hotline.desk import actions as desk
from takeback.hotline.desk.domain import Decision, Reason
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
from takeback.hotline.staff.domain import Permission, Role
from takeback.hotline.webhooks import actions as webhooks
from takeback.signals.lanes import Lane


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
