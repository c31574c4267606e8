"""`takeback gate sync --follow`, killed at random instants while the list changes."""

import os
import random
import subprocess
import sys
import time
from collections.abc import Iterator

from takeback.gate.store.store import Store
from tests.support.followed_log import in_force
from tests.support.log_server import Log

KILLS = 20


def command(url: str, store: Store, *more: str) -> list[str]:
    return [
        *(sys.executable, "-m", "takeback", "gate", "sync"),
        *("--hotline", url, "--store", str(store.folder), *more),
    ]


def test_a_sync_killed_at_random_instants_leaves_exactly_the_living_in_force(
    log: Log, hotline: str, store: Store, codes: Iterator[bytes]
) -> None:
    chance = random.Random(2)
    environment = os.environ | {"TAKEBACK_GATE_TOKEN": log.token}
    for _ in range(KILLS):
        with subprocess.Popen(
            command(hotline, store, "--follow"),
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            end = time.monotonic() + chance.uniform(0.05, 1.6)
            while time.monotonic() < end:
                log.add(next(codes))
                if log.live and chance.random() < 0.4:
                    log.withdraw(chance.choice(sorted(log.live)))
                time.sleep(chance.uniform(0, 0.03))
            process.kill()
        if store.current.exists():
            # Between kills some verified state is in force, whole.
            assert len(set(in_force(Store(store.folder)).values())) <= 1
    done = subprocess.run(
        command(hotline, store), env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert in_force(store) == dict.fromkeys(log.live, len(log.records))
    assert list(store.snapshots.glob(".*")) == []
