"""PostgreSQL dies, the disk fills, everything restarts; no accepted report may be lost meanwhile.

A hotline with its worker and the embedded PostgreSQL runs as real processes. Young people report
over real sockets all the time, and each opens some of the cases again. Meanwhile the server is
killed (SIGKILL), the disk of the state folder is filled and freed, and all processes are killed
and started again, in random order. At the end every report that was answered as sent must open
with its code, and all of its pictures must be on the list.

While something is away, 503 with Retry-After is the truth, and a person asks again. Any other
answer than that or what follows from the last page counts as wrong: 400, 403, 404, 409, 422, 500,
a page that says that the visit ended. Filling the disk needs root, for a small file system of its
own; without it that part is left out, and the table says so.

examples:
  python -m tests.campaigns.outages
  python -m tests.campaigns.outages --kills 3 --disk-full 0 --restarts 0
  python -m tests.campaigns.outages --python /srv/older/.venv/bin/python
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import httpx
from rich.console import Console
from rich.table import Table

from tests.campaigns.real_hotline import RealHotline, connected
from tests.campaigns.young_person import (
    NO_ANSWER,
    RIGHT,
    UNAVAILABLE,
    WrongAnswerError,
    YoungPerson,
)

BACK_SECONDS = 15.0
"""Within which reports are taken and sequenced again after PostgreSQL was killed."""
_GIVE_UP_SECONDS = 60.0
"""After which an operator is called: everything is started again by hand."""
_SETTLE_SECONDS = 60.0
_PEOPLE = 3
_PICTURES = (1, 2, 3)
_PAUSE_SECONDS = (2.0, 6.0)
_FULL_SECONDS = 8.0
_LAST_BYTES = 4096
_BLOCK_BYTES = 1 << 20
_OPENED = 0.3
"""The share of the reports that are opened again at once."""
_DISK = "320m"


@dataclass
class Outcome:
    """What a campaign saw. `wrong`: how often each request got each wrong answer."""

    accepted: dict[str, list[str]] = field(default_factory=dict)
    """The look-up key of each report that was answered as sent, and its pictures' PDQs."""
    wrong: Counter[str] = field(default_factory=Counter)
    unavailable: int = 0
    """Answers of 503 with Retry-After."""
    back: dict[str, list[float]] = field(default_factory=dict)
    """For each kind of outage, after how many seconds reports were taken and sequenced again."""
    by_hand: int = 0
    """How often everything had to be started by hand."""
    unopened: int = 0
    unlisted: int = 0
    left_out: str = ""

    @property
    def lost(self) -> int:
        """Accepted reports that do not open, and pictures of theirs that are not on the list."""
        return self.unopened + self.unlisted

    @property
    def slowest_kill(self) -> float:
        """The longest time after a kill of PostgreSQL, in seconds."""
        return max(self.back.get("PostgreSQL killed", [0.0]))


