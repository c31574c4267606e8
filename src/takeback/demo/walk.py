"""Walks the whole way: report, list, gate, altered copies, other pictures, timeline."""

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import requests

from takeback.demo.copies import ALTERATIONS, AlteredCopy, altered_copies
from takeback.demo.plan import Photograph, Plan
from takeback.demo.reporter import Reporter
from takeback.demo.stack import Stack
from takeback.fingerprints import fingerprint_picture
from takeback.media import Decoder

_DEADLINE_SECONDS = 30.0
_ASK_AGAIN_SECONDS = 0.02
_LOOK_AGAIN_SECONDS = 0.2


@dataclass(frozen=True)
class Checked:
    """What the gate said of one upload.

    `distance`: of a copy, the bits (0–256) between it and the picture that was reported; of
    another picture, between it and the listed one it was taken for, or None.
    """

    photograph: str
    alteration: str
    distance: int | None
    decision: str

    @property
    def stopped(self) -> bool:
        """Whether the upload was kept from being posted."""
        return self.decision != "allow"


@dataclass(frozen=True)
class Walk:
    """All that was seen on the way; `timeline` is what the first young person reads at the end."""

    copies: tuple[Checked, ...]
    others: tuple[Checked, ...]
    report_to_stop_seconds: tuple[float, ...]
    timeline: tuple[str, ...]


def walk_plan(stack: Stack, plan: Plan, *, on_step: Callable[[], None]) -> Walk:
    """Walk the plan on a running stack; `on_step` hears of each report and each upload.

    Raises TimeoutError if no copy is stopped in half a minute.
    """
    copies: list[Checked] = []
    others: list[Checked] = []
    seconds: list[float] = []
    codes: list[str] = []
    with Decoder() as decoder, _Platform(stack) as platform:
        for report in plan.reports:
            changed = [
                (photograph, copy)
                for photograph in report
                for copy in altered_copies(decoder.decode(photograph.path.read_bytes()).pixels)
            ]
            reporter = Reporter(stack.hotline_url)
            reporter.prepare([photograph.fingerprints for photograph in report])
            began = time.monotonic()
            reporter.send()
            decision = platform.await_stop(changed[0][1])
            seconds.append(time.monotonic() - began)
            codes.append(reporter.code)
            on_step()
            for number, (photograph, copy) in enumerate(changed):
                if number:  # the first is decided on
                    decision, _ = platform.post(copy.data, copy.media_type)
                altered = fingerprint_picture(copy.data, decoder)
                distance = altered.pdq.distance(photograph.fingerprints.pdq)
                copies.append(Checked(photograph.path.name, copy.alteration, distance, decision))
                on_step()
        for photograph in plan.others:
            others.append(_other(platform, photograph))
            on_step()
    of_the_first = copies[: len(plan.reports[0]) * len(ALTERATIONS)]
    stopped = sum(copy.stopped for copy in of_the_first)
    timeline = _timeline(stack, codes[0], stopped)
    return Walk(tuple(copies), tuple(others), tuple(seconds), tuple(timeline))


class _Platform:
    """A platform that asks its gate over HTTP before it posts an upload."""

    def __init__(self, stack: Stack) -> None:
        self._match_url = f"{stack.platform_url}/v1/match"
        self._logs = stack.state / "log"
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy is for the world outside, not for this machine

    def __enter__(self) -> "_Platform":
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def post(self, data: bytes, media_type: str) -> tuple[str, int | None]:
        """Return the gate's decision and distance."""
        files = {"file": ("upload", data, media_type)}
        answer = self._session.post(self._match_url, files=files, timeout=60)
        answer.raise_for_status()
        verdict = answer.json()
        return str(verdict["decision"]), verdict["distance"]

    def await_stop(self, copy: AlteredCopy) -> str:
        """Post the copy until it is stopped; return the decision that stops it."""
        deadline = time.monotonic() + _DEADLINE_SECONDS
        while (decision := self.post(copy.data, copy.media_type)[0]) == "allow":
            if time.monotonic() > deadline:
                raise TimeoutError(
                    f"No copy was stopped within {_DEADLINE_SECONDS:.0f} s; see {self._logs}."
                )
            time.sleep(_ASK_AGAIN_SECONDS)
        return decision


def _other(platform: _Platform, photograph: Photograph) -> Checked:
    decision, distance = platform.post(
        photograph.path.read_bytes(), photograph.fingerprints.media_type
    )
    return Checked(photograph.path.name, "another picture", distance, decision)


def _timeline(stack: Stack, code: str, copies: int) -> list[str]:
    """What the young person reads, once the gate's feedback on so many copies has arrived."""
    deadline = time.monotonic() + _DEADLINE_SECONDS
    while True:
        sentences = Reporter(stack.hotline_url).read_timeline(code)
        if _stopped(stack.platform, sentences) >= copies or time.monotonic() > deadline:
            return sentences
        time.sleep(_LOOK_AGAIN_SECONDS)


def _stopped(platform: str, sentences: Sequence[str]) -> int:
    """How many copies the platform has stopped, by what the young person reads."""
    counts = re.findall(rf"{re.escape(platform)} stopped (a|\d+) cop", " ".join(sentences))
    return sum(1 if count == "a" else int(count) for count in counts)
