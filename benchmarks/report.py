"""Makes docs/benchmarks.md and its plots of what was measured last."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmarks.codes import BATCH
from benchmarks.indexes import FLAT
from benchmarks.machine import REPOSITORY
from benchmarks.plots import draw_hashing, draw_matching
from benchmarks.results import kept, machine_lines
from benchmarks.tables import table

DOCUMENT: Final = REPOSITORY / "docs/benchmarks.md"
PLOTS: Final = REPOSITORY / "docs/plots"

_HEAD: Final = """\
# Benchmarks

This page sets Takeback beside what platforms use today, measured in one run. `make bench` measures
everything and writes this page, in about an hour; `make bench-quick` gives the ratios in three
minutes. Nothing here is written by hand. The same run measures the share of copies found, by kind
of copy, which is in [views.md](views.md), and how the list gets from a hotline to its gates, which
is in [list-speed.md](list-speed.md).
`make bench-against REV=<commit>` compares this tree's speed with that of another commit, in pairs
in one run (half an hour on a machine that does nothing else; `AGAINST="--only hashing,matching"`
measures parts of it, `AGAINST=--quick` whether it works).

Everything is pinned to one core, the child that decodes included. The sides take turns, each round
in the other direction, after one round that does not count. A ratio is the median of the rounds'
own ratios, so that a busy moment of the machine hits both sides; over several photographs it is the
median of theirs. A time is the median of the rounds.
"""
_HASHING: Final = """\
## Hashing

Each side takes the bytes of a file in memory and gives PDQ and quality. *Takeback* is what the gate
does: the picture is decoded and hashed in the bounded child, and its eight PDQs, turned and
mirrored, come from the same pass. *In process* is the same without the child; the difference is
what the child costs. *Exact* brings all pixels out of the child and hashes them as the reference
does, bit for bit. *Decoding alone* is libjpeg-turbo's grey decode at the same scale for JPEG, and
Pillow's decode to RGB for the others: the share of decoding is one part in the last column.

Phones and cameras write baseline JPEG. In a progressive one, as the web has them, libjpeg-turbo
must take up every scan before it can scale anything down: no hasher gains much there.
"""
_AGREEMENT: Final = """\
## Agreement with the reference

This is the distance in bits between two ways of hashing the same file, over all photographs of at
least 250,000 pixels. A match is at most 31 bits. The reference gets transparent pictures laid on
white, as we lay them. Its command-line reader in C++ first picks pixels at even steps to come to
512 by 512; how far that is from the reference itself is shown beside ours.
"""
_MATCHING: Final = """\
## Matching

A search finds every entry at most 31 bits from a query, in lists of evenly random codes, on one
thread. Half of the queries are entries with 0 to 59 bits changed, half are random. A batch has
4,096 queries; the other sides get 1,024 at 10 million codes, because their time a query does not
depend on the number. Recall is measured against FAISS flat, which compares all; *extra* counts rows
that flat does not find. Memory is what the process grows by, the 32 bytes of the code included.
*Add one* is the time until one more code is found; ours go into the delta of a snapshot, see below.
"""
_SNAPSHOTS: Final = """\
## Snapshots

Here the list is a file that any number of processes map. Each entry has one PDQ and one SHA-256.
*Index* is the Hamming index alone, *write* the whole file, index included, until it lies safely on
the disk: medians of three, after one that does not count. *First* opening checks every byte,
*again* is a file that was checked before and has not changed. *Memory* is what a process grows by
when it opens the file and asks once; the file's own pages are shared by all. *Add one* is the time
until one more entry is safe on the disk, in the delta beside the snapshot, read from there and
found.
"""
_SERVICE: Final = """\
## The gate's HTTP service

