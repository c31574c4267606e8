"""Before an entry goes out: quality floor, known-lawful corpus, and crowds of look-alikes."""

import io
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from django.db import transaction
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pytest_django import Settings

from takeback.fingerprints.pdq import dihedral_pdqs, pdq_of_pixels
from takeback.hashlist.signals import Md5Signal, PdqSignal
from takeback.hotline.audit.models import AuditRecord
from takeback.hotline.entries import access as entries_access
from takeback.hotline.entries.actions import release_entry, withdraw_entries
from takeback.hotline.entries.domain import HoldReason, Near, UnknownEntryError
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.log.models import Log, PendingEvent
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.screening import known_lawful
from takeback.hotline.screening.checking import warm_up
from takeback.hotline.screening.neighbours import Neighbours
from takeback.matching.policy import MatchPolicy
from tests.support.actors import a_lead
from tests.support.followers import follow_database, some_signals
from tests.support.listing import list_picture, sequenced_entry, signals_of

THRESHOLD = MatchPolicy().widest_threshold


def changed(code: bytes, bits: int) -> bytes:
    """The same PDQ with that many bits flipped."""
    return (int.from_bytes(code) ^ ((1 << bits) - 1)).to_bytes(32)


def squares() -> bytes:
    """One of the pictures that every corpus holds, drawn anew and turned."""
    side = np.arange(512) * 8 // 512
    return dihedral_pdqs(((side[:, None] + side) % 2 * 255).astype(np.uint8))[3].bits


@pytest.mark.django_db
def test_a_pdq_that_tells_too_little_is_left_out_and_the_exact_digests_stay() -> None:
    low, good = (PdqSignal(value=os.urandom(32).hex(), quality=q) for q in (49, 50))
    digest = Md5Signal(value=os.urandom(16).hex())
    entry = sequenced_entry(low, digest, good)
    only_exact = sequenced_entry(low, digest)
    live = follow_database()
    assert live[entry].signals == (digest, good)
    assert live[only_exact].signals == (digest,)
    assert Entry.objects.get(id=entry).pdq == bytes.fromhex(good.value)


