"""A list is begun again from an old backup and from what gates hold of it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from takeback.hashlist.events import EntryId
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.recovery_copy import CopyHead, RecoveryCopyError, write_recovery_copy
from takeback.hotline.entries.access import standings
from takeback.hotline.entries.actions import release_entry, suspend_entry, withdraw_entries
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.log import access as log_access
from takeback.hotline.log.beginning_anew import NewLogError, begin_new_log, begin_recovered_log
from takeback.hotline.log.continuity.doubts import note_restored
from takeback.hotline.log.continuity.shown import take_shown
from takeback.hotline.log.domain import RecoveredEntries
from takeback.hotline.log.models import Checkpoint
from takeback.hotline.log.sequencing import sequence_everything
from takeback.hotline.log.signing import log_signer
from takeback.hotline.platforms.actions import add_platform
from takeback.signals.lanes import LANE_BITS, Lane
from takeback.tlog.checkpoint import Checkpoint as SignedState
from tests.support.actors import a_lead
from tests.support.backups import restored_afterwards
from tests.support.followers import Follower, follow_database, some_signals
from tests.support.listing import amend, list_imported, list_picture, sequenced_entry, signals_of


def copy_of(
    file: Path,
    live: dict[EntryId, LiveEntry],
    *suspended: EntryId,
    contacted_at: datetime | None = None,
) -> Path:
    """What a gate writes that holds these entries at the newest checkpoint."""
    note = log_access.current_checkpoint()[1]
    head = CopyHead(note, contacted_at or datetime.now(UTC), frozenset(suspended))
    with file.open("w", encoding="utf-8") as to:
        write_recovery_copy(to, head, live.values())
    return file


def recover(*files: Path) -> RecoveredEntries:
    recovered = begin_recovered_log(files, lambda _: None)
    sequence_everything()
    return recovered


def reason_of(entry: EntryId) -> str:
    return str(Hold.objects.get(entry=entry, decided_at=None).reason)


def test_each_entry_stands_as_the_gate_holds_it(hotline_database: str, tmp_path: Path) -> None:
    add_platform("Skylark")
    stays, gone, doubted, assessed = (list_picture(some_signals()) for _ in range(4))
    held = list_picture(signals_of(bytes(32), quality=10)[:1])  # says too little: a person looks
    sequence_everything()
    with restored_afterwards(hotline_database, tmp_path):
        withdraw_entries([gone], "reporter")
        suspend_entry(doubted, "hotline", a_lead())
        amend(assessed, Lane.CONFIRMED)
        release_entry(held, a_lead())
        later = list_picture(some_signals())
        list_imported("other", [some_signals()])
        sequence_everything()
        live = follow_database()
        copy = copy_of(tmp_path / "copy", live, doubted)
    sequence_everything()  # the mark knows more: nothing is signed
    done = recover(copy)

    assert done.origin == log_access.log_origin() == "127.0.0.1:8000/log/v1/2"
    assert (done.listed, done.held, done.withdrawn) == (4, 1, 1)
    assert (done.without_case, done.left_to_imports, done.readers) == (1, 1, ("Skylark",))
    after = follow_database()
    assert set(after) == {stays, assessed, held, later}
    assert {entry: (found.lane, found.signals) for entry, found in after.items()} == {
        entry: (live[entry].lane, live[entry].signals) for entry in after
    }
    assert Entry.objects.get(id=assessed).lane == Lane.CONFIRMED
    assert reason_of(doubted) == "suspended"
    assert standings([gone])[gone].withdrawn_at is not None
    assert [row.id for row in Entry.objects.exclude(recovered_at=None)] == [later]
    release_entry(doubted, a_lead())
    sequence_everything()
    assert set(follow_database()) == {stays, assessed, held, later, doubted}


def test_what_no_copy_can_tell_of_waits_for_a_person(hotline_database: str, tmp_path: Path) -> None:
    assessed = list_picture(some_signals(), Lane.CONFIRMED)
    reported = sequenced_entry(*some_signals())
    (imported,) = list_imported("other", [some_signals()])
    sequence_everything()
    with restored_afterwards(hotline_database, tmp_path):
        withdraw_entries([reported], "reporter")
        sequence_everything()
        follower = Follower(log_access.verifier_key_line(), LANE_BITS[Lane.CONFIRMED])
        copy = copy_of(tmp_path / "copy", follow_database(follower))
    sequence_everything()
    done = recover(copy)
    assert (done.listed, done.held, done.withdrawn) == (2, 1, 0)
    assert set(follow_database()) == {assessed, imported}
    assert reason_of(reported) == "recovered"


def test_the_fresher_copy_says_what_was_taken_back(hotline_database: str, tmp_path: Path) -> None:
    stays = sequenced_entry(*some_signals())
    with restored_afterwards(hotline_database, tmp_path):
        gone = sequenced_entry(*some_signals())
        older = copy_of(tmp_path / "older", follow_database())
        withdraw_entries([gone], "reporter")
        sequence_everything()
        fresher = copy_of(tmp_path / "fresher", follow_database())
    sequence_everything()
    assert recover(older, fresher).without_case == 0
    assert set(follow_database()) == {stays}


def test_what_was_reported_after_the_restore_is_listed(
    hotline_database: str, tmp_path: Path
) -> None:
    before = list_picture(some_signals())
    sequence_everything()
    with restored_afterwards(hotline_database, tmp_path):
        sequenced_entry(*some_signals())
        copy = copy_of(tmp_path / "copy", follow_database())
    sequence_everything()  # it is doubted from here on
    after = list_picture(some_signals())
    done = recover(copy)
    assert (done.listed, done.held) == (2, 0)
    assert {before, after} < set(follow_database())


@pytest.mark.django_db
def test_with_no_sure_sign_nothing_is_taken_off_or_put_on_unseen(tmp_path: Path) -> None:
    """The worker may have signed on before anybody knew: what the gate lacks may be new."""
    known = sequenced_entry(*some_signals())
    live = follow_database()
    unsure = sequenced_entry(*some_signals())
    old = sequenced_entry(*some_signals())
    Entry.objects.filter(id=old).update(listed_at=datetime.now(UTC) - timedelta(hours=1))
    signer = log_signer()
    note = SignedState(signer.name, 9, bytes(32)).sign(signer)
    assert not take_shown(note, "a gate")
    copy = tmp_path / "copy"
    with copy.open("w", encoding="utf-8") as to:
        write_recovery_copy(to, CopyHead(note, datetime.now(UTC), frozenset()), live.values())
    done = recover(copy)
    assert (done.listed, done.held, done.withdrawn) == (1, 1, 1)
    assert set(follow_database()) == {known}
    assert reason_of(unsure) == "recovered"
    assert standings([old])[old].withdrawn_at is not None


@pytest.mark.django_db
def test_a_file_that_is_not_whole_or_not_ours_changes_nothing(tmp_path: Path) -> None:
    sequenced_entry(*some_signals())
    whole = copy_of(tmp_path / "whole", follow_database())
    with pytest.raises(NewLogError, match="Nothing stops this log"):
        recover(whole)
    note_restored()
    lines = whole.read_text().splitlines(keepends=True)
    wrong = {
        "cut": "".join(lines[:-1]),
        "fewer": lines[0] + lines[-1],
        "more": "".join([*lines, lines[1]]),
        "twisted": lines[0] + lines[1].replace('"lane"', '"line"') + lines[2],
        "other": lines[0].replace("recovery copy 1", "recovery copy 2") + "".join(lines[1:]),
        "empty": "",
    }
    for name, text in wrong.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(RecoveryCopyError, match=name):
            recover(tmp_path / name)
    other = type(log_signer())(log_signer().name, bytes(32))
    head = CopyHead(SignedState(other.name, 9, bytes(32)).sign(other), None, frozenset())
    with (tmp_path / "forged").open("w") as to:
        write_recovery_copy(to, head, [])
    with pytest.raises(RecoveryCopyError, match="forged is not of this log"):
        recover(tmp_path / "forged")

    def refuse(_found: RecoveredEntries) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        begin_recovered_log([whole], refuse)
    assert log_access.log_origin() == "127.0.0.1:8000/log/v1"
    assert Checkpoint.objects.count() == 1


@pytest.mark.django_db
def test_an_origin_is_never_used_twice(tmp_path: Path) -> None:
    sequenced_entry(*some_signals())
    for number in (2, 3):
        note_restored()
        recover(copy_of(tmp_path / "copy", follow_database()))
        assert log_access.log_origin() == f"127.0.0.1:8000/log/v1/{number}"
        assert len(follow_database()) == 1
    with pytest.raises(NewLogError, match="another address"):
        begin_new_log()
