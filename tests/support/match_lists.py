"""Lists to match against, for the tests of this folder: drawn by Hypothesis or built by hand."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hypothesis import strategies as st

from takeback.hashlist.events import EntryId
from takeback.matching.match_list import GrowingList, MatchList
from takeback.matching.policy import LanePolicy, MatchPolicy
from takeback.matching.snapshot import (
    ListedEntry,
    Snapshot,
    SnapshotSource,
    open_snapshot,
    write_snapshot,
)
from takeback.signals.lanes import Lane
from takeback.signals.packing import ListedSignal

EVERYTHING = MatchPolicy(
    **{lane.value: LanePolicy(256, 0, MatchPolicy().of(lane).decision) for lane in Lane}
)
"""Finds every entry of a list, whatever the upload."""

SOURCE = SnapshotSource("list.example.org", 7, bytes(range(32)))


class ListedPdq(NamedTuple):
    """A listed PDQ: 32 bytes and its quality."""

    code: bytes
    quality: int


@dataclass(frozen=True)
class PlainEntry:
    """An entry whose signals stand side by side, so that a test can look at them."""

    entry: EntryId
    lane: Lane
    pdq: tuple[ListedPdq, ...] = ()
    sha256: tuple[bytes, ...] = ()
    md5: tuple[bytes, ...] = ()

    @property
    def listed(self) -> ListedEntry:
        """The entry as a matcher takes it."""
        pdqs = [ListedSignal("pdq", pdq.code, (pdq.quality,)) for pdq in self.pdq]
        digests = [ListedSignal("sha256", digest) for digest in self.sha256]
        digests += [ListedSignal("md5", digest) for digest in self.md5]
        return ListedEntry.of(self.entry, self.lane, [*pdqs, *digests])


def entry_id(number: int) -> EntryId:
    """The id of an entry, in the shape of the wire: 26 lower-case base32 letters."""
    return EntryId(base64.b32encode(number.to_bytes(16, "big")).decode().rstrip("=").lower())


def flipped(code: bytes, positions: Iterable[int]) -> bytes:
    """The code with these bits (0–255) turned over."""
    number = int.from_bytes(code, "big")
    for position in positions:
        number ^= 1 << position
    return number.to_bytes(32, "big")


def distance(left: bytes, right: bytes) -> int:
    """Hamming distance in bits, counted the plain way."""
    return (int.from_bytes(left, "big") ^ int.from_bytes(right, "big")).bit_count()


def written(path: Path, entries: Iterable[PlainEntry]) -> Snapshot:
    """A snapshot of these entries, through the file."""
    write_snapshot(path, SOURCE, [entry.listed for entry in entries])
    return open_snapshot(path)


def match_list(snapshot: Snapshot) -> MatchList:
    """The list of a snapshot that nothing was added to."""
    return GrowingList(snapshot).state()


def codes() -> st.SearchStrategy[bytes]:
    """32-byte codes."""
    return st.binary(min_size=32, max_size=32)


@st.composite
def near_codes(draw: st.DrawFn, centre: bytes) -> bytes:
    """Codes at every distance from a centre, all the way to its complement."""
    far = draw(st.integers(0, 256))
    order = draw(st.randoms(use_true_random=False))
    return flipped(centre, order.sample(range(256), far))


@st.composite
def lists(draw: st.DrawFn, centre: bytes) -> list[PlainEntry]:
    """Lists of none to a dozen entries, some near the centre, some sharing fingerprints."""
    pdq = st.builds(ListedPdq, near_codes(centre) | codes() | st.just(centre), st.integers(0, 100))
    digests = st.sampled_from([bytes([number]) * 32 for number in range(4)])
    short = st.sampled_from([bytes([number]) * 16 for number in range(4)])
    return draw(
        st.lists(
            st.builds(
                PlainEntry,
                st.integers(0, 2**128 - 1).map(entry_id),
                st.sampled_from(Lane),
                st.lists(pdq, max_size=3).map(tuple),
                st.lists(digests, max_size=2).map(tuple),
                st.lists(short, max_size=2).map(tuple),
            ),
            max_size=12,
            unique_by=lambda listed: listed.entry,
        )
    )
