"""The list on its way: published, followed by gates from nothing, from a snapshot and by changes.

Everything is a process of its own and talks over loopback, on all cores; the database commits
durably. Beside the gate, the released client of python-threatexchange fetches the same list from
the hotline's compatible feeds.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import secrets
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any, Final

from rich.progress import Progress

from benchmarks.codes import random_codes
from benchmarks.list_hotline import (
    FOLDER,
    MeasuredHotline,
    fill,
    measured_hotline,
    running,
    signals_of,
    wait_until,
)
from benchmarks.machine import REPOSITORY

ENTRIES: Final = 1_000_000
CHANGES: Final = 10_000
"""Of a day: six of ten add an entry, four withdraw one."""
GATES: Final = 50
FOLLOWED: Final = 10_000
"""Entries of the list that so many gates follow."""

_ROUNDS: Final = 3
_OPENED: Final = 5
_OFFERED: Final = 1_100  # events a second
_OFFERED_SECONDS: Final = 30
_REPORTERS: Final = 2
_PICTURES: Final = 5  # of a report
_SINGLE_CHANGES: Final = 40
_SHAPES: Final = {
    "StopNCII": ("stopncii", "feeds/stopncii/v1"),
    "NCMEC": ("ncmec", "feeds/ncmec"),
    "ThreatExchange Graph": ("graph", "feeds/graph/v1/1"),
}
"""For each shape its name for the client, and the place of its feed."""

# What a platform's own process does: map the list, answer.
_OPEN: Final = """
import sys
from takeback.gate import Gate
from takeback.matching.matcher import UploadFingerprints
with Gate.open(sys.argv[1], decoders=1) as gate:
    verdict = gate.check_fingerprints(UploadFingerprints(bytes.fromhex(sys.argv[2])), report=False)
    assert verdict.matches
"""


def measure_all(progress: Progress) -> dict[str, Any]:
    """Measure a long list, then many gates on a shorter one."""
    long_list = _in_own_process(_measure_long_list, progress, "A list of 1,000,000")
    many_gates = _in_own_process(_measure_many_gates, progress, f"{GATES} gates")
    return {"entries": ENTRIES, "long_list": long_list, "many_gates": many_gates}


def _in_own_process(measure: Callable[[], Any], progress: Progress, name: str) -> Any:
    """Measure in a fresh process: Django can be set up for one database only."""
    task = progress.add_task(name, total=1)
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_workers=1, mp_context=fresh) as pool:
        result = pool.submit(measure).result()
    progress.advance(task)
    return result


def _measure_long_list() -> dict[str, Any]:
    codes = [code.tobytes().hex() for code in random_codes(ENTRIES + CHANGES)]
    with measured_hotline() as hotline:
        token = _new_platform("Cold")
        sequencing = fill(codes[:ENTRIES])
        store = FOLDER / "gate"
        cold = []
        for _ in range(_ROUNDS):
            shutil.rmtree(store, ignore_errors=True)
            cold.append(_seconds_of(_sync(hotline, token, store)))
        opened = [
            _seconds_of([sys.executable, "-c", _OPEN, str(store), codes[0]]) for _ in range(_OPENED)
        ]
        clients = {
            name: _client(f"{hotline.url}/{path}", shape, token)
            for name, (shape, path) in _SHAPES.items()
        }
        _change_much(codes[ENTRIES:])
        changed = _seconds_of_changes(hotline, token, store)
        published = _publish(hotline)
    return {
        "sequenced_a_second": ENTRIES / sequencing,
        "cold_seconds": cold,
        "opened_seconds": opened,
        "clients": clients,
        "changes": CHANGES,
        "changes_seconds": changed,
        "published": published,
    }


def _sync(hotline: MeasuredHotline, token: str, store: Path) -> list[str]:
    token_file = FOLDER / "token"
    token_file.write_text(token, encoding="utf-8")
    options = ["--hotline", hotline.url, "--store", str(store), "--token-file", str(token_file)]
    return [sys.executable, "-m", "takeback", "gate", "sync", *options]


def _seconds_of(command: Sequence[str]) -> float:
    """Run a command; from its start to its end, the interpreter's own start included."""
    began = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603 - our own programs
    return time.perf_counter() - began


