"""`takeback gate match`: checks files and whole folders against the list, and says how fast."""

from __future__ import annotations

import json
import sys
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from takeback.cli.gate.opening import (
    ExitCode,
    ListsOption,
    OneStoreOption,
    PolicyOption,
    ViewsOption,
    explained,
    followed_lists,
    opened_gate,
)
from takeback.cli.picture_files import (
    NotAFileError,
    PictureFile,
    find_picture_files,
    how_it_failed,
)

if TYPE_CHECKING:
    from rich.progress import Progress

    from takeback.gate.check.gate import Gate, Verdict

_Asked = TypeVar("_Asked")
_Answer = TypeVar("_Answer")

_AHEAD = 4
"""Files a job that may be done before the first of them is: one slow file stops nobody at once."""


@dataclass(frozen=True, slots=True)
class _Checked:
    """What became of one file: a verdict, or why there is none; `seconds` a step."""

    file: PictureFile
    verdict: Verdict | None
    problem: str | None
    seconds: dict[str, float]


@dataclass
class _Tally:
    """What is said at the end, of the files that were done until then."""

    jobs: int
    began: float = field(default_factory=time.perf_counter)
    decisions: Counter[str] = field(default_factory=Counter)
    unread: dict[str, str] = field(default_factory=dict)
    seconds: Counter[str] = field(default_factory=Counter)

    @property
    def pictures(self) -> int:
        """Pictures that a verdict was given on."""
        return self.decisions.total()

    @property
    def pictures_a_second(self) -> float:
        """Pictures a second on the clock, all jobs together."""
        return self.pictures / max(time.perf_counter() - self.began, 1e-9)

    @property
    def shares(self) -> dict[str, float]:
        """The share of each step in the time that the jobs worked, 0–1."""
        worked = self.seconds.total()
        return {step: taken / worked if worked else 0.0 for step, taken in self.seconds.items()}

    def add(self, checked: _Checked) -> None:
        """Count one file."""
        if checked.verdict is not None:
            self.decisions[checked.verdict.decision.value] += 1
            self.seconds.update(checked.seconds)
        elif checked.problem is not None:
            self.unread[checked.file.shown] = checked.problem

    def as_object(self, *, interrupted: bool) -> dict[str, object]:
        """Return it as the last line of `--json`."""
        return {
            "summary": {
                "pictures": self.pictures,
                "decisions": dict(self.decisions),
                "not_read": len(self.unread),
                "seconds": round(time.perf_counter() - self.began, 3),
                "pictures_a_second": round(self.pictures_a_second, 2),
                "jobs": self.jobs,
                "shares": {step: round(share, 4) for step, share in self.shares.items()},
                "interrupted": interrupted,
            }
        }

    def as_text(self, *, interrupted: bool) -> str:
        """Return it as a few lines to read."""
        seconds = time.perf_counter() - self.began
        decided = ", ".join(f"{number:,} {name}" for name, number in self.decisions.most_common())
        jobs = "1 job" if self.jobs == 1 else f"{self.jobs} jobs"
        shares = ", ".join(f"{step} {share:.0%}" for step, share in self.shares.items())
        lines = [
            f"{'Interrupted. ' if interrupted else ''}{self.pictures:,} pictures in "
            f"{seconds:.1f} s, {self.pictures_a_second:.1f} a second with {jobs}"
            f"{f': {decided}' if decided else ''}."
        ]
        if shares:
            lines.append(f"Time by step: {shares}.")
        return "\n".join(lines)


