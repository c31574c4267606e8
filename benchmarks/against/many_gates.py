"""Many gates of each tree follow that tree's hotline: from the checkpoint until it is in force.

Both trees' gates run all the time, and wait; changes come to one side, then to the other. A list is
in force when the gate says so, which it does after it has told the hotline.
"""

from __future__ import annotations

import contextlib
import os
import re
import selectors
import statistics
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from benchmarks.against.hotlines import Hotline, both_hotlines, gate_variables
from benchmarks.against.options import Sizes
from benchmarks.against.pairs import Comparison, Unit, in_pairs
from benchmarks.against.processes import running, wait_until
from benchmarks.against.progress import say
from benchmarks.against.trees import Tree

_AT_ONCE: Final = 2  # platforms that are made at a time
_REST_SECONDS: Final = 0.4
_READ_BYTES: Final = 65_536


def measure(trees: Sequence[Tree], sizes: Sizes, folder: Path) -> list[Comparison]:
    """Measure the median over the gates, for one change after the other."""
    with both_hotlines(trees, folder) as (new, old), contextlib.ExitStack() as stack:
        for hotline in (new, old):
            hotline.begin_adding(sizes.followed)
            hotline.listing.finish()
            hotline.publish(sizes.followed)
            hotline.go_on()
        new_gates, old_gates = (
            stack.enter_context(_following(hotline, sizes.gates)) for hotline in (new, old)
        )
        say(f"gates: {sizes.single_changes} pairs")
        for gates in (new_gates, old_gates):
            gates.take_a_change()  # to warm up
        measured = in_pairs(sizes.single_changes, new_gates.take_a_change, old_gates.take_a_change)
    workload = f"{sizes.gates} gates, checkpoint to in force"
    return [Comparison(workload, Unit.MILLISECONDS, tuple(measured))]


class _Gates:
    """Gates that say on their standard output how many events of the list are in force.

    A thread notes when each gate first said a number that it had not said before.
    """

    def __init__(self, hotline: Hotline, outputs: Sequence[int]) -> None:
        """Listen to the gates' outputs, which are file descriptors."""
        self._hotline = hotline
        self._reached: list[dict[int, float]] = [{} for _ in outputs]
        self._selector = selectors.DefaultSelector()
        for number, output in enumerate(outputs):
            self._selector.register(output, selectors.EVENT_READ, number)
        threading.Thread(target=self._listen, daemon=True).start()

    def take_a_change(self) -> float:
        """List a picture; returns the gates' median from its checkpoint on, in milliseconds."""
        size = self._hotline.size() + 1
        self._hotline.listing.call("add", count=1, together=1)
        self.wait_for(size)
        published = float(self._hotline.listing.call("published_at"))
        time.sleep(_REST_SECONDS)
        return statistics.median(reached[size] - published for reached in self._reached) * 1e3

    def wait_for(self, size: int) -> None:
        """Wait until every gate has said that so many events are in force."""
        wait_until(lambda: all(size in reached for reached in self._reached))

    def _listen(self) -> None:
        while self._selector.get_map():
            for key, _ in self._selector.select():
                now = time.time()
                # A line comes in one piece: it is written at once, and is short.
                text = os.read(key.fd, _READ_BYTES)
                if not text:
                    self._selector.unregister(key.fd)
                    continue
                for number in re.findall(rb"\d+", text.replace(b",", b"")):
                    self._reached[key.data].setdefault(int(number), now)


@contextlib.contextmanager
def _following(hotline: Hotline, count: int) -> Iterator[_Gates]:
    """Start so many gates that follow the hotline, and wait until its list is in force in all."""
    say(f"gates: starting {count} of the {hotline.tree.side} tree")
    names = [f"Gate {number}" for number in range(count)]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        tokens = list(pool.map(hotline.token_of_new_platform, names))
    with contextlib.ExitStack() as stack:
        outputs = []
        for number, token in enumerate(tokens):
            store = hotline.folder / f"gate-{number}"
            process = stack.enter_context(
                running(
                    hotline.sync_command(store, "--follow"),
                    gate_variables(token),
                    hotline.folder / "gates.log",
                    output=subprocess.PIPE,
                )
            )
            if process.stdout is None:
                raise RuntimeError("A gate has no pipe.")
            outputs.append(process.stdout.fileno())
        gates = _Gates(hotline, outputs)
        gates.wait_for(hotline.size())
        yield gates
