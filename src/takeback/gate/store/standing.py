"""Says whether the list may be used: not once it expired or was refused and the grace is over.

What the operator asks for (trust policy, grace) and since when the log is refused are in the store,
so that every process of a gate says the same.
"""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from takeback.gate.store.store import Store
from takeback.tlog.trust import TrustPolicy

DEFAULT_GRACE = timedelta(days=7)


class Trouble(StrEnum):
    """Why a list should not be used any more."""

    EXPIRED = "expired"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ListStanding:
    """`trouble`: None if all is well; then the others are None, too.

    `why`: one sentence; `since`: when it began; `until`: when the grace ends, and with it the use
    of the list.
    """

    trouble: Trouble | None = None
    why: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def is_usable(self, now: datetime) -> bool:
        """Say whether the list may be used at this time."""
        return self.until is None or now < self.until


def read_standing(store: Store) -> ListStanding:
    """Return how the list of a store stands now; of two troubles the one that ends it sooner."""
    log = store.followed_log()
    if log is None:
        return ListStanding()
    with store.read_list() as connection:
        grace, refused_since, why = connection.execute(
            "SELECT grace_seconds, refused_since, refused_why FROM list_trust"
        ).fetchone() or (DEFAULT_GRACE.total_seconds(), None, None)
    troubles = []
    if refused_since is not None:
        troubles.append((datetime.fromisoformat(refused_since), Trouble.REFUSED, why))
    expires = log.rules.expires
    if expires is not None and (message := log.rules.expired(log.origin, datetime.now(UTC))):
        troubles.append((expires, Trouble.EXPIRED, message))
    if not troubles:
        return ListStanding()
    since, trouble, why = min(troubles)
    return ListStanding(trouble, why, since, since + timedelta(seconds=grace))


def set_grace(store: Store, grace: timedelta) -> None:
    """Keep how long a list in trouble stays in force; zero: it ends at once."""
    with store.change_list() as connection:
        _make_row(connection)
        seconds = grace.total_seconds()
        connection.execute("UPDATE list_trust SET grace_seconds = ?", (seconds,))


def set_trust(store: Store, policy: bytes | None) -> None:
    """Keep the trust policy that every checkpoint must meet from now on; None asks for nothing.

    Raises TrustPolicyError for bytes that are no policy.
    """
    if policy is not None:
        TrustPolicy.parse(policy)
    with store.change_list() as connection:
        _make_row(connection)
        connection.execute("UPDATE list_trust SET policy = ?", (policy,))


def read_trust(store: Store) -> TrustPolicy | None:
    """Return the trust policy, None if none was ever given."""
    with store.read_list() as connection:
        row = connection.execute("SELECT policy FROM list_trust").fetchone()
    return TrustPolicy.parse(row[0]) if row and row[0] is not None else None


def record_refusal(store: Store, why: str) -> None:
    """Note that the log is refused; since when is kept until it is taken again."""
    with store.change_list() as connection:
        _make_row(connection)
        connection.execute(
            "UPDATE list_trust SET refused_why = ?, refused_since = coalesce(refused_since, ?)",
            (why, datetime.now(UTC).isoformat(timespec="seconds")),
        )


def record_acceptance(connection: sqlite3.Connection) -> None:
    """Note that the log has been taken, inside a transaction."""
    connection.execute("UPDATE list_trust SET refused_since = NULL, refused_why = NULL")


def _make_row(connection: sqlite3.Connection) -> None:
    connection.execute(
        "INSERT OR IGNORE INTO list_trust (id, grace_seconds) VALUES (1, ?)",
        (DEFAULT_GRACE.total_seconds(),),
    )
