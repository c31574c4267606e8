"""The list in the shape in which StopNCII.org serves its own (docs/compatible-feeds.md)."""

import re
import time
from collections.abc import Sequence
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.csrf import csrf_exempt
from pydantic import BaseModel, Field, ValidationError

from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.feeds import access as feeds_access
from takeback.hotline.feeds import changes as feeds_changes
from takeback.hotline.feeds.answers import (
    LANES,
    MOST_AHEAD_SECONDS,
    Reader,
    bad_request,
    feed_view,
    number,
)
from takeback.hotline.feeds.changes import TOMBSTONE_DAYS
from takeback.hotline.feeds.domain import Change
from takeback.hotline.feeds.opinions import record_opinions
from takeback.hotline.feeds.reads import note_page
from takeback.hotline.log import access as log_access
from takeback.signals.lanes import Lane

_MOST_RECORDS = 1000
_FIRST_START = 10  # what the client of python-threatexchange asks for first
_DAY_SECONDS = 86_400
_PAGE_TOKEN = re.compile(r"(\d{1,18})-(\d{1,18})", re.ASCII)
_VALUES = {
    "Blocked": FeedbackValue.BLOCKED,
    "PendingReview": FeedbackValue.PENDING_REVIEW,
    "NotBlocked": FeedbackValue.NOT_BLOCKED,
}
# Values that the contract knows and that say nothing of a copy.
_SILENT = {"None", "QualityUnknown", "Withdrawn", "Deleted", "Unknown"}
_NOT_THE_SAME = "not_the_same"


def _token(request: HttpRequest) -> str:
    """The subscription key, which its client sends to every endpoint, is the token."""
    return request.headers.get("Ocp-Apim-Subscription-Key", "")


