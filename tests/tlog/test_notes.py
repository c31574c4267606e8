"""Signed notes and checkpoints, against the examples that C2SP and Go's sumdb publish."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.tlog.checkpoint import Checkpoint, open_checkpoint
from takeback.tlog.errors import BadSignatureError, LogError, MalformedLogError, WrongOriginError
from takeback.tlog.signed_note import MAX_NOTE_BYTES, Signer, VerifierKey, open_note
from tests.support.built_logs import ORIGIN, SIGNER

# golang.org/x/mod/sumdb/note, the documentation's example.
PETER = Signer("PeterNeumann", base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:])
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
ENOCH_KEY = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
TEXT = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
PETER_LINE = (
    "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdng"
    "otpRZb6KE6RyyBwJnAM=\n"
)
ENOCH_LINE = (
    "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWL"
    "ox33WWd1RvMc+QQ=\n"
)
# C2SP signed-note.
SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n"
    "\u2014 example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3"
    "mFXmRKuwHjG1Yu72IneyaQM=\n"
)


def test_published_notes_open() -> None:
    peter, enoch = VerifierKey.parse(PETER_KEY), VerifierKey.parse(ENOCH_KEY)
    both = f"{TEXT}\n{PETER_LINE}{ENOCH_LINE}".encode()
    for known in ([peter], [enoch], [peter, enoch]):
        assert open_note(both, known) == TEXT
    assert open_note(SPEC_NOTE.encode(), [VerifierKey.parse(SPEC_KEY)]) == (
        "This is an example message.\n"
    )


def test_signing_makes_the_published_note_byte_for_byte() -> None:
    assert PETER.verifier_key.line == PETER_KEY
    assert PETER.sign(TEXT) == f"{TEXT}\n{PETER_LINE}".encode()


def test_note_that_no_known_key_signed_is_refused() -> None:
    with pytest.raises(BadSignatureError, match="not signed"):
        open_note(f"{TEXT}\n{ENOCH_LINE}".encode(), [PETER.verifier_key])


def test_bad_signature_of_a_known_key_spoils_the_note() -> None:
    forged = f"{TEXT}\n{ENOCH_LINE}{PETER_LINE}".replace("answer", "Answer").encode()
    with pytest.raises(BadSignatureError, match="does not fit"):
        open_note(forged, [PETER.verifier_key])


def test_text_may_hold_empty_lines() -> None:
    text = "first\n\nsecond\n\n"
    assert open_note(PETER.sign(text), [PETER.verifier_key]) == text


@given(st.text(min_size=1, max_size=60), st.data())
def test_no_changed_or_cut_note_opens(text: str, data: st.DataObject) -> None:
    if any(ord(character) < 0x20 for character in text):
        with pytest.raises(MalformedLogError):
            PETER.sign(text + "\x07\n")
        return
    note = PETER.sign(text + "\n")
    assert open_note(note, [PETER.verifier_key]) == text + "\n"
    place = data.draw(st.integers(0, len(note) - 1))
    changed = bytearray(note)
    changed[place] ^= 1 << data.draw(st.integers(0, 7))
    for wrong in (bytes(changed), note[:place]):
        with pytest.raises(LogError):
            open_note(wrong, [PETER.verifier_key])


@pytest.mark.parametrize(
    "note",
    [
        b"",
        b"\n",
        b"text\n",
        b"text\n\n",
        b"text\n\nno signature\n",
        b"\xff\n\n",
        b"text\n\n- PeterNeumann AAAAAAAA\n",
        "text\n\n\u2014 PeterNeumann AAAA\n".encode(),
        "text\n\n\u2014 PeterNeumann AAAAAAB=\n".encode(),
        b"x" * (MAX_NOTE_BYTES + 1),
    ],
)
def test_what_is_no_note_is_refused(note: bytes) -> None:
    with pytest.raises(MalformedLogError):
        open_note(note, [PETER.verifier_key])


@given(st.data())
def test_no_changed_key_line_is_read(data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(PETER_KEY) - 1))
    other = data.draw(
        st.characters(codec="utf-8").filter(lambda character: character != PETER_KEY[place])
    )
    for wrong in (PETER_KEY[:place], PETER_KEY[:place] + other + PETER_KEY[place + 1 :]):
        with pytest.raises(MalformedLogError):
            VerifierKey.parse(wrong)


def test_key_of_another_type_is_refused() -> None:
    with pytest.raises(MalformedLogError):
        VerifierKey.parse("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")


def test_pin_is_of_the_whole_line() -> None:
    renamed = VerifierKey("OtherName", PETER.verifier_key.public_key)
    assert len(PETER.verifier_key.pin) == 16
    assert renamed.pin != PETER.verifier_key.pin


@given(st.integers(0, 2**63 - 1), st.binary(min_size=32, max_size=32))
def test_checkpoint_survives_the_wire(size: int, root: bytes) -> None:
    checkpoint = Checkpoint(ORIGIN, size, root)
    assert open_checkpoint(checkpoint.sign(SIGNER), SIGNER.verifier_key) == checkpoint


def test_checkpoint_is_written_as_the_specification_has_it() -> None:
    checkpoint = Checkpoint("example.com/behind-the-sofa", 20852163, bytes(32))
    assert checkpoint.body() == f"example.com/behind-the-sofa\n20852163\n{'A' * 43}=\n"


def test_extension_lines_and_other_signers_are_let_pass() -> None:
    root = "A" * 43 + "="
    note = SIGNER.sign(f"{ORIGIN}\n5\n{root}\nextension\n").decode() + ENOCH_LINE
    assert open_checkpoint(note.encode(), SIGNER.verifier_key) == Checkpoint(ORIGIN, 5, bytes(32))


def test_checkpoint_of_another_log_is_refused() -> None:
    note = Checkpoint("other.example.org/log/v1", 5, bytes(32)).sign(SIGNER)
    with pytest.raises(WrongOriginError, match="is of"):
        open_checkpoint(note, SIGNER.verifier_key)


@pytest.mark.parametrize(
    "lines",
    [
        [ORIGIN],
        [ORIGIN, "5"],
        [ORIGIN, "05", "A" * 43 + "="],
        [ORIGIN, "-5", "A" * 43 + "="],
        [ORIGIN, "٥", "A" * 43 + "="],
        [ORIGIN, "5", "A" * 44],
        [ORIGIN, "5", "A" * 42 + "B="],
        [ORIGIN, "5", "!" * 44],
        [ORIGIN, "5", "A" * 43 + "=", "", "x"],
    ],
)
def test_signed_text_that_is_no_checkpoint_is_refused(lines: list[str]) -> None:
    note = SIGNER.sign("".join(f"{line}\n" for line in lines))
    with pytest.raises(MalformedLogError):
        open_checkpoint(note, SIGNER.verifier_key)
