"""A hotline's log on a loopback socket, for tests: a real signed log, which can be made to lie."""

import json
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar
from urllib.parse import parse_qs, urlsplit

from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    ConfirmedEvent,
    EntryId,
    Event,
    Provenance,
    PurposeEvent,
    ResumedEvent,
    SuspendedEvent,
    UnconfirmedEvent,
    WithdrawnEvent,
    canonical_json,
    cut_to_hour,
    new_entry_id,
)
from takeback.hashlist.feedback import Acknowledgement, FeedbackBatch
from takeback.hashlist.signals import Md5Signal, PdqSignal, Sha256Signal, Signal
from takeback.signals.lanes import Lane
from takeback.tlog.bundles import EventRange, Record, encode_entries, encode_openings
from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.commitments import commit_event
from takeback.tlog.cosignature import Cosigner
from takeback.tlog.merkle import Frontier, complete_subtree_hash, leaf_hash
from takeback.tlog.signed_note import Signer
from takeback.tlog.tiles import BundleRef, TileRef

ORIGIN = "list.example.org"

ListedT = TypeVar("ListedT", AddedEvent, AmendedEvent, ResumedEvent)


class Log:
    """The log: events are appended, and their openings erased on withdrawal, as a hotline does."""

    def __init__(self, origin: str = ORIGIN, seed: bytes = bytes(32)) -> None:
        self.signer = Signer(origin, seed)
        self.records: list[Record] = []
        self.live: dict[EntryId, list[int]] = {}
        self.feedback: dict[str, tuple[str, str]] = {}
        self.deliveries = 0
        self.refuses_feedback: set[str] = set()
        self.broken = False
        self.refuses_acknowledgements = False
        self.false_checkpoint: bytes | None = None
        self.false_tiles: dict[str, bytes] = {}
        self.acknowledged: list[tuple[int, str]] = []
        self.shown: list[bytes] = []
        self.cosigners: list[Cosigner] = []
        self.changed = threading.Condition()
        self.withheld: set[int] = set()
        self.begin_anew()

    def begin_anew(self, **other: Any) -> None:
        """Forget every event, and begin with a purpose that says something else than usual."""
        with self.changed:
            self.records.clear()
            self.live.clear()
            self._append(purpose(self.signer.name, **other))

    @property
    def token(self) -> str:
        return f"tb1_{'a' * 52}_{self.signer.verifier_key.pin}"

    def add(
        self,
        code: bytes,
        lane: Lane = Lane.SELF_REPORTED,
        sha256: bytes = b"",
        md5: bytes = b"",
    ) -> EntryId:
        entry = new_entry_id()
        signals: list[Signal] = [PdqSignal(value=code.hex(), quality=90)] if code else []
        if sha256:
            signals.append(Sha256Signal(value=sha256.hex()))
        if md5:
            signals.append(Md5Signal(value=md5.hex()))
        with self.changed:
            self.live[entry] = [len(self.records)]
            self._append(self._event(AddedEvent, entry, lane, signals))
        return entry

    def add_signals(self, signals: list[Any], lane: Lane = Lane.SELF_REPORTED) -> EntryId:
        """List an entry of any signals that have a model."""
        entry = new_entry_id()
        with self.changed:
            self.live[entry] = [len(self.records)]
            self._append(self._event(AddedEvent, entry, lane, signals))
        return entry

    def amend_signals(self, entry: EntryId, signals: list[Any], lane: Lane) -> None:
        with self.changed:
            self.live[entry].append(len(self.records))
            self._append(self._event(AmendedEvent, entry, lane, signals))

    def amend(self, entry: EntryId, code: bytes, lane: Lane) -> None:
        with self.changed:
            self.live[entry].append(len(self.records))
            signals = [PdqSignal(value=code.hex(), quality=90)]
            self._append(self._event(AmendedEvent, entry, lane, signals))

    def suspend(self, entry: EntryId) -> None:
        with self.changed:
            self.live[entry].append(len(self.records))
            self._append(SuspendedEvent(entry=entry, time=_hour(), reason="hotline"))

    def resume(self, entry: EntryId, code: bytes) -> None:
        with self.changed:
            self.live[entry].append(len(self.records))
            signals = [PdqSignal(value=code.hex(), quality=90)]
            self._append(self._event(ResumedEvent, entry, Lane.SELF_REPORTED, signals))

    def state_purpose(self, **other: Any) -> None:
        """Put a further purpose into the log."""
        with self.changed:
            self._append(purpose(self.signer.name, **other))

    def withdraw(self, entry: EntryId) -> None:
        with self.changed:
            indexes = self.live.pop(entry)
            for index in indexes:
                self.erase(index)
            self._append(
                WithdrawnEvent(entry=entry, time=_hour(), erases=tuple(indexes), reason="reporter")
            )

    def confirm(self, other: "Log", entry: EntryId) -> None:
        """Say that the record of an entry on another log, as it now is, has been assessed."""
        index = other.live[entry][-1]
        with self.changed:
            self._append(
                ConfirmedEvent(
                    time=_hour(),
                    origin=other.signer.name,
                    entry=entry,
                    index=index,
                    commitment=other.records[index].commitment.hex(),
                )
            )

    def take_confirmation_back(self, other: "Log", entry: EntryId) -> None:
        with self.changed:
            self._append(UnconfirmedEvent(time=_hour(), origin=other.signer.name, entry=entry))

    def erase(self, index: int) -> None:
        self.records[index] = Record(self.records[index].commitment, None)

    def openings(self, part: EventRange) -> bytes:
        return encode_openings(
            Record(record.commitment, None, withheld=True) if at in self.withheld else record
            for at, record in enumerate(self.records[part.start : part.end], part.start)
        )

    def checkpoint(self) -> bytes:
        if self.false_checkpoint is not None:
            return self.false_checkpoint
        edge = Frontier().extended(leaf_hash(record.commitment) for record in self.records)
        state = Checkpoint(self.signer.name, edge.size, edge.root())
        lines = [
            cosigner.cosign(state.body(), int(time.time())).line for cosigner in self.cosigners
        ]
        return state.sign(self.signer) + "".join(lines).encode()

    def public(self, path: str) -> bytes:
        """What anybody may fetch, by its path below /log/v1/."""
        if path == "purpose":
            return encode_openings(self.records[:1])
        path = path.removeprefix("tile/")
        if path.startswith("entries/"):
            ref = BundleRef.parse(path.removeprefix("entries/"))
            return encode_entries(record.commitment for record in self.records[ref.start : ref.end])
        tile = TileRef.parse(path)
        span = 256**tile.level
        leaves = [leaf_hash(record.commitment) for record in self.records]
        honest = b"".join(
            complete_subtree_hash(leaves[at * span : (at + 1) * span])
            for at in range(tile.bundle.start, tile.bundle.end)
        )
        return self.false_tiles.get(path, honest)

    def _event(
        self, kind: type[ListedT], entry: EntryId, lane: Lane, signals: Sequence[Signal]
    ) -> ListedT:
        imported: dict[str, Any] = (
            {"source": "import", "feed": "elsewhere"} if lane is Lane.IMPORTED else {}
        )
        return kind(
            entry=entry,
            time=_hour(),
            lane=lane,
            provenance=Provenance(hotline=self.signer.name, **imported),
            signals=tuple(signals),
        )

    def _append(self, event: Event) -> None:
        opening = commit_event(canonical_json(event))
        self.records.append(Record(opening.commitment(), opening))
        self.changed.notify_all()