def match_pictures(
    files: Annotated[
        list[str],
        typer.Argument(metavar="FILE…", help="Pictures, folders, or patterns in quotes."),
    ],
    store: OneStoreOption = None,
    lists: ListsOption = None,
    *,
    policy: PolicyOption = None,
    views: ViewsOption = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Pictures at a time; by default one for each core.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object for each picture, then a summary.")
    ] = False,
) -> None:
    """Check pictures against the list. Nothing is reported to the hotline.

    Folders are read with all that is below them; files in them that are no pictures are skipped.
    At the end it says how many pictures a second were checked, and how the time was spent: to
    read, to decode and fingerprint, for digests, to match. Files that could not be read
    are named there.

    Exit codes: 0 all were checked, whatever the decision; 1 there is no list; 2 wrong options, or
    no pictures; 3 a file could not be read as a picture; 130 stopped by Ctrl-C.

    **Examples**

    * `takeback gate match upload.jpg --store gate`
    * `takeback gate match photographs/ --store gate --jobs 8`
    * `takeback gate match 'uploads/**/*.webp' --store gate --policy policy.toml --json`
    """
    from takeback.gate.cores import usable_cores

    jobs = jobs or usable_cores()
    with (
        explained(),
        opened_gate(followed_lists(store, lists, policy), views=views, decoders=jobs) as gate,
        gate,
    ):
        found = list(find_picture_files(files))
        tally = _Tally(jobs)
        interrupted = False
        try:
            _check_all(gate, found, tally, as_json=as_json)
        except KeyboardInterrupt:
            interrupted = True
        _say_summary(found, tally, as_json=as_json, interrupted=interrupted)
    if interrupted:
        raise typer.Exit(ExitCode.INTERRUPTED)
    if not tally.pictures and not tally.unread:
        typer.echo(f"No pictures in {', '.join(files)}.", err=True)
        raise typer.Exit(ExitCode.USAGE)
    if tally.unread:
        raise typer.Exit(ExitCode.NOT_READ)


def _check_all(gate: Gate, found: list[PictureFile], tally: _Tally, *, as_json: bool) -> None:
    with _progress(shown=len(found) > 1) as progress, ThreadPoolExecutor(tally.jobs) as threads:
        bar = progress.add_task("Pictures", total=len(found), speed="")
        try:
            for checked in _in_order(
                threads, lambda file: _check(gate, file), found, tally.jobs * _AHEAD
            ):
                tally.add(checked)
                _say(checked, as_json=as_json)
                progress.update(bar, advance=1, speed=f"{tally.pictures_a_second:.1f} a second")
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _progress(*, shown: bool) -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    errors = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[speed]}"),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not (shown and errors.is_terminal),
        # What is printed goes above the bar; in a pipe it must go its own way.
        redirect_stdout=sys.stdout.isatty(),
    )


def _in_order(
    threads: ThreadPoolExecutor,
    answer: Callable[[_Asked], _Answer],
    asked: Iterable[_Asked],
    ahead: int,
) -> Iterator[_Answer]:
    """Yield the answers in the order they were asked for, with at most `ahead` under way."""
    waiting: deque[Future[_Answer]] = deque()
    for one in asked:
        waiting.append(threads.submit(answer, one))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _check(gate: Gate, file: PictureFile) -> _Checked:
    from takeback.media import Limits, MediaError

    began = time.perf_counter()
    try:
        data = file.read(Limits())
        read = time.perf_counter()
        if data is None:
            return _Checked(file, None, None, {})
        verdict = gate.check(data, report=False)
    except (OSError, NotAFileError) as error:
        return _Checked(file, None, how_it_failed(error), {})
    except MediaError as error:
        return _Checked(file, None, str(error), {})
    took = verdict.took
    seconds = {
        "read": read - began,
        "decode and fingerprint": took.fingerprint,
        "digest": took.digest,
        "match": took.match,
    }
    return _Checked(file, verdict, None, seconds)


def _say(checked: _Checked, *, as_json: bool) -> None:
    from takeback.gate.check.wire import MatchAnswer

    path = checked.file.shown
    verdict = checked.verdict
    if as_json:
        if verdict is not None:
            answer = MatchAnswer.of(verdict).model_dump(mode="json")
            _print(json.dumps({"file": path} | answer))
        elif checked.problem is not None:
            _print(json.dumps({"file": path, "error": checked.problem}))
    elif verdict is not None:
        lines = [f"{path}: {verdict.decision}. {verdict.reason}"]
        lines += [
            f"  {found.entry}  {found.origin}  {found.lane}  {found.signal}  {found.distance} bits"
            for found in verdict.matches
        ]
        _print("\n".join(lines))


def _print(text: str) -> None:
    """Print in one piece: an interrupt must not part a line from its end."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _say_summary(
    found: list[PictureFile], tally: _Tally, *, as_json: bool, interrupted: bool
) -> None:
    if as_json:
        _print(json.dumps(tally.as_object(interrupted=interrupted)))
    if len(found) > 1:
        typer.echo(tally.as_text(interrupted=interrupted), err=True)
    if tally.unread:
        typer.echo(f"{len(tally.unread):,} could not be read:", err=True)
    for path, problem in tally.unread.items():
        typer.echo(f"{path}: {problem}", err=True)
