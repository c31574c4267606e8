"""The list in the shape of NCMEC's hash sharing, version 2, in XML (docs/compatible-feeds.md)."""

import base64
import binascii
import re
import time
import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from http import HTTPStatus
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt

from takeback.hashlist.events import ENTRY_ID_PATTERN, EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.feeds import access as feeds_access
from takeback.hotline.feeds import changes as feeds_changes
from takeback.hotline.feeds.answers import (
    MOST_AHEAD_SECONDS,
    FeedError,
    Reader,
    bad_request,
    feed_view,
    number,
)
from takeback.hotline.feeds.domain import Change, ChangePage
from takeback.hotline.feeds.opinions import record_opinions
from takeback.hotline.feeds.reads import note_page
from takeback.hotline.log import access as log_access
from takeback.hotline.platforms.admission import credentials
from takeback.signals.lanes import Lane

_NAMESPACE = "https://hashsharing.ncmec.org/hashsharing/v2"
_TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_MOST_CHANGES = 1000  # the client of python-threatexchange counts on pages of 1,000
_MOST_BYTES = 16 * 1024
_BASIC = "basic"
_CHALLENGE = 'Basic realm="takeback", charset="UTF-8"'

_MEMBERS = {Lane.CONFIRMED: 1, Lane.SELF_REPORTED: 2, Lane.TEST: 3}
"""Each lane is a member of its own: the stock client can take or leave entries by member."""

_TYPES = {"MD5", "PDQ"}
_REASONS = {
    "3f1f60e4-5ac5-4a54-9a5b-6f6b2c3f7a01": (FeedbackValue.NOT_THE_SAME, "Not the same picture"),
    "3f1f60e4-5ac5-4a54-9a5b-6f6b2c3f7a02": (FeedbackValue.NOT_BLOCKED, "Left up after review"),
}