def purpose(origin: str, **other: Any) -> PurposeEvent:
    """The event that the log begins with."""
    values: dict[str, Any] = {
        "time": _hour(),
        "lists": "Landscapes, for tests",
        "confirmers": (origin,),
        "most_added_a_day": 1_000_000,
        "expires": _hour() + timedelta(days=365),
    }
    return PurposeEvent(**{**values, **other})


@contextmanager
def serving(log: Log, port: int = 0) -> Iterator[str]:
    """Serve the log on a socket; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if log.broken:
                self.answer(500)
            elif url.path == "/log/v1/key":
                self.answer(200, log.signer.verifier_key.line.encode() + b"\n")
            elif url.path == "/log/v1/checkpoint":
                with log.changed:
                    self.answer(200, log.checkpoint())
            elif url.path.startswith("/log/v1/"):
                with log.changed:
                    self.answer(200, log.public(url.path.removeprefix("/log/v1/")))
            elif self.headers["Authorization"] != f"Bearer {log.token}":
                self.answer(401)
            elif url.path == "/list/v1/wait":
                self.wait(parse_qs(url.query))
            else:
                part = EventRange.parse(url.path.removeprefix("/list/v1/openings/"))
                with log.changed:
                    self.answer(200, log.openings(part))

        def wait(self, query: dict[str, list[str]]) -> None:
            size, deadline = int(query["size"][0]), time.monotonic() + int(query["seconds"][0])
            with log.changed:
                while len(log.records) <= size and time.monotonic() < deadline and not log.broken:
                    log.changed.wait(0.2)
                grown = len(log.records) > size
                self.answer(*((200, log.checkpoint()) if grown else (204,)))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if log.broken or self.headers["Authorization"] != f"Bearer {log.token}":
                self.answer(500 if log.broken else 401)
                return
            if self.path == "/list/v1/acknowledgement":
                if log.refuses_acknowledgements:
                    self.answer(500)
                    return
                acknowledgement = Acknowledgement.model_validate_json(body)
                log.acknowledged.append((acknowledgement.size, acknowledgement.root))
                self.answer(204)
                return
            if self.path == "/list/v1/checkpoint":
                log.shown.append(body)
                self.answer(200, b'{"contained":true}')
                return
            batch = FeedbackBatch.model_validate_json(body)
            if any(item.entry in log.refuses_feedback for item in batch.feedback):
                self.answer(422)
                return
            log.deliveries += len(batch.feedback)
            for item in batch.feedback:
                log.feedback[str(item.id)] = (item.entry, item.value.value)
            receipt = {"accepted": len(batch.feedback), "unknown": []}
            self.answer(200, json.dumps(receipt).encode())

        def answer(self, status: int, body: bytes = b"") -> None:
            self.send_response(status)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, request: object, client_address: object) -> None:
            """A gate that was killed hangs up; that is what the tests are about."""

    with Server(("127.0.0.1", port), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def _hour() -> datetime:
    return cut_to_hour(datetime.now(UTC))
