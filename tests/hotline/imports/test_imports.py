"""Another hotline's list, brought in over each of its shapes; each a process of its own."""

import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from pytest_django import Settings
from typer.testing import CliRunner

from takeback.cli.main import app
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.signals import PdqSignal
from takeback.hotline.audit.access import verify_chain
from takeback.hotline.imports import actions, ncmec
from takeback.hotline.imports.models import ImportedEntry
from takeback.hotline.publishing import access, sealing
from takeback.hotline.publishing.actions import (
    add_platform,
    list_picture,
    resume_entry,
    suspend_entry,
    withdraw_entries,
)
from takeback.hotline.publishing.domain import LANE_BITS, WaitsFor
from takeback.hotline.publishing.importing import list_imported, room_today
from takeback.hotline.publishing.models import Entry, PendingEvent
from takeback.hotline.publishing.sealing import seal_pending
from takeback.matching.policy import Lane
from tests.hotline.conftest import UseDatabase
from tests.hotline.feeds.long_lists import list_pdqs, random_pdqs, seal
from tests.hotline.publishing.followers import Follower, follow_database, some_signals
from tests.hotline.publishing.test_running import hotline

PATHS = {"stopncii": "feeds/stopncii/v1", "ncmec": "feeds/ncmec", "graph": "feeds/graph/v1/1"}


def run(*arguments: object, secret: str = "") -> Result:
    environment = {"TAKEBACK_IMPORT_SECRET": secret}
    return CliRunner(env=environment).invoke(app, ["hotline", "import", *map(str, arguments)])


def imported() -> dict[str, list[LiveEntry]]:
    """What is in force of each feed, as gates get it."""
    seal()
    found: dict[str, list[LiveEntry]] = {}
    for live in follow_database().values():
        if live.lane is Lane.IMPORTED:
            found.setdefault(str(live.provenance.feed), []).append(live)
    return found


def pdqs(entries: list[LiveEntry]) -> list[str]:
    return sorted(one.value for entry in entries for one in entry.signals)


