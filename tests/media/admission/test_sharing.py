"""A decoder whose children are shared out by what pictures promise, with real children."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from takeback.media import Decoder, DecoderBusy, Limits, TurnRules
from takeback.media.admission.idle import IdleChildren
from tests.media.children import children_of
from tests.support.costly_pictures import flat_gif
from tests.support.encodings import encode, landscape, pixels

_FINE = encode(landscape())
_COSTLY = flat_gif()
_READERS = "tests.media.readers"
_DAWDLE, _GRAB, _LABOUR = (f"{_READERS}:{name}" for name in ("dawdle", "grab", "labour"))
_PATIENT = Limits(max_wall_seconds=600)


def _until(happened: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@contextmanager
def _under_way(decoder: Decoder, *files: bytes) -> Iterator[list["Future[bytes]"]]:
    """Let readers dawdle over these files until the block ends; then kill them, one by one."""
    with ThreadPoolExecutor(len(files)) as threads:
        futures = [threads.submit(decoder.read, file, _DAWDLE, b"100") for file in files]
        try:
            yield futures
        finally:
            while not all(future.done() for future in futures):
                _kill_children()
                time.sleep(0.05)


def test_quick_pictures_do_not_wait_for_costly_ones() -> None:
    rules = TurnRules(kept_for_quick=1)
    with Decoder(_PATIENT, children=2, readers=[_DAWDLE], turns=rules) as decoder:
        with _under_way(decoder, _COSTLY, _COSTLY, _COSTLY) as futures:
            _until(lambda: (decoder.load().running, decoder.load().waiting) == (1, 2))
            for _ in range(3):
                assert (decoder.decode(_FINE).pixels == pixels(landscape())).all()
            load = decoder.load()
            assert (load.running, load.waiting) == (1, 2)
            assert load.work_waiting > 100_000_000
            assert load.decodings == {"costly": 3, "quick": 3}
        assert all(future.exception() is not None for future in futures)
        assert (decoder.decode(_FINE).pixels == pixels(landscape())).all()


@pytest.mark.parametrize(
    ("rules", "bound"),
    [
        (TurnRules(most_waiting=0), "count"),
        (TurnRules(most_work_waiting=1000), "work"),
        (TurnRules(most_seconds_waiting=0.01), "seconds"),
    ],
)
def test_who_can_not_wait_is_told_when_to_come_again(rules: TurnRules, bound: str) -> None:
    with Decoder(_PATIENT, readers=[_DAWDLE], turns=rules) as decoder:
        with _under_way(decoder, _FINE):
            _until(lambda: decoder.load().running == 1)
            with pytest.raises(DecoderBusy, match="Try again in 1 second") as busy:
                decoder.decode(_FINE)
            assert busy.value.retry_after == 1
            assert decoder.load().sent_away == {bound: 1}
            assert decoder.load().waiting == 0
        assert decoder.decode(_FINE).width == 96


def test_who_waits_when_the_decoder_is_closed_hears_of_it() -> None:
    decoder = Decoder(_PATIENT, readers=[_DAWDLE])
    with _under_way(decoder, _FINE), ThreadPoolExecutor(2) as threads:
        _until(lambda: decoder.load().running == 1)
        waiting = threads.submit(decoder.decode, _FINE)
        _until(lambda: decoder.load().waiting == 1)
        closing = threads.submit(decoder.close)

        def is_closed() -> bool:
            _kill_children()  # a picture whose child died before it was closed has another by now
            return closing.done()

        _until(is_closed)
        closing.result()
        assert isinstance(waiting.exception(60), RuntimeError) or waiting.result().width == 96


@pytest.mark.skipif(not Path("/proc").exists(), reason="memory is bounded so on Linux only")
def test_a_picture_has_the_memory_that_it_promised_and_then_all() -> None:
    with Decoder(readers=[_GRAB], turns=TurnRules()) as decoder:
        assert decoder.read(_FINE, _GRAB, b"1000000") == b"1000000"
        assert decoder.load().overran == {}
        (child,) = children_of(os.getpid())
        assert _most_data(child) < 256 << 20
        assert decoder.read(_FINE, _GRAB, b"300000000") == b"300000000"
        assert decoder.load().overran == {"image/png": 1}
        assert decoder.load().decodings == {"quick": 2, "costly": 1}
        decoder.read(_FINE, _GRAB, b"1")
        assert decoder.load().decodings == {"quick": 2, "costly": 2}  # its kind is not trusted now
        decoder.read(encode(landscape(), "image/jpeg"), _GRAB, b"1")
        assert decoder.load().decodings == {"quick": 3, "costly": 2}


def test_a_picture_has_the_time_that_it_promised_and_then_all() -> None:
    with Decoder(readers=[_LABOUR]) as decoder:
        assert decoder.read(_FINE, _LABOUR, b"3.5") == b"tired"
        assert decoder.load().overran == {"image/png": 1}


def test_a_file_is_read_as_far_as_it_goes_within_all_of_the_limits_only() -> None:
    whole = encode(landscape(400, 300), compress_level=0)
    with Decoder() as decoder:
        assert decoder.decode(whole[:-1000]).width == 400
        load = decoder.load()
        assert load.decodings == {"quick": 1, "costly": 1}
        assert load.overran == {}  # to fail early costs no child


def test_costly_pictures_step_back_but_the_last_child_never_does() -> None:
    rules = TurnRules(kept_for_quick=1, quick_work=100_000)
    with Decoder(children=2, turns=rules) as decoder:
        decoder.wait_until_ready()
        before = sorted(map(_priority, children_of(os.getpid())))
        decoder.decode(encode(landscape(400, 300)))
        decoder.decode(_FINE)
        after = sorted(map(_priority, children_of(os.getpid())))
        assert after == [before[0], before[1] + 5]
    with Decoder(turns=TurnRules(quick_work=100_000)) as decoder:
        decoder.decode(encode(landscape(400, 300)))
        assert [_priority(child) for child in children_of(os.getpid())] == before[:1]


def test_quick_and_costly_pictures_prefer_different_children() -> None:
    idle: IdleChildren[_Fake] = IdleChildren(1)
    assert idle.get() is None
    fresh, back, other = _Fake(False), _Fake(True), _Fake(False)
    for child in (fresh, back, other):
        idle.put(child)
    assert [idle.get(), idle.get(), idle.get()] == [other, fresh, back]
    for place in (back, fresh, None):
        idle.put(place)
    assert [idle.get(quick=False) for _ in range(3)] == [back, None, fresh]


def _kill_children() -> None:
    for child in children_of(os.getpid()):
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


class _Fake:
    def __init__(self, stepped_back: bool) -> None:
        self.stepped_back = stepped_back


def _priority(child: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, child)


def _most_data(child: int) -> int:
    """The soft limit on data, in bytes."""
    for line in Path(f"/proc/{child}/limits").read_text().splitlines():
        if line.startswith("Max data size"):
            return int(line[26:].split()[0])
    raise AssertionError
