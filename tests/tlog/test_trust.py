"""Cosignatures, trust policies and proofs for one event: who must have said what."""

import base64
import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from takeback.hashlist.events import canonical_json, new_entry_id
from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.commitments import commit_event
from takeback.tlog.cosignature import CosignatureKey, CosignatureKind, Cosigner, cosignatures_of
from takeback.tlog.errors import (
    BadSignatureError,
    LogError,
    LogRewrittenError,
    MalformedLogError,
    OpeningMismatchError,
    UnwitnessedError,
    WrongOriginError,
)
from takeback.tlog.merkle import Frontier, complete_subtree_hash, leaf_hash
from takeback.tlog.merkle_proofs import inclusion_proof
from takeback.tlog.signed_note import Signer
from takeback.tlog.tlog_proof import TlogProof
from takeback.tlog.trust import TrustPolicy, TrustPolicyError
from takeback.tlog.witnessing import AddCheckpoint, parse_size
from tests.support.built_logs import ORIGIN, SIGNER, added

MLDSA = (Path(__file__).parents[1] / "vectors/c2sp/mldsa.txt").read_text()
KINDS = tuple(CosignatureKind)
NOTE = Checkpoint(ORIGIN, 3, bytes(32)).sign(SIGNER)
TEXT = Checkpoint(ORIGIN, 3, bytes(32)).body()
WITNESSES = {
    name: Cosigner(f"{name.lower()}.example/w", KINDS[number % 2], bytes([number] * 32))
    for number, name in enumerate(["X1", "X2", "X3", "Y1", "Y2"])
}


def cosigned(note: bytes, *names: str, time: int = 1_700_000_000) -> bytes:
    text = note.decode().partition("\n\n")[0] + "\n"
    return note + "".join(WITNESSES[name].cosign(text, time).line for name in names).encode()


def policy(*lines: str) -> TrustPolicy:
    known = [f"witness {name} {witness.key.line}" for name, witness in WITNESSES.items()]
    return TrustPolicy.parse(
        "\n".join([f"log {SIGNER.verifier_key.line}", *known, *lines, ""]).encode()
    )


TWO_LEVELS = policy("group X 2 X1 X2 X3", "group Y any Y1 Y2", "group both all X Y", "quorum both")


def test_published_ml_dsa_cosignature_fits() -> None:
    line, _, note = MLDSA.partition("\n\n")
    key = CosignatureKey.parse(line)
    assert (key.name, key.kind) == ("example.com/mldsa-log", CosignatureKind.ML_DSA_44)
    assert key.line == line
    assert cosignatures_of(note.encode(), [key]) == {key: 0}
    assert cosignatures_of(note.replace("\n1\n", "\n2\n").encode(), [key]) == {}


def test_published_ed25519_cosignature_key_is_read() -> None:
    """Of a witness in use; transparency-dev/formats, note/note_cosigv1_test.go (BSD-3-Clause)."""
    line = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2"
    key = CosignatureKey.parse(line)
    assert (key.name, key.kind, key.line) == ("remora.n621.de", CosignatureKind.ED25519, line)


def test_ed25519_cosignature_is_spelt_as_the_specification_says() -> None:
    """Put together here by c2sp.org/tlog-cosignature, with nothing of ours."""
    seed, name, at = bytes(range(32)), "witness.example/w1", 1_679_315_147
    private = Ed25519PrivateKey.from_private_bytes(seed)
    public = b"\x04" + private.public_key().public_bytes_raw()
    key_id = hashlib.sha256(name.encode() + b"\n" + public).digest()[:4]
    message = f"cosignature/v1\ntime {at}\n{TEXT}".encode()
    blob = key_id + at.to_bytes(8, "big") + private.sign(message)
    expected = f"\u2014 {name} {base64.b64encode(blob).decode()}\n"
    assert Cosigner(name, CosignatureKind.ED25519, seed).cosign(TEXT, at).line == expected


@pytest.mark.parametrize("kind", KINDS)
def test_cosigning_is_verified_by_the_key_that_is_handed_around(kind: CosignatureKind) -> None:
    cosigner = Cosigner("witness.example/w1", kind, bytes(range(32)))
    key = CosignatureKey.parse(cosigner.key.line)
    signature = cosigner.cosign(TEXT, 1_700_000_000).signature
    assert key.verify(TEXT, signature) == 1_700_000_000
    later = (1_700_000_001).to_bytes(8, "big") + signature[8:]
    for text, wrong in [
        (TEXT.replace("3", "4"), signature),
        (TEXT, later),
        (TEXT, signature[:-1]),
        (TEXT, b"\xff" * len(signature)),
    ]:
        with pytest.raises(BadSignatureError):
            key.verify(text, wrong)


