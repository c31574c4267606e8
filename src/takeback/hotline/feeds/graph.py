"""The list in the shape of Meta's ThreatExchange, Graph API (docs/compatible-feeds.md)."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.views.decorators.csrf import csrf_exempt

from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.feeds import access as feeds_access
from takeback.hotline.feeds import changes as feeds_changes
from takeback.hotline.feeds.answers import (
    LANES,
    FeedError,
    Reader,
    bad_request,
    feed_view,
    lacks_scope,
    number,
)
from takeback.hotline.feeds.domain import Change
from takeback.hotline.feeds.opinions import record_opinions
from takeback.hotline.feeds.reads import note_page
from takeback.hotline.log import access as log_access
from takeback.hotline.pages.methods import methods_for_programs
from takeback.hotline.platforms.domain import Scope
from takeback.signals.lanes import Lane

_MOST_UPDATES = 1000
_USUAL_UPDATES = 100
_GROUPS: dict[int, tuple[Lane, ...]] = {
    1: LANES,
    2: (Lane.CONFIRMED,),
    3: (Lane.SELF_REPORTED,),
    4: (Lane.TEST,),
}
"""Privacy groups: all of the list, or one lane of it."""

_OWNERS = {Lane.CONFIRMED: "1", Lane.SELF_REPORTED: "2", Lane.TEST: "3"}
_STATUSES = {Lane.CONFIRMED: "MALICIOUS", Lane.SELF_REPORTED: "UNKNOWN", Lane.TEST: "UNKNOWN"}
_REACTIONS = {
    "HELPFUL": FeedbackValue.BLOCKED,
    "SAW_THIS_TOO": FeedbackValue.PENDING_REVIEW,
    "DISAGREE_WITH_TAGS": FeedbackValue.NOT_BLOCKED,
    "NOT_HELPFUL": FeedbackValue.NOT_THE_SAME,
}


def _token(request: HttpRequest) -> str:
    """The secret of an access token `APPID|SECRET` is ours; the app's number is not looked at."""
    return request.GET.get("access_token", "").partition("|")[2]


@feed_view("GET", _token)
def threat_updates(request: HttpRequest, reader: Reader, group: int) -> HttpResponse:
    """Answer with the next hashes changed since `start_time`, that second included.

    The stock client ends with an error at a page without a record, so a page has at least the last
    one; only an empty list has none.
    """
    lanes = _lanes(group, reader)
    since, after = number(request, "start_time", 0), number(request, "after", 0)
    most = min(max(1, number(request, "limit", _USUAL_UPDATES)), _MOST_UPDATES)
    feeds_changes.note_hashes_read()
    page = feeds_access.changes(lanes, since, after=after, most=most, named_by_pdq=True)
    note_page(request, reader.platform, lanes, page, whole=not page.more)
    changes = page.changes
    if not changes and (newest := feeds_access.newest_change(lanes)) is not None:
        changes = (newest,)
    updates = _updates(lanes, changes)
    answer: dict[str, Any] = {"data": updates}
    if page.more:
        answer["paging"] = {"next": _next(request, page.changes[-1].index)}
    return JsonResponse(answer)


def _updates(lanes: Sequence[Lane], changes: Sequence[Change]) -> list[dict[str, Any]]:
    """One record for each hash; each entry that has the hash is a descriptor of the record."""
    stamps = {str(change.pdq): change.stamp for change in changes}
    same = feeds_access.changes_of_pdqs(lanes, stamps)
    return [_update(pdq, stamp, same[pdq]) for pdq, stamp in stamps.items() if pdq in same]


def _update(pdq: str, stamp: int, entries: list[Change]) -> dict[str, Any]:
    update: dict[str, Any] = {
        "id": str(entries[0].added),
        "indicator": pdq,
        "type": "HASH_PDQ",
        "last_updated": stamp,
        "should_delete": not any(entry.live for entry in entries),
    }
    if not update["should_delete"]:
        update["descriptors"] = {"data": [_descriptor(entry) for entry in entries if entry.live]}
    return update


def _descriptor(entry: Change) -> dict[str, Any]:
    return {
        "id": str(entry.added),
        "status": _STATUSES[entry.lane],
        "owner": {"id": _OWNERS[entry.lane]},
        "tags": {"data": [{"id": _OWNERS[entry.lane], "text": entry.lane.value}]},
    }


def _next(request: HttpRequest, after: int) -> str:
    """The whole address of the next page, as this shape has it; the client adds nothing."""
    query = {**request.GET.dict(), "after": str(after)}
    scheme = urlsplit(settings.PUBLIC_URL).scheme
    return f"{scheme}://{request.get_host()}{request.path}?{urlencode(query)}"


@feed_view("GET", _token)
def privacy_groups(request: HttpRequest, reader: Reader, app: str) -> HttpResponse:
    """Answer with the privacy groups that anyone with a token is in."""
    groups = [_group(group, reader) for group in _GROUPS if _open_lanes(group, reader)]
    return JsonResponse({"data": groups})


@csrf_exempt
@methods_for_programs("GET", "POST")
def node(request: HttpRequest, name: str) -> HttpResponseBase:
    """Answer what a privacy group is (GET), or take in a reaction to a descriptor (POST)."""
    return (_react if request.method == "POST" else _privacy_group)(request, int(name))


@feed_view("GET", _token)
def _privacy_group(request: HttpRequest, reader: Reader, group: int) -> HttpResponse:
    _lanes(group, reader)
    return JsonResponse(_group(group, reader))


@feed_view("POST", _token)
def _react(request: HttpRequest, reader: Reader, descriptor: int) -> HttpResponse:
    value = _REACTIONS.get(request.POST.get("reactions") or request.GET.get("reactions", ""))
    if value is None:
        raise bad_request("bad_reaction", f"reactions must be one of {', '.join(_REACTIONS)}.")
    entry = feeds_access.entry_added_at(descriptor)
    if entry is None:
        raise FeedError(HTTPStatus.NOT_FOUND, "unknown_descriptor", "No entry was added there.")
    record_opinions(reader.platform, [(entry, value)])
    return JsonResponse({"success": True})


def _lanes(group: int, reader: Reader) -> tuple[Lane, ...]:
    if group not in _GROUPS:
        known = ", ".join(map(str, _GROUPS))
        raise FeedError(HTTPStatus.NOT_FOUND, "no_such_group", f"Privacy groups are {known}.")
    lanes = _open_lanes(group, reader)
    if not lanes:
        raise lacks_scope(Scope.READ_TEST)
    return lanes


def _open_lanes(group: int, reader: Reader) -> tuple[Lane, ...]:
    return tuple(lane for lane in _GROUPS[group] if lane in reader.lanes)


def _group(group: int, reader: Reader) -> dict[str, Any]:
    lanes = ", ".join(_open_lanes(group, reader))
    return {
        "id": str(group),
        "name": f"{log_access.log_origin()}: {lanes}",
        "description": f"Entries of the lanes {lanes}.",
        "members_can_see": True,
        "members_can_use": True,
        "threat_updates_enabled": True,
        "added_on": "2026-01-01T00:00:00+0000",
        "last_updated": "2026-01-01T00:00:00+0000",
    }
