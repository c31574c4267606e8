"""Several lists in one gate: each with its trust and policy, and each hotline hears of its own."""

import re
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
import requests
from typer.testing import CliRunner, Result

from takeback.cli.main import app
from takeback.gate import Gate, ListsFileError, NoListError, read_lists_file
from takeback.gate.store.store import Store
from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.matching.matcher import UploadFingerprints
from takeback.matching.policy import Decision
from takeback.signals.lanes import Lane
from takeback.tlog.cosignature import CosignatureKind, Cosigner
from tests.support.log_server import ORIGIN, Log, serving
from tests.support.match_lists import entry_id, flipped

OTHER = "other.example.org"
CODE = bytes(range(32))
UPLOAD = UploadFingerprints(pdq=CODE)
SEEN_LANES = (Lane.CONFIRMED, Lane.SELF_REPORTED)


class Lists:
    """A lists file, the two logs it names, and the commands that work with it."""

    def __init__(self, folder: Path, servers: ExitStack) -> None:
        self.file = folder / "lists.toml"
        self.first, self.other = Log(), Log(OTHER, bytes([1]) * 32)
        self.urls = {log: servers.enter_context(serving(log)) for log in (self.first, self.other)}
        self.write()

    def write(self, of_other: str = "", second: Log | None = None, *, of_first: str = "") -> None:
        """Write the file; `of_other` and `of_first`: further lines about that list."""
        second = second or self.other
        for name, log in (("first", self.first), ("other", second)):
            (self.file.parent / f"{name}.token").write_text(log.token)
        self.file.write_text(
            f'[[list]]\nname = "first"\nhotline = "{self.urls[self.first]}"\n'
            f'token_file = "first.token"\n{of_first}\n'
            f'[[list]]\nname = "other"\nhotline = "{self.urls[second]}"\n'
            f'token_file = "other.token"\n{of_other}\n'
        )

    def run(self, command: str, *arguments: str) -> Result:
        options = ["gate", command, "--lists", str(self.file), *arguments]
        return CliRunner().invoke(app, options)

    def sync(self) -> None:
        done = self.run("sync")
        assert done.exit_code == 0, done.stderr

    @contextmanager
    def gate(self) -> Iterator[Gate]:
        gate = Gate.of_lists(
            [configured.followed() for configured in read_lists_file(self.file)], decoders=1
        )
        try:
            yield gate
        finally:
            gate.close()

    def decision(self) -> Decision:
        """What becomes of the upload after a sync."""
        self.sync()
        with self.gate() as gate:
            return gate.check_fingerprints(UPLOAD, report=False).decision


@pytest.fixture
def lists(tmp_path: Path) -> Iterator[Lists]:
    with ExitStack() as servers:
        yield Lists(tmp_path, servers)


def test_the_strictest_list_decides_and_each_hotline_hears_of_its_own(lists: Lists) -> None:
    lists.write('policy.self_reported.decision = "block"')
    mine = lists.first.add(CODE)
    theirs = lists.other.add(flipped(CODE, range(8)))
    lists.first.add(bytes(32))
    lists.sync()
    with lists.gate() as gate:
        verdict = gate.check_fingerprints(UPLOAD)
        assert verdict.decision == "block"
        assert [(match.origin, match.entry, match.distance) for match in verdict.matches] == [
            (OTHER, theirs, 8),
            (ORIGIN, mine, 0),
        ]
        assert {
            (checked.origin, checked.checkpoint_size) for checked in verdict.checked_against
        } == {
            (ORIGIN, 3),
            (OTHER, 2),
        }
        gone = EntryId(entry_id(1))
        feedback = gate.report([*verdict.entries, gone], FeedbackValue.NOT_THE_SAME)
        assert {item.entry for item in feedback} == {mine, theirs}
        assert gate.report([gone], FeedbackValue.BLOCKED, origin=OTHER)
        with pytest.raises(ValueError, match=r"nobody\.example"):
            gate.report([mine], FeedbackValue.BLOCKED, origin="nobody.example")
    done = lists.run("feedback", "--entry", mine, "--entry", gone, "--value", "not_blocked")
    assert (done.exit_code, "1 kept" in done.stdout, gone in done.stderr) == (1, True, True)
    lists.sync()
    assert sorted(lists.first.feedback.values()) == sorted(
        [(mine, "blocked"), (mine, "not_the_same"), (mine, "not_blocked")]
    )
    assert sorted(lists.other.feedback.values()) == sorted(
        [(theirs, "blocked"), (theirs, "not_the_same"), (gone, "blocked")]
    )


