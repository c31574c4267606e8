"""The exchange itself: what `tx` and HMA configure, fetch, index and send opinions through."""

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import requests
from threatexchange.exchanges import auth, fetch_state
from threatexchange.exchanges.collab_config import CollaborationConfigWithDefaults
from threatexchange.exchanges.signal_exchange_api import SignalExchangeAPI
from threatexchange.signal_type.pdq.signal import PdqSignal
from threatexchange.signal_type.signal_base import SignalType

from takeback.gate.sync.client import HotlineClient, HotlineError, PlatformToken, TokenError
from takeback.hashlist.events import (
    AddedEvent,
    AmendedEvent,
    ResumedEvent,
    SuspendedEvent,
    WithdrawnEvent,
)
from takeback.hashlist.one_list import lane_on_one_list
from takeback.integrations.threatexchange.following import ListCheckpoint, next_step, opened
from takeback.matching.policy import MatchPolicy
from takeback.signals.lanes import Lane
from takeback.tlog.trust import TrustPolicy

_log = logging.getLogger(__name__)
_NAME = "takeback"
_TIMEOUT_SECONDS = 20.0
_Category = fetch_state.SignalOpinionCategory
_OPINIONS = {
    _Category.POSITIVE_CLASS: "Blocked",
    _Category.INVESTIGATION_SEED: "PendingReview",
    _Category.NEGATIVE_CLASS: "NotBlocked",
}


@dataclass
class _Required:
    hotline: str = field(metadata={"help": "address of the hotline: https://…"})


@dataclass
class TakebackCollabConfig(CollaborationConfigWithDefaults, _Required):
    """Which hotline's list to follow, and which of its lanes."""

    api: str = field(init=False, default=_NAME)
    only_lanes: set[str] = field(
        default_factory=set,
        metadata={"help": "lanes to take: confirmed, self_reported, imported, test; else all"},
    )
    trust: str = field(
        default="",
        metadata={"help": "file that names the log's key and the witnesses to ask for"},
    )


@dataclass
class TakebackCredentials(auth.CredentialHelper):
    """The token that the hotline gave the platform."""

    ENV_VARIABLE: ClassVar[str] = "TX_TAKEBACK_TOKEN"
    FILE_NAME: ClassVar[str] = "~/.tx_takeback_token"

    token: str = field(metadata={"help": "the platform's token, tb1_…"})

    @classmethod
    def _from_str(cls, s: str) -> "TakebackCredentials":
        return cls(s.strip())

    def _are_valid(self) -> bool:
        try:
            PlatformToken.parse(self.token)
        except TokenError:
            return False
        return True


@dataclass
class ListedPicture:
    """An entry as it is kept: its lane, and its PDQs (64 hex digits) that say enough to match."""

    lane: str
    pdqs: list[str]


@dataclass
class ListedSignal(fetch_state.FetchedSignalMetadata):
    """What is known of one PDQ: the entries that have it, and the lanes that those are in."""

    entries: dict[str, str]

    def get_as_opinions(self) -> Sequence[fetch_state.SignalOpinion]:
        """One opinion an entry: positive if a hotline has assessed it, else worth a look."""
        return [
            fetch_state.SignalOpinion(
                False,
                _Category.POSITIVE_CLASS
                if lane == Lane.CONFIRMED
                else _Category.INVESTIGATION_SEED,
                {lane},
            )
            for lane in self.entries.values()
        ]


