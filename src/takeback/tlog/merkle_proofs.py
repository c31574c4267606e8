"""Proofs over the Merkle tree: that a leaf is in it, and that it only grew (RFC 9162, 2.1)."""

from collections.abc import Callable, Sequence

from takeback.tlog.errors import LogRewrittenError
from takeback.tlog.merkle import HASH_BYTES, complete_subtree_hash, node_hash
from takeback.tlog.tiles import TILE_WIDTH, BundleRef, TileRef

Nodes = Callable[[int, int], bytes]
"""The hash of a complete subtree: of 2^level leaves, the index-th of its level."""

_TILE_LEVELS = 8  # a tile is eight levels of the tree high


def nodes_of_tiles(size: int, read: Callable[[TileRef], bytes]) -> Nodes:
    """Return the nodes of a tree of `size` leaves, read from its tiles, each of them once.

    Raises LogRewrittenError if a tile does not have the length that its width calls for.
    """
    tiles: dict[TileRef, bytes] = {}

    def node(level: int, index: int) -> bytes:
        tile_level, inside = divmod(level, _TILE_LEVELS)
        first = index << inside
        whole = size >> (tile_level * _TILE_LEVELS)  # hashes in the level of this tile
        number = first // TILE_WIDTH
        ref = TileRef(tile_level, BundleRef(number, min(TILE_WIDTH, whole - number * TILE_WIDTH)))
        if ref not in tiles:
            tiles[ref] = read(ref)
            if len(tiles[ref]) != ref.bundle.width * HASH_BYTES:
                raise LogRewrittenError(f"The tile {ref.path} does not have the right length.")
        start = (first - ref.bundle.start) * HASH_BYTES
        end = start + (HASH_BYTES << inside)
        hashes = tiles[ref][start:end]
        return complete_subtree_hash(
            [hashes[at : at + HASH_BYTES] for at in range(0, len(hashes), HASH_BYTES)]
        )

    return node


def inclusion_proof(index: int, size: int, node: Nodes) -> list[bytes]:
    """Return the proof that a leaf is in the tree of `size` leaves (section 2.1.3.1).

    Raises ValueError if the tree has no such leaf.
    """
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} leaves has no leaf {index}")
    proof = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            proof.append(_range_hash(middle, end, node))
            end = middle
        else:
            proof.append(_range_hash(start, middle, node))
            start = middle
    return proof[::-1]


def consistency_proof(old: int, size: int, node: Nodes) -> list[bytes]:
    """Return the proof that the tree of `size` leaves continues that of `old` (section 2.1.4.1).

    Empty for an old tree of no leaves, or of as many. Raises ValueError if the old one is larger.
    """
    if not 0 <= old <= size:
        raise ValueError(f"a tree of {size} leaves can't continue one of {old}")
    if old in (0, size):
        return []
    proof = []
    start, end, whole = 0, size, True
    while end != old:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_range_hash(middle, end, node))
            end = middle
        else:
            proof.append(_range_hash(start, middle, node))
            start, whole = middle, False
    if not whole:
        proof.append(_range_hash(start, end, node))
    return proof[::-1]


def root_of_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes:
    """Return the root that a proof leads to from a leaf hash (section 2.1.3.2).

    It must be compared with the root of a signed checkpoint. Raises LogRewrittenError if the proof
    does not have the length that index and size call for.
    """
    if not 0 <= index < size:
        raise LogRewrittenError(f"A log of {size} events has none at {index}.")
    at, last, root = index, size - 1, leaf
    for other in proof:
        if last == 0:
            raise LogRewrittenError("The proof of inclusion is too long.")
        if at & 1 or at == last:
            root = node_hash(other, root)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            root = node_hash(root, other)
        at, last = at >> 1, last >> 1
    if last:
        raise LogRewrittenError("The proof of inclusion is too short.")
    return root


def check_consistency(
    old: int, old_root: bytes, size: int, root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise LogRewrittenError unless the proof shows that one tree continues the other.

    Section 2.1.4.2. An old tree of no leaves is continued by every tree.
    """
    if old in (0, size):
        if proof or (old == size and old_root != root):
            raise _not_continued()
        return
    if not proof or old > size:
        raise _not_continued()
    hashes = [old_root, *proof] if old & (old - 1) == 0 else list(proof)
    at, last = old - 1, size - 1
    while at & 1:
        at, last = at >> 1, last >> 1
    before = after = hashes[0]
    for other in hashes[1:]:
        if last == 0:
            raise _not_continued()
        if at & 1 or at == last:
            before, after = node_hash(other, before), node_hash(other, after)
            while not at & 1 and at:
                at, last = at >> 1, last >> 1
        else:
            after = node_hash(after, other)
        at, last = at >> 1, last >> 1
    if last or before != old_root or after != root:
        raise _not_continued()


def _range_hash(start: int, end: int, node: Nodes) -> bytes:
    """Hash the leaves from `start` to `end`, a range that halving the whole tree comes upon."""
    parts = []
    while start < end:
        # The largest complete subtree that begins here and ends in the range.
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        parts.append(node(level, start >> level))
        start += 1 << level
    whole = parts[-1]
    for left in reversed(parts[:-1]):
        whole = node_hash(left, whole)
    return whole


def _split(count: int) -> int:
    """Return the largest power of two below the number of leaves."""
    return 1 << ((count - 1).bit_length() - 1)


def _not_continued() -> LogRewrittenError:
    return LogRewrittenError("The proof does not show that the log only grew.")