def _client(url: str, shape: str, token: str) -> dict[str, float]:
    """Let the stock client fetch the whole list over one shape."""
    key = f"12345678|{token}" if shape == "graph" else token
    done = subprocess.run(  # noqa: S603 - our own program
        [sys.executable, "-m", "benchmarks.client_fetch", shape, url, key],
        check=True,
        capture_output=True,
        cwd=REPOSITORY,
        env={**os.environ, "TZ": "UTC"},
    )
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


def _change_much(codes: Sequence[str]) -> None:
    """Add and withdraw as many entries as on a busy day, and sequence that."""
    from takeback.hashlist.events import EntryId
    from takeback.hotline.entries.actions import withdraw_entries
    from takeback.hotline.entries.models import Entry
    from takeback.hotline.log.sequencing import sequence_everything

    added = CHANGES * 6 // 10
    old = Entry.objects.order_by("id").values_list("id", flat=True)[: CHANGES - added]
    withdraw_entries([EntryId(entry) for entry in old], "reporter")
    fill(codes[:added])
    sequence_everything()


def _seconds_of_changes(hotline: MeasuredHotline, token: str, store: Path) -> dict[str, float]:
    """Take the day's changes in a gate that follows already, and in a command of its own."""
    from takeback.gate.store.store import Store
    from takeback.gate.sync.client import HotlineClient, PlatformToken
    from takeback.gate.sync.list_sync import ListSync

    inside: list[float] = []
    commands: list[float] = []
    pinned = PlatformToken.parse(token)
    for number in range(_ROUNDS):
        for seconds in (inside, commands):
            copy = FOLDER / f"copy-{number}"
            shutil.copytree(store, copy)
            if seconds is commands:
                seconds.append(_seconds_of(_sync(hotline, token, copy)))
            else:
                with HotlineClient(hotline.url, pinned) as client:
                    sync = ListSync(Store(copy), client, pinned)
                    began = time.perf_counter()
                    taken = sync.sync().new_events
                    seconds.append(time.perf_counter() - began)
                if taken != CHANGES:
                    raise RuntimeError(f"{taken} changes came, not {CHANGES}.")
            shutil.rmtree(copy)
    return {
        "following": statistics.median(inside),
        "command": statistics.median(commands),
    }


def _publish(hotline: MeasuredHotline) -> dict[str, int | float]:
    """Let reports come in at a steady rate while the worker sequences; how far does it keep up?"""
    from django.db.models import Max

    from takeback.hotline.log.models import PendingEvent, Publication

    def size() -> int:
        return int(Publication.objects.aggregate(size=Max("checkpoint"))["size"])

    before = size()
    with hotline.working(), ExitStack() as stack:
        time.sleep(10)  # it reads the list that new entries are compared with
        reporters = [_reporter(hotline) for _ in range(_REPORTERS)]
        for reporter in reporters:
            stack.enter_context(reporter)
            _pipe(reporter.stdout).readline()  # it is ready
        began = time.perf_counter()
        for reporter in reporters:
            _pipe(reporter.stdin).write("go\n")
            _pipe(reporter.stdin).flush()
        most_behind = 0
        while any(reporter.poll() is None for reporter in reporters):
            most_behind = max(most_behind, PendingEvent.objects.count())
            time.sleep(0.25)
        if any(reporter.returncode for reporter in reporters):
            raise RuntimeError("A reporter failed.")
        wait_until(lambda: not PendingEvent.objects.exists())
        took = time.perf_counter() - began
    return {
        "offered": _OFFERED,
        "for": _OFFERED_SECONDS,
        "events": size() - before,
        "seconds": took,
        "most_waiting": most_behind,
    }


