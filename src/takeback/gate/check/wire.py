"""The JSON that the gate's HTTP service speaks, and that `takeback gate match --json` prints."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, JsonValue, StringConstraints, model_validator

from takeback.gate.check.followed_list import ListHealth
from takeback.gate.check.gate import Verdict
from takeback.gate.check.notices import Direction, NoticeKind, make_notice
from takeback.gate.store.standing import Trouble
from takeback.hashlist.events import ENTRY_ID_PATTERN
from takeback.hashlist.feedback import FeedbackValue
from takeback.matching.matcher import UploadFingerprints
from takeback.matching.policy import Decision
from takeback.matching.snapshot import SnapshotSource
from takeback.signals.kinds import KINDS
from takeback.signals.lanes import Lane

_AnyEntryId = Annotated[str, StringConstraints(pattern=ENTRY_ID_PATTERN)]

_ENTRY = "aebagbafaydqqcikbmga2dqpca"
_REFERENCE = "0f0e4c1a-6f0b-4a55-9f3c-3f9a7d3d1c55"
_PDQ = "f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6b39c4e9c9b22"
_CHECKPOINT: dict[str, JsonValue] = {"origin": "list.example.org", "size": 1204, "root": "00" * 32}
_FOUND: dict[str, JsonValue] = {
    "entry": _ENTRY,
    "lane": "self_reported",
    "signal": "pdq",
    "distance": 6,
    "listed_quality": 100,
    "view": "mirrored",
    "decision": "review",
    "origin": "list.example.org",
}


class MatchRequest(BaseModel):
    """Fingerprints of an upload, in hexadecimal; at least one. A quality is not asked for."""

    model_config = ConfigDict(
        extra="forbid", hide_input_in_errors=True, json_schema_extra={"examples": [{"pdq": _PDQ}]}
    )

    pdq: str | None = Field(None, description="64 hexadecimal digits, in reference order")
    sha256: str | None = Field(None, description="64 hexadecimal digits")
    md5: str | None = Field(None, description="32 hexadecimal digits")

    @model_validator(mode="after")
    def _at_least_one(self) -> "MatchRequest":
        if self.pdq is None and self.sha256 is None and self.md5 is None:
            raise ValueError("give at least one of pdq, sha256, md5")
        return self

    def as_upload(self) -> UploadFingerprints:
        """Return them as bytes; raises FingerprintError for one of the wrong shape."""
        return UploadFingerprints.from_hex(pdq=self.pdq, sha256=self.sha256, md5=self.md5)


class ListState(BaseModel):
    """The state of the list that an upload was checked against."""

    origin: str
    size: int = Field(description="events in the log, as in its checkpoint")
    root: str = Field(description="root hash of the log, hexadecimal")

    @classmethod
    def of(cls, source: SnapshotSource) -> "ListState":
        """Return it as JSON wants it."""
        return cls(origin=source.origin, size=source.checkpoint_size, root=source.root_hash.hex())


class MatchedEntry(BaseModel):
    """One entry that the upload matches, by its strongest signal."""

    entry: str
    lane: Lane
    signal: str = Field(
        description="the kind of fingerprint that matched",
        json_schema_extra={"enum": [kind.name for kind in KINDS]},
    )
    distance: int = Field(ge=0, le=256, description="bits; 0 for an equal file")
    listed_quality: int | None = Field(description="0–100; null for an equal file")
    decision: Decision = Field(description="what the policy of its lane says")
    view: str = Field(
        description="how the upload had to be looked at, such as `mirrored`; empty: as it is"
    )
    origin: str = Field(description="of the log whose list it is on")


class NoticeAnswer(BaseModel):
    """What to show to whoever posted the upload: as it is, and nothing else of the answer.

    It tells nobody that anyone reported anything.
    """

    model_config = ConfigDict(from_attributes=True)

    kind: NoticeKind
    language: str = Field(description="of these texts, as BCP 47 has it")
    direction: Direction
    draft: bool = Field(description="translated, and not yet read by a native reader")
    heading: str
    text: str
    ask: str = Field(description="how to ask for a check; empty without a reference")
    link_text: str = Field(description="what the link to `appeal` says")
    reference_label: str = Field(description="what stands before the reference, with its colon")
    reference: str | None = Field(description="random, of this one upload; it leads to no other")
    appeal: str | None = Field(description="address with the reference already filled in")


class MatchAnswer(BaseModel):
    """The decision, and the match that decided; `lane`, `distance` and `entry` are its own."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "decision": "review",
                    "lane": "self_reported",
                    "distance": 6,
                    "entry": _ENTRY,
                    "reason": "It is 6 of 256 bits from a listed picture in the lane "
                    "self_reported; the policy says review.",
                    "matches": [_FOUND],
                    "reference": _REFERENCE,
                    "notice": NoticeAnswer.model_validate(
                        make_notice(
                            NoticeKind.HELD, "en", _REFERENCE, "https://list.example.org/appeal"
                        )
                    ).model_dump(mode="json"),
                    "checked_against": [_CHECKPOINT],
                    "left_out": [],
                }
            ]
        }
    )

    decision: Decision
    lane: Lane | None
    distance: int | None
    entry: str | None
    reason: str
    matches: list[MatchedEntry]
    reference: str | None
    notice: NoticeAnswer | None = Field(
        description="what to show to whoever posted the upload, in the `language` that was asked "
        "for; null for one that may be posted"
    )
    checked_against: list[ListState]
    left_out: list[str] = Field(description="names of optional lists that are not in force")

    @classmethod
    def of(cls, verdict: Verdict, language: str | None = None) -> "MatchAnswer":
        """Return a verdict as JSON wants it; without a language it has no notice."""
        notice = verdict.notice(language) if language is not None else None
        return cls(
            decision=verdict.decision,
            lane=verdict.lane,
            distance=verdict.distance,
            entry=verdict.entry,
            reason=verdict.reason,
            matches=[
                MatchedEntry.model_validate(match, from_attributes=True)
                for match in verdict.matches
            ],
            reference=verdict.reference,
            notice=NoticeAnswer.model_validate(notice) if notice else None,
            checked_against=[ListState.of(source) for source in verdict.checked_against],
            left_out=list(verdict.left_out),
        )


