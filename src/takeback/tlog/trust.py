"""Trust policies: the accepted logs, and the cosignatures a checkpoint needs (C2SP tlog-policy)."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from takeback.tlog.cosignature import CosignatureKey, cosignatures_of
from takeback.tlog.errors import MalformedLogError, UnwitnessedError
from takeback.tlog.signed_note import VerifierKey

_NO_QUORUM = "none"
_CONTROLS = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")
_NUMBER = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_MOST_BYTES = 1024 * 1024


class TrustPolicyError(ValueError):
    """A trust policy can't be used; the message names the line and says why."""


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """A log that the policy accepts, and its address if the policy states one."""

    key: VerifierKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness by its name in the policy; `url`: where checkpoints are submitted, if stated."""

    name: str
    key: CosignatureKey
    url: str | None = None


@dataclass(frozen=True, slots=True)
class _Group:
    members: tuple[str, ...]
    least: int


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """Accepted logs, known witnesses, and which of them together are enough."""

    logs: tuple[TrustedLog, ...]
    witnesses: tuple[Witness, ...]
    quorum: str
    _groups: dict[str, _Group]

    @classmethod
    def parse(cls, text: bytes) -> "TrustPolicy":
        """Read a policy, one statement a line; raises TrustPolicyError."""
        if len(text) > _MOST_BYTES:
            raise TrustPolicyError(f"A trust policy has at most {_MOST_BYTES} bytes.")
        reader = _Reader()
        for number, line in enumerate(text.split(b"\n"), 1):
            try:
                reader.take(line)
            except (TrustPolicyError, MalformedLogError) as error:
                raise TrustPolicyError(f"Line {number} of the trust policy: {error}") from error
        if reader.quorum is None:
            raise TrustPolicyError(
                "The trust policy names no quorum. To ask for no witnesses, write: quorum none"
            )
        return cls(tuple(reader.logs), tuple(reader.witnesses), reader.quorum, reader.groups)

    def is_met_by(self, names: Collection[str]) -> bool:
        """Say whether cosignatures of the witnesses with these names are enough."""
        return self.quorum == _NO_QUORUM or self._counts(self.quorum, names)

    def witnessed_by(self, note: bytes) -> frozenset[str]:
        """Return the names of the witnesses that have cosigned a note; MalformedLogError if none.

        A cosignature that does not fit counts for nothing.
        """
        found = cosignatures_of(note, [witness.key for witness in self.witnesses])
        return frozenset(witness.name for witness in self.witnesses if witness.key in found)

    def require_quorum(self, note: bytes) -> None:
        """Raise UnwitnessedError unless enough witnesses have cosigned the checkpoint."""
        names = self.witnessed_by(note)
        if not self.is_met_by(names):
            cosigned = ", ".join(sorted(names)) or "none"
            raise UnwitnessedError(
                f"The checkpoint lacks cosignatures: the trust policy asks for {self.quorum!r}, "
                f"and of its {len(self.witnesses)} witnesses these have cosigned: {cosigned}. "
                "The list you have stays in force. Ask the hotline which witness is missing."
            )

    def _counts(self, name: str, names: Collection[str]) -> bool:
        group = self._groups.get(name)
        if group is None:
            return name in names
        return sum(self._counts(member, names) for member in group.members) >= group.least


class _Reader:
    """What has been read of a policy so far."""

    def __init__(self) -> None:
        self.logs: list[TrustedLog] = []
        self.witnesses: list[Witness] = []
        self.groups: dict[str, _Group] = {}
        self.quorum: str | None = None
        self._names: set[str] = set()
        self._members: set[str] = set()

    def take(self, line: bytes) -> None:
        if _CONTROLS.search(line):
            raise TrustPolicyError("it holds a control character. Only tabs are allowed.")
        # Names are opaque bytes: what is no UTF-8 is carried through as it is.
        text = line.decode("utf-8", "surrogateescape").strip(" \t")
        if not text or text.startswith("#"):
            return
        keyword, *words = re.split(r"[ \t]+", text)
        match keyword, words:
            case "log", [key, *url] if len(url) <= 1:
                self._take_log(key, *url)
            case "witness", [name, key, *url] if len(url) <= 1:
                self._take_witness(name, key, *url)
            case "group", [name, least, *members] if members:
                self._take_group(name, least, members)
            case "quorum", [name]:
                self._take_quorum(name)
            case _:
                raise TrustPolicyError(
                    "it must be one of: log <vkey> [<url>], witness <name> <vkey> [<url>], "
                    "group <name> all|any|<k> <name>…, quorum <name>|none."
                )

    def _take_log(self, key: str, url: str | None = None) -> None:
        parsed = VerifierKey.parse(key)
        if any(log.key.public_key == parsed.public_key for log in self.logs):
            raise TrustPolicyError("this log's key stands there already.")
        self.logs.append(TrustedLog(parsed, url))

    def _take_witness(self, name: str, key: str, url: str | None = None) -> None:
        parsed = CosignatureKey.parse(key)
        if any(known.key.public_key == parsed.public_key for known in self.witnesses):
            raise TrustPolicyError("this witness's key stands there already.")
        self._define(name)
        self.witnesses.append(Witness(name, parsed, url))

    def _take_group(self, name: str, least: str, members: list[str]) -> None:
        for member in members:
            if member not in self._names:
                raise TrustPolicyError(f"{member!r} is not defined above.")
            if member in self._members:
                raise TrustPolicyError(f"{member!r} is a member of a group already.")
            self._members.add(member)
        if least in ("all", "any"):
            number = len(members) if least == "all" else 1
        elif _NUMBER.fullmatch(least) and int(least) <= len(members):
            number = int(least)
        else:
            raise TrustPolicyError(f"{least!r} is neither all, any, nor 1 to {len(members)}.")
        self._define(name)
        self.groups[name] = _Group(tuple(members), number)

    def _take_quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise TrustPolicyError("the quorum is stated twice.")
        if name != _NO_QUORUM and name not in self._names:
            raise TrustPolicyError(f"{name!r} is not defined above.")
        self.quorum = name

    def _define(self, name: str) -> None:
        if name == _NO_QUORUM or name in self._names:
            raise TrustPolicyError(f"the name {name!r} is taken.")
        self._names.add(name)