def test_ml_dsa_cosigns_no_further_lines_and_ed25519_does() -> None:
    ed25519, ml_dsa = WITNESSES["X1"], WITNESSES["X2"]
    further = f"{TEXT}further\n"
    assert ed25519.key.verify(further, ed25519.cosign(further, 5).signature) == 5
    with pytest.raises(MalformedLogError, match="further lines"):
        ml_dsa.cosign(further, 5)


@pytest.mark.parametrize(
    "line",
    [
        SIGNER.verifier_key.line,  # signs logs, cosigns nothing
        "witness.example+00000000+BAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
        "witness.example",
        "",
    ],
)
def test_what_is_no_cosignature_key_is_refused(line: str) -> None:
    with pytest.raises(MalformedLogError):
        CosignatureKey.parse(line)


@given(st.sets(st.sampled_from(sorted(WITNESSES))))
@settings(max_examples=32)
def test_the_quorum_is_what_the_groups_say(names: set[str]) -> None:
    note = cosigned(NOTE, *names)
    assert TWO_LEVELS.witnessed_by(note) == names
    enough = len(names & {"X1", "X2", "X3"}) >= 2 and bool(names & {"Y1", "Y2"})
    if enough:
        TWO_LEVELS.require_quorum(note)
    else:
        with pytest.raises(UnwitnessedError, match="both"):
            TWO_LEVELS.require_quorum(note)


def test_a_cosignature_of_another_checkpoint_counts_for_nothing() -> None:
    other = Checkpoint(ORIGIN, 4, bytes(32)).sign(SIGNER)
    stolen = cosigned(other, "X1", "X2", "Y1").partition(b"\n\n")[2].split(b"\n", 1)[1]
    with pytest.raises(UnwitnessedError, match="none"):
        TWO_LEVELS.require_quorum(NOTE + stolen)


def test_no_quorum_asks_for_nothing_and_one_witness_for_itself() -> None:
    policy("quorum none").require_quorum(NOTE)
    policy("quorum Y2").require_quorum(cosigned(NOTE, "Y2"))
    with pytest.raises(UnwitnessedError):
        policy("quorum Y2").require_quorum(cosigned(NOTE, "Y1"))


def test_white_space_comments_and_opaque_names_are_read() -> None:
    key = WITNESSES["X1"].key.line.encode()
    name = "\u212a".encode()
    read = TrustPolicy.parse(
        b"# comment\n\n \t\nwitness\t%b  %b https://w.example/ \nquorum %b" % (name, key, name)
    )
    assert [(witness.name, witness.url) for witness in read.witnesses] == [
        ("\u212a", "https://w.example/")
    ]
    assert read.logs == ()


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ([], "no quorum"),
        (["quorum X1", "quorum X1"], "twice"),
        (["quorum X9"], "Line 7.*not defined"),
        (["group none any X1", "quorum none"], "taken"),
        (["group X1 any X2", "quorum none"], "taken"),
        (["group g 3 X1 X2", "quorum g"], "1 to 2"),
        (["group g 0 X1", "quorum g"], "1 to 1"),
        (["group g 01 X1", "quorum g"], "1 to 1"),
        (["group g any", "quorum none"], "one of: log"),
        (["group g any none", "quorum g"], "not defined"),
        (["group g any X1", "group h any X1", "quorum h"], "member"),
        (["group g any X1 X1", "quorum g"], "member"),
        ([f"witness Z {WITNESSES['X1'].key.line}", "quorum none"], "there already"),
        ([f"log {SIGNER.verifier_key.line}", "quorum none"], "there already"),
        ([f"log {WITNESSES['X1'].key.line}", "quorum none"], "Ed25519 verifier key"),
        ([f"witness Z {SIGNER.verifier_key.line}", "quorum none"], "not for cosignatures"),
        (["quorum none\r"], "control"),
        (["allow all", "quorum none"], "one of: log"),
    ],
)
def test_a_policy_that_says_something_else_is_refused(lines: list[str], why: str) -> None:
    with pytest.raises(TrustPolicyError, match=why):
        policy(*lines)


@given(st.integers(0, 2**62), st.lists(st.binary(min_size=32, max_size=32), max_size=63), st.data())
def test_a_request_survives_the_wire_and_no_cut_of_it_does(
    old: int, proof: list[bytes], data: st.DataObject
) -> None:
    request = AddCheckpoint(old, tuple(proof), NOTE)
    body = request.encode()
    assert AddCheckpoint.parse(body) == request
    cut = data.draw(st.integers(0, len(body) - len(NOTE) - 1))
    with pytest.raises(MalformedLogError):
        AddCheckpoint.parse(body[:cut])