def _reporter(hotline: MeasuredHotline) -> subprocess.Popen[str]:
    arguments = (_OFFERED / _REPORTERS, _OFFERED_SECONDS, _PICTURES)
    return subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "benchmarks.reporting", *map(str, arguments)],
        env=dict(hotline.environment),
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def _pipe(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("A reporter has no pipe.")
    return pipe


def _measure_many_gates() -> dict[str, Any]:
    from django.conf import settings

    codes = [code.tobytes().hex() for code in random_codes(FOLLOWED + _SINGLE_CHANGES)]
    with measured_hotline() as hotline:
        fill(codes[:FOLLOWED])
        with ExitStack() as stack:
            stack.enter_context(hotline.working())
            for number in range(GATES):
                token = _new_platform(f"Gate {number}")
                store = str(FOLDER / f"gate-{number}")
                command = ["gate", "sync", "--hotline", hotline.url, "--store", store, "--follow"]
                environment = {**hotline.environment, "TAKEBACK_GATE_TOKEN": token}
                stack.enter_context(running(command, environment))
            wait_until(_all_acknowledge, pause=0.5)
            time.sleep(5)
            tick = settings.SEQUENCING_SECONDS
            delays = [_one_change(code, tick) for code in codes[FOLLOWED:]]
    every = sorted(seconds for change in delays for seconds in change["in_force"])
    return {
        "gates": GATES,
        "entries": FOLLOWED,
        "changes": len(delays),
        "tick": tick,
        "published_ms": statistics.median(change["published"] for change in delays) * 1e3,
        "median_ms": statistics.median(every) * 1e3,
        "p95_ms": every[int(len(every) * 0.95)] * 1e3,
        "last_ms": statistics.median(max(change["in_force"]) for change in delays) * 1e3,
        "heard_ms": statistics.median(max(change["heard"]) for change in delays) * 1e3,
    }


def _one_change(code: str, tick: float) -> dict[str, Any]:
    """Report a picture; the seconds until its checkpoint, and from there each gate's.

    It is reported at any instant of a tick: the last one ended with a tick, and would set the time.
    """
    from tests.support.listing import list_picture

    from takeback.hotline.feedback.models import KeyAcknowledgement
    from takeback.hotline.log.models import Publication

    time.sleep(secrets.SystemRandom().uniform(0, tick))
    reported = time.time()
    list_picture(signals_of(code))
    threading.Event().wait(0.3)
    wait_until(_all_acknowledge)
    newest = Publication.objects.order_by("-checkpoint").first()
    if newest is None:
        raise RuntimeError("Nothing was published.")
    published = newest.published_at.timestamp()
    known = KeyAcknowledgement.objects.values_list("acknowledged_at", flat=True)
    heard = [moment.timestamp() - published for moment in known]
    in_force = [_written_at(number) - published for number in range(GATES)]
    time.sleep(0.3)
    return {"published": published - reported, "in_force": in_force, "heard": heard}


def _written_at(number: int) -> float:
    """When a gate wrote what its matchers read; whoever asks from then on gets the new list."""
    deltas = (FOLDER / f"gate-{number}" / "snapshots").glob("*.delta")
    return max(delta.stat().st_mtime_ns for delta in deltas) / 1e9


def _all_acknowledge() -> bool:
    """Whether nothing is pending and all gates say that the newest checkpoint is in force."""
    from django.db.models import Max

    from takeback.hotline.feedback.models import KeyAcknowledgement
    from takeback.hotline.log.models import PendingEvent, Publication

    size = Publication.objects.aggregate(size=Max("checkpoint"))["size"]
    done = KeyAcknowledgement.objects.filter(size=size).count() == GATES
    return done and not PendingEvent.objects.exists()


def _new_platform(name: str) -> str:
    from takeback.hotline.platforms.actions import add_platform

    return add_platform(name)
