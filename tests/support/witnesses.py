"""Witnesses as processes on loopback sockets, for tests, and a log that submits to them."""

import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import requests

from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.cosignature import CosignatureKey, CosignatureKind
from takeback.tlog.merkle import Frontier, complete_subtree_hash, leaf_hash
from takeback.tlog.merkle_proofs import consistency_proof
from takeback.tlog.signed_note import Signer
from takeback.tlog.witnessing import AddCheckpoint
from takeback.witness.keys import draw_key
from takeback.witness.store import WitnessStore

NAME = "witness.example/w1"


@dataclass
class GrowingLog:
    """A log of numbered leaves; `salt` makes another history of it."""

    signer: Signer = field(default_factory=lambda: Signer("log.example/one", bytes(range(32))))
    salt: bytes = b""

    def leaves(self, size: int) -> list[bytes]:
        return [leaf_hash(self.salt + number.to_bytes(4, "big")) for number in range(size)]

    def note(self, size: int) -> bytes:
        root = Frontier().extended(self.leaves(size)).root()
        return Checkpoint(self.signer.name, size, root).sign(self.signer)

    def request(self, old: int, size: int) -> AddCheckpoint:
        leaves = self.leaves(size)
        proof = consistency_proof(
            min(old, size),
            size,
            lambda level, at: complete_subtree_hash(leaves[at << level : (at + 1) << level]),
        )
        return AddCheckpoint(old, tuple(proof), self.note(size))


@dataclass
class RunningWitness:
    """A witness that answers at `url`."""

    url: str
    process: subprocess.Popen[str]

    def add(self, body: bytes) -> requests.Response:
        return requests.post(f"{self.url}/add-checkpoint", data=body, timeout=20)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


@contextmanager
def witness(
    folder: Path, *log_keys: str, name: str = NAME, port: int = 0
) -> Iterator[RunningWitness]:
    """Run a witness that watches these logs; it is stopped as an operator would."""
    watched = [part for key in log_keys for part in ("--log", key)]
    command = ["witness", "serve", "--name", name, "--store", str(folder), "--port", str(port)]
    with subprocess.Popen(
        [sys.executable, "-m", "takeback", *command, *watched],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        found = re.search(r"http://\S+?(?=\.? )", process.stdout.readline())
        assert found is not None
        try:
            yield RunningWitness(found[0].rstrip("."), process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(20)


def keys_of(folder: Path, name: str = NAME) -> dict[CosignatureKind, CosignatureKey]:
    """The keys that `takeback witness key` prints, of a witness that begins now if it has not."""
    WitnessStore(folder)
    draw_key(folder)
    command = ["witness", "key", "--name", name, "--store", str(folder)]
    done = subprocess.run(
        [sys.executable, "-m", "takeback", *command], stdout=subprocess.PIPE, text=True, check=True
    )
    keys = map(CosignatureKey.parse, done.stdout.split())
    return {key.kind: key for key in keys}