class TakebackExchangeAPI(
    auth.SignalExchangeWithAuth[TakebackCollabConfig, TakebackCredentials],
    SignalExchangeAPI[TakebackCollabConfig, ListCheckpoint, ListedSignal, str, ListedPicture],
):
    """Follows the signed log and verifies it as a gate does; entries are known by their id."""

    def __init__(self, collab: TakebackCollabConfig, credentials: TakebackCredentials) -> None:
        """Raises TokenError for what is no token, ValueError for an address that would leak it.

        Of the trust policy: OSError if it can't be read, TrustPolicyError if it is not a policy.
        """
        self.collab = collab
        self._token = PlatformToken.parse(credentials.token)
        self._client = HotlineClient(collab.hotline, self._token)
        policy = Path(collab.trust).expanduser() if collab.trust else None
        self._trust = TrustPolicy.parse(policy.read_bytes()) if policy else None

    @classmethod
    def get_name(cls) -> str:
        """The name by which `tx` knows this exchange."""
        return _NAME

    @staticmethod
    def get_checkpoint_cls() -> type[ListCheckpoint]:
        """The class of checkpoints."""
        return ListCheckpoint

    @staticmethod
    def get_record_cls() -> type[ListedSignal]:
        """The class of what is known of a signal."""
        return ListedSignal

    @staticmethod
    def get_config_cls() -> type[TakebackCollabConfig]:
        """The class of the configuration."""
        return TakebackCollabConfig

    @staticmethod
    def get_credential_cls() -> type[TakebackCredentials]:
        """The class of credentials."""
        return TakebackCredentials

    @classmethod
    def for_collab(
        cls, collab: TakebackCollabConfig, credentials: TakebackCredentials | None = None
    ) -> "TakebackExchangeAPI":
        """Make one with these credentials, or with those of the environment or the file."""
        return cls(collab, credentials or TakebackCredentials.get(cls))

    def fetch_iter(
        self,
        supported_signal_types: Sequence[type[SignalType]],
        checkpoint: ListCheckpoint | None,
    ) -> Iterator[fetch_state.FetchDelta[str, ListedPicture, ListCheckpoint]]:
        """Fetch what has changed since a checkpoint: one delta, verified to the signed root.

        What the token may not read is left out, and a warning says how much that is. Where the
        log's purpose asks for several confirmations, confirmed entries are taken as self-reported:
        this list alone does not say who else has confirmed them. Raises LogError if the log is
        refused, HotlineError if the hotline can't be asked; what was fetched before then stays as
        it is.
        """
        step = next_step(self._client, self._token, checkpoint, self._trust)
        if step.withheld:
            _log.warning(
                "%s of %s new events of %s are withheld from this token: they are of lanes for "
                "which it has no scope, or another platform's own.",
                step.withheld,
                len(step.events),
                self._client.url,
            )
        updates: dict[str, ListedPicture | None] = {}
        for logged in opened(step):
            match logged.event:
                case AddedEvent() | AmendedEvent() | ResumedEvent() as event:
                    lane = lane_on_one_list(event.lane, step.purpose)
                    floor = MatchPolicy().of(lane).quality_floor
                    pdqs = [
                        signal.value
                        for signal in event.signals
                        if signal.type == "pdq" and signal.quality >= floor
                    ]
                    updates[event.entry] = ListedPicture(lane.value, pdqs)
                case SuspendedEvent() | WithdrawnEvent() as event:
                    updates[event.entry] = None
                case _:
                    pass
        yield fetch_state.FetchDelta(updates, step.checkpoint)

    @classmethod
    def naive_convert_to_signal_type(
        cls,
        signal_types: Sequence[type[SignalType]],
        collab: TakebackCollabConfig,
        fetched: Mapping[str, ListedPicture | None],
    ) -> dict[type[SignalType], dict[str, ListedSignal]]:
        """Turn entries into PDQs; an entry gives all of its own."""
        if PdqSignal not in signal_types:
            return {}
        signals: dict[str, ListedSignal] = {}
        for entry, picture in fetched.items():
            if picture is None or (collab.only_lanes and picture.lane not in collab.only_lanes):
                continue
            for pdq in picture.pdqs:
                signals.setdefault(pdq, ListedSignal({})).entries[entry] = picture.lane
        return {PdqSignal: signals} if signals else {}

    def report_opinion(
        self, s_type: type[SignalType], signal: str, opinion: fetch_state.SignalOpinion
    ) -> None:
        """Say what was done with a copy of a listed picture, named by its whole picture's PDQ.

        Positive: blocked; negative: left up, or with the tag `not_the_same` another picture; else
        held for review. Raises HotlineError if the hotline can't be told, or has no such entry.
        """
        feedback = {
            "hashValue": signal,
            "feedbackValue": _OPINIONS[opinion.category],
            "tags": sorted(opinion.tags),
        }
        try:
            answer = requests.post(
                f"{self._client.url}/feeds/stopncii/v1/SubmitFeedback",
                json={"count": 1, "hashFeedbacks": [feedback]},
                headers={"Ocp-Apim-Subscription-Key": self._token.text},
                timeout=_TIMEOUT_SECONDS,
                allow_redirects=False,
            )
            known = answer.ok and answer.json().get("count") == 1
        except requests.RequestException as error:
            raise HotlineError(
                f"{self._client.url} can't be reached ({type(error).__name__}). Try again later."
            ) from error
        if not known:
            raise HotlineError(
                f"{self._client.url} did not take the opinion (status {answer.status_code}): no "
                "entry has this PDQ for its whole picture, or the token is not in force."
            )