`wrk` sends photographs brought to 12 megapixels, as raw bodies over four connections that stay
open. The service and its decoding process share one core, and `wrk` has another. *In process* is
`Gate.check` on the same core with the same photographs and the same list, in turns with the
service. Processor time counts both processes; other programs on the machine hardly touch it.
"""


def write() -> list[Path]:
    """Write the page and the plots, of the steps that have been measured; returns their paths."""
    hashing, agreement, matching = kept("hashing"), kept("agreement"), kept("matching")
    snapshots, service = kept("snapshots"), kept("service")
    steps = (hashing, agreement, matching, snapshots, service)
    measured = [step for step in steps if step is not None]
    if not measured:
        return []
    PLOTS.mkdir(parents=True, exist_ok=True)
    parts = [_HEAD, machine_lines(measured)]
    written = [DOCUMENT]
    if hashing is not None:
        written.append(draw_hashing(hashing["samples"], PLOTS / "hashing.svg"))
        parts += [_HASHING, "![Milliseconds a photograph](plots/hashing.svg)\n"]
        parts += [_sample(sample) for sample in hashing["samples"]]
    if agreement is not None:
        parts += [_AGREEMENT, _agreement(agreement)]
    if matching is not None:
        written.append(draw_matching(matching["indexes"], PLOTS / "matching.svg"))
        parts += [_MATCHING, "![Microseconds a query by size of the list](plots/matching.svg)\n"]
        parts += _matching(matching)
    if snapshots is not None:
        parts += [_SNAPSHOTS, _snapshots(snapshots)]
    if service is not None:
        parts += [_SERVICE, _service(service)]
    DOCUMENT.write_text("\n".join(parts), encoding="utf-8")
    return written


def _sample(sample: dict[str, Any]) -> str:
    title = (
        f"### {sample['sample']}\n\n{sample['files']} files, {sample['origin']}; median "
        f"{sample['megapixels']:.1f} MP, {sample['kilobytes']:,.0f} kB.\n\n"
    )
    rows = [
        (
            side["name"],
            side["setting"],
            f"{side['milliseconds']:.2f}",
            f"{side['times_reference']:.1f} ×",
            f"{side['times_floor']:.2f}",
        )
        for side in sample["sides"]
    ]
    head = ("", "how", "ms", "as fast as Pillow + pdqhash", "time over decoding alone")
    return title + table(head, rows, numbers=3)


def _agreement(agreement: dict[str, Any]) -> str:
    rows = [
        (
            distances["of"],
            distances["to"],
            f"{distances['photographs']}",
            f"{distances['equal']:.1%}",
            f"{distances['to_4']:.1%}",
            f"{distances['to_10']:.1%}",
            f"{distances['median']:.0f}",
            f"{distances['most']}",
        )
        for distances in agreement["distances"]
    ]
    head = ("", "against", "photographs", "equal", "at most 4", "at most 10", "median", "most")
    farthest = ", ".join(
        f"{distance['photograph']} ({distance['bits']})" for distance in agreement["farthest"]
    )
    return table(head, rows, numbers=6) + f"\nFarthest from the reference: {farthest}.\n"


def _matching(matching: dict[str, Any]) -> list[str]:
    parts = []
    sizes = sorted({index["size"] for index in matching["indexes"]})
    head = (
        *("", "how", "p50 µs", "p99 µs", f"batch of {BATCH:,}, µs a query", "× flat"),
        *("× flat, batch", "recall", "extra", "bytes an entry", "build s", "add one µs"),
    )
    for size in sizes:
        rows = [
            (
                index["name"],
                index["setting"],
                f"{index['single']:,.1f}",
                f"{index['single_p99']:,.1f}",
                f"{index['batch']:,.2f}",
                "1" if index["name"] == FLAT else f"{index['times_flat_single']:.2f}",
                "1" if index["name"] == FLAT else f"{index['times_flat_batch']:.2f}",
                f"{index['recall']:.4f}",
                f"{index['extra']}",
                f"{index['memory']:,.1f}",
                f"{index['build_seconds']:.2f}",
                "—" if index["add_one"] is None else f"{index['add_one']:,.0f}",
            )
            for index in matching["indexes"]
            if index["size"] == size
        ]
        left_out = "".join(
            f"\n{index['name']} is left out: {index['why']}.\n"
            for index in matching["skipped"]
            if index["size"] == size
        )
        parts.append(f"### {size:,} codes\n\n" + table(head, rows, numbers=10) + left_out)
    return parts


def _snapshots(measured: dict[str, Any]) -> str:
    rows = [
        (
            f"{snapshot['entries']:,}",
            f"{snapshot['file_bytes'] / 1e6:,.0f}",
            f"{snapshot['index_seconds']:.2f}",
            f"{snapshot['entries'] / snapshot['index_seconds'] / 1e6:.1f} M",
            f"{snapshot['write_seconds']:.2f}",
            f"{snapshot['entries'] / snapshot['write_seconds'] / 1e6:.1f} M",
            f"{snapshot['first_seconds'] * 1e3:,.0f}",
            f"{snapshot['again_ms']:.2f}",
            f"{snapshot['first_query_ms']:.2f}",
            f"{snapshot['add_ms']:.2f}",
            f"{snapshot['memory_bytes'] / 1e6:,.1f}",
        )
        for snapshot in measured["snapshots"]
    ]
    head = (
        *("entries", "file MB", "index s", "entries/s", "write s", "entries/s"),
        *("open first ms", "open again ms", "first query ms", "add one ms", "memory MB"),
    )
    threads = f"Built with {measured['build_threads']} threads.\n\n"
    return threads + table(head, rows, numbers=len(head))


def _service(service: dict[str, Any]) -> str:
    inside, saturated, half = service["in_process"], service["saturated"], service["half_load"]
    rows = [("in process", f"{inside['rate']:.1f}", f"{inside['cpu_ms']:.1f}", "", "")]
    rows += [
        (
            name,
            f"{load['rate']:.1f}",
            f"{load['cpu_ms']:.1f}",
            f"{load['p50_ms']:.1f}",
            f"{load['p99_ms']:.1f}",
        )
        for name, load in (("HTTP, saturated", saturated), ("HTTP, half load", half))
    ]
    head = ("", "uploads a second", "processor ms an upload", "p50 ms", "p99 ms")
    return (
        f"{service['photographs']} photographs, {service['mean_bytes'] / 1e6:.1f} MB on average, "
        f"against {service['listed']:,} entries. Over HTTP the core keeps "
        f"**{service['share']:.0%}** of its rate in process ({service['cpu_share']:.0%} by "
        f"processor time).\n\n" + table(head, rows, numbers=4)
    )