def test_a_list_is_followed_over_every_shape(
    hotline_database: str,
    second_database: UseDatabase,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # It asks for what is five seconds old, second by second: its clock runs ahead of the test.
    ahead = count(6)
    monkeypatch.setattr(ncmec, "time", SimpleNamespace(time=lambda: time.time() + next(ahead)))
    token = add_platform("Cardiff")
    secrets = {"stopncii": f"any,{token}", "ncmec": f"any:{token}", "graph": f"12345678|{token}"}
    with hotline(hotline_database) as (url, _):

        def read(shape: str, *options: str) -> Result:
            done = run(
                "server", shape, "--shape", shape, "--address", f"{url}/{PATHS[shape]}", *options,
                secret=secrets[shape],
            )  # fmt: skip
            assert token not in done.output
            return done

        def all_read() -> dict[str, list[LiveEntry]]:
            for shape in PATHS:
                done = read(shape)
                assert done.exit_code == 0, done.output
            return imported()

        one, other = random_pdqs(2)
        with second_database():
            assert all_read() == {}
            own = list_picture(some_signals())
        first, second = list_pdqs([one, one])
        (confirmed,) = list_pdqs([other], Lane.CONFIRMED)
        with second_database():
            for shape in PATHS:
                assert "would be listed" in read(shape, "--dry-run").output
            assert imported() == {}
            known = all_read()
            # Two of these shapes know a hash, the third knows entries.
            assert pdqs(known["ncmec"]) == sorted([one, one, other])
            assert pdqs(known["stopncii"]) == pdqs(known["graph"]) == sorted([one, other])
            assert all_read() == known
            verify_chain()
        withdraw_entries([first], "reporter")
        suspend_entry(confirmed, "hotline", "staff")
        seal()
        with second_database():
            assert {feed: pdqs(some) for feed, some in all_read().items()} == {
                shape: [one] for shape in PATHS
            }
        withdraw_entries([second], "reporter")
        resume_entry(confirmed, "staff")
        seal()
        with second_database():
            known = all_read()
            assert {feed: pdqs(some) for feed, some in known.items()} == {
                shape: [other] for shape in PATHS
            }
            # What this hotline takes off stays off, however often they list it.
            (mine,) = known["graph"]
            withdraw_entries([mine.entry], "hotline", "staff")
            assert "graph" not in all_read()
            assert "1 left off" in read("graph").output
            assert "graph" not in imported()
            # Only who may read what was imported gets it, and our own entries are where they were.
            follower = Follower(
                access.verifier_key_line(),
                LANE_BITS[Lane.SELF_REPORTED] | LANE_BITS[Lane.CONFIRMED],
            )
            assert set(follow_database(follower)) == {own}
            assert run("drop", "stopncii").output == "1 entries withdrawn.\n"
            assert set(imported()) == {"ncmec"}
            assert "ncmec: 1 entries" in run("list").output
            assert "1 known" in read("ncmec", "--anew").output
            assert set(imported()) == {"ncmec"}
            elsewhere = run(
                "server", "ncmec", "--shape", "ncmec", "--address", "http://127.0.0.1:1/x",
                secret="a:b",
            )  # fmt: skip
            assert "--moved" in elsewhere.output


@pytest.mark.django_db
def test_a_file_is_taken_in_and_its_bad_lines_are_named(tmp_path: Path) -> None:
    one, other, third = random_pdqs(3)
    file = tmp_path / "list.csv"
    file.write_text(
        "entry,type,value,quality\n"
        f"a,pdq,{one},90\n"
        f"a,md5,{'0' * 32},\n"
        f"b,pdq,{other[:-1]},90\n"
        f"c,pdq,{third},\n"
        f"d,pdq,{other},12\n"
    )
    assert run("file", "partner", file, "--dry-run").exit_code == 1
    assert imported() == {}
    done = run("file", "partner", file)
    assert done.exit_code == 1
    assert "line 4: has no pdq in hex for its value" in done.output
    assert "under the floor" in done.output
    assert "2 listed" in done.output
    assert pdqs(imported()["partner"]) == sorted(["0" * 32, one, third])
    # A change is another entry; what is missing goes only if the file is all there is.
    file.write_text(f"entry,type,value,quality\na,pdq,{one},80\n")
    assert "1 changed, 0 withdrawn" in run("file", "partner", file).output
    assert pdqs(imported()["partner"]) == sorted([one, third])
    file.write_text(f"entry,type,value,quality\na,pdq,{one},80\nb,pdq,no,1\n")
    assert "nothing missing was withdrawn" in run("file", "partner", file, "--whole").output
    file.write_text(f"entry,type,value,quality\na,pdq,{one},80\n")
    assert "1 withdrawn, 1 known" in run("file", "partner", file, "--whole").output
    assert pdqs(imported()["partner"]) == [one]
    assert ImportedEntry.objects.count() == 1
    assert "Choose one of" in run("file", "partner", file, "--format", "xml").output
    assert "1 to 64 characters" in run("file", "Partner!", file).output


@pytest.mark.django_db
def test_imports_never_take_the_room_of_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = room_today()
    file = tmp_path / "list.txt"
    file.write_text("".join(f"pdq {value}\n" for value in random_pdqs(3)))
    with monkeypatch.context() as tight:
        tight.setattr(actions, "room_today", lambda: 2)
        done = run("file", "partner", file, "--format", "tx")
        assert done.exit_code == 3
        assert "tomorrow" in done.output
    assert room_today() == before - 2
    assert (
        "1 listed, 0 changed, 0 withdrawn, 2 known"
        in run("file", "partner", file, "--format", "tx").output
    )
    # A report that comes later goes out first.
    reported = list_picture(some_signals())
    monkeypatch.setattr(sealing, "_BATCH", 1)
    seal_pending()
    assert set(follow_database()) == {reported}
    monkeypatch.undo()
    # However many copies of one picture a list holds, they are no crowd, and make no other one.
    copies = [(PdqSignal(value=random_pdqs(1)[0], quality=90),)] * 20
    list_imported("partner", copies)
    also = list_picture(copies[0])
    seal()
    assert also in follow_database()
    assert len(imported()["partner"]) == 3 + 20


def small_list(count: int) -> list[tuple[PdqSignal, ...]]:
    return [(PdqSignal(value=value, quality=90),) for value in random_pdqs(count)]


@pytest.mark.django_db
def test_half_of_a_day_stays_for_reports_however_imports_come_in(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PURPOSE = tmp_path / "purpose.toml"
    settings.PURPOSE.write_text("most_added_a_day = 10\n")
    assert room_today() == 5
    # What came in before midnight is sealed after it, and counts there.
    first = list_imported("one", small_list(3))
    Entry.objects.update(listed_at=datetime.now(UTC) - timedelta(days=1))
    assert room_today() == 2
    seal()
    assert room_today() == 2
    # What comes back into force counts like what is new; what a person looks at takes no room.
    suspend_entry(first[0], "hotline", "staff")
    seal()
    resume_entry(first[0], "staff")
    held, *_ = list_imported("two", small_list(1))
    PendingEvent.objects.filter(entry=held).update(waits_for=WaitsFor.PERSON)
    assert room_today() == 1
    seal()
    assert room_today() == 1
    # Nothing is won by taking something off again.
    withdraw_entries(first[1:2], "hotline", "staff")
    seal()
    assert room_today() == 1
    # Two who import at once both go by what they read before.
    list_imported("one", small_list(4))
    list_imported("two", small_list(4))
    assert room_today() == 0
    seal()
    assert sum(map(len, imported().values())) == 3
    reported = [list_picture(some_signals()) for _ in range(5)]
    seal()
    assert set(reported) <= set(follow_database())
    assert len(follow_database()) == 8
    tomorrow = SimpleNamespace(now=lambda zone: datetime.now(zone) + timedelta(days=1))
    monkeypatch.setattr(sealing, "datetime", tomorrow)
    assert sum(map(len, imported().values())) == 8
    assert PendingEvent.objects.count() == 2 + 1


@pytest.mark.django_db
def test_a_list_that_is_dropped_keeps_no_report_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = list_imported("one", small_list(6))
    seal()
    withdraw_entries(listed, "hotline", "operator")
    reported = list_picture(some_signals())
    monkeypatch.setattr(sealing, "_BATCH", 3)
    seal_pending()
    assert reported in follow_database()
