"""Two more kinds of fingerprint, listed by a hotline that has their rows and followed by gates."""

import json
import os
import subprocess
import sys
from pathlib import Path

import httpx

from takeback.gate.check.gate import Gate
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.list_sync import ListSync
from tests.support.running import hotline

REPOSITORY = Path(__file__).parents[2]


def test_new_kinds_are_listed_amended_served_and_matched(
    hotline_database: str, tmp_path: Path
) -> None:
    with hotline(hotline_database, "tests.support.newer_takeback") as (url, _):
        done = subprocess.run(
            [sys.executable, "-m", "tests.hotline.newer_hotline", url, str(tmp_path / "newer")],
            env={**os.environ, "DATABASE_URL": hotline_database},
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            check=True,
        )
        report = json.loads(done.stdout)
        entries = report["entries"]
        assert report["exact"] == [[entries["exact"], "sha1", 0]]
        assert report["near"] == sorted(
            [entries[name], "sketch", 2] for name in ("near", "amended")
        )
        assert report["beyond"] == []
        assert report["pdq"] == [[entries["amended"], "pdq", 0]]

        token = PlatformToken.parse(report["token"])
        store = Store(tmp_path / "older")
        with HotlineClient(url, token) as client, store.sync_lock():
            ListSync(store, client, token).sync()
        with Gate.open(store.folder) as gate:
            [health] = gate.health()
        assert (health.entries, health.signals_unknown) == (3, {"sha1": 1, "sketch": 2})

        # A shape that has no word for a kind leaves its fingerprints out, and gives the others.
        feed = httpx.get(
            f"{url}/feeds/stopncii/v1/FetchHashes",
            headers={"Ocp-Apim-Subscription-Key": token.text},
        )
        assert [record["hashValue"] for record in feed.json()["hashRecords"]] == [report["listed"]]