@pytest.mark.django_db
def test_where_nothing_is_left_a_person_looks_first() -> None:
    entry = sequenced_entry(PdqSignal(value=os.urandom(32).hex(), quality=10))
    assert entry not in follow_database()
    assert Hold.objects.get(entry=entry).reason == HoldReason.NOTHING_LEFT
    assert release_entry(entry, a_lead())
    assert not release_entry(entry, a_lead())
    sequence_pending()
    assert entry in follow_database()
    acts = AuditRecord.objects.filter(subject=entry).order_by("position")
    assert list(acts.values_list("verb", "actor")) == [
        ("entry.listed", "reporter"),
        ("entry.held", "hotline"),
        ("entry.released", str(a_lead())),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("bits", [0, THRESHOLD, THRESHOLD + 1])
def test_what_comes_close_to_a_lawful_picture_waits_for_a_person(bits: int) -> None:
    code = changed(squares(), bits)
    crop = list_picture([*some_signals(), *signals_of(code)[:1]])
    other = list_picture(some_signals())
    assert sequence_pending() == 2
    assert sequence_pending() == 0
    held = bits <= THRESHOLD
    assert set(follow_database()) == ({other} if held else {other, crop})
    assert (entries_access.standings([crop])[crop].held_at is not None) is held
    if held:
        hold = Hold.objects.get(entry=crop)
        assert hold.reason == HoldReason.GUARD
        assert ["chequered, 8 by 8", bits] in hold.close_to


@pytest.mark.django_db
def test_held_entries_are_withdrawn_like_any_other() -> None:
    entry = sequenced_entry(*signals_of(squares()))
    withdraw_entries([entry], "reporter")
    assert sequence_pending() == 0
    assert not PendingEvent.objects.exists()
    assert not release_entry(entry, a_lead())
    hold = Hold.objects.get(entry=entry)
    assert (hold.close_to, hold.decided_at is not None) == ([], True)
    assert follow_database() == {}
    with pytest.raises(UnknownEntryError):
        release_entry(sequenced_entry(*some_signals()), a_lead())


def test_a_crowd_of_look_alikes_waits_but_not_one_reports_own_pictures(
    hotline_database: str, settings: Settings
) -> None:
    settings.CROWD = 3
    code = os.urandom(32)
    first = [sequenced_entry(*signals_of(changed(code, bits))) for bits in (0, 2, 4)]
    assert set(follow_database()) == set(first)
    fourth = sequenced_entry(*signals_of(changed(code, 6)))
    hold = Hold.objects.get(entry=fourth)
    assert (hold.reason, hold.count) == (HoldReason.CROWD, 3)
    assert hold.close_to == [[first[2], 2], [first[1], 4], [first[0], 6]]
    # What was taken back is no crowd any more.
    withdraw_entries([*first[:2], fourth], "reporter")
    sequence_pending()
    fifth = sequenced_entry(*signals_of(code))
    assert fifth in follow_database()
    # Those that come together count for one another, unless one report brought them.
    together = os.urandom(32)
    flood = [list_picture(signals_of(together)) for _ in range(4)]
    other = os.urandom(32)
    with transaction.atomic():
        album = [list_picture(signals_of(other)) for _ in range(4)]
    sequence_pending()
    live = follow_database()
    assert not set(flood) & set(live)
    assert set(album) <= set(live)


@pytest.mark.django_db
def test_a_worker_that_is_ready_early_misses_nothing(settings: Settings) -> None:
    settings.CROWD = 2
    warm_up()
    code = os.urandom(32)
    first = sequenced_entry(*signals_of(code))
    warm_up()
    second = sequenced_entry(*signals_of(code))
    warm_up()
    third = sequenced_entry(*signals_of(code))
    assert set(follow_database()) == {first, second}
    assert Hold.objects.get().entry_id == third


@pytest.mark.django_db
def test_an_index_that_another_process_filled_is_caught_up() -> None:
    codes = [os.urandom(32) for _ in range(4)]
    entries = [sequenced_entry(*signals_of(code)) for code in codes[:3]]
    log = Log.objects.get()
    mine = Neighbours(log.mark)
    for code, entry in zip(codes[:3], entries, strict=True):
        mine.catch_up()
        assert mine.near([changed(code, 8)], 8) == [(Near(entry, 8),)]
    assert mine.near([codes[3]], THRESHOLD) == [()]
    fourth = sequenced_entry(*signals_of(codes[3]))
    mine.catch_up()
    assert mine.near([codes[3]], THRESHOLD) == [(Near(fourth, 0),)]
    assert mine.near([], THRESHOLD) == []


@given(
    distances=st.lists(st.integers(0, 60), min_size=1, max_size=12),
    threshold=st.integers(0, 60),
)
def test_the_corpus_names_each_picture_once_with_its_nearest_view(
    distances: list[int], threshold: int
) -> None:
    code = bytes(32)
    codes = np.frombuffer(b"".join(changed(code, bits) for bits in distances), np.uint8)
    owners = np.arange(len(distances), dtype=np.uint32) % 3
    held = known_lawful.KnownLawful(["a", "b", "c"], owners, codes.reshape(-1, 32).copy())
    nearest: dict[str, int] = {}
    for owner, distance in zip(owners.tolist(), distances, strict=True):
        if distance <= threshold:
            nearest["abc"[owner]] = min(distance, nearest.get("abc"[owner], 256))
    (found,) = held.near([code], threshold)
    assert found == tuple(
        Near(name, distance)
        for name, distance in sorted(nearest.items(), key=lambda p: (p[1], p[0]))
    )


def test_the_operator_builds_a_corpus_and_the_worker_takes_it_up(hotline_database: str) -> None:
    folder = Path(os.environ["TAKEBACK_STATE"]) / "lawful"
    folder.mkdir()
    noise = np.random.default_rng(7).integers(0, 256, (9, 12, 3), np.uint8)
    logo = Image.fromarray(noise).resize((640, 480), Image.Resampling.BICUBIC)
    logo.save(folder / "logo.png")
    (folder / "notes.txt").write_text("no picture")
    mirrored = pdq_of_pixels(np.asarray(logo)[:, ::-1]).bits
    before = sequenced_entry(*signals_of(mirrored))
    assert before in follow_database()
    build = [sys.executable, "-m", "takeback", "hotline", "guard", "build", str(folder)]
    environment = {**os.environ, "DATABASE_URL": hotline_database}
    try:
        done = subprocess.run(build, env=environment, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        assert "1 pictures guard the list" in done.stdout
        after = sequenced_entry(*signals_of(mirrored))
        assert after not in follow_database()
        assert Hold.objects.get(entry=after).close_to[0][0] == "logo.png"
        (folder / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(64))
        partly = subprocess.run(build, env=environment, capture_output=True, text=True, check=False)
        assert (partly.returncode, "broken.png" in partly.stderr) == (1, True)
        assert "1 pictures guard the list now. 1 not read." in partly.stdout
        (folder / "logo.png").unlink()
        none = subprocess.run(build, env=environment, capture_output=True, text=True, check=False)
        assert (none.returncode, none.stdout) == (1, "")
        assert known_lawful.current_known_lawful().near([mirrored], 31)[0][0].name == "logo.png"
    finally:
        known_lawful.known_lawful_file().unlink(missing_ok=True)
    assert known_lawful.current_known_lawful().near([mirrored], 31) == [()]


def test_a_photograph_is_close_to_none_of_the_pictures_that_are_always_there() -> None:
    noise = np.random.default_rng(3).integers(0, 256, (7, 9), np.uint8)
    picture = Image.fromarray(noise).resize((600, 500), Image.Resampling.BICUBIC)
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG")
    codes = [pdq.bits for pdq in dihedral_pdqs(np.asarray(Image.open(buffer)))]
    assert known_lawful.current_known_lawful().near(codes, 60) == [()] * 8
