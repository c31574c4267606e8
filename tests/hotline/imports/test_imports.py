"""Another hotline's list, brought in over each of its shapes; each a process of its own."""

import json
import os
import threading
import time
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings
from typer.testing import CliRunner, Result

from takeback.cli.main import app
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.signals import PdqSignal
from takeback.hotline.audit.access import verify_chain
from takeback.hotline.entries.actions import suspend_entry, withdraw_entries
from takeback.hotline.entries.models import Entry
from takeback.hotline.feedback.actions import resume_entry
from takeback.hotline.imports import actions
from takeback.hotline.imports.domain import FileFormat
from takeback.hotline.imports.models import Feed, ImportedEntry
from takeback.hotline.imports.reading import ncmec
from takeback.hotline.imports.runs import import_from_file
from takeback.hotline.log import access as log_access
from takeback.hotline.log import sequencing
from takeback.hotline.log.domain import WaitsFor
from takeback.hotline.log.growth import room_today_for_last as room_today
from takeback.hotline.log.models import PendingEvent
from takeback.hotline.log.sequencing import sequence_everything, sequence_pending
from takeback.hotline.platforms.actions import add_platform
from takeback.signals.lanes import LANE_BITS, Lane
from tests.support.actors import a_lead
from tests.support.answering import serving
from tests.support.database import UseDatabase
from tests.support.followers import Follower, follow_database, some_signals
from tests.support.listing import list_imported, list_picture
from tests.support.long_lists import list_pdqs, random_pdqs
from tests.support.running import hotline

PATHS = {"stopncii": "feeds/stopncii/v1", "ncmec": "feeds/ncmec", "graph": "feeds/graph/v1/1"}


def run(*arguments: object, secret: str = "") -> Result:
    environment = {"TAKEBACK_IMPORT_SECRET": secret}
    return CliRunner(env=environment).invoke(app, ["hotline", "import", *map(str, arguments)])


def imported() -> dict[str, list[LiveEntry]]:
    """What is in force of each feed, as gates get it."""
    sequence_everything()
    found: dict[str, list[LiveEntry]] = {}
    for live in follow_database().values():
        if live.lane is Lane.IMPORTED:
            found.setdefault(str(live.provenance.feed), []).append(live)
    return found


