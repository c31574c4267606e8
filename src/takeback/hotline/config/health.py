"""How the hotline is: database, disk, and when what had come was last sequenced."""

from typing import Final

from asgiref.sync import sync_to_async
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse

from takeback.hotline.foundation.database import release_connection
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

DATABASE: Final = DatabaseWatch(seconds_since_sequencing)
"""What serve and worker each look after while they run."""


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
    well = look.answers and room is not DiskRoom.FULL
    if needs_sequencing:
        well = well and look.seen is not None and look.seen < LATE_SECONDS
    return Health(
        well,
        {
            "database": "answers" if look.answers else "away",
            "disk": room.value,
            "sequenced_seconds_ago": None if look.seen is None else round(look.seen, 1),
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