def _token(request: HttpRequest) -> str:
    """The password of HTTP Basic is the token; the user name is not looked at."""
    encoded = credentials(request, _BASIC)
    try:
        pair = base64.b64decode(encoded, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""
    return pair.partition(":")[2]


@feed_view("GET", _token, _CHALLENGE)
def status(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Say which platform asks; the address is not looked at."""
    root = ET.Element("status")
    _child(root, "ipAddress")
    _child(root, "username", reader.platform.name)
    _child(root, "member", reader.platform.name, id=str(reader.platform.id + len(_MEMBERS)))
    return _xml(root)


@feed_view("GET", _token, _CHALLENGE)
def members(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Answer with the members, one for each lane."""
    root = ET.Element("members")
    origin = log_access.log_origin()
    for lane in reader.lanes:
        _member(root, lane, origin)
    return _xml(root)


@feed_view("GET", _token, _CHALLENGE)
def entries(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Answer with the next entries changed from `from` on and before `to`, withdrawn ones too.

    Nothing that comes later will be stamped before `to`, so the next window can begin there.
    """
    since, before = _time(request, "from"), _time(request, "to")
    if before > int(time.time()) + MOST_AHEAD_SECONDS:
        raise bad_request(
            "window_in_future",
            "to is still to come: times must be in UTC. Run the client in TZ=UTC.",
        )
    after = number(request, "after", 0)
    feeds_changes.close_window(before)
    page = feeds_access.changes(reader.lanes, since, before, after=after, most=_MOST_CHANGES)
    whole = page.newest and not page.more
    note_page(request, reader.platform, reader.lanes, page, whole=whole)
    root = ET.Element("queryResult")
    _images(root, page.changes)
    _child(root, "videos", count="0")
    if page.more:
        paging = _child(root, "paging")
        _child(paging, "next", _next(request, page))
    return _xml(root)


def _images(root: ET.Element, changes: tuple[Change, ...]) -> None:
    images = _child(root, "images")
    origin = log_access.log_origin()
    for change in changes:
        _image(images, change, origin)
    images.set("count", str(len(images)))
    if changes:
        images.set("maxTimestamp", _written(max(change.stamp for change in changes)))


def _image(images: ET.Element, change: Change, origin: str) -> None:
    """Write an entry under the lane it is in, and take it away where it was before."""
    for lane in change.lanes:
        live = change.live and lane is change.lane
        image = _child(images, "image" if live else "deletedImage")
        _member(image, lane, origin)
        _child(image, "timestamp", _written(change.stamp))
        _child(image, "id", change.entry)
        if live:
            _child(image, "classification", lane.value)
            fingerprints = _child(image, "fingerprints")
            # The stock client knows these names in lower case only.
            for name, value in (("pdq", change.pdq), ("md5", change.md5)):
                if value is not None:
                    _child(fingerprints, name, value)


def _next(request: HttpRequest, page: ChangePage) -> str:
    """The path of the next page, below the base address.

    The client reads `start`, `size` and `max`; where to go on is in `after`. `max` counts log
    indexes, of which some are superseded: the client uses it for guesses only.
    """
    start = number(request, "start", 1) + _MOST_CHANGES
    left = page.end - page.changes[-1].index
    query = {
        "from": request.GET["from"],
        "to": request.GET["to"],
        "start": start,
        "size": _MOST_CHANGES,
        "max": start + left,
        "after": page.changes[-1].index,
    }
    return f"/v2/entries?{urlencode(query)}"


@feed_view("GET", _token, _CHALLENGE)
def reasons(request: HttpRequest, reader: Reader, kind: str) -> HttpResponse:
    """Answer with the reasons for which a fingerprint can be called wrong.

    They stand one element further in than NCMEC has them: there only the stock client finds them.
    """
    _require_kind(kind)
    root = ET.Element("feedback")
    available = _child(root, "availableFeedbackReasons")
    for guid, (_, name) in _REASONS.items():
        _child(available, "reason", guid=guid, name=name, type=kind)
    return _xml(root)


@csrf_exempt
@feed_view("PUT", _token, _CHALLENGE)
def feedback(
    request: HttpRequest, reader: Reader, member: str, entry: str, kind: str
) -> HttpResponse:
    """Take in a vote: affirmative for a copy that was blocked, negative with a reason."""
    _require_kind(kind)
    if not re.fullmatch(ENTRY_ID_PATTERN, entry):
        raise _unknown_entry()
    if record_opinions(reader.platform, [(EntryId(entry), _value(request.body))]):
        raise _unknown_entry()
    return _xml(ET.Element("feedbackResult"))


def _value(body: bytes) -> FeedbackValue:
    root = _read(body)
    if root.find(_tag("affirmative")) is not None:
        return FeedbackValue.BLOCKED
    guids = root.findall(f"{_tag('negative')}/{_tag('reasonIds')}/{_tag('guid')}")
    known = [_REASONS[guid.text or ""][0] for guid in guids if guid.text in _REASONS]
    if not known:
        raise bad_request(
            "bad_feedback",
            "Send <affirmative/>, or <negative> with a guid of feedback/PDQ/reasons.",
        )
    return known[0]


def _read(body: bytes) -> ET.Element:
    """Read a small document without declarations, which is where XML is dangerous."""
    if len(body) > _MOST_BYTES or b"<!" in body or b"\x00" in body:
        raise bad_request("bad_feedback", f"Send XML of at most {_MOST_BYTES} bytes, without <!.")
    try:
        return ET.fromstring(body.decode())  # noqa: S314 - no entity can be declared without <!
    except (ET.ParseError, UnicodeDecodeError, ValueError) as error:
        raise bad_request("bad_feedback", "The body is not XML in UTF-8.") from error


def _require_kind(kind: str) -> None:
    if kind not in _TYPES:
        raise FeedError(
            HTTPStatus.NOT_FOUND,
            "no_such_type",
            f"Fingerprints here are {', '.join(sorted(_TYPES))}.",
        )


def _unknown_entry() -> FeedError:
    return FeedError(HTTPStatus.NOT_FOUND, "unknown_entry", "This entry never was on the list.")


def _time(request: HttpRequest, name: str) -> int:
    text = request.GET.get(name, "")
    try:
        read = datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        read = None
    if read is None or not _TIME.fullmatch(text):
        raise bad_request("bad_query", f"{name} must be a time: YYYY-MM-DDThh:mm:ssZ.")
    return max(0, int(read.timestamp()))


def _written(stamp: int) -> str:
    return datetime.fromtimestamp(stamp, UTC).strftime(_TIME_FORMAT)


def _member(parent: ET.Element, lane: Lane, origin: str) -> None:
    _child(parent, "member", f"{origin} {lane.value}", id=str(_MEMBERS[lane]))


def _child(parent: ET.Element, tag: str, text: str = "", **attributes: str) -> ET.Element:
    child = ET.SubElement(parent, tag, attributes)
    child.text = text or None
    return child


def _tag(name: str) -> str:
    return f"{{{_NAMESPACE}}}{name}"


def _xml(root: ET.Element) -> HttpResponse:
    root.set("xmlns", _NAMESPACE)
    body = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return HttpResponse(body, content_type="application/xml; charset=utf-8")