def pdqs(entries: list[LiveEntry]) -> list[str]:
    return sorted(signal.value for entry in entries for signal in entry.signals)


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

        reported_pdq, other = random_pdqs(2)
        with second_database():
            assert all_read() == {}
            own = list_picture(some_signals())
        first, second = list_pdqs([reported_pdq, reported_pdq])
        (confirmed,) = list_pdqs([other], Lane.CONFIRMED)
        with second_database():
            for shape in PATHS:
                assert "would be listed" in read(shape, "--dry-run").output
            assert imported() == {}
            known = all_read()
            # Two of these shapes know a hash, the third knows entries.
            assert pdqs(known["ncmec"]) == sorted([reported_pdq, reported_pdq, other])
            assert pdqs(known["stopncii"]) == pdqs(known["graph"]) == sorted([reported_pdq, other])
            assert all_read() == known
            verify_chain()
        withdraw_entries([first], "reporter")
        suspend_entry(confirmed, "hotline", a_lead())
        sequence_everything()
        with second_database():
            assert {feed: pdqs(entries) for feed, entries in all_read().items()} == {
                shape: [reported_pdq] for shape in PATHS
            }
        withdraw_entries([second], "reporter")
        resume_entry(confirmed, a_lead())
        sequence_everything()
        with second_database():
            known = all_read()
            assert {feed: pdqs(entries) for feed, entries in known.items()} == {
                shape: [other] for shape in PATHS
            }
            # What this hotline takes off stays off, however often they list it.
            (mine,) = known["graph"]
            withdraw_entries([mine.entry], "hotline", a_lead())
            assert "graph" not in all_read()
            assert "1 left off" in read("graph").output
            assert "graph" not in imported()
            # Only who may read what was imported gets it, and our own entries are where they were.
            follower = Follower(
                log_access.verifier_key_line(),
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
    first, other, third = random_pdqs(3)
    file = tmp_path / "list.csv"
    file.write_text(
        "entry,type,value,quality\n"
        f"a,pdq,{first},90\n"
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
    assert pdqs(imported()["partner"]) == sorted(["0" * 32, first, third])
    # A change is another entry; what is missing goes only if the file is all there is.
    file.write_text(f"entry,type,value,quality\na,pdq,{first},80\n")
    assert "1 changed, 0 withdrawn" in run("file", "partner", file).output
    assert pdqs(imported()["partner"]) == sorted([first, third])
    file.write_text(f"entry,type,value,quality\na,pdq,{first},80\nb,pdq,no,1\n")
    assert (
        "1 entries are missing there and stay here"
        in run("file", "partner", file, "--whole").output
    )
    file.write_text(f"entry,type,value,quality\na,pdq,{first},80\n")
    assert "1 withdrawn, 1 known" in run("file", "partner", file, "--whole").output
    assert pdqs(imported()["partner"]) == [first]
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
        tight.setattr(actions, "room_today_for_last", lambda: 2)
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
    with monkeypatch.context() as alone:
        alone.setattr(sequencing, "_BATCH", 1)
        sequence_pending()
    assert set(follow_database()) == {reported}
    # However many copies of one picture a list holds, they are no crowd, and make no other one.
    copies = [(PdqSignal(value=random_pdqs(1)[0], quality=90),)] * 20
    list_imported("partner", copies)
    also = list_picture(copies[0])
    sequence_everything()
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
    # What came in before midnight is sequenced after it, and counts there.
    first = list_imported("one", small_list(3))
    Entry.objects.update(listed_at=datetime.now(UTC) - timedelta(days=1))
    assert room_today() == 2
    sequence_everything()
    assert room_today() == 2
    # What comes back into force counts like what is new; what a person looks at takes no room.
    suspend_entry(first[0], "hotline", a_lead())
    sequence_everything()
    resume_entry(first[0], a_lead())
    held, *_ = list_imported("two", small_list(1))
    PendingEvent.objects.filter(subject=held).update(waits_for=WaitsFor.PERSON)
    assert room_today() == 1
    sequence_everything()
    assert room_today() == 1
    # Nothing is won by taking something off again.
    withdraw_entries(first[1:2], "hotline", a_lead())
    sequence_everything()
    assert room_today() == 1
    # Two who import at once both go by what they read before.
    list_imported("one", small_list(4))
    list_imported("two", small_list(4))
    assert room_today() == 0
    sequence_everything()
    assert sum(map(len, imported().values())) == 3
    reported = [list_picture(some_signals()) for _ in range(5)]
    sequence_everything()
    assert set(reported) <= set(follow_database())
    assert len(follow_database()) == 8
    tomorrow = SimpleNamespace(now=lambda zone: datetime.now(zone) + timedelta(days=1))
    monkeypatch.setattr(sequencing, "datetime", tomorrow)
    assert sum(map(len, imported().values())) == 8
    assert PendingEvent.objects.count() == 2 + 1


@pytest.mark.django_db
def test_a_list_that_is_dropped_keeps_no_report_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    listed = list_imported("one", small_list(6))
    sequence_everything()
    withdraw_entries(listed, "hotline", a_lead())
    reported = list_picture(some_signals())
    monkeypatch.setattr(sequencing, "_BATCH", 3)
    sequence_pending()
    assert reported in follow_database()


def stopncii_page(*records: tuple[str, str]) -> tuple[int, dict[str, str], bytes]:
    """The whole list of a server of this shape: PDQs and their states."""
    listed = [
        {"signalType": "ImagePDQ", "hashValue": value, "hashStatus": status}
        for value, status in records
    ]
    page = {"nextSetTimestamp": 11, "hasMoreRecords": False, "hashRecords": listed}
    return 200, {}, json.dumps(page).encode()


def read_server(url: str, *options: str) -> Result:
    return run(
        "server", "theirs", "--shape", "stopncii", "--address", url, *options, secret="a,b"
    )  # fmt: skip


@pytest.mark.django_db
def test_what_this_hotline_took_off_stays_off_whatever_they_do() -> None:
    pdq, other = random_pdqs(2)
    both = stopncii_page((pdq, "Active"), (other, "Active"))
    without = stopncii_page((other, "Active"))
    gone = stopncii_page((pdq, "Deleted"), (other, "Active"))
    with serving(both, gone, both, without, both, both) as url:
        assert "2 listed" in read_server(url).output
        (taken_off,) = [live.entry for live in imported()["theirs"] if pdqs([live]) == [pdq]]
        withdraw_entries([taken_off], "hotline", a_lead())
        for options in ([], [], ["--anew"], ["--anew"]):
            assert read_server(url, *options).exit_code == 0
            assert pdqs(imported()["theirs"]) == [other]
        assert "theirs: 1 entries" in run("list").output
        assert run("drop", "theirs").output == "1 entries withdrawn.\n"
        assert run("list").output == ""
        assert "There is no feed" in run("drop", "theirs").output
        assert imported() == {}
        assert "1 listed, 0 changed, 0 withdrawn, 0 known, 1 left off" in read_server(url).output
        assert pdqs(imported()["theirs"]) == [other]


@pytest.mark.django_db
def test_what_is_taken_off_while_an_import_runs_stays_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "list.csv"
    (pdq,) = random_pdqs(1)
    file.write_text(f"entry,type,value,quality\na,pdq,{pdq},90\n")
    run("file", "partner", file)
    (live,) = imported()["partner"]
    withdraw_entries([live.entry], "hotline", a_lead())
    # As it stood when the import asked.
    monkeypatch.setattr(actions, "standings", lambda entries: {})
    file.write_text(f"entry,type,value,quality\na,pdq,{pdq},80\n")
    assert "0 changed, 0 withdrawn, 0 known, 1 left off" in run("file", "partner", file).output
    assert imported() == {}


@pytest.mark.django_db
def test_a_dry_run_changes_nothing() -> None:
    (pdq,) = random_pdqs(1)
    with serving(stopncii_page((pdq, "Active"))) as here, serving(stopncii_page()) as there:
        assert read_server(here).exit_code == 0
        before = Feed.objects.values().get(), verify_chain()
        moved = read_server(there, "--moved", "--dry-run")
        assert "1 would be withdrawn" in moved.output
        assert "There is no feed" in run(
            "server", "new", "--shape", "stopncii", "--address", here, "--moved", "--dry-run",
            secret="a,b",
        ).output  # fmt: skip
        assert (Feed.objects.values().get(), verify_chain()) == before
        assert read_server(here, "--dry-run").exit_code == 0
        assert read_server(there, "--moved").exit_code == 0
    assert imported() == {}


@pytest.mark.django_db
def test_a_record_that_cannot_be_read_takes_nothing_off() -> None:
    first, other, third = random_pdqs(3)
    whole = stopncii_page((first, "Active"), (other, "Active"))
    unread = stopncii_page((first[:-1], "Active"), (other, "Active"))
    state = stopncii_page((first, "Unheard-of"), (other, "Active"))
    record = {"signalType": "VideoMD5", "hashValue": "ab" * 16, "hashStatus": "Active"}
    page = json.loads(stopncii_page((third, "Active"))[2])
    page["hashRecords"].append(record)
    with serving(whole, unread, state, (200, {}, json.dumps(page).encode())) as url:
        read_server(url)
        for _ in range(2):
            done = read_server(url, "--anew")
            assert "1 entries are missing there and stay here" in done.output
            assert pdqs(imported()["theirs"]) == sorted([first, other])
        # A video was read well enough, and is no picture that stands here.
        assert "2 withdrawn" in read_server(url, "--anew").output
    assert pdqs(imported()["theirs"]) == [third]


@pytest.mark.django_db
def test_an_entry_of_which_nothing_can_be_read_any_more_stays() -> None:
    entry = (
        '<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><images><image>'
        '<member id="1"/><id>a</id><fingerprints>{}</fingerprints></image></images></queryResult>'
    )
    md5 = "ab" * 16
    prints = f"<md5>{md5}</md5>", "<md5>ab</md5>", f"<md5>{md5}</md5><pdq>0</pdq>", "<sha1>0</sha1>"
    answers = [
        (200, dict[str, str](), entry.format(fingerprint).encode()) for fingerprint in prints
    ]
    with serving(*answers) as url:
        for refused in (0, 1, 1):
            done = run(
                "server", "theirs", "--shape", "ncmec", "--address", url, "--anew", secret="a:b"
            )  # fmt: skip
            assert " 0 withdrawn" in done.output
            assert f" {refused} refused" in done.output
            assert pdqs(imported()["theirs"]) == [md5]
        run("server", "theirs", "--shape", "ncmec", "--address", url, "--anew", secret="a:b")
    assert imported() == {}


@pytest.mark.django_db
def test_fingerprints_that_they_replaced_by_a_poor_one_are_not_kept(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    before, after = random_pdqs(2)
    file.write_text(f"entry,type,value,quality\na,pdq,{before},90\n")
    run("file", "partner", file)
    file.write_text(f"entry,type,value,quality\na,pdq,{after},5\n")
    done = run("file", "partner", file)
    assert "1 withdrawn" in done.output
    assert "1 refused" in done.output
    assert imported() == {}
    assert "0 withdrawn" in run("file", "partner", file).output
    file.write_text(f"entry,type,value,quality\na,pdq,{after},90\n")
    run("file", "partner", file)
    assert pdqs(imported()["partner"]) == [after]


def test_a_feed_is_read_by_one_run_at_a_time(hotline_database: str, tmp_path: Path) -> None:
    file = tmp_path / "list.txt"
    file.write_text(f"pdq {random_pdqs(1)[0]}\n")
    assert run("file", "partner", file, "--format", "tx").exit_code == 0
    read_end, write_end = os.pipe()

    def import_slowly() -> None:
        with os.fdopen(read_end, "rb") as slow:
            import_from_file("partner", slow, FileFormat.TX, lambda *_: began.set())
        connection.close()

    began = threading.Event()
    runs = threading.Thread(target=import_slowly)
    runs.start()
    with os.fdopen(write_end, "wb") as writing:
        # As much as is taken in at once, and then the run waits for more.
        writing.write("".join(f"pdq {value}\n" for value in random_pdqs(1000)).encode())
        writing.flush()
        assert began.wait(60)
        for command in (("file", "partner", file, "--format", "tx"), ("drop", "partner")):
            done = run(*command)
            assert done.exit_code == 1
            assert "is running" in done.output
        assert run("file", "other", file, "--format", "tx").exit_code == 0
        assert run("file", "partner", file, "--format", "tx", "--dry-run").exit_code == 0
    runs.join()
    assert run("file", "partner", file, "--format", "tx", "--whole").exit_code == 0
    assert len(imported()["partner"]) == 1


@pytest.mark.django_db
def test_a_feed_is_dropped_in_bounded_steps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def statements(count: int) -> int:
        file = tmp_path / "list.txt"
        file.write_text("".join(f"pdq {value}\n" for value in random_pdqs(count)))
        run("file", "partner", file, "--format", "tx")
        assert len(imported()["partner"]) == count
        with CaptureQueriesContext(connection) as captured:
            assert run("drop", "partner").output == f"{count} entries withdrawn.\n"
        assert imported() == {}
        return len(captured)

    assert statements(2) == statements(60)
    monkeypatch.setattr(actions, "_AT_ONCE", 10)
    assert statements(60) > statements(2)
    assert ImportedEntry.objects.count() == Feed.objects.count() == 0
    verify_chain()
