"""Looks into a folder that should hold a state of Takeback, and says what it holds instead."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_DISK: Final = frozenset({"lost+found"})
"""What stands in an empty folder that is a disk of its own."""


class State(enum.Enum):
    """What Takeback keeps in a folder, by what a sentence calls it."""

    HOTLINE = "hotline"
    HOTLINE_SECRETS = "hotline's folder of secrets"
    """A hotline without a database of its own: `DATABASE_URL` names it, or has to."""
    STORE = "gate's store"
    WITNESS = "witness"
    RUN = "`takeback run`"


_MARKS: Final[Mapping[State, str]] = {
    State.HOTLINE: "postgres/PG_VERSION",
    State.HOTLINE_SECRETS: "secrets/audit",
    State.STORE: "list.db",
    State.WITNESS: "witness.db",
    State.RUN: "ports.json",
}
"""The file by which each is known."""

_SEEN: Final[Mapping[State, str]] = {
    State.HOTLINE: "holds a hotline",
    State.HOTLINE_SECRETS: "holds the secrets of a hotline but no database",
    State.STORE: "holds a gate's store",
    State.WITNESS: "holds a witness",
    State.RUN: "is that of `takeback run` (the hotline is in hotline/, the gate in platform/gate/)",
}

_BEGUN: Final[Mapping[State, frozenset[str]]] = {
    State.STORE: frozenset({"outbox.db", "snapshots", "CURRENT", "sync.lock"}),
    State.WITNESS: frozenset({"key"}),
    State.RUN: frozenset({"log", "hotline", "platform"}),
}
"""What else may stand where a state was begun and not ended."""

_TOKEN_BEGINS: Final = b"tb1_"
_TOKEN_BYTES_READ: Final = 256
"""More than a token has, should there be empty lines before it."""


@dataclass(frozen=True, slots=True)
class StateFolder:
    """A folder as it was found.

    `seen`: what stands there, as the end of "in /srv/x, which …". `state`: what of Takeback it
    holds, None if nothing. `is_free`: nothing stands in the way of a state that begins here.
    `is_folder`: it can be looked into, or can be made.
    """

    path: Path
    seen: str
    state: State | None = None
    is_free: bool = False
    is_folder: bool = True

    def refusal(self, wanted: State, what_to_do: str) -> str:
        """Return the sentence for a command that needs another state than this."""
        return f"There is no {wanted.value} in {self.path}, which {self.seen}: {what_to_do}."


def look_into(folder: Path, wanted: State) -> StateFolder:
    """Say what a folder holds in which a state is wanted. Nothing is made or changed.

    Where it holds several, the one that is wanted counts. The file of a platform's token is not in
    the way of a store.
    """
    path = folder.absolute()
    try:
        names = {entry.name for entry in path.iterdir()}
        marked = [state for state in State if (path / _MARKS[state]).is_file()]
    except FileNotFoundError:
        return StateFolder(path, "does not exist", is_free=True)
    except NotADirectoryError:
        return StateFolder(path, "is not a folder", is_folder=False)
    except OSError as error:
        return StateFolder(path, f"can't be read ({error.strerror})", is_folder=False)
    if marked:
        state = wanted if wanted in marked else marked[0]
        return StateFolder(path, _SEEN[state], state)
    begun = _BEGUN.get(wanted, frozenset())
    others = {name for name in names if not name.startswith(".")} - _DISK
    for name in others - begun:
        if wanted is not State.STORE or not _holds_token(path / name):
            return StateFolder(path, "holds files of something else")
    if others & begun:
        seen = "holds one that was never finished"
    else:
        seen = "holds nothing but a token" if others else "is empty"
    return StateFolder(path, seen, is_free=True)


def _holds_token(path: Path) -> bool:
    """Whether a file holds what a hotline gives a platform; no pipe is waited for."""
    try:
        if not path.is_file():
            return False
        with path.open("rb") as file:
            return file.read(_TOKEN_BYTES_READ).lstrip().startswith(_TOKEN_BEGINS)
    except OSError:
        return False
