"""What is read from files and servers that nobody vouches for."""

import csv
import io
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer

import pytest
from hypothesis import given
from hypothesis import strategies as st

from takeback.hashlist.signals import Md5Signal, PdqSignal, Signal
from takeback.hotline.imports.domain import FileFormat, ImportingError, Listed, Refused, Shape
from takeback.hotline.imports.reading import paging, web
from takeback.hotline.imports.reading.files import MOST_LINE_BYTES, read_file
from takeback.hotline.imports.reading.shapes import Remote
from tests.support.answering import serving
from tests.support.built_logs import signals

OWN = "own.example.org/log/v1"
BAD_LINES = st.sampled_from(
    [b"\xff\xfe", b"{", b"[1]", b"pdq", b'"', b"pdq 12,3", b"x" * (MOST_LINE_BYTES + 1)]
)
names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=40)
lists = st.dictionaries(names, signals(), max_size=5)


def items(data: bytes, form: FileFormat) -> tuple[dict[str, tuple[Signal, ...]], int]:
    """What a file lists, and how many lines are refused."""
    read = list(read_file(io.BytesIO(data), form, 50, OWN))
    listed = {record.key: record.signals for record in read if isinstance(record, Listed)}
    return listed, sum(isinstance(record, Refused) for record in read)


def as_csv(entry: str, signals_of_entry: tuple[Signal, ...]) -> list[bytes]:
    lines = []
    for signal in signals_of_entry:
        quality = signal.quality if isinstance(signal, PdqSignal) else ""
        to = io.StringIO()
        csv.writer(to, lineterminator="").writerow([entry, signal.type, signal.value, quality])
        lines.append(to.getvalue().encode())
    return lines


def as_jsonl(entry: str, signals_of_entry: tuple[Signal, ...]) -> list[bytes]:
    document = {"entry": entry, "signals": [signal.model_dump() for signal in signals_of_entry]}
    return [json.dumps(document).encode()]


