"""The released client of python-threatexchange fetches a list and builds its index, once.

`python -m benchmarks.client_fetch SHAPE URL TOKEN` prints, as JSON, how many hashes it then knows
and the seconds that fetching and building took: what `tx fetch` does, without its files.
"""

from __future__ import annotations

import json
import sys
import time

from tests.support.stock_client import exchange
from threatexchange.signal_type.pdq.signal import PdqSignal


def main(shape: str, url: str, token: str) -> None:
    """Fetch, build, print."""
    api = exchange(shape, url, token)
    began = time.perf_counter()
    fetched: dict[object, object] = {}
    for delta in api.fetch_iter([PdqSignal], None):
        api.naive_fetch_merge(fetched, delta.updates)
    signals = api.naive_convert_to_signal_type([PdqSignal], api.collab, fetched)[PdqSignal]
    fetched_at = time.perf_counter()
    index = PdqSignal.get_index_cls().build(signals.items())
    built_at = time.perf_counter()
    probe = next(iter(signals))
    if not index.query(probe):
        raise RuntimeError("What was fetched is not found.")
    seconds = {"fetch": fetched_at - began, "index": built_at - fetched_at}
    print(json.dumps({"hashes": len(signals), **seconds}))


if __name__ == "__main__":
    main(*sys.argv[1:])
