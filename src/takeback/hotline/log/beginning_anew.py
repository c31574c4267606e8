"""Begins another log in the place of one whose key was stolen; cases and entries stay."""

from typing import Final

from django.db import connection, transaction
from psycopg import sql

from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import OPERATOR, Actor, Verb
from takeback.hotline.log.actions import ask_for_sequencing
from takeback.hotline.log.domain import BegunAnew
from takeback.hotline.log.hooks import wired
from takeback.hotline.log.models import (
    Checkpoint,
    Cosignature,
    Log,
    LogEntry,
    Publication,
    TileHash,
    WitnessState,
)
from takeback.hotline.log.signing import free_key_name, log_origin, origin_here
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require

_APPEND_ONLY: Final = (Publication, Cosignature, Checkpoint, TileHash, LogEntry, Log)
"""What refuses every change, so that no mistake in a program rewrites the log."""

_OF_THE_LOG: Final = (*_APPEND_ONLY, WitnessState)
"""What is about the one log only."""


class NewLogError(ValueError):
    """Another log can't begin here; the message says why."""


@transaction.atomic
def begin_new_log(actor: Actor = OPERATOR) -> BegunAnew:
    """Forget the log, and list again in another whatever stands on it; all or nothing.

    The new one has the address of `settings.PUBLIC_URL` for its origin, and a key of its own. The
    rooms above the log handle their own rows first, by the hook `on_begun_anew`. Nothing else may
    run meanwhile. Raises NewLogError while the address is that of the old log, and
    NotPermittedError.
    """
    require(actor, Permission.BEGIN_ANEW)
    old, new = log_origin(), origin_here()
    if old == new:
        raise NewLogError(
            f"The log of {old} is what gates have pinned. Give the hotline another address first: "
            "TAKEBACK_PUBLIC_URL."
        )
    begun = wired().on_begun_anew(new)
    key_name = free_key_name()
    _forget_log()
    Log.objects.create(id=1, origin=new, first_key=key_name)
    record(Verb.LOG_BEGUN_ANEW, "log", actor)
    ask_for_sequencing()
    return begun


def _forget_log() -> None:
    tables = [sql.Identifier(model._meta.db_table) for model in _OF_THE_LOG]
    protected = [sql.Identifier(model._meta.db_table) for model in _APPEND_ONLY]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else tables wait for what is deferred
        for table in protected:
            cursor.execute(sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER").format(table))
        cursor.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(tables)))
        for table in protected:
            cursor.execute(sql.SQL("ALTER TABLE {} ENABLE TRIGGER USER").format(table))