class Campaign:
    """People who report, and somebody who breaks things meanwhile."""

    def __init__(self, hotline: RealHotline, chance: random.Random) -> None:
        self.outcome = Outcome()
        self._hotline = hotline
        self._chance = chance
        self._ended = asyncio.Event()
        self._restarting = False
        self._size = 0
        self._sent_at = 0.0

    async def run(self, outages: Sequence[tuple[str, Callable[[], None]]]) -> None:
        """Let each outage happen, and wait until all is well again. Each takes a name."""
        people = [asyncio.create_task(self._report_for_ever()) for _ in range(_PEOPLE)]
        looking = asyncio.create_task(self._follow_the_log())
        await self._until_back(0.0)
        for name, break_it in outages:
            await asyncio.sleep(self._chance.uniform(*_PAUSE_SECONDS))
            self._restarting = name == "all restarted"
            await asyncio.to_thread(break_it)
            seconds = await self._until_back(time.monotonic())
            self._restarting = False
            self.outcome.back.setdefault(name, []).append(seconds)
        self._ended.set()
        await asyncio.gather(*people, looking)
        await self.settle()

    async def _until_back(self, since: float) -> float:
        """Wait until a report was taken since then and the log has grown; by hand, if need be."""
        size, began, by_hand = self._size, time.monotonic(), False
        while self._sent_at <= since or self._size <= size:
            await asyncio.sleep(0.1)
            if not by_hand and time.monotonic() - began > _GIVE_UP_SECONDS:
                by_hand = True
                self.outcome.by_hand += 1
                await asyncio.to_thread(self._start_by_hand)
        return time.monotonic() - began

    def _start_by_hand(self) -> None:
        self._restarting = True
        self._hotline.stop()
        self._hotline.start("serve", "worker")
        self._hotline.wait_until_it_answers()
        self._restarting = False

    async def _report_for_ever(self) -> None:
        while not self._ended.is_set():
            pictures = self._chance.choice(_PICTURES)
            person = YoungPerson(self._hotline.url, pictures, self._hear, _GIVE_UP_SECONDS)
            try:
                await person.walk_to_the_code()
                await person.send()
                self.outcome.accepted[person.lookup] = person.pdqs
                self._sent_at = time.monotonic()
                if self._chance.random() < _OPENED:
                    await person.come_back()
            except WrongAnswerError:
                await asyncio.sleep(0.5)  # it is counted; this visit is over, the next begins
            finally:
                await person.close()

    def _hear(self, request: str, how: str) -> None:
        if how == UNAVAILABLE:
            self.outcome.unavailable += 1
        elif how == NO_ANSWER:
            # While the hotline itself is started again there is nobody who could answer.
            if not self._restarting:
                self.outcome.wrong[f"{request}: {how}"] += 1
        elif how != RIGHT:
            self.outcome.wrong[f"{request}: {how}"] += 1

    async def _follow_the_log(self) -> None:
        """Ask for the checkpoint all the time: it never shrinks, and 503 is all that may be."""
        async with httpx.AsyncClient(base_url=self._hotline.url, trust_env=False) as client:
            while not self._ended.is_set():
                await asyncio.sleep(0.2)
                try:
                    answer = await client.get("/log/v1/checkpoint", timeout=30)
                except httpx.TransportError:
                    self._hear("GET /log/v1/checkpoint", NO_ANSWER)
                    continue
                if answer.status_code == 200:
                    size = int(answer.text.split("\n")[1])
                    if size < self._size:
                        self.outcome.wrong["GET /log/v1/checkpoint: a shorter log"] += 1
                    self._size = size
                elif answer.status_code == 503 and "Retry-After" in answer.headers:
                    self._hear("GET /log/v1/checkpoint", UNAVAILABLE)
                else:
                    self._hear("GET /log/v1/checkpoint", str(answer.status_code))

    async def settle(self) -> None:
        """Wait until all is sequenced, then look for every accepted report."""
        end = time.monotonic() + _SETTLE_SECONDS
        wanted = {pdq for pdqs in self.outcome.accepted.values() for pdq in pdqs}
        while (missing := wanted - await asyncio.to_thread(self._listed)) and (
            time.monotonic() < end
        ):
            await asyncio.sleep(0.5)
        self.outcome.unlisted = len(missing)
        for lookup in self.outcome.accepted:
            person = YoungPerson(self._hotline.url, 0)
            person.lookup = lookup
            try:
                await person.come_back()
            except WrongAnswerError:
                self.outcome.unopened += 1
            finally:
                await person.close()

    def _listed(self) -> set[str]:
        """The PDQs that the openings of the log show."""
        with connected(self._hotline.database) as database:
            rows = database.execute("SELECT event FROM log_logentry WHERE kind = 'added'")
            events = [json.loads(bytes(row[0])) for row in rows if isinstance(row[0], bytes)]
        return {
            signal["value"]
            for event in events
            for signal in event["signals"]
            if signal["type"] == "pdq"
        }


