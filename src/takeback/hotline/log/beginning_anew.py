"""Begins another log in the place of one whose key was stolen, or that was lost; cases stay."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from django.db import connection, transaction
from psycopg import sql

from takeback.hotline.audit.actions import record
from takeback.hotline.audit.domain import OPERATOR, Actor, Verb
from takeback.hotline.foundation.liveness.database_watch import WATCHER
from takeback.hotline.foundation.secret_notes.making import forget_log_keys, make_noted_secret
from takeback.hotline.log.actions import ask_for_sequencing
from takeback.hotline.log.continuity.doubts import keep_mark, stop_seen_from_here
from takeback.hotline.log.continuity.mark import marked_origins
from takeback.hotline.log.domain import BegunAnew, RecoveredEntries
from takeback.hotline.log.hooks import wired
from takeback.hotline.log.models import (
    Checkpoint,
    Cosignature,
    Doubt,
    Log,
    LogEntry,
    Publication,
    TileHash,
    WitnessState,
)
from takeback.hotline.log.sequencer import SEQUENCER
from takeback.hotline.log.signing import (
    free_key_name,
    is_origin_of_address,
    log_origin,
    origin_here,
    origin_in_place_of,
)
from takeback.hotline.staff.domain import Permission
from takeback.hotline.staff.policy import require

_APPEND_ONLY: Final = (Publication, Cosignature, Checkpoint, TileHash, LogEntry, Log)
"""What refuses every change, so that no mistake in a program rewrites the log."""

_OF_THE_LOG: Final = (*_APPEND_ONLY, WitnessState, Doubt)
"""What is about the one log only."""

_ENDING_SECONDS: Final = 3.0
"""So long PostgreSQL may take to notice that a program has ended."""
_PAUSE_SECONDS: Final = 0.1


class NewLogError(ValueError):
    """Another log can't begin here; the message says why."""


def _refuse_running_programs() -> None:
    """Raise NewLogError while `serve` or `worker` is connected to the database, on any machine."""
    end = time.monotonic() + _ENDING_SECONDS
    while _programs_run():
        if time.monotonic() > end:
            raise NewLogError(
                "`serve` or `worker` is connected to the database. Stop both, on every machine, "
                "and start them again when another log has begun."
            )
        time.sleep(_PAUSE_SECONDS)


def _programs_run() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_stat_clear_snapshot()")  # or a transaction sees what it saw
        cursor.execute(
            "SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database()"
            " AND pid <> pg_backend_pid() AND application_name = ANY(%s))",
            [[WATCHER, SEQUENCER]],
        )
        return bool(cursor.fetchone()[0])


@transaction.atomic
def begin_new_log(actor: Actor = OPERATOR) -> BegunAnew:
    """Forget the log, and list again in another whatever stands on it; all or nothing.

    The new one has the address of `settings.PUBLIC_URL` for its origin, and a key of its own. The
    rooms above the log handle their own rows first, by the hook `on_begun_anew`. Raises NewLogError
    while the address is that of the old log, or while `serve` or `worker` runs, and
    NotPermittedError.
    """
    require(actor, Permission.BEGIN_ANEW)
    _refuse_running_programs()
    old, new = log_origin(), origin_here()
    if is_origin_of_address(old, new):
        raise NewLogError(
            f"The log of {old} is what gates have pinned. Give the hotline another address first: "
            "TAKEBACK_PUBLIC_URL."
        )
    begun = wired().on_begun_anew(new)
    _begin(new)
    record(Verb.LOG_BEGUN_ANEW, "log", actor)
    ask_for_sequencing()
    return begun


@transaction.atomic
def begin_recovered_log(
    files: Sequence[Path],
    approve: Callable[[RecoveredEntries], None],
    actor: Actor = OPERATOR,
) -> RecoveredEntries:
    """Begin another log at the same address, after a restore that lost what was signed since.

    `files`: what gates hold (`takeback list export --format recovery`). The rooms above the log
    list it again, by the hook `on_recovered`. `approve` is shown what became of the entries before
    anything is kept; what it raises undoes all. Raises NewLogError while nothing proves that
    something was lost, or while `serve` or `worker` runs, what the hook raises, and
    NotPermittedError.
    """
    require(actor, Permission.BEGIN_ANEW)
    _refuse_running_programs()
    if stop_seen_from_here() is None:
        raise NewLogError(
            "Nothing stops this log, so there is nothing to recover. A gate that holds more of it "
            "than this database shows that as soon as it syncs."
        )
    keep_mark()  # where the worker has not looked yet: what the mark knows counts below
    new = origin_in_place_of(log_origin(), marked_origins())
    recovered = wired().on_recovered(new, files)
    approve(recovered)
    _refuse_running_programs()  # somebody may have thought about it for long
    _begin(new)
    record(Verb.LOG_RECOVERED, "log", actor)
    ask_for_sequencing()
    return recovered


def _begin(origin: str) -> None:
    key_name = free_key_name()
    make_noted_secret(key_name)
    forget_log_keys(besides=key_name)
    _forget_log()
    Log.objects.create(id=1, origin=origin, first_key=key_name)


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
