"""How the hotline is: database, commits, disk, and when what had come was last sequenced."""

from dataclasses import dataclass
from typing import Final

import psycopg
from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from takeback.hotline.foundation.database import release_connection
from takeback.hotline.foundation.liveness.commits import CommitsWatch
from takeback.hotline.foundation.liveness.database_watch import DatabaseWatch
from takeback.hotline.foundation.state import state_directory
from takeback.hotline.log.continuity.doubts import signing_stop
from takeback.hotline.log.sequencer import seconds_since_sequencing
from takeback.hotline.pages.methods import refused_method
from takeback.running.health import DiskRoom, Health, disk_room

LATE_SECONDS: Final = 15.0
"""After which a worker that has sequenced nothing is late: ticks come every two seconds or sooner,
and the longest batch takes a few."""

_GOES_ON: Final = "goes on"
_GO_ON: Final = "go on"


@dataclass(frozen=True, slots=True)
class Seen:
    """What the database says: seconds since sequencing, None without a worker; and of commits."""

    sequenced: float | None
    commits_wait: bool = False


_COMMITS: Final = CommitsWatch()


def _ask(connection: psycopg.Connection) -> Seen:
    return Seen(seconds_since_sequencing(connection), _COMMITS.look(connection))


DATABASE: Final = DatabaseWatch(_ask)
"""What serve and worker each look after while they run."""


def takes_nothing() -> bool:
    """Whether whatever is sent now would wait in vain, by what was seen last; it waits for nothing.

    False where nobody looks.
    """
    seen = DATABASE.newest().seen if DATABASE.runs else None
    return seen is not None and seen.commits_wait


def hotline_health() -> Health:
    """Return whether pages can be answered and reports taken, and how the worker is, if known."""
    return _health(needs_sequencing=False)


def worker_health(jobs: str) -> Health:
    """Return whether what comes is put onto the list. `jobs`: how the worker's other work is."""
    health = _health(needs_sequencing=True)
    signing = _signing()
    well = health.well and signing == _GOES_ON
    return Health(well, {**health.details, "jobs": jobs, "signing": signing})


def _signing() -> str:
    try:
        stop = signing_stop()
    except DatabaseError as error:
        return type(error).__name__
    finally:
        release_connection()
    return _GOES_ON if stop is None else stop.why


def _health(*, needs_sequencing: bool) -> Health:
    look = DATABASE.newest()
    room = disk_room(state_directory())
    seen = look.seen or Seen(None)
    well = look.answers and not seen.commits_wait and room is not DiskRoom.FULL
    if needs_sequencing:
        well = well and seen.sequenced is not None and seen.sequenced < LATE_SECONDS
    return Health(
        well,
        {
            "database": "answers" if look.answers else "away",
            "commits": "wait for a follower" if seen.commits_wait else _GO_ON,
            "disk": room.value,
            "sequenced_seconds_ago": None if seen.sequenced is None else round(seen.sequenced, 1),
        },
    )


async def healthz(request: HttpRequest) -> HttpResponse:
    """Say how the hotline is, from what was seen last: no session, no wait for the database."""
    if refusal := refused_method(request, "GET", "HEAD"):
        return refusal
    health = hotline_health() if DATABASE.runs else await sync_to_async(hotline_health)()
    response = HttpResponse(health.to_json(), status=health.status, content_type="application/json")
    vars(response)["_has_been_logged"] = True  # or Django writes a line for each time it is asked
    return response
