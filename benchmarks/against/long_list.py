"""A long list: published from a backlog and at a steady rate, followed from nothing and onwards.

Each tree has a hotline of its own, filled slice by slice, and gates of its own that follow it.
While one tree is measured the worker of the other is held.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Final

from benchmarks.against.hotlines import Hotline, both_hotlines, gate_variables
from benchmarks.against.in_process import checking
from benchmarks.against.options import Options, Sizes
from benchmarks.against.pairs import Comparison, Pair, Unit, in_pairs
from benchmarks.against.processes import seconds_of
from benchmarks.against.progress import say
from benchmarks.against.trees import Tree

_PICTURES: Final = 5  # of a report
_MEASURED_EVERY: Final = 2  # slices of the long list; to measure every one would take too long
_OF_TEN_ADDED: Final = 6
"""Of ten changes so many add an entry, the others withdraw one."""


def measure(trees: Sequence[Tree], options: Options, folder: Path) -> list[Comparison]:
    """Measure what was asked for of the long list, which is filled whatever that is."""
    sizes, only = options.sizes, options.only
    compared = []
    with both_hotlines(trees, folder) as (new, old):
        backlog = _fill(new, old, sizes)
        if "publishing" in only:
            compared.append(backlog)
        gates = {hotline.tree: _FollowingGate(hotline) for hotline in (new, old)}
        pair = gates[new.tree], gates[old.tree]
        if only & {"cold", "changes", "check"}:
            cold = _cold(*pair, sizes, sizes.cold if "cold" in only else 1)
            if "cold" in only:
                compared.append(cold)
        if "changes" in only:
            compared.append(_changes(*pair, sizes))
        if "check" in only:
            compared += checking({tree: gate.store for tree, gate in gates.items()}, sizes, folder)
        if "publishing" in only:
            compared.append(_offered(new, old, sizes))
    return compared


def _fill(new: Hotline, old: Hotline, sizes: Sizes) -> Comparison:
    """Fill both lists slice by slice: one slice is measured, the next is only put there."""
    pairs: list[Pair] = []
    for number, start in enumerate(range(0, sizes.entries, sizes.backlog)):
        count = min(sizes.backlog, sizes.entries - start)
        if number % _MEASURED_EVERY == 0 and (count == sizes.backlog or not pairs):
            pairs += _publish_a_backlog(new, old, count, first=len(pairs))
            speed = f"published at {pairs[-1].new:,.0f} and {pairs[-1].old:,.0f} events/s"
        else:
            _publish_at_once(new, old, count)
            speed = "published both at once"
        say(f"list: {start + count:,} of {sizes.entries:,} entries; {speed}")
    return Comparison("publishing from a backlog", Unit.EVENTS_A_SECOND, tuple(pairs))


def _publish_a_backlog(new: Hotline, old: Hotline, events: int, *, first: int) -> list[Pair]:
    """Put events among what waits, on both sides at once; let one publish them, then the other."""
    for hotline in (new, old):
        hotline.begin_adding(events)
    for hotline in (new, old):
        hotline.listing.finish()
    return in_pairs(1, partial(_rate, new, events), partial(_rate, old, events), first=first)


def _publish_at_once(new: Hotline, old: Hotline, events: int) -> None:
    """List and publish on both sides at the same time: nothing is measured meanwhile."""
    targets = {hotline.url: hotline.size() + events for hotline in (new, old)}
    for hotline in (new, old):
        hotline.go_on()
        hotline.begin_adding(events)
    for hotline in (new, old):
        hotline.listing.finish()
    for hotline in (new, old):
        hotline.wait_for(targets[hotline.url])
        hotline.hold()


def _rate(hotline: Hotline, events: int) -> float:
    """Publish what waits; returns events a second."""
    return events / hotline.publish(events)


class _FollowingGate:
    """A gate of a tree that follows the tree's hotline with a command of its own each time."""

    def __init__(self, hotline: Hotline) -> None:
        """Make a platform for it; its store stays empty."""
        self.hotline = hotline
        self.store = hotline.folder / "gate"
        self._variables = gate_variables(hotline.token_of_new_platform("Gate"))

    def sync_from_nothing(self) -> float:
        """Follow the whole list into an empty store; returns the command's seconds."""
        shutil.rmtree(self.store, ignore_errors=True)
        return self._sync(self.store)

    def sync_a_copy(self) -> float:
        """Follow what has come since, with a copy of the store; returns the command's seconds."""
        copy = self.store.with_name("copy")
        shutil.copytree(self.store, copy)
        os.sync()  # so that writing the copy down does not fall into the measurement
        took = self._sync(copy)
        shutil.rmtree(copy)
        return took

    def _sync(self, store: Path) -> float:
        """Sync; raises RuntimeError if the command does not say that all is in force."""
        took, output = seconds_of(self.hotline.sync_command(store), self._variables)
        if str(self.hotline.size()) not in output.replace(",", ""):
            raise RuntimeError(f"Not the whole list is in force: {output}")
        return took


def _cold(new: _FollowingGate, old: _FollowingGate, sizes: Sizes, pairs: int) -> Comparison:
    say(f"cold gate: {pairs} pairs")
    measured = in_pairs(pairs, new.sync_from_nothing, old.sync_from_nothing)
    return Comparison(f"cold gate, {sizes.entries:,}", Unit.SECONDS, tuple(measured))


def _changes(new: _FollowingGate, old: _FollowingGate, sizes: Sizes) -> Comparison:
    say(f"changes: {sizes.changes_pairs} pairs")
    added = sizes.changes * _OF_TEN_ADDED // 10
    for gate in (new, old):
        gate.hotline.change(added, sizes.changes - added)
        gate.hotline.publish(sizes.changes)
    measured = in_pairs(sizes.changes_pairs, new.sync_a_copy, old.sync_a_copy)
    return Comparison(f"{sizes.changes:,} changes, as a command", Unit.SECONDS, tuple(measured))


def _offered(new: Hotline, old: Hotline, sizes: Sizes) -> Comparison:
    say(f"publishing at a fixed rate: {sizes.offered_pairs} pairs")
    offer = (sizes.offered, sizes.offered_seconds, _PICTURES)
    measured = in_pairs(
        sizes.offered_pairs, partial(new.take_reports, *offer), partial(old.take_reports, *offer)
    )
    return Comparison(
        f"publishing, {sizes.offered:,} events/s offered",
        Unit.EVENTS_A_SECOND,
        tuple(measured),
    )
