"""The signals of an entry in one run of bytes, as a store, a delta and the native reader have them.

First a byte that says how many kinds there are. Then two bytes for each of them, by ascending
number: the kind's number and how many signals of it follow. Then the signals, kind by kind, each
its value and its numbers (little-endian, as wide as `SignalNumber.packed_bytes` says).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from takeback.signals.kinds import KINDS, SignalKind, SignalNumber

NOTHING = b"\0"
"""What no signals are packed as."""


class UnknownKindError(ValueError):
    """A kind of fingerprint has a number that this program does not know: a newer one wrote it."""


class ListedSignal(NamedTuple):
    """One signal: the name of its kind, its value, and its numbers in the order of the row."""

    kind: str
    value: bytes
    numbers: tuple[int, ...] = ()


def packed_signal(kind: SignalKind, value: bytes, numbers: Sequence[int] = ()) -> bytes:
    """Pack one signal; raises ValueError for what does not fit the row."""
    if len(value) != kind.value_bytes:
        raise ValueError(f"a {kind.name} has {kind.value_bytes} bytes, not {len(value)}")
    packed = value
    for number, stated in zip(kind.numbers, numbers, strict=True):
        if not number.least <= stated <= number.most:
            raise ValueError(
                f"the {number.name} of a {kind.name} is {stated}; "
                f"it must be from {number.least} to {number.most}"
            )
        packed += stated.to_bytes(number.packed_bytes, "little")
    return packed


def pack(signals: Mapping[str, Sequence[bytes]]) -> bytes:
    """Pack the signals of an entry, given by kind, each as `packed_signal` gives it."""
    head, values = [0], list[bytes]()
    for kind in KINDS:
        same = signals.get(kind.name)
        if same:
            head[0] += 1
            head += (kind.number, len(same))
            values += same
    return bytes(head) + b"".join(values)


def pack_listed(signals: Iterable[ListedSignal]) -> bytes:
    """Pack signals, each kind in the order given; raises ValueError for what fits no row."""
    by_kind: dict[str, list[bytes]] = {}
    for signal in signals:
        kind = _BY_NAME.get(signal.kind)
        if kind is None:
            raise ValueError(f"there is no kind {signal.kind}")
        by_kind.setdefault(kind.name, []).append(packed_signal(kind, signal.value, signal.numbers))
    return pack(by_kind)


def split(packed: bytes) -> dict[str, bytes]:
    """Return the signals of each kind, one behind the other, by the kind's name.

    Raises UnknownKindError for a kind of a newer program, ValueError for what was never packed.
    """
    if not packed:
        raise ValueError("signals are cut off")
    place = 1 + 2 * packed[0]
    parts = {}
    before = 0
    for number, count in zip(packed[1:place:2], packed[2:place:2], strict=True):
        kind = _BY_NUMBER.get(number)
        if kind is None:
            raise UnknownKindError(f"there is no kind of fingerprint with the number {number}")
        if number <= before or not count:
            raise ValueError("kinds of fingerprint are out of order")
        end = place + count * kind.packed_bytes
        parts[kind.name] = together = packed[place:end]
        for stated in kind.numbers if len(together) == end - place else ():
            column = numbers_in(together, kind, stated)
            if not stated.least <= min(column) <= max(column) <= stated.most:
                raise ValueError(f"the {stated.name} of a {kind.name} is out of range")
        place, before = end, number
    if place != len(packed):
        raise ValueError("signals are cut off, or more follows them")
    return parts


def listed(packed: bytes) -> Iterator[ListedSignal]:
    """Yield signals one by one, by kind; raises ValueError as `split` does."""
    for name, together in split(packed).items():
        kind = _BY_NAME[name]
        columns = [numbers_in(together, kind, number) for number in kind.numbers]
        for nth, start in enumerate(range(0, len(together), kind.packed_bytes)):
            value = together[start : start + kind.value_bytes]
            yield ListedSignal(name, value, tuple(column[nth] for column in columns))


def numbers_in(together: bytes, kind: SignalKind, number: SignalNumber) -> Sequence[int]:
    """Return a number of each of the packed signals of one kind."""
    place = kind.places[number.name]
    if number.packed_bytes == 1:
        return together[place :: kind.packed_bytes]
    starts = range(place, len(together), kind.packed_bytes)
    return [
        int.from_bytes(together[start : start + number.packed_bytes], "little") for start in starts
    ]


_BY_NAME = {kind.name: kind for kind in KINDS}
_BY_NUMBER = {kind.number: kind for kind in KINDS}