@feed_view("GET", _token)
def fetch_hashes(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Answer with the next records changed since `startTimestamp`, that second included.

    `nextSetTimestamp` is the start again until all of the set is delivered: a reader who is
    interrupted loses nothing. Then it is a second before which nothing will change any more, so it
    never goes back, and says when the platform last asked.
    """
    start = number(request, "startTimestamp", _FIRST_START)
    most = min(max(1, number(request, "pageSize", _MOST_RECORDS)), _MOST_RECORDS)
    now = int(time.time())
    after, begun = _read_page_token(request.GET.get("nextPageToken", ""), now)
    if start > now + MOST_AHEAD_SECONDS:
        raise bad_request("start_in_future", "startTimestamp is still to come. Send UTC.")
    if _FIRST_START < start < now - TOMBSTONE_DAYS * _DAY_SECONDS:
        raise bad_request(
            "start_too_old",
            f"Withdrawals of more than {TOMBSTONE_DAYS} days ago are gone from this feed. Delete "
            "what you have fetched and start anew (tx fetch --clear).",
        )
    feeds_changes.note_hashes_read()
    closed = feeds_changes.close_window(now)
    page = feeds_access.changes(reader.lanes, start, after=after, most=most, named_by_pdq=True)
    note_page(request, reader.platform, reader.lanes, page, whole=not page.more)
    records = _records(reader.lanes, page.changes)
    if start <= _FIRST_START:
        # A reader who begins has nothing to take back but what earlier pages have brought since.
        since = begun if after >= 0 else now + 2 * MOST_AHEAD_SECONDS
        records = [
            record
            for record in records
            if record["hashStatus"] == "Active" or record["lastModtimestamp"] >= since
        ]
    return JsonResponse(
        {
            "count": len(records),
            "nextPageToken": f"{page.changes[-1].index}-{begun}" if page.more else None,
            "nextSetTimestamp": start if page.more else max(closed, start),
            "hasMoreRecords": page.more,
            "hashRecords": records,
        }
    )


def _read_page_token(token: str, now: int) -> tuple[int, int]:
    """Return the log index of the last change delivered, and when the set was begun."""
    if not token:
        return -1, now
    found = _PAGE_TOKEN.fullmatch(token)
    if found is None:
        raise bad_request("bad_page_token", "nextPageToken must be one that this feed gave out.")
    return int(found[1]), int(found[2])


def _records(lanes: Sequence[Lane], changes: tuple[Change, ...]) -> list[dict[str, Any]]:
    """One record for each hash; each entry that has the hash is a case of the record."""
    stamps = {str(change.pdq): change.stamp for change in changes}
    same = feeds_access.changes_of_pdqs(lanes, stamps)
    origin = log_access.log_origin()
    return [_record(pdq, stamp, same[pdq], origin) for pdq, stamp in stamps.items() if pdq in same]


def _record(pdq: str, stamp: int, entries: list[Change], origin: str) -> dict[str, Any]:
    live = any(entry.live for entry in entries)
    return {
        "lastModtimestamp": stamp,
        "signalType": "ImagePDQ",
        "hashValue": pdq,
        "hashStatus": "Active" if live else "Withdrawn",
        "caseNumbers": {entry.entry: "Active" if entry.live else "Withdrawn" for entry in entries},
        "CSPFeedbacks": _opinions(entries, origin) if live else [_withdrawn(origin)],
    }


def _opinions(entries: list[Change], origin: str) -> list[dict[str, Any]]:
    lanes = sorted({entry.lane for entry in entries if entry.live})
    return [
        {
            "source": origin,
            "feedbackValue": "Blocked" if lane is Lane.CONFIRMED else "None",
            "tags": [lane.value],
        }
        for lane in lanes
    ]


def _withdrawn(origin: str) -> dict[str, Any]:
    """Turns the record into a disputed one in a client that looks past `hashStatus`."""
    return {"source": origin, "feedbackValue": "NotBlocked", "tags": ["withdrawn"]}


class _Feedback(BaseModel):
    hash_value: Annotated[str, Field(alias="hashValue", pattern=r"^[0-9a-fA-F]{64}$")]
    value: Annotated[str, Field(alias="feedbackValue", max_length=32)]
    tags: Annotated[list[str], Field(max_length=100)] = []


class _FeedbackBatch(BaseModel):
    feedbacks: Annotated[list[_Feedback], Field(alias="hashFeedbacks", max_length=500)]


@csrf_exempt
@feed_view("POST", _token)
def submit_feedback(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Take in what a platform did with copies; a hash may stand for several entries."""
    try:
        feedbacks = _FeedbackBatch.model_validate_json(request.body).feedbacks
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, fault["loc"])) or "body"
        raise bad_request("bad_feedback", f"{place}: {fault['msg']}. At most 500.") from error
    values = [_value_of(feedback) for feedback in feedbacks]
    hashes = {feedback.hash_value for feedback in feedbacks}
    entries = feeds_access.changes_of_pdqs(LANES, {digits.lower() for digits in hashes})
    opinions: list[tuple[EntryId, FeedbackValue]] = [
        (change.entry, value)
        for feedback, value in zip(feedbacks, values, strict=True)
        if value is not None
        for change in entries.get(feedback.hash_value.lower(), [])
    ]
    record_opinions(reader.platform, opinions)
    unknown = sorted(digits for digits in hashes if digits.lower() not in entries)
    return JsonResponse({"count": len(feedbacks) - len(unknown), "unknown": unknown})


def _value_of(feedback: _Feedback) -> FeedbackValue | None:
    if feedback.value in _SILENT:
        return None
    if feedback.value not in _VALUES:
        known = ", ".join([*_VALUES, *sorted(_SILENT)])
        raise bad_request("bad_feedback", f"feedbackValue must be one of {known}.")
    if feedback.value == "NotBlocked" and _NOT_THE_SAME in feedback.tags:
        return FeedbackValue.NOT_THE_SAME
    return _VALUES[feedback.value]


@csrf_exempt
@feed_view("POST", _token)
def submit_hashes(request: HttpRequest, reader: Reader) -> HttpResponse:
    """Refuse: this list is what people report, and what its hotline has assessed."""
    raise bad_request("not_taken", "This hotline takes no hashes from platforms. See /list/v1.")
