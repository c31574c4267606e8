"""The witness as a process: it cosigns growth, and nothing else, however often it is killed."""

import contextlib
import json
import random
import threading
import time
from pathlib import Path

import pytest
import requests
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.cosignature import CosignatureKey, cosignatures_of
from takeback.tlog.errors import MalformedLogError
from takeback.tlog.signed_note import Signer, VerifierKey
from takeback.tlog.witnessing import AddCheckpoint
from takeback.witness.logs import LogListError, WatchedLogs, parse_log_list
from takeback.witness.store import WitnessStore
from takeback.witness.witness import OtherSizeError, RefusedError, Witness
from tests.support.witnesses import GrowingLog, keys_of, witness

VECTORS = Path(__file__).parents[1] / "vectors/c2sp"
PUBLISHED = json.loads((VECTORS / "witness.json").read_text())
LOG = GrowingLog()
KEY = LOG.signer.verifier_key.line


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("witness")


def inside(folder: Path, *logs: VerifierKey) -> Witness:
    watched = WatchedLogs.of((key.name, key) for key in logs)
    return Witness(WitnessStore(folder), watched, [])


def cosigned(note: bytes, answer: requests.Response, known: list[CosignatureKey]) -> int:
    assert answer.status_code == 200, answer.text
    found = cosignatures_of(note + answer.content, known)
    assert len(found) == len(known)
    return min(found.values())


def test_a_log_is_cosigned_while_it_grows(tmp_path: Path) -> None:
    known = list(keys_of(tmp_path).values())
    other = GrowingLog(salt=b"fork")
    with witness(tmp_path, KEY) as running:
        before = time.time()
        assert cosigned(LOG.note(3), running.add(LOG.request(0, 3).encode()), known) >= int(before)
        cosigned(LOG.note(3), running.add(LOG.request(3, 3).encode()), known)
        cosigned(LOG.note(700), running.add(LOG.request(3, 700).encode()), known)

        replayed = running.add(LOG.request(0, 3).encode())
        assert (replayed.status_code, replayed.text) == (409, "700\n")
        assert replayed.headers["Content-Type"].startswith("text/x.tlog.size")
        assert running.add(other.request(700, 700).encode()).status_code == 409
        assert running.add(other.request(700, 900).encode()).status_code == 422
        assert running.add(LOG.request(701, 700).encode()).status_code == 400
        too_long = LOG.request(700, 900)
        spoilt = AddCheckpoint(700, (*too_long.proof, bytes(32)), too_long.note)
        assert running.add(spoilt.encode()).status_code == 422

        stranger = GrowingLog(Signer("log.example/two", bytes(32)))
        assert running.add(stranger.request(0, 3).encode()).status_code == 404
        forged = GrowingLog(Signer(LOG.signer.name, bytes(32)))
        assert running.add(forged.request(700, 900).encode()).status_code == 403
        for nonsense in (b"", b"old 700\n", b"old 700\n\nhello\n"):
            assert running.add(nonsense).status_code == 400
        assert running.add(bytes(200_000)).status_code == 413

        newest = requests.get(
            f"{running.url}/checkpoint", params={"origin": LOG.signer.name}, timeout=20
        )
        assert newest.content.startswith(LOG.note(700))
        assert len(cosignatures_of(newest.content, known)) == 2
        assert requests.get(f"{running.url}/checkpoint", timeout=20).status_code == 404
    with witness(tmp_path, KEY) as running:  # it remembers
        assert running.add(LOG.request(0, 3).encode()).text == "700\n"
        cosigned(LOG.note(900), running.add(LOG.request(700, 900).encode()), known)


def test_get_brings_head_and_405_says_what_is_allowed(tmp_path: Path) -> None:
    with witness(tmp_path, KEY) as running:
        for path, allowed in {"add-checkpoint": {"POST"}, "checkpoint": {"GET", "HEAD"}}.items():
            for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"):
                answer = requests.request(method, f"{running.url}/{path}", timeout=20)
                assert (answer.status_code != 405) == (method in allowed), (method, path)
                if answer.status_code == 405:
                    assert sorted(answer.headers["Allow"].split(", ")) == sorted(allowed)


def test_published_requests_are_answered_as_published(tmp_path: Path) -> None:
    key = VerifierKey(PUBLISHED["origin"], bytes.fromhex(PUBLISHED["public_key"]))
    first, three, five = (
        "\n".join([f"old {request['old']}", *request["proof"], "", request["note"]]).encode()
        for request in PUBLISHED["add_checkpoint"]
    )
    watcher = inside(tmp_path, key)
    watcher.add_checkpoint(first)
    watcher.add_checkpoint(five)
    with pytest.raises(OtherSizeError) as refused:  # the other of two that raced
        watcher.add_checkpoint(three)
    assert refused.value.size == 5
    too_many = first.replace(b"old 0\n", b"old 0\n" + (three.split(b"\n")[1] + b"\n") * 64)
    with pytest.raises(RefusedError) as bad:
        watcher.add_checkpoint(too_many)
    assert bad.value.status == 400