def test_one_hotline_that_fails_does_not_hold_up_the_other(lists: Lists) -> None:
    lists.write("optional = true")
    lists.other.add(CODE)
    lists.first.broken = True
    done = lists.run("sync")
    assert done.exit_code == 1
    assert "other: In force: the list at 2 events (2 new)." in done.stdout
    assert "first: " in done.stderr
    with lists.gate() as gate, pytest.raises(NoListError):
        gate.check_fingerprints(UPLOAD)
    status = lists.run("status")
    assert (status.exit_code, "uploads can be checked: no" in status.stdout) == (1, True)

    lists.first.broken = False
    lists.sync()
    lists.other.records.clear()
    lists.write("optional = true\ngrace_days = 0")
    assert lists.run("sync").exit_code == 4
    with lists.gate() as gate:
        verdict = gate.check_fingerprints(UPLOAD)
        assert (verdict.decision, verdict.left_out) == ("allow", ("other",))
        assert gate.ready
    lists.write("grace_days = 0")
    with lists.gate() as gate, pytest.raises(NoListError):
        gate.check_fingerprints(UPLOAD)


@contextmanager
def _without_token(lists: Lists) -> Iterator[None]:
    (lists.file.parent / "first.token").unlink()
    yield


@contextmanager
def _with_a_store_of_another_version(lists: Lists) -> Iterator[None]:
    store = Store(lists.file.parent / "first")
    with closing(sqlite3.connect(store.folder / "list.db")) as connection:
        connection.execute("PRAGMA user_version = 1")
    yield


@contextmanager
def _with_a_held_lock(lists: Lists) -> Iterator[None]:
    with Store(lists.file.parent / "first").sync_lock():
        yield


@contextmanager
def _with_a_bad_trust_file(lists: Lists) -> Iterator[None]:
    (lists.file.parent / "policy").write_text("quorum nobody\n")
    lists.write(of_first='trust = "policy"')
    yield


@pytest.mark.parametrize(
    ("spoiled", "code", "message"),
    [
        (_without_token, 2, "There is no token file"),
        (_with_a_store_of_another_version, 1, "another version"),
        (_with_a_held_lock, 1, "Another sync works on"),
        (_with_a_bad_trust_file, 2, "trust policy"),
    ],
)
def test_a_list_that_can_not_be_begun_fails_for_itself(
    lists: Lists, spoiled: Callable[[Lists], AbstractContextManager[None]], code: int, message: str
) -> None:
    lists.other.add(CODE)
    with spoiled(lists):
        done = lists.run("sync")
    assert "other: In force: the list at 2 events (2 new)." in done.stdout
    assert (done.exit_code, message in done.stderr) == (code, True), done.stderr
    assert done.stderr.startswith("first: ")


def test_trust_and_grace_that_the_lists_file_drops_are_over(lists: Lists, tmp_path: Path) -> None:
    witness = Cosigner("w.example", CosignatureKind.ED25519, bytes([1]) * 32)
    (tmp_path / "policy").write_text(f"witness w {witness.key.line}\nquorum w\n")
    lists.other.add(CODE)
    lists.write('trust = "policy"\ngrace_days = 0')
    assert lists.run("sync").exit_code == 4
    lists.write()
    lists.sync()
    lists.other.records.clear()
    assert lists.run("sync").exit_code == 4
    with lists.gate() as gate:
        assert gate.check_fingerprints(UPLOAD, report=False).decision == "review"


def test_one_log_is_followed_only_once(lists: Lists) -> None:
    with serving(lists.first) as mirror, ExitStack():
        lists.urls[twin := Log()] = mirror
        lists.write(second=twin)
        lists.sync()
        with lists.gate() as gate, pytest.raises(NoListError, match=r"list\.example\.org.*once"):
            gate.check_fingerprints(UPLOAD)


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("", "one \\[\\[list\\]\\] for each"),
        ("list = 1", "one \\[\\[list\\]\\] for each"),
        ("[[list", "can't be read"),
        ('[[list]]\nname = "a"\n', "list 1: hotline"),
        ('[[list]]\nname = "A B"\nhotline = "x"\ntoken_file = "t"\n', "list 1: name"),
        ('[[list]]\nname = "a"\nhotline = "x"\ntoken_file = "t"\ngrace = 1\n', "list 1: grace"),
        (
            '[[list]]\nname = "a"\nhotline = "x"\ntoken_file = "t"\npolicy.confirmed.thresold = 1',
            "list 1: policy: .*thresold",
        ),
        (
            '[[list]]\nname = "a"\nhotline = "x"\ntoken_file = "t"\n'
            '[[list]]\nname = "b"\nhotline = "x"\ntoken_file = "t"\n',
            "same hotline",
        ),
    ],
)
def test_a_wrong_lists_file_is_refused_with_its_reason(
    tmp_path: Path, written: str, message: str
) -> None:
    file = tmp_path / "lists.toml"
    file.write_text(written)
    with pytest.raises(ListsFileError, match=message):
        read_lists_file(file)
    done = CliRunner().invoke(app, ["gate", "sync", "--lists", str(file)])
    assert (done.exit_code, str(file) in done.stderr) == (2, True)


