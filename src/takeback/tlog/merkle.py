"""The Merkle tree of the log, hashed as in RFC 9162 section 2.1, and its right edge."""

import hashlib
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from takeback.tlog.errors import MalformedLogError

HASH_BYTES = hashlib.sha256().digest_size
_SIZE = struct.Struct(">Q")
_MAX_SIZE = 2**63
_AT_ONCE = 256  # leaves that are joined without a look at the edge


def leaf_hash(entry: bytes) -> bytes:
    """Hash a log entry: SHA-256(0x00 ‖ entry)."""
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash two subtrees: SHA-256(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def complete_subtree_hash(hashes: Sequence[bytes]) -> bytes:
    """Hash neighbouring subtrees of one size into one; there must be a power of two of them.

    Of the 256 hashes of a full tile it makes the hash in the tile above (C2SP tlog-tiles).
    """
    if not hashes or len(hashes).bit_count() != 1:
        raise ValueError(f"{len(hashes)} subtrees do not make a complete one")
    level, sha256 = hashes, hashlib.sha256
    while len(level) > 1:
        pairs = zip(level[::2], level[1::2], strict=True)
        level = [sha256(b"\x01" + left + right).digest() for left, right in pairs]
    return level[0]


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to append to it and to know its root.

    `size`: number of leaves. `hashes`: roots of the complete subtrees it is made of, largest
    first, one for each set bit of `size`, 32 bytes each.
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        """Raise MalformedLogError unless the hashes fit the size."""
        fits = 0 <= self.size < _MAX_SIZE and len(self.hashes) == self.size.bit_count()
        if not fits or any(len(digest) != HASH_BYTES for digest in self.hashes):
            raise MalformedLogError(
                f"{len(self.hashes)} hashes can't be the edge of {self.size} leaves."
            )

    def extended(self, leaf_hashes: Iterable[bytes]) -> "Frontier":
        """Return the edge after these leaf hashes are appended, in time linear in their number."""
        size, hashes, leaves = self.size, list(self.hashes), list(leaf_hashes)
        at = 0
        while at < len(leaves):
            whole = size % _AT_ONCE == 0 and len(leaves) - at >= _AT_ONCE
            count = _AT_ONCE if whole else 1
            merged = complete_subtree_hash(leaves[at : at + count])
            grown = size // count
            while grown & 1:  # as in adding one to a binary number: each carry joins two subtrees
                merged = node_hash(hashes.pop(), merged)
                grown >>= 1
            hashes.append(merged)
            size, at = size + count, at + count
        return Frontier(size, tuple(hashes))

    def root(self) -> bytes:
        """Return the root of the tree, 32 bytes; of the empty tree it is SHA-256 of nothing."""
        if not self.hashes:
            return hashlib.sha256().digest()
        root = self.hashes[-1]
        for left in reversed(self.hashes[:-1]):
            root = node_hash(left, root)
        return root

    def to_bytes(self) -> bytes:
        """Write the edge: size (uint64, big-endian), then the hashes."""
        return _SIZE.pack(self.size) + b"".join(self.hashes)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Frontier":
        """Read what `to_bytes` wrote; raises MalformedLogError for anything else."""
        head, rest = data[: _SIZE.size], data[_SIZE.size :]
        if len(head) != _SIZE.size or len(rest) % HASH_BYTES:
            raise MalformedLogError("An edge of a tree is cut off.")
        starts = range(0, len(rest), HASH_BYTES)
        return cls(_SIZE.unpack(head)[0], tuple(rest[at : at + HASH_BYTES] for at in starts))
