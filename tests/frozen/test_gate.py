"""What a platform's programs and disks hold of the gate is kept: its HTTP service and its store.

Both are those of `takeback gate serve`, which makes an empty store and waits for a list.
"""

import json
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import requests

from tests.frozen.snapshots import assert_frozen, assert_frozen_lines

SECONDS = 20
NOT_ALLOWED = 405


class ServingGate(NamedTuple):
    url: str
    store: Path


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY")


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServingGate]:
    """A gate that serves on a free port, which it names as soon as it answers there."""
    store = tmp_path_factory.mktemp("gate") / "store"
    command = [sys.executable, "-m", "takeback", "gate", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--store", str(store)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines: list[str] = []
            while not (found := re.search(r"http://\S+:\d+", "".join(lines))):
                line = process.stdout.readline()
                assert line, f"The gate ended: {''.join(lines)}"
                lines.append(line)
            yield ServingGate(found[0], store)
        finally:
            process.terminate()


def test_the_description_of_the_service_is_the_frozen_one(gate: ServingGate) -> None:
    answer = requests.get(f"{gate.url}/openapi.json", timeout=SECONDS)
    answer.raise_for_status()
    text = json.dumps(answer.json(), ensure_ascii=False, indent=2, sort_keys=True)
    assert_frozen("gate-openapi.json", f"{text}\n")


def test_the_names_of_the_metrics_are_the_frozen_ones(gate: ServingGate) -> None:
    answer = requests.get(f"{gate.url}/metrics", timeout=SECONDS)
    answer.raise_for_status()
    types = re.findall(r"^# TYPE (\S+ \S+)$", answer.text, re.MULTILINE)
    assert_frozen_lines("gate-metrics.txt", types)


def test_the_files_of_the_store_are_the_frozen_ones(gate: ServingGate) -> None:
    assert_frozen_lines("gate-store.txt", store_facts(gate.store))


def store_facts(store: Path) -> Iterator[str]:
    for path in sorted(store.rglob("*")):
        name = path.relative_to(store)
        if path.name.endswith(("-wal", "-shm")):
            continue
        yield f"{name}{'/' if path.is_dir() else ''} mode {path.stat().st_mode & 0o777:o}"
        if path.is_file() and path.read_bytes().startswith(b"SQLite format 3\0"):
            yield from (f"{name}: {fact}" for fact in database_facts(path))


def database_facts(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        for pragma in ("user_version", "application_id", "journal_mode"):
            yield f"{pragma} {connection.execute(f'PRAGMA {pragma}').fetchone()[0]}"
        for kind, name, made in connection.execute("SELECT type, name, sql FROM sqlite_schema"):
            if made is not None:
                yield f"{kind} {name}: {' '.join(made.split())}"


def test_get_brings_head_and_405_says_what_is_allowed(gate: ServingGate) -> None:
    described = requests.get(f"{gate.url}/openapi.json", timeout=SECONDS).json()["paths"]
    for path, operations in {**described, "/openapi.json": {"get": {}}}.items():
        allowed = {method.upper() for method in operations}
        allowed |= {"HEAD"} if "GET" in allowed else set()
        answers = {
            method: requests.request(method, f"{gate.url}{path}", timeout=SECONDS)
            for method in METHODS
        }
        for method, answer in answers.items():
            assert (answer.status_code != NOT_ALLOWED) == (method in allowed), (method, path)
            if answer.status_code == NOT_ALLOWED:
                assert answer.headers["Allow"] == ", ".join(sorted(allowed)), (method, path)
        if "HEAD" in allowed:
            head, whole = answers["HEAD"], answers["GET"]
            assert (head.status_code, head.content) == (whole.status_code, b"")
            assert head.headers["Content-Type"] == whole.headers["Content-Type"]
