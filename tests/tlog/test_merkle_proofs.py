"""Proofs over the Merkle tree: honest ones hold, from nodes or from tiles, and no other does."""

import base64
import contextlib
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.errors import LogRewrittenError
from takeback.tlog.merkle import Frontier, complete_subtree_hash, leaf_hash
from takeback.tlog.merkle_proofs import (
    Nodes,
    check_consistency,
    consistency_proof,
    inclusion_proof,
    nodes_of_tiles,
    root_of_inclusion,
)
from takeback.tlog.signed_note import VerifierKey
from takeback.tlog.tiles import TileRef

LEAVES = [leaf_hash(number.to_bytes(4, "big")) for number in range(1500)]
PUBLISHED = json.loads((Path(__file__).parents[1] / "vectors/c2sp/witness.json").read_text())


def root(size: int) -> bytes:
    return Frontier().extended(LEAVES[:size]).root()


def nodes(size: int) -> Nodes:
    def node(level: int, index: int) -> bytes:
        assert (index + 1) << level <= size  # nothing but complete subtrees is asked for
        return complete_subtree_hash(LEAVES[index << level : (index + 1) << level])

    return node


def tile_of(ref: TileRef) -> bytes:
    level, bundle = 8 * ref.level, ref.bundle
    return b"".join(
        complete_subtree_hash(LEAVES[index << level : (index + 1) << level])
        for index in range(bundle.start, bundle.end)
    )


SIZES = st.integers(1, 600)


@given(SIZES, st.data())
def test_every_leaf_is_proven_and_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, nodes(size))
    assert root_of_inclusion(index, size, LEAVES[index], proof) == root(size)
    other = data.draw(st.integers(0, size - 1).filter(lambda number: number != index) | st.none())
    if other is not None:
        assert root_of_inclusion(index, size, LEAVES[other], proof) != root(size)
        with_other_index: bytes | None = None
        with contextlib.suppress(LogRewrittenError):
            with_other_index = root_of_inclusion(other, size, LEAVES[index], proof)
        assert with_other_index != root(size)
    for wrong in (proof[:-1], [*proof, bytes(32)]):
        if len(wrong) != len(proof) and (proof or wrong):
            with pytest.raises(LogRewrittenError):
                root_of_inclusion(index, size, LEAVES[index], wrong)


@given(SIZES, st.data())
def test_growth_is_proven_and_nothing_else(size: int, data: st.DataObject) -> None:
    old = data.draw(st.integers(0, size))
    proof = consistency_proof(old, size, nodes(size))
    check_consistency(old, root(old), size, root(size), proof)
    if old == 0:
        return
    with pytest.raises(LogRewrittenError):
        check_consistency(old, bytes(32), size, root(size), proof)
    with pytest.raises(LogRewrittenError):
        check_consistency(old, root(old), size, bytes(32), proof)
    for wrong in ([*proof, bytes(32)], proof[:-1] if proof else [bytes(32)]):
        with pytest.raises(LogRewrittenError):
            check_consistency(old, root(old), size, root(size), wrong)
    if proof:
        at = data.draw(st.integers(0, len(proof) - 1))
        changed = [*proof[:at], bytes(32), *proof[at + 1 :]]
        with pytest.raises(LogRewrittenError):
            check_consistency(old, root(old), size, root(size), changed)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 777, 1500])
def test_proofs_from_tiles_are_those_from_nodes(size: int) -> None:
    tiles_read: list[TileRef] = []

    def read(ref: TileRef) -> bytes:
        tiles_read.append(ref)
        return tile_of(ref)

    node = nodes_of_tiles(size, read)
    for index in {0, size // 3, size - 1}:
        assert inclusion_proof(index, size, node) == inclusion_proof(index, size, nodes(size))
        assert consistency_proof(index, size, node) == consistency_proof(index, size, nodes(size))
    assert len(tiles_read) == len(set(tiles_read))


def test_a_tile_of_another_length_is_refused() -> None:
    with pytest.raises(LogRewrittenError, match=r"0/002.p/188"):
        inclusion_proof(3, 700, nodes_of_tiles(700, lambda _: bytes(31)))


@pytest.mark.parametrize(("index", "size"), [(0, 0), (5, 5), (-1, 3)])
def test_no_leaf_beyond_the_tree_is_proven(index: int, size: int) -> None:
    with pytest.raises(ValueError, match="no leaf"):
        inclusion_proof(index, size, nodes(size))
    with pytest.raises(LogRewrittenError):
        root_of_inclusion(index, size, LEAVES[0], [])


def test_published_consistency_proofs_hold() -> None:
    key = VerifierKey(PUBLISHED["origin"], bytes.fromhex(PUBLISHED["public_key"]))
    first, *later = PUBLISHED["add_checkpoint"]
    before = open_checkpoint(first["note"].encode(), key)
    for request in later:
        after = open_checkpoint(request["note"].encode(), key)
        proof = [base64.b64decode(node) for node in request["proof"]]
        check_consistency(1, before.root_hash, after.size, after.root_hash, proof)
        with pytest.raises(LogRewrittenError):
            check_consistency(1, before.root_hash, after.size, after.root_hash, proof[::-1])