class FeedbackRequest(BaseModel):
    """What a person decided, for every entry that the upload matched."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"entries": [_ENTRY], "value": "not_the_same"}]},
    )

    entries: list[_AnyEntryId] = Field(min_length=1, max_length=1000)
    value: FeedbackValue
    origin: str | None = Field(
        None,
        description="of the log that all the entries are from; without it they are looked for, and "
        "what has left the lists is passed over",
    )


class FeedbackAccepted(BaseModel):
    """On the disk, on its way to the hotline."""

    ids: list[str]


_Status = Literal["ok", "stale", "expired", "refused", "out_of_force", "no_list"]

# From the best to the worst; the last two end the use of a list.
_STATUSES: tuple[_Status, ...] = get_args(_Status)


class ListAnswer(BaseModel):
    """How one list stands.

    `ok`; `stale`: in force, but the hotline is silent for long; `expired` or `refused`: in force
    for a while yet; `out_of_force`: no more; `no_list`: not yet.
    """

    name: str
    optional: bool = Field(description="whether uploads are checked without it, if need be")
    status: _Status
    checkpoint: ListState | None
    entries: int
    contact_age_seconds: float | None = Field(
        description="since the hotline last answered as it should"
    )
    feedback_waiting: int
    feedback_refused: int
    problem: str | None
    trouble: str | None = Field(description="why the list is expired or refused")
    in_force_until: datetime | None = Field(description="when an expired or refused list ends")
    signals_unknown: dict[str, int] = Field(
        description="fingerprints on the list that this gate is too old to match, by their kind: "
        "install a newer version"
    )

    @classmethod
    def of(cls, health: ListHealth) -> "ListAnswer":
        """Return the health of a list as JSON wants it."""
        standing = health.standing
        return cls(
            name=health.name,
            optional=health.optional,
            status=_status(health),
            checkpoint=ListState.of(health.in_force) if health.in_force else None,
            entries=health.entries,
            contact_age_seconds=health.contact_age_seconds,
            feedback_waiting=health.feedback_waiting,
            feedback_refused=health.feedback_refused,
            problem=health.problem,
            trouble=standing.why,
            in_force_until=standing.until,
            signals_unknown=dict(health.signals_unknown),
        )

    @property
    def in_force(self) -> bool:
        """Whether uploads are checked against it."""
        return self.status not in ("out_of_force", "no_list")


class HealthAnswer(BaseModel):
    """How a gate stands: whether it can check uploads, and the worst status of its lists."""

    can_check: bool = Field(description="every list is in force that is not optional")
    status: _Status
    lists: list[ListAnswer]

    @classmethod
    def of(cls, health: Sequence[ListHealth]) -> "HealthAnswer":
        """Return the health of a gate's lists as JSON wants it."""
        lists = [ListAnswer.of(list_health) for list_health in health]
        return cls(
            can_check=any(answer.in_force for answer in lists)
            and all(answer.in_force or answer.optional for answer in lists),
            status=max((answer.status for answer in lists), key=_STATUSES.index),
            lists=lists,
        )


def _status(health: ListHealth) -> _Status:
    if health.in_force is None:
        return "no_list"
    if not health.standing.is_usable(datetime.now(UTC)):
        return "out_of_force"
    match health.standing.trouble:
        case Trouble.EXPIRED:
            return "expired"
        case Trouble.REFUSED:
            return "refused"
    return "stale" if health.stale else "ok"


class Problem(BaseModel):
    """Why a request was refused, and what to do."""

    error: str
    message: str


def match_request_body() -> dict[str, Any]:
    """Return OpenAPI's description of the shapes in which an upload is checked."""
    file = {"type": "string", "format": "binary", "description": "the bytes of the upload"}
    return {
        "required": True,
        "content": {
            "image/*": {"schema": file},
            "application/octet-stream": {"schema": file},
            "multipart/form-data": {
                "schema": {"type": "object", "properties": {"file": file}, "required": ["file"]}
            },
            "application/json": {
                "schema": MatchRequest.model_json_schema(),
                "example": {"pdq": _PDQ},
            },
        },
    }
