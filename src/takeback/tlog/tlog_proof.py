"""Proofs for one event, to be checked without a network (C2SP tlog-proof)."""

import base64
import binascii
import re
from dataclasses import dataclass

from takeback.tlog.checkpoint import Checkpoint, open_checkpoint
from takeback.tlog.commitments import COMMITMENT_BYTES, Opening, check_commitment, commitment_of
from takeback.tlog.errors import LogRewrittenError, MalformedLogError, WrongOriginError
from takeback.tlog.merkle import HASH_BYTES, leaf_hash
from takeback.tlog.merkle_proofs import root_of_inclusion
from takeback.tlog.signed_note import split_note
from takeback.tlog.trust import TrustPolicy

_FIRST_LINE = "c2sp.org/tlog-proof@v1"
_INDEX = re.compile(r"index (0|[1-9]\d{0,18})", re.ASCII)
_MOST_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class TlogProof:
    """That the log holds an event at `index`; `opened` are its nonce and bytes, the extra data.

    Without `opened` the proof is of a commitment alone. `hashes`: of 32 bytes, from the leaf's
    sibling to the root's child; `note`: the checkpoint with its cosignatures.
    """

    index: int
    hashes: tuple[bytes, ...]
    note: bytes
    opened: bytes = b""

    def encode(self) -> bytes:
        """Write the proof as text."""
        extra = [f"extra {base64.b64encode(self.opened).decode()}"] if self.opened else []
        hashes = [base64.b64encode(digest).decode() for digest in self.hashes]
        head = [_FIRST_LINE, *extra, f"index {self.index}", *hashes, "", ""]
        return "\n".join(head).encode() + self.note

    @classmethod
    def parse(cls, data: bytes) -> "TlogProof":
        """Read a proof without verifying any of it; raises MalformedLogError."""
        head, blank, note = data.partition(b"\n\n")
        lines = head.decode("ascii", "replace").split("\n")
        if len(data) > _MOST_BYTES or not blank or lines[0] != _FIRST_LINE:
            raise MalformedLogError(f"This is not a proof: it does not begin with {_FIRST_LINE}.")
        lines = lines[1:]
        opened = b""
        if lines and lines[0].startswith("extra "):
            opened = _decoded(lines.pop(0).removeprefix("extra "))
        index = _INDEX.fullmatch(lines[0]) if lines else None
        if index is None:
            raise MalformedLogError("The proof does not say at which index the event is.")
        hashes = tuple(map(_decoded, lines[1:]))
        if any(len(digest) != HASH_BYTES for digest in hashes):
            raise MalformedLogError("A hash of the proof does not have 32 bytes.")
        return cls(int(index[1]), hashes, note, opened)

    def check(self, policy: TrustPolicy, commitment: bytes | None = None) -> Checkpoint:
        """Return the checkpoint that vouches for the event, everything verified.

        `commitment`: what the log must hold; by default what `opened` opens. Raises LogError: the
        policy does not name the log, its signature or the quorum is missing, or the proof does not
        lead to its root; OpeningMismatchError if the opening is of another event.
        """
        checkpoint = self._checkpoint(policy)
        policy.require_quorum(self.note)
        if commitment is None:
            if not self.opened:
                raise MalformedLogError("The proof brings no opening. Give the commitment, too.")
            commitment = commitment_of(self.opened)
        elif self.opened:
            check_commitment(self.opened, commitment, self.index)
        if len(commitment) != COMMITMENT_BYTES:
            raise MalformedLogError(f"A commitment has {COMMITMENT_BYTES} bytes.")
        leaf = leaf_hash(commitment)
        root = root_of_inclusion(self.index, checkpoint.size, leaf, self.hashes)
        if root != checkpoint.root_hash:
            raise LogRewrittenError("The proof does not lead to the root that was signed.")
        return checkpoint

    def opening(self) -> Opening | None:
        """Return nonce and event, None if the proof is of a commitment alone."""
        return Opening.of_bytes(self.opened) if self.opened else None

    def _checkpoint(self, policy: TrustPolicy) -> Checkpoint:
        origin = split_note(self.note)[0].partition("\n")[0]
        for log in policy.logs:
            if log.key.name == origin:
                return open_checkpoint(self.note, log.key)
        raise WrongOriginError(f"The proof is of {origin!r}, a log that the policy does not name.")


def _decoded(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if not raw or base64.b64encode(raw).decode() != line:
        raise MalformedLogError("A line of the proof is not base64.")
    return raw
