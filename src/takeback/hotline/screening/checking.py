"""Checks new entries before they go into the log: what comes too close waits for a person.

It runs in the transaction that sequences, with the log's row locked: an entry is in the log only
after it was compared with the known-lawful corpus, with the list, and with what came beside it.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from django.conf import settings

from takeback.fingerprints.pdq import PDQ_BYTES
from takeback.hotline.entries.access import newest_check
from takeback.hotline.entries.domain import HoldReason, Near
from takeback.hotline.entries.holds import Finding, keep_checked
from takeback.hotline.log.access import log_mark
from takeback.hotline.log.domain import WaitingEvent
from takeback.hotline.screening.known_lawful import current_known_lawful
from takeback.hotline.screening.neighbours import Neighbours, neighbours_in, still_listed
from takeback.matching.index import PdqIndex
from takeback.matching.policy import MatchPolicy

_MOST_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class _New:
    """An entry to check: its PDQs, the first of them that of the whole picture.

    `reported`: it can be part of a crowd. Other lists hold many copies of one picture, and what an
    entry is amended to was a person's decision.
    """

    event: WaitingEvent
    codes: tuple[bytes, ...]
    reported: bool

    @property
    def subject(self) -> str:
        """The entry's id."""
        return self.event.subject


def check_waiting(waiting: Sequence[WaitingEvent]) -> Collection[int]:
    """Check new entries, the log locked by the caller; returns the numbers of those that may go.

    The others are held for a person.
    """
    new = [_read(event) for event in waiting]
    threshold = MatchPolicy().widest_threshold
    newest = newest_check()
    held = _crowded(neighbours_in(log_mark(), newest), new, threshold) | _close_to_lawful(
        new, threshold
    )
    amended = {event.subject for event in waiting if event.kind == "amended"}
    keep_checked([event.subject for event in waiting], held, newest + 1, amended)
    return [event.number for event in waiting if event.subject not in held]


def warm_up() -> None:
    """Read what new entries are compared with, so that the first of them need not wait for it."""
    current_known_lawful()
    if log_mark() is not None:
        neighbours_in(log_mark(), newest_check())


def _close_to_lawful(new: Sequence[_New], threshold: int) -> dict[str, Finding]:
    """What comes close to a lawful picture, with any of its PDQs."""
    codes = [code for entry in new for code in entry.codes]
    found = iter(current_known_lawful().near(codes, threshold))
    held: dict[str, Finding] = {}
    for entry in new:
        nearest: dict[str, int] = {}
        for near in (near for _ in entry.codes for near in next(found)):
            nearest[near.name] = min(near.distance, nearest.get(near.name, near.distance))
        if nearest:
            close = sorted((Near(*pair) for pair in nearest.items()), key=lambda n: n.distance)
            held[entry.subject] = Finding(HoldReason.GUARD, tuple(close[:_MOST_SHOWN]), len(close))
    return held


def _crowded(listed_before: Neighbours, new: Sequence[_New], threshold: int) -> dict[str, Finding]:
    """What looks like many entries of other reports: listed ones, or ones that came beside it."""
    reported = [entry for entry in new if entry.codes and entry.reported]
    codes = [entry.codes[0] for entry in reported]
    before = listed_before.near(codes, threshold)
    alive = still_listed(near.name for nears in before for near in nears)
    beside = _beside(reported, codes, threshold)
    held: dict[str, Finding] = {}
    for entry, listed, came in zip(reported, before, beside, strict=True):
        nearest: dict[str, Near] = {}  # of what was amended, every PDQ that it has had is known
        for near in sorted([*listed, *came], key=lambda near: near.distance):
            if near.name in alive or near in came:
                nearest.setdefault(near.name, near)
        close = list(nearest.values())
        if len(close) >= settings.CROWD:
            shown = tuple(close[:_MOST_SHOWN])
            held[entry.subject] = Finding(HoldReason.CROWD, shown, len(close))
    return held


def _beside(reported: Sequence[_New], codes: Sequence[bytes], threshold: int) -> list[list[Near]]:
    """For each entry, the close ones of other reports in the same batch."""
    matrix = np.frombuffer(b"".join(codes), np.uint8).reshape(-1, PDQ_BYTES)
    hits = PdqIndex.build(matrix).search_batch(matrix, threshold) if len(codes) else []
    return [
        [
            Near(reported[row].subject, distance)
            for row, distance in zip(hit.rows.tolist(), hit.distances.tolist(), strict=True)
            if reported[row].event.sent_in != entry.event.sent_in
        ]
        for entry, hit in zip(reported, hits, strict=True)
    ]


def _read(event: WaitingEvent) -> _New:
    content = json.loads(event.event)
    pdqs = (
        bytes.fromhex(signal["value"]) for signal in content["signals"] if signal["type"] == "pdq"
    )
    reported = event.kind == "added" and content["provenance"]["source"] == "reporter"
    return _New(event, tuple(pdqs), reported)