def test_options_that_do_not_go_together_are_refused(lists: Lists, tmp_path: Path) -> None:
    for arguments in (["sync", "--grace", "1"], ["status", "--store", "x"]):
        assert lists.run(*arguments).exit_code == 2
    assert CliRunner().invoke(app, ["gate", "status"]).exit_code == 2


def test_an_entry_blocks_once_enough_hotlines_have_confirmed_its_record(lists: Lists) -> None:
    lists.first.begin_anew(confirmers=(ORIGIN, OTHER), confirmations=2)
    entry = lists.first.add(CODE, Lane.CONFIRMED)
    assert lists.decision() == "review"
    # The same picture on the other list is not a confirmation of this record.
    equal = lists.other.add(CODE)
    assert lists.decision() == "review"
    lists.other.withdraw(equal)
    lists.other.confirm(lists.first, entry)
    assert lists.decision() == "block"
    lists.first.amend(entry, CODE, Lane.CONFIRMED)
    assert lists.decision() == "review"
    lists.other.confirm(lists.first, entry)
    assert lists.decision() == "block"
    lists.other.take_confirmation_back(lists.first, entry)
    assert lists.decision() == "review"
    lists.other.confirm(lists.first, entry)
    assert lists.decision() == "block"

    with lists.gate() as gate:
        lane = gate.check_fingerprints(UPLOAD, report=False).lane
    assert lane == Lane.CONFIRMED
    # Whoever is not in force confirms nothing.
    lists.other.records.clear()
    lists.write("optional = true\ngrace_days = 0")
    assert lists.run("sync").exit_code == 4
    with lists.gate() as gate:
        verdict = gate.check_fingerprints(UPLOAD, report=False)
    assert (verdict.decision, verdict.lane) == ("review", Lane.SELF_REPORTED)
    lists.first.withdraw(entry)
    lists.run("sync")
    with lists.gate() as gate:
        assert gate.check_fingerprints(UPLOAD, report=False).matches == ()