@given(lists, st.lists(BAD_LINES, max_size=4), st.randoms(use_true_random=False))
def test_bad_lines_cost_no_good_one(
    listed: dict[str, tuple[Signal, ...]], bad: list[bytes], chance: object
) -> None:
    writers: dict[FileFormat, Callable[[str, tuple[Signal, ...]], list[bytes]]] = {
        FileFormat.CSV: as_csv,
        FileFormat.JSONL: as_jsonl,
    }
    for form, write in writers.items():
        lines = [
            line
            for entry, signals_of_entry in listed.items()
            for line in write(entry, signals_of_entry)
        ]
        for at, line in enumerate(bad):
            lines.insert(at * len(lines) // len(bad), line)
        if form is FileFormat.CSV:
            lines.insert(0, b"entry,type,value,quality")
        assert items(b"\n".join(lines), form) == (listed, len(bad))
    known = [signal for signals_of_entry in listed.values() for signal in signals_of_entry]
    lines = [f"{signal.type} {signal.value.upper()}".encode() for signal in known]
    found, refused = items(b"\r\n".join([*lines, *bad]), FileFormat.TX)
    assert {(signal.type, signal.value) for signal in known} == {
        (signal.type, signal.value)
        for signals_of_entry in found.values()
        for signal in signals_of_entry
    }
    assert refused == len(bad)


@given(st.binary(max_size=300), st.sampled_from(FileFormat))
def test_whatever_a_file_holds_its_lines_are_read_or_refused(data: bytes, form: FileFormat) -> None:
    items(data, form)


def test_lines_with_odd_fields_are_refused_one_by_one() -> None:
    pdq = {"type": "pdq", "value": "ab" * 32}
    lines = [
        {"signals": [pdq]},
        {"signals": [pdq, pdq]},
        {"signals": [{**pdq, "quality": 101}]},
        {"signals": [pdq], "provenance": {"hotline": OWN}},
        {"signals": [pdq], "entry": 3},
        {"signals": [pdq], "entry": "\ud800"},
        {"signals": []},
    ]
    data = "\n".join(map(json.dumps, lines)).encode()
    listed, refused = items(data, FileFormat.JSONL)
    assert [
        signal.quality
        for signals_of_entry in listed.values()
        for signal in signals_of_entry
        if signal.type == "pdq"
    ] == [50]
    assert refused == len(lines) - 1
    split = "entry,type,value\na,md5,{}\nb,md5,{}\na,md5,{}\n".format(
        *(digit * 32 for digit in "012")
    )
    assert items(split.encode(), FileFormat.CSV)[1] == 1


SECRETS = {Shape.STOPNCII: "function,hush", Shape.NCMEC: "me:hush", Shape.GRAPH: "12345678|hush"}
MORE = b'{"nextPageToken":"a","nextSetTimestamp":1,"hasMoreRecords":true,"hashRecords":[]}'


@pytest.mark.parametrize(
    ("shape", "answer", "says"),
    [
        (Shape.STOPNCII, (302, {"Location": "http://127.0.0.1:1/"}, b""), "status 302"),
        (Shape.STOPNCII, (401, {}, b"no"), "does not take the secret"),
        (Shape.STOPNCII, (400, {}, b"no"), "--anew"),
        (Shape.STOPNCII, (503, {"Retry-After": "0"}, b""), "status 503"),
        (Shape.STOPNCII, (200, {}, b" " * 5000), "bytes at once"),
        (Shape.STOPNCII, (200, {"Content-Encoding": "gzip"}, b"\x1f\x8b"), "packs"),
        (Shape.STOPNCII, (200, {}, b"[" * 1000), "something else"),
        (Shape.STOPNCII, (200, {}, MORE), "in a circle"),
        (Shape.NCMEC, (200, {}, b"<!DOCTYPE x><queryResult/>"), "declarations"),
        (Shape.NCMEC, (200, {}, b"<queryResult>"), "something else"),
        (
            Shape.NCMEC,
            (
                200,
                {},
                b'<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2"><paging>'
                b"<next>//elsewhere.example/</next></paging></queryResult>",
            ),
            "no usable next page",
        ),
        (
            Shape.GRAPH,
            (200, {}, b'{"data":[],"paging":{"next":"https://elsewhere.example/1?x=1"}}'),
            "another address",
        ),
    ],
)
def test_an_odd_answer_of_a_server_ends_the_import_with_its_reason(
    shape: Shape,
    answer: tuple[int, dict[str, str], bytes],
    says: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(web, "_MOST_BYTES", 4096)
    monkeypatch.setattr(web, "_FIRST_PAUSE_SECONDS", 0.001)
    with serving(answer) as url:
        address = f"{url}/1" if shape is Shape.GRAPH else url
        with pytest.raises(ImportingError, match=says) as caught:
            list(Remote(shape, address, SECRETS[shape]).pages(None, 50))
    assert "hush" not in str(caught.value)


def ncmec_page(further: int) -> bytes:
    entry = f'<image><member id="1"/><id>{further}</id></image>'
    paging = f"<paging><next>/v2/entries?p={further}</next></paging>"
    return NCMEC_BEGINS + f"<images>{entry}</images>{paging}</queryResult>".encode()


def stopncii_page(further: int) -> bytes:
    answer = {"nextPageToken": f"t{further}", "nextSetTimestamp": 1, "hasMoreRecords": True}
    return json.dumps(answer | {"hashRecords": []}).encode()


@pytest.mark.parametrize(
    ("shape", "page"), [(Shape.NCMEC, ncmec_page), (Shape.STOPNCII, stopncii_page)]
)
@pytest.mark.parametrize("width", [1, 2, 3, 10])
def test_a_server_that_goes_in_a_circle_is_left(
    shape: Shape, page: Callable[[int], bytes], width: int
) -> None:
    answers = [(200, dict[str, str](), page(number % width)) for number in range(5 * width)]
    read = 0
    with serving(*answers) as url, pytest.raises(ImportingError, match="in a circle"):
        for _ in Remote(shape, url, SECRETS[shape]).pages(None, 50):
            read += 1
    assert read == width + 1  # the first page has an address of its own


def test_a_circle_is_seen_whatever_the_order_in_which_it_is_written() -> None:
    written = ("limit=1&after=a", "after=a&limit=1", "limit=1&access_token=x&after=a")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    here = f"http://127.0.0.1:{port}/1"
    pages = [
        json.dumps({"data": [], "paging": {"next": f"{here}/threat_updates/?{query}"}})
        for query in written
    ]
    answers = [(200, dict[str, str](), page.encode()) for page in pages]
    read = 0
    with serving(*answers, port=port), pytest.raises(ImportingError, match="in a circle"):
        for _ in Remote(Shape.GRAPH, here, SECRETS[Shape.GRAPH]).pages(None, 50):
            read += 1
    assert read == 2


def test_a_server_that_has_nothing_without_an_end_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paging, "_MOST_EMPTY_PAGES", 20)
    answers = [(200, dict[str, str](), stopncii_page(number)) for number in range(100)]
    with serving(*answers) as url, pytest.raises(ImportingError, match="20 pages in a row"):
        list(Remote(Shape.STOPNCII, url, SECRETS[Shape.STOPNCII]).pages(None, 50))


@contextmanager
def dripping(begin: bytes) -> Iterator[str]:
    """A server that begins to answer, and then sends a byte now and then without an end."""
    enough = threading.Event()

    class Handler(BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.sendall(begin)
                while not enough.wait(0.01):
                    self.request.sendall(b"x")

    with ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            enough.set()
            server.shutdown()


@pytest.mark.parametrize("begin", [b"HTTP/1.1 200 OK\r\nX-Long: ", b"HTTP/1.1 200 OK\r\n\r\n{"])
def test_a_server_that_never_ends_its_answer_is_left(
    begin: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web, "_FIRST_PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(web, "_MOST_SECONDS", 0.1)
    with dripping(begin) as url, pytest.raises(ImportingError, match="took over"):
        list(Remote(Shape.STOPNCII, url, "function,hush").pages(None, 50))


NCMEC_BEGINS = b'<queryResult xmlns="https://hashsharing.ncmec.org/hashsharing/v2">'
LAUGHS = (
    b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">]>'
    b"<queryResult><images><image><id>&c;</id></image></images></queryResult>"
)


@pytest.mark.parametrize(
    ("document", "says"),
    [
        (LAUGHS, "declarations"),
        (LAUGHS.decode().encode("utf-16"), "declarations"),
        # In UTF-7 the same signs would be declarations.
        (b'<?xml version="1.0" encoding="UTF-7"?>+ADwAIQ-DOCTYPE a+AD4-<a/>', "something else"),
        (NCMEC_BEGINS + b"<images><image>&a;</image></images></queryResult>", "something else"),
        (b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "declarations"),
        (NCMEC_BEGINS + b"<images><image>" + b"<a/>" * 2**19, "too large"),
        (NCMEC_BEGINS + b"<images><image>" + b"<a>" * 2**19, "too large"),
        (NCMEC_BEGINS + b"<images><image " + b"a" * 2**21, "too large"),
        (NCMEC_BEGINS + b"<images><image/>", "something else"),
    ],
)
def test_a_document_with_declarations_or_without_bounds_is_refused(
    document: bytes, says: str
) -> None:
    with serving((200, {}, document)) as url, pytest.raises(ImportingError, match=says):
        list(Remote(Shape.NCMEC, url, "me:hush").pages(None, 50))


def test_a_long_page_is_read_entry_by_entry() -> None:
    entry = '<image><member id="1"/><id>{}</id><fingerprints><md5>{}</md5></fingerprints></image>'
    entries = "".join(entry.format(number, "ab" * 16) for number in range(20_000))
    further = b"</images><paging><next>/v2/entries?from=2</next></paging></queryResult>"
    first = NCMEC_BEGINS + b"<images>" + entries.encode() + further
    last = NCMEC_BEGINS + b"<images/></queryResult>"
    with serving((200, {}, first), (200, {}, last)) as url:
        pages = list(Remote(Shape.NCMEC, url, "me:hush").pages(None, 50))
    assert [len(page.items) for page in pages] == [20_000, 0]
    assert pages[0].items[-1] == Listed("1 19999", (Md5Signal(value="ab" * 16),))


def test_no_date_of_a_server_hides_what_changes_before_it() -> None:
    update = {"indicator": "ab" * 32, "type": "HASH_PDQ", "last_updated": 2**52}
    with serving((200, {}, json.dumps({"data": [update]}).encode())) as url:
        (read,) = Remote(Shape.GRAPH, f"{url}/1", SECRETS[Shape.GRAPH]).pages(None, 50)
    assert read.cursor is not None
    assert 0 < read.cursor["start_time"] <= time.time()


def test_a_server_that_comes_back_is_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "_FIRST_PAUSE_SECONDS", 0.001)
    record = {"signalType": "ImagePDQ", "hashValue": "AB" * 32, "hashStatus": "Active"}
    odd = [
        {**record, "hashStatus": "Lost"},
        {**record, "signalType": "VideoMD5"},
        {**record, "hashValue": "12"},
        3,
    ]
    page = {"nextSetTimestamp": 5, "hasMoreRecords": False, "hashRecords": [record, *odd]}
    with serving((502, {}, b""), (200, {}, json.dumps(page).encode())) as url:
        (read,) = Remote(Shape.STOPNCII, url, "function,hush").pages(None, 50)
    assert read.items[0] == Listed(f"pdq {'ab' * 32}", (PdqSignal(value="ab" * 32, quality=50),))
    assert [type(record) for record in read.items[1:]] == [Refused] * len(odd)
    assert read.cursor == {"start": 10}


@pytest.mark.parametrize(
    ("shape", "address", "secret"),
    [
        (Shape.STOPNCII, "http://list.example.org/v1", "a,b"),
        (Shape.STOPNCII, "https://me:hush@list.example.org/v1", "a,b"),
        (Shape.STOPNCII, "ftp://list.example.org", "a,b"),
        (Shape.STOPNCII, "https://list.example.org", "hush"),
        (Shape.STOPNCII, "https://list.example.org", ""),
        (Shape.NCMEC, "https://list.example.org", "hush"),
        (Shape.NCMEC, "https://list.example.org", "a:b\nc"),
        (Shape.GRAPH, "https://list.example.org/v1", "1|hush"),
        (Shape.GRAPH, "https://list.example.org/1", "hush"),
    ],
)
def test_a_secret_goes_nowhere_in_the_clear(shape: Shape, address: str, secret: str) -> None:
    with pytest.raises(ImportingError) as caught:
        list(Remote(shape, address, secret).pages(None, 50))
    assert "hush" not in str(caught.value)