def run(
    python: Path, *, kills: int, disk_full: int, restarts: int, seed: int, folder: Path
) -> Outcome:
    """Run a campaign in an empty folder, whose disk is filled where that is asked for."""
    chance = random.Random(seed)
    state = folder / "disk" / "state"
    with _small_disk(folder / "disk", wanted=disk_full > 0) as is_small:
        with RealHotline(python, state, logs=folder) as hotline:

            def kill_postgresql() -> None:
                hotline.kill_database()

            def restart_all() -> None:
                hotline.kill("serve", "worker")
                hotline.kill_database()
                hotline.start("serve", "worker")

            outages = [("PostgreSQL killed", kill_postgresql)] * kills
            outages += [("all restarted", restart_all)] * restarts
            if is_small:
                outages += [("disk full", lambda: _fill(folder / "disk"))] * disk_full
            chance.shuffle(outages)
            campaign = Campaign(hotline, chance)
            asyncio.run(campaign.run(outages))
        if disk_full and not is_small:
            campaign.outcome.left_out = "The disk was not filled: that needs root."
    return campaign.outcome


@contextmanager
def _small_disk(folder: Path, *, wanted: bool) -> Iterator[bool]:
    """A file system of its own at `folder`; yields whether it could be made."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_DISK},mode=755", "tmpfs", str(folder)]
    is_small = wanted and os.geteuid() == 0
    is_small = is_small and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    try:
        yield is_small
    finally:
        if is_small:
            subprocess.run(["umount", "--lazy", str(folder)], check=False)


def _fill(disk: Path) -> None:
    """Take all room for a while, then free it."""
    filling = disk / "filling"
    try:
        end = time.monotonic() + _FULL_SECONDS
        with filling.open("wb", buffering=0) as file:
            size = _BLOCK_BYTES
            while time.monotonic() < end:
                try:
                    file.write(bytes(size))
                except OSError:
                    size = max(_LAST_BYTES, size // 2)
                    time.sleep(0.01)
    finally:
        filling.unlink()


def main() -> int:
    """Print the table; 1 if anything was lost or wrong, or came back too late."""
    parser = argparse.ArgumentParser(
        prog="python -m tests.campaigns.outages",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--kills", type=int, default=20, help="of PostgreSQL (SIGKILL)")
    parser.add_argument("--disk-full", type=int, default=5, help="how often the disk is filled")
    parser.add_argument("--restarts", type=int, default=1, help="of all processes (SIGKILL)")
    parser.add_argument("--seed", type=int, default=13, help="of order and pauses")
    parser.add_argument(
        "--python", type=Path, default=Path(sys.executable), help="of the checkout to look at"
    )
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="takeback-outages-") as folder:
        outcome = run(
            options.python,
            kills=options.kills,
            disk_full=options.disk_full,
            restarts=options.restarts,
            seed=options.seed,
            folder=Path(folder),
        )
    console = Console()
    console.print(_table(outcome))
    for answer, count in outcome.wrong.most_common():
        console.print(f"  {count} × {answer}", highlight=False)
    if outcome.left_out:
        console.print(outcome.left_out)
    is_right = not outcome.lost and not outcome.wrong and not outcome.by_hand
    return 0 if is_right and outcome.slowest_kill <= BACK_SECONDS else 1


def _table(outcome: Outcome) -> Table:
    table = Table(title="Outages")
    table.add_column("what")
    table.add_column("figure", justify="right")
    table.add_column("bound", justify="right")
    for name, seconds in sorted(outcome.back.items()):
        bound = f"{BACK_SECONDS:.0f} s" if name == "PostgreSQL killed" else ""
        figure = f"median {median(seconds):.1f} s, at most {max(seconds):.1f} s"
        table.add_row(f"{name} {len(seconds)} times, back after", figure, bound)
    table.add_row("started again by hand", str(outcome.by_hand), "0")
    table.add_row("reports answered as sent", f"{len(outcome.accepted):,}", "")
    table.add_row("of them, do not open with their code", str(outcome.unopened), "0")
    table.add_row("of their pictures, not on the list", str(outcome.unlisted), "0")
    table.add_row("503 with Retry-After", f"{outcome.unavailable:,}", "")
    table.add_row("wrong answers", f"{outcome.wrong.total():,}", "0")
    return table


if __name__ == "__main__":
    sys.exit(main())
