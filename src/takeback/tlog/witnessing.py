"""The request of a log to a witness: a checkpoint, and a proof that the log only grew.

The request `add-checkpoint` of C2SP tlog-witness, as bytes and back.
"""

import base64
import binascii
import re
from dataclasses import dataclass

from takeback.tlog.errors import MalformedLogError
from takeback.tlog.merkle import HASH_BYTES
from takeback.tlog.signed_note import MAX_NOTE_BYTES

MOST_PROOF_HASHES = 63
MOST_REQUEST_BYTES = MAX_NOTE_BYTES + 64 + (MOST_PROOF_HASHES + 1) * 45
SIZE_TYPE = "text/x.tlog.size"

_SIZE = re.compile(r"0|[1-9]\d{0,18}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AddCheckpoint:
    """`old`: the size of the checkpoint that the witness cosigned last, 0 if it never has.

    `proof`: hashes of 32 bytes that lead from there to the checkpoint; `note`: the signed
    checkpoint.
    """

    old: int
    proof: tuple[bytes, ...]
    note: bytes

    def encode(self) -> bytes:
        """Write the request."""
        lines = [
            f"old {self.old}",
            *(base64.b64encode(digest).decode() for digest in self.proof),
            "",
            "",
        ]
        return "\n".join(lines).encode() + self.note

    @classmethod
    def parse(cls, body: bytes) -> "AddCheckpoint":
        """Read a request; raises MalformedLogError for anything else."""
        head, blank, note = body.partition(b"\n\n")
        if len(body) > MOST_REQUEST_BYTES or not blank:
            raise MalformedLogError("This is not a request to add a checkpoint.")
        first, *hashes = head.decode("ascii", "replace").split("\n")
        keyword, _, size = first.partition(" ")
        if keyword != "old" or not _SIZE.fullmatch(size):
            raise MalformedLogError("The first line must be `old` and a size.")
        if len(hashes) > MOST_PROOF_HASHES:
            raise MalformedLogError(f"A proof has at most {MOST_PROOF_HASHES} hashes.")
        return cls(int(size), tuple(map(_hash, hashes)), note)


def parse_size(body: bytes) -> int:
    """Read the size that a witness answers with when the log has assumed another."""
    text = body.decode("ascii", "replace").removesuffix("\n")
    if not _SIZE.fullmatch(text):
        raise MalformedLogError("The witness did not answer with a size.")
    return int(text)


def _hash(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != HASH_BYTES or base64.b64encode(raw).decode() != line:
        raise MalformedLogError("A line of the proof is not 32 bytes in base64.")
    return raw
