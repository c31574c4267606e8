"""Checks many files against the lists in force, some at a time, and counts what came of them."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from takeback.gate.check.gate import Gate, Verdict
from takeback.media import Limits, MediaError

_Question = TypeVar("_Question")
_Answer = TypeVar("_Answer")

_AHEAD = 4
"""Files a job that may be done before the first of them is: one slow file stops nobody at once."""


class FileToCheck(Protocol):
    """A file that can be read when its turn comes."""

    @property
    def shown(self) -> str:
        """Its name, as a person may be shown it."""

    @property
    def in_json(self) -> dict[str, str]:
        """Its name, as the first members of an object of JSON."""

    def read(self, limits: Limits) -> bytes | None:
        """Return its bytes, None for what is to be passed over; raises OSError."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What became of one file: a verdict, or the reason it has none; `seconds` per step."""

    file: FileToCheck
    verdict: Verdict | None
    problem: str | None
    seconds: dict[str, float]


@dataclass
class BulkTally:
    """The summary at the end, of the files that were done by then."""

    jobs: int
    began: float = field(default_factory=time.perf_counter)
    decisions: Counter[str] = field(default_factory=Counter)
    unread: list[tuple[str, str]] = field(default_factory=list)
    """The name of each file that could not be read, as a person may be shown it, and why."""
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

    def add(self, checked: CheckedFile) -> None:
        """Count one file."""
        if checked.verdict is not None:
            self.decisions[checked.verdict.decision.value] += 1
            self.seconds.update(checked.seconds)
        elif checked.problem is not None:
            self.unread.append((checked.file.shown, checked.problem))

    def as_object(self, *, interrupted: bool) -> dict[str, object]:
        """Return it as JSON holds it."""
        return {
            "pictures": self.pictures,
            "decisions": dict(self.decisions),
            "not_read": len(self.unread),
            "seconds": round(time.perf_counter() - self.began, 3),
            "pictures_a_second": round(self.pictures_a_second, 2),
            "jobs": self.jobs,
            "shares": {step: round(share, 4) for step, share in self.shares.items()},
            "interrupted": interrupted,
        }

    def as_lines(self, *, interrupted: bool) -> list[str]:
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
        return lines


def check_files(gate: Gate, files: Iterable[FileToCheck], jobs: int) -> Iterator[CheckedFile]:
    """Check files, so many at a time, and yield what came of each in their order.

    Nothing is reported to a hotline. What is under way when the caller stops is given up.
    """
    with ThreadPoolExecutor(jobs) as threads:
        try:
            yield from _in_order(threads, lambda file: _check(gate, file), files, jobs * _AHEAD)
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise


def _in_order(
    threads: ThreadPoolExecutor,
    answer: Callable[[_Question], _Answer],
    questions: Iterable[_Question],
    ahead: int,
) -> Iterator[_Answer]:
    """Yield the answers in the order of the questions, with at most `ahead` under way."""
    waiting: deque[Future[_Answer]] = deque()
    for question in questions:
        waiting.append(threads.submit(answer, question))
        if len(waiting) >= ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _check(gate: Gate, file: FileToCheck) -> CheckedFile:
    began = time.perf_counter()
    try:
        data = file.read(Limits())
        read = time.perf_counter()
        if data is None:
            return CheckedFile(file, None, None, {})
        verdict = gate.check(data, report=False)
    except OSError as error:
        return CheckedFile(file, None, _how_it_failed(error), {})
    except MediaError as error:
        return CheckedFile(file, None, str(error), {})
    took = verdict.took
    seconds = {
        "read": read - began,
        "decode and fingerprint": took.fingerprint,
        "digest": took.digest,
        "match": took.match,
    }
    return CheckedFile(file, verdict, None, seconds)


def _how_it_failed(error: OSError) -> str:
    """Say in a sentence why a file could not be read."""
    return f"{error.strerror}. Check the name and the rights." if error.strerror else str(error)
