"""Makes docs/list-speed.md of what was measured of the list on its way."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any, Final

from benchmarks.machine import REPOSITORY
from benchmarks.results import machine_lines
from benchmarks.tables import table

_PAGE: Final = REPOSITORY / "docs/list-speed.md"

_FOLLOWING: Final = """\
# The list on its way

Made by `python -m benchmarks following`, a part of `make bench`, in twenty minutes; nothing here is
written by hand.

{machines}
A hotline, its worker, its PostgreSQL (every commit on the disk before it counts) and the gates are
processes of their own. They speak over loopback and share all cores of the machine. Each entry
has a PDQ and a SHA-256. A command's time is from its start to its end, the interpreter's own start
included. *Cold*: `takeback gate sync` into an empty folder, until the list is in force: every event
fetched, checked against its commitment and the signed root, stored, and written as a snapshot.
*Opened*: a fresh process maps the snapshot and answers. *Changes*: a gate that holds the list takes
a busy day's changes, of which six in ten are additions and four withdrawals. *Published*: reports
of five pictures come in at a steady rate, each in a transaction of its own; the time is from the
first until all are in a published checkpoint.

The released client of python-threatexchange fetches the same list from the same hotline over its
three shapes and builds its index, in memory; it checks no signature.
"""
_MANY_GATES: Final = """\
Many gates: {gates} of `takeback gate sync --follow` run on this one machine, with a list of
{entries:,} entries, and {changes} pictures are reported. From the moment a checkpoint is published,
a gate takes **{median_ms:.0f} ms** in the median to verify it and have it in force; 95 times
of 100 it takes at most {p95_ms:.0f} ms. The last gate has it in force after {last_ms:.0f} ms, and
the hotline has heard so from all of them after {heard_ms:.0f} ms (medians of all reports). From the
report to the checkpoint it takes {published_ms:.0f} ms: that is the wait for the next tick of the
clock ({tick:g} s, docs/hotline.md), half a tick in the mean, and sequencing.
"""


def write_report(measured: dict[str, Any]) -> list[Path]:
    """Write the page; returns its path."""
    long_list, entries = measured["long_list"], measured["entries"]
    cold = statistics.median(long_list["cold_seconds"])
    ours = (f"{entries:,}", f"{cold:.1f}", "1", "every event, against a signed root")
    rows = [("Takeback gate, cold", *ours)]
    rows += [
        (
            f"threatexchange, {name}",
            f"{client['hashes']:,}",
            f"{client['fetch'] + client['index']:.1f}",
            f"{(client['fetch'] + client['index']) / cold:.1f}",
            "nothing",
        )
        for name, client in long_list["clients"].items()
    ]
    head = ("", "hashes", "s until in force", "× Takeback", "verified")
    published, changes = long_list["published"], long_list["changes_seconds"]
    number = long_list["changes"]
    facts = [
        ("Opened from its snapshot", f"{statistics.median(long_list['opened_seconds']):.2f} s"),
        (f"{number:,} changes, in a gate that follows", f"{changes['following']:.2f} s"),
        (f"{number:,} changes, as a command", f"{changes['command']:.2f} s"),
        ("Sequenced from a backlog", f"{long_list['sequenced_a_second']:,.0f} events/s"),
        (
            f"Published, {published['offered']:,} events/s offered for {published['for']} s",
            f"{published['events'] / published['seconds']:,.0f} events/s, at most "
            f"{published['most_waiting']:,} waiting",
        ),
    ]
    many = _MANY_GATES.format(**measured["many_gates"])
    begin = _FOLLOWING.format(machines=machine_lines([measured]))
    parts = [begin, table(head, rows, numbers=3), table(("", ""), facts, numbers=1), many]
    _PAGE.write_text("\n".join(parts), encoding="utf-8")
    return [_PAGE]
