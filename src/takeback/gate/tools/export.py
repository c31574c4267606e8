"""Writes the live entries of a store in formats that other programs read."""

import csv
import json
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TextIO

from takeback.gate.store.live_entries import read_live_entries, read_suspended
from takeback.gate.store.store import Store, StoreError, read_followed_log
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.recovery_copy import CopyHead, write_recovery_copy
from takeback.hashlist.signals import PdqSignal
from takeback.matching.policy import MatchPolicy
from takeback.signals.kinds import KINDS


class ExportFormat(StrEnum):
    """What an export looks like.

    `csv`: a line a fingerprint, after one of headings. `jsonl`: an entry a line. `tx`: what the
    threatexchange client reads from a file, a PDQ a line; it knows no quality, so only PDQs whose
    quality counts by default are written. `recovery`: what the hotline can begin its list again
    from, if it has lost it.
    """

    CSV = "csv"
    JSONL = "jsonl"
    TX = "tx"
    RECOVERY = "recovery"


# What stands beside the value in any kind: each number has a column.
_NUMBERS = tuple(dict.fromkeys(number.name for kind in KINDS for number in kind.numbers))
_HEADINGS = ("entry", "lane", "hotline", "source", "type", "value", *_NUMBERS)


_Writer = Callable[[LiveEntry], object]


def export_entries(store: Store, to: TextIO, form: ExportFormat) -> int:
    """Write every live entry of one verified state; returns how many entries there were.

    Raises StoreError if there is no state to recover from.
    """
    if form is ExportFormat.RECOVERY:
        return _export_recovery_copy(store, to)
    write = _WRITERS[form](to)
    count = 0
    with store.read_list() as connection:
        for entry in read_live_entries(connection):
            write(entry)
            count += 1
    return count


def _export_recovery_copy(store: Store, to: TextIO) -> int:
    with store.read_list() as connection:
        log = read_followed_log(connection)
        if log is None:
            raise StoreError(f"The store {store.folder} follows no list yet.")
        head = CopyHead(log.checkpoint, log.contacted_at, read_suspended(connection))
        return write_recovery_copy(to, head, read_live_entries(connection))


def _csv_writer(to: TextIO) -> _Writer:
    rows = csv.writer(to, lineterminator="\n")
    rows.writerow(_HEADINGS)

    def write(live: LiveEntry) -> None:
        head = (live.entry, live.lane.value, live.provenance.hotline, live.provenance.source)
        for signal in live.signals:
            numbers = (getattr(signal, name, "") for name in _NUMBERS)
            rows.writerow((*head, signal.type, signal.value, *numbers))

    return write


def _jsonl_writer(to: TextIO) -> _Writer:
    def write(live: LiveEntry) -> None:
        document = {
            "entry": live.entry,
            "lane": live.lane.value,
            "provenance": live.provenance.model_dump(mode="json"),
            "signals": [signal.model_dump(mode="json") for signal in live.signals],
        }
        to.write(json.dumps(document, ensure_ascii=False) + "\n")

    return write


def _tx_writer(to: TextIO) -> _Writer:
    floor = MatchPolicy().self_reported.quality_floor

    def write(live: LiveEntry) -> None:
        for signal in live.signals:
            if isinstance(signal, PdqSignal) and signal.quality >= floor:
                to.write(f"pdq {signal.value}\n")

    return write


_WRITERS: Mapping[ExportFormat, Callable[[TextIO], _Writer]] = {
    ExportFormat.CSV: _csv_writer,
    ExportFormat.JSONL: _jsonl_writer,
    ExportFormat.TX: _tx_writer,
}
