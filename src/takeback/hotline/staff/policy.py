"""Who may do what: one table, asked by every action before it changes anything.

An action asks with one line, `require(actor, Permission.…)`. Views never ask in its place; what
they show goes by the same table (`may`).
"""

from collections.abc import Mapping
from typing import Final

from takeback.hotline.audit.domain import Actor, ActorKind
from takeback.hotline.staff.access import role_of
from takeback.hotline.staff.domain import NotPermittedError, Permission, Role

_RUNNING_IT: Final = frozenset(
    {
        Permission.LIST,
        Permission.WITHDRAW,
        Permission.SEE_RECORD,
        Permission.INVITE,
        Permission.REMOVE,
        Permission.MANAGE_PLATFORMS,
        Permission.PLANT_CANARIES,
        Permission.OFFER_TEST_PICTURES,
        Permission.IMPORT,
        Permission.ROTATE_KEY,
        Permission.BEGIN_ANEW,
        Permission.VOUCH_FOR_BACKUP,
    }
)
"""What it takes to run a hotline. Imports, canaries and test pictures come and go as entries."""

_DECIDING: Final = frozenset(
    {Permission.SEE_QUEUE, Permission.RELEASE, Permission.RESUME, Permission.WITHDRAW}
)

OF_ROLES: Final[Mapping[Role, frozenset[Permission]]] = {
    Role.REPORTER_SUPPORT: frozenset({Permission.SEE_QUEUE, Permission.JOIN}),
    Role.ANALYST: _DECIDING | {Permission.JOIN},
    Role.LEAD: _DECIDING
    | {
        Permission.SUSPEND,
        Permission.AMEND,
        Permission.LIST_CONFIRMED,
        Permission.ANSWER_APPEAL,
        Permission.CONFIRM,
        Permission.SEE_RECORD,
        Permission.JOIN,
    },
    Role.PUBLISHER: frozenset(
        {
            Permission.SEE_QUEUE,
            Permission.AMEND,
            Permission.LIST_CONFIRMED,
            Permission.WITHDRAW,
            Permission.CONFIRM,
            Permission.JOIN,
        }
    ),
    Role.AUDITOR: frozenset({Permission.SEE_QUEUE, Permission.SEE_RECORD, Permission.JOIN}),
    Role.OPERATOR: _RUNNING_IT | {Permission.JOIN},
}
"""What people may do, by their role."""

OF_OTHERS: Final[Mapping[ActorKind, frozenset[Permission]]] = {
    ActorKind.REPORTER: frozenset(
        {
            Permission.SEND_REPORT,
            Permission.ADD_TO_REPORT,
            Permission.WITHDRAW_REPORT,
            Permission.LIST,
            Permission.TAKE_BACK,
        }
    ),
    ActorKind.APPELLANT: frozenset({Permission.SEND_APPEAL}),
    ActorKind.PLATFORMS: frozenset({Permission.SUSPEND}),
    ActorKind.HOTLINE: frozenset({Permission.HOLD}),
    ActorKind.WORKER: frozenset(
        {Permission.PLANT_CANARIES, Permission.LIST, Permission.LIST_CONFIRMED}
    ),
    ActorKind.OPERATOR: _RUNNING_IT | {Permission.CONFIRM, Permission.LIST_CONFIRMED},
    ActorKind.INVITATION: frozenset({Permission.MAKE_KEY}),
}
"""What everybody without a role may do."""


def may(actor: Actor, permission: Permission) -> bool:
    """Whether somebody may do this now. Of people it reads the role that they have at present."""
    return permission in permissions_of(actor)


def permissions_of(actor: Actor) -> frozenset[Permission]:
    """Return all that somebody may do now: nothing for people who don't work here (any more)."""
    if actor.kind is not ActorKind.STAFF:
        return OF_OTHERS[actor.kind]
    role = role_of(actor)
    return OF_ROLES[role] if role is not None else frozenset()


def require(actor: Actor, permission: Permission) -> None:
    """Let an action go on. Raises NotPermittedError if this actor may not do it."""
    if not may(actor, permission):
        raise NotPermittedError(actor, permission)