def test_a_log_that_signs_with_ml_dsa_is_watched_too(tmp_path: Path) -> None:
    line, _, note = (VECTORS / "mldsa.txt").read_text().partition("\n\n")
    key = CosignatureKey.parse(line)
    watcher = Witness(WitnessStore(tmp_path), WatchedLogs.of([(key.name, key)]), [])
    watcher.add_checkpoint(AddCheckpoint(0, (), note.encode()).encode())
    assert watcher.store.newest(key.name).size == 1
    with pytest.raises(RefusedError) as refused:
        watcher.add_checkpoint(
            AddCheckpoint(1, (), note.replace("\n1\n", "\n2\n").encode()).encode()
        )
    assert refused.value.status == 403


EMPTY, LEAF = LOG.note(0), LOG.note(1)
FALSE_EMPTY = Checkpoint(LOG.signer.name, 0, bytes(32)).sign(LOG.signer)
SOME_HASH = (bytes(32),)


@pytest.mark.parametrize(
    ("known", "request_", "status"),
    [
        (0, AddCheckpoint(0, (), EMPTY), 200),
        (0, AddCheckpoint(0, (), FALSE_EMPTY), 422),
        (0, AddCheckpoint(0, SOME_HASH, EMPTY), 422),
        (0, AddCheckpoint(0, (), LEAF), 200),
        (0, AddCheckpoint(0, SOME_HASH, LEAF), 422),
        (1, AddCheckpoint(0, SOME_HASH, LEAF), 409),
        (1, AddCheckpoint(1, (), EMPTY), 400),
        (1, AddCheckpoint(1, (), LEAF), 200),
    ],
)
def test_requests_for_trees_of_no_and_of_one_event_have_their_status(
    tmp_path: Path, known: int, request_: AddCheckpoint, status: int
) -> None:
    watcher = inside(tmp_path, LOG.signer.verifier_key)
    if known:
        watcher.add_checkpoint(LOG.request(0, known).encode())
    before = watcher.store.newest(LOG.signer.name)
    if status == 200:
        watcher.add_checkpoint(request_.encode())
    else:
        with pytest.raises(RefusedError) as refused:
            watcher.add_checkpoint(request_.encode())
        assert refused.value.status == status
        assert watcher.store.newest(LOG.signer.name) == before


def test_of_two_histories_that_race_one_is_cosigned(tmp_path: Path) -> None:
    watcher = inside(tmp_path, LOG.signer.verifier_key)
    done: list[str] = []

    def submit(salt: bytes) -> None:
        try:
            watcher.add_checkpoint(GrowingLog(salt=salt).request(0, 50).encode())
            done.append("cosigned")
        except RefusedError:
            done.append("refused")

    threads = [threading.Thread(target=submit, args=[bytes([n])]) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == ["cosigned", *["refused"] * 7]


def test_a_log_is_handed_over_to_another_key(tmp_path: Path) -> None:
    new = Signer(LOG.signer.name, bytes(32))
    watcher = inside(tmp_path, LOG.signer.verifier_key, new.verifier_key)
    watcher.add_checkpoint(LOG.request(0, 3).encode())
    watcher.add_checkpoint(GrowingLog(new).request(3, 8).encode())
    assert watcher.store.newest(LOG.signer.name).size == 8


def test_killed_at_any_instant_it_never_cosigns_two_histories(tmp_path: Path) -> None:
    """Two histories are submitted in turn while the witness is killed: one of them goes on."""
    known = list(keys_of(tmp_path).values())
    chance = random.Random(4)
    histories = [GrowingLog(), GrowingLog(salt=b"fork")]
    cosigned_of: dict[bytes, int] = {}
    size = 0
    for _ in range(12):
        with witness(tmp_path, KEY) as running:
            killer = threading.Timer(chance.uniform(0.02, 0.4), running.kill)
            killer.start()
            while running.process.poll() is None:
                for log in histories:
                    request = log.request(size, size + chance.randint(1, 3))
                    with contextlib.suppress(requests.RequestException):
                        answer = running.add(request.encode())
                        if answer.status_code == 200:
                            assert cosigned(request.note, answer, known)
                            cosigned_of[log.salt] = cosigned_of.get(log.salt, 0) + 1
                            size = int(request.note.split(b"\n")[1])
                        elif answer.status_code == 409:
                            assert int(answer.text) >= size
                            size = int(answer.text)  # killed after the state was written
                        else:
                            assert answer.status_code == 422
            killer.join()
    assert len(cosigned_of) == 1
    assert sum(cosigned_of.values()) > 20


def test_a_public_list_of_logs_is_read() -> None:
    text = f"""
# List: example
logs/v0

vkey {KEY}
qpd 24
contact sysadmin (at) log.example

vkey {KEY}
origin log.example/renamed
"""
    assert [origin for origin, _ in parse_log_list(text)] == [
        "log.example/one",
        "log.example/renamed",
    ]
    for wrong, line in [(f"vkey {KEY}\n", 1), ("logs/v0\nvkey nonsense\n", 2)]:
        with pytest.raises(LogListError, match=f"Line {line}"):
            parse_log_list(wrong)


def test_what_can_not_be_watched_is_one_sentence(tmp_path: Path) -> None:
    arguments = ["witness", "serve", "--name", "w", "--store", str(tmp_path), "--port", "0"]
    for more in ([], ["--log", "nonsense"], ["--logs", str(tmp_path / "none")]):
        done = CliRunner().invoke(app, [*arguments, *more])
        assert done.exit_code == 2
        assert len(done.stderr.strip().splitlines()) == 1
    with pytest.raises(MalformedLogError):
        AddCheckpoint.parse(b"")