@pytest.mark.parametrize(
    "body",
    [
        b"old 01\n\n" + NOTE,
        b"old -1\n\n" + NOTE,
        b"old\n\n" + NOTE,
        b"new 1\n\n" + NOTE,
        b"old 1\nAAAA\n\n" + NOTE,
        b"old 1\n" + base64.b64encode(bytes(33)) + b"\n\n" + NOTE,
        b"old 1\n" + b"\n".join([base64.b64encode(bytes(32))] * 64) + b"\n\n" + NOTE,
    ],
)
def test_other_requests_are_refused(body: bytes) -> None:
    with pytest.raises(MalformedLogError):
        AddCheckpoint.parse(body)


def test_a_size_is_read_and_nothing_else() -> None:
    assert parse_size(b"17\n") == 17
    for wrong in (b"", b"017\n", b"17\n\n", b"<html>"):
        with pytest.raises(MalformedLogError):
            parse_size(wrong)


OPENINGS = [commit_event(canonical_json(added(new_entry_id()))) for _ in range(7)]


def proof_of(index: int, signer: Signer = SIGNER) -> TlogProof:
    leaves = [leaf_hash(opening.commitment()) for opening in OPENINGS]
    checkpoint = Checkpoint(signer.name, len(leaves), Frontier().extended(leaves).root())
    hashes = inclusion_proof(
        index,
        len(leaves),
        lambda level, at: complete_subtree_hash(leaves[at << level : (at + 1) << level]),
    )
    opened = OPENINGS[index].nonce + OPENINGS[index].event
    note = cosigned(checkpoint.sign(signer), "X1", "X2", "Y1")
    return TlogProof(index, tuple(hashes), note, opened)


def _hash64(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


# transparency-dev/formats, proof/tlog_proof_test.go (Apache-2.0): what its Marshal must write.
PUBLISHED_PROOFS = (
    f"c2sp.org/tlog-proof@v1\nindex 5\n{_hash64('hash1')}\n{_hash64('hash2')}\n\ntest checkpoint\n",
    f"c2sp.org/tlog-proof@v1\nextra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n{_hash64('hash1')}\n\n"
    "checkpoint data\n",
    "c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n",
)


@pytest.mark.parametrize("published", PUBLISHED_PROOFS)
def test_published_proofs_are_read_and_written_as_published(published: str) -> None:
    assert TlogProof.parse(published.encode()).encode() == published.encode()


@pytest.mark.parametrize(
    "published",
    [
        "wrong-header\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\n\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex notanumber\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n",
        "c2sp.org/tlog-proof@v1\nindex 0\n!!notbase64!!\n\ncheckpoint\n",
        f"c2sp.org/tlog-proof@v1\nindex 0\n{base64.b64encode(bytes(64)).decode()}\n\ncheckpoint\n",
    ],
)
def test_published_proofs_that_are_none_are_refused(published: str) -> None:
    with pytest.raises(MalformedLogError):
        TlogProof.parse(published.encode())


@pytest.mark.parametrize("index", range(7))
def test_a_proof_stands_by_itself(index: int) -> None:
    made = proof_of(index)
    proof = TlogProof.parse(made.encode())
    assert proof == made
    assert proof.check(TWO_LEVELS).size == 7
    assert proof.opening() == OPENINGS[index]
    bare = TlogProof.parse(TlogProof(index, proof.hashes, proof.note).encode())
    assert bare.check(TWO_LEVELS, OPENINGS[index].commitment()).size == 7
    with pytest.raises(MalformedLogError, match="no opening"):
        bare.check(TWO_LEVELS)


def test_a_proof_of_anything_else_is_refused() -> None:
    proof = proof_of(2)
    opened = OPENINGS[3].nonce + OPENINGS[3].event
    with pytest.raises(LogRewrittenError):
        TlogProof(2, proof.hashes, proof.note, opened).check(TWO_LEVELS)
    with pytest.raises(LogRewrittenError):
        TlogProof(3, proof.hashes, proof.note, proof.opened).check(TWO_LEVELS)
    with pytest.raises(OpeningMismatchError):
        proof.check(TWO_LEVELS, OPENINGS[3].commitment())
    with pytest.raises(UnwitnessedError):
        bare_note = proof.note[: proof.note.index("\u2014 x1".encode())]
        TlogProof(2, proof.hashes, bare_note, proof.opened).check(TWO_LEVELS)
    with pytest.raises(WrongOriginError):
        proof_of(2, Signer("elsewhere.example/log", bytes(32))).check(TWO_LEVELS)
    with pytest.raises(BadSignatureError):
        proof_of(2, Signer(ORIGIN, bytes(32))).check(TWO_LEVELS)


@given(st.data())
def test_no_changed_proof_is_taken_for_the_event(data: st.DataObject) -> None:
    whole = bytearray(proof_of(2).encode())
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    try:
        proof = TlogProof.parse(bytes(whole))
        proof.check(TWO_LEVELS)
    except LogError:
        return
    # A cosignature that was not needed may have been spoilt; what is proven is the same.
    assert (proof.index, proof.opening()) == (2, OPENINGS[2])