def test_many_matches_are_looked_up_with_one_connection_a_store(
    lists: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = ((lists.first, lists.other), (lists.other, lists.first))
    for log, _ in pairs:
        log.begin_anew(confirmers=(ORIGIN, OTHER), confirmations=2)
    for log, confirmer in pairs:
        for entry in [log.add(CODE, Lane.CONFIRMED) for _ in range(40)][::2]:
            confirmer.confirm(log, entry)
    lists.sync()
    opened: list[object] = []
    connect = sqlite3.connect

    def counted(*arguments: Any, **options: Any) -> sqlite3.Connection:
        opened.append(arguments)
        connection: sqlite3.Connection = connect(*arguments, **options)
        return connection

    with lists.gate() as gate:
        gate.check_fingerprints(UPLOAD, report=False)
        monkeypatch.setattr(sqlite3, "connect", counted)
        verdict = gate.check_fingerprints(UPLOAD, report=False)
        # Besides one a store there are at most those that ask, once a second, how lists stand.
        assert len(opened) <= 2 + 4
        lanes = Counter((match.origin, match.lane) for match in verdict.matches)
        assert set(lanes.values()) == {20}
        assert set(lanes) == {(origin, lane) for origin in (ORIGIN, OTHER) for lane in SEEN_LANES}
        opened.clear()
        feedback = gate.report(verdict.entries, FeedbackValue.BLOCKED)
        assert len(feedback) == 80
        assert len(opened) <= 4


def test_who_is_not_named_a_confirmer_does_not_count(lists: Lists) -> None:
    lists.first.begin_anew(confirmers=(ORIGIN, "third.example.org"), confirmations=2)
    entry = lists.first.add(CODE, Lane.CONFIRMED)
    lists.other.confirm(lists.first, entry)
    assert lists.decision() == "review"


def test_one_process_follows_every_list_and_another_serves_them(
    lists: Lists, tmp_path: Path
) -> None:
    first, other = lists.first.add(CODE), lists.other.add(CODE)
    takeback = [sys.executable, "-m", "takeback", "gate"]
    options = ["--lists", str(lists.file)]
    written = tmp_path / "written"
    with (
        written.open("wb") as output,
        subprocess.Popen([*takeback, "sync", *options, "--follow"], stdout=output) as following,
        subprocess.Popen(
            [*takeback, "serve", *options, "--port", "0"], stdout=subprocess.PIPE, text=True
        ) as serving_process,
    ):
        try:
            assert serving_process.stdout is not None
            address = re.search(r"http://\S+:\d+", serving_process.stdout.readline())
            assert address
            url = address[0]
            answer = _when(lambda: requests.post(f"{url}/v1/match", json={"pdq": CODE.hex()}))
            found = {match["origin"]: match["entry"] for match in answer.json()["matches"]}
            assert found == {ORIGIN: first, OTHER: other}
            feedback = {"entries": [other], "value": "not_the_same"}
            accepted = requests.post(f"{url}/v1/feedback", json=feedback | {"origin": OTHER})
            assert (accepted.status_code, len(accepted.json()["ids"])) == (202, 1)
            wrong = requests.post(f"{url}/v1/feedback", json=feedback | {"origin": "x.example"})
            assert (wrong.status_code, wrong.json()["error"]) == (422, "origin")
            deadline = time.monotonic() + 20
            while len(lists.other.feedback) < 2 or len(lists.first.feedback) < 1:
                assert time.monotonic() < deadline
                time.sleep(0.05)
            lists.other.withdraw(other)
            while len(requests.get(f"{url}/healthz").json()["lists"]) == 2:
                health = requests.get(f"{url}/healthz").json()
                if [of_list["entries"] for of_list in health["lists"]] == [1, 0]:
                    break
                assert time.monotonic() < deadline
            following.terminate()
            assert following.wait(10) == 0
        finally:
            following.kill()
            serving_process.terminate()
    printed = written.read_text()
    assert "first: In force" in printed
    assert "other: In force" in printed
    assert "Stopped. The list stays in force." in printed


def test_lists_that_fail_are_named_and_tried_again_while_others_are_followed(
    lists: Lists, tmp_path: Path
) -> None:
    token = tmp_path / "first.token"
    token.unlink()
    with _following(lists, tmp_path) as (process, output):
        _await(lambda: "other: In force: the list at 1 events" in output())
        _await(lambda: "first: " in output() and str(token) in output())
        token.write_text(lists.first.token)
        _await(lambda: "first: In force: the list at 1 events" in output())
        # What nobody has foreseen: a store in which somebody has written.
        with closing(sqlite3.connect(tmp_path / "other" / "list.db")) as connection:
            connection.execute("UPDATE followed_log SET contacted_at = 'soon'")
            connection.commit()
        lists.other.add(CODE)
        _await(lambda: "other: Invalid isoformat" in output())
        lists.first.add(CODE)
        _await(lambda: "first: In force: the list at 2 events" in output())
        process.terminate()
        assert process.wait(10) == 2
        assert "Traceback" not in output()


def test_a_sync_that_can_follow_no_list_ends(lists: Lists, tmp_path: Path) -> None:
    for name in ("first", "other"):
        (tmp_path / f"{name}.token").unlink()
    with _following(lists, tmp_path) as (process, output):
        assert process.wait(30) == 2
        assert {line.split(":")[0] for line in output().splitlines()} == {"first", "other"}


@contextmanager
def _following(
    lists: Lists, folder: Path
) -> Iterator[tuple[subprocess.Popen[bytes], Callable[[], str]]]:
    """`takeback gate sync --follow` as a process, and what it has said so far."""
    written = folder / "said"
    command = [sys.executable, "-m", "takeback", "gate", "sync", "--lists", str(lists.file)]
    with (
        written.open("wb") as output,
        subprocess.Popen([*command, "--follow"], stdout=output, stderr=output) as process,
    ):
        try:
            yield process, written.read_text
        finally:
            process.kill()


def _await(truth: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not truth():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def _when(ask: Callable[[], requests.Response]) -> requests.Response:
    """Ask until it is answered well."""
    deadline = time.monotonic() + 30
    while (answer := ask()).status_code != 200:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return answer
