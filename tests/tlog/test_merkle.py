"""The Merkle tree: the right edge against RFC 9162's own recursion, and published roots."""

import hashlib
from collections.abc import Sequence
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.tlog.errors import MalformedLogError
from takeback.tlog.merkle import Frontier, complete_subtree_hash, leaf_hash, node_hash

# The eight inputs and the roots of the reference tests of Certificate Transparency.
CT_INPUTS = [
    bytes.fromhex(leaf)
    for leaf in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOT_OF_8 = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return node_hash(naive_root(leaves[:split]), naive_root(leaves[split:]))


def test_root_of_the_reference_inputs_is_the_published_one() -> None:
    frontier = Frontier().extended(map(leaf_hash, CT_INPUTS))
    assert frontier.root().hex() == CT_ROOT_OF_8


@given(st.integers(0, 700), st.data())
def test_edge_grown_in_steps_has_the_root_of_the_whole_tree(
    count: int, data: st.DataObject
) -> None:
    leaves = [leaf_hash(number.to_bytes(4, "big")) for number in range(count)]
    steps = data.draw(st.lists(st.integers(1, 300), max_size=6))
    frontier = Frontier()
    for start, end in zip([0, *accumulate(steps)], [*accumulate(steps), count], strict=True):
        frontier = Frontier.from_bytes(frontier.extended(leaves[start:end]).to_bytes())
    assert frontier.size == count
    assert frontier.root() == naive_root(leaves)


@pytest.mark.parametrize("count", [1, 2, 256])
def test_complete_subtree_has_the_root_of_its_leaves(count: int) -> None:
    leaves = [leaf_hash(bytes([number])) for number in range(count)]
    assert complete_subtree_hash(leaves) == naive_root(leaves)


@pytest.mark.parametrize("count", [0, 3, 255])
def test_incomplete_subtree_is_refused(count: int) -> None:
    with pytest.raises(ValueError, match="complete"):
        complete_subtree_hash([bytes(32)] * count)


@given(st.integers(0, 300))
def test_every_cut_and_every_surplus_of_a_written_edge_is_refused(count: int) -> None:
    written = Frontier().extended([bytes(32)] * count).to_bytes()
    for length in range(len(written)):
        with pytest.raises(MalformedLogError):
            Frontier.from_bytes(written[:length])
    for surplus in (b"\0", bytes(32)):
        with pytest.raises(MalformedLogError):
            Frontier.from_bytes(written + surplus)
