"""The table of kinds, and the packing that follows from it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.signals.kinds import KINDS, MAX_SIGNALS, Search, SignalKind, SignalNumber, kind_named
from takeback.signals.packing import (
    NOTHING,
    ListedSignal,
    UnknownKindError,
    listed,
    numbers_in,
    pack_listed,
    packed_signal,
    split,
)

WIDE = SignalKind(
    "wide",
    9,
    20,
    Search.EXACT,
    (
        SignalNumber("small", 1, 255),
        SignalNumber("middle", 0, 2**16 - 1),
        SignalNumber("great", 5, 2**32 - 1),
    ),
)


def signals_of(kind: SignalKind) -> st.SearchStrategy[ListedSignal]:
    """Signals of a kind, as its row says."""
    numbers = [st.integers(number.least, number.most) for number in kind.numbers]
    value = st.binary(min_size=kind.value_bytes, max_size=kind.value_bytes)
    return st.builds(ListedSignal, st.just(kind.name), value, st.tuples(*numbers))


any_signals = st.lists(st.one_of(*map(signals_of, KINDS)), max_size=MAX_SIGNALS)


def test_no_row_takes_the_number_of_another_and_numbers_ascend() -> None:
    assert [(kind.name, kind.number) for kind in KINDS][:3] == [
        ("pdq", 1),
        ("sha256", 2),
        ("md5", 3),
    ]
    numbers = [kind.number for kind in KINDS]
    assert numbers == sorted(set(numbers))
    assert len({kind.name for kind in KINDS}) == len(KINDS)


def test_a_kind_yields_only_to_one_that_has_to_be_equal_as_well() -> None:
    for kind in KINDS:
        if kind.yields_to is not None:
            stronger = kind_named(kind.yields_to)
            assert stronger is not None
            assert {stronger.search, kind.search} == {Search.EXACT}


@pytest.mark.parametrize(
    "row",
    [
        ("Pdq", 9, 32, Search.EXACT),
        ("x" * 33, 9, 32, Search.EXACT),
        ("other", 0, 32, Search.EXACT),
        ("other", 256, 32, Search.EXACT),
        ("other", 9, 7, Search.EXACT),
        ("other", 9, 31, Search.NEAR_256),
        ("other", 9, 32, Search.EXACT, (), 0, 256),
    ],
)
def test_a_row_that_the_formats_cannot_carry_is_refused(row: tuple[object, ...]) -> None:
    with pytest.raises(ValueError, match=r"name|number|bytes|have"):
        SignalKind(*row)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "number", [("value", 0, 1), ("order", 0, 1), ("n", 0, 2**32), ("n", -1, 1), ("n", 2, 1)]
)
def test_a_number_that_the_formats_cannot_carry_is_refused(number: tuple[str, int, int]) -> None:
    with pytest.raises(ValueError, match="number"):
        SignalNumber(*number)


def test_the_kinds_that_are_planned_fit_a_row() -> None:
    counted = (SignalNumber("count", 1, 2**16 - 1), SignalNumber("duration", 0, 2**32 - 1))
    video = SignalKind("video", 4, 32, Search.FRAMES, counted, code_bytes=33, most_an_entry=1)
    sides = tuple(SignalNumber(name, 0, 255) for name in ("left", "top", "right", "bottom"))
    part = SignalKind("part", 5, 32, Search.NEAR_256, sides, most_an_entry=48)
    assert (video.packed_bytes, part.packed_bytes) == (32 + 2 + 4, 32 + 4)


@given(any_signals)
def test_what_is_packed_is_read_kind_by_kind_in_its_order(signals: list[ListedSignal]) -> None:
    expected = [signal for kind in KINDS for signal in signals if signal.kind == kind.name]
    packed = pack_listed(signals)
    assert list(listed(packed)) == expected
    assert packed == NOTHING or signals
    assert set(split(packed)) == {signal.kind for signal in signals}


@given(st.lists(signals_of(WIDE), min_size=1, max_size=9))
def test_numbers_of_every_width_are_read_as_they_were_packed(signals: list[ListedSignal]) -> None:
    together = b"".join(packed_signal(WIDE, signal.value, signal.numbers) for signal in signals)
    assert len(together) == len(signals) * (20 + 1 + 2 + 4)
    for place, number in enumerate(WIDE.numbers):
        assert list(numbers_in(together, WIDE, number)) == [s.numbers[place] for s in signals]


@given(any_signals.filter(bool), st.data())
def test_signals_cut_off_anywhere_are_none(
    signals: list[ListedSignal], data: st.DataObject
) -> None:
    packed = pack_listed(signals)
    cut = packed[: data.draw(st.integers(0, len(packed) - 1))]
    with pytest.raises(ValueError, match=r"."):
        split(cut)
    with pytest.raises(ValueError, match="more follows"):
        split(packed + b"\0")


def test_a_kind_of_a_newer_program_is_told_apart_from_damage() -> None:
    with pytest.raises(UnknownKindError, match="200"):
        split(bytes([1, 200, 1]) + bytes(20))


@pytest.mark.parametrize(
    "signal",
    [
        ListedSignal("pdq", bytes(31), (50,)),
        ListedSignal("pdq", bytes(32), (101,)),
        ListedSignal("pdq", bytes(32), ()),
        ListedSignal("sha256", bytes(32), (1,)),
        ListedSignal("other", bytes(32)),
    ],
)
def test_a_signal_that_fits_no_row_is_not_packed(signal: ListedSignal) -> None:
    with pytest.raises(ValueError, match=r"bytes|must be|shorter|longer|no kind"):
        pack_listed([signal])
