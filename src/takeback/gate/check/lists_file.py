"""The file in which a platform says which lists its gate follows (docs/gate.md)."""

import tomllib
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from takeback.gate.check.followed_list import FollowedList
from takeback.gate.check.notices import appeal_address
from takeback.gate.store.standing import DEFAULT_GRACE, set_grace, set_trust
from takeback.gate.store.store import Store
from takeback.gate.sync.client import PlatformToken
from takeback.matching.policy import MatchPolicy, policy_of


class ListsFileError(ValueError):
    """The file can't be used; the message says what is wrong and where."""


class ListSettings(BaseModel):
    """How one list is followed.

    `name`: what the operator calls it. `hotline`: address; `token_file`: file of the platform's
    token there. `store`: folder of its store. `trust`: file of the trust policy that its
    checkpoints must meet; `grace_days`: how long it stays in force when it has expired or is
    refused. `optional`: whether uploads are checked without it when it is not in force. `policy`:
    what its matches lead to, as in a policy file. `appeals`: the page where to ask for a check, if
    it is not the hotline's.
    """

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}$")]
    hotline: str
    token_file: Path
    store: Path
    trust: Path | None = None
    grace_days: Annotated[float, Field(ge=0, le=365)] | None = None
    optional: bool = False
    policy: dict[str, Any] = {}
    appeals: Annotated[str, AfterValidator(appeal_address)] | None = None

    def match_policy(self) -> MatchPolicy:
        """Return what its matches lead to; raises PolicyError."""
        return policy_of(self.policy)

    def token(self) -> PlatformToken:
        """Read the token; raises TokenError."""
        return PlatformToken.read(self.token_file)

    def prepared_store(self) -> Store:
        """Open the store, making it if need be, and keep in it whom to trust and for how long.

        The file is the truth: what it does not say any more is not kept from before. Raises
        StoreError, OSError, or TrustPolicyError.
        """
        policy = self.trust.read_bytes() if self.trust is not None else None
        days = self.grace_days
        store = Store(self.store)
        set_trust(store, policy)
        set_grace(store, timedelta(days=days) if days is not None else DEFAULT_GRACE)
        return store

    def followed(self) -> FollowedList:
        """Return the list for a gate; raises StoreError if its store can't be used."""
        return FollowedList(
            Store(self.store),
            self.match_policy(),
            name=self.name,
            optional=self.optional,
            appeals=self.appeals,
        )


def read_lists_file(path: Path) -> list[ListSettings]:
    """Read the settings of every list, in order. Paths are taken from the file's own folder.

    Where `store` is left out it is the list's name, beside the file. Raises ListsFileError.
    """
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ListsFileError(f"The lists file {path} can't be read: {error}") from error
    unknown = sorted(set(document) - {"list"})
    tables = document.get("list")
    if unknown or not isinstance(tables, list) or not tables:
        more = f" It also holds {', '.join(unknown)}." if unknown else ""
        raise ListsFileError(f"{path}: write one [[list]] for each list, nothing else.{more}")
    lists = [_settings(path, place, table) for place, table in enumerate(tables, 1)]
    for what in ("name", "store", "hotline"):
        values = [getattr(settings, what) for settings in lists]
        if len(set(values)) != len(values):
            raise ListsFileError(f"{path}: two lists have the same {what}.")
    return lists


def _settings(path: Path, place: int, table: Any) -> ListSettings:
    if isinstance(table, dict) and "store" not in table and isinstance(table.get("name"), str):
        table = {**table, "store": table["name"]}
    try:
        settings = ListSettings.model_validate(table)
        settings.match_policy()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"])) or "it"
        raise ListsFileError(f"{path}: list {place}: {where}: {first['msg']}") from error
    except ValueError as error:
        raise ListsFileError(f"{path}: list {place}: policy: {error}") from error
    beside = path.parent
    return settings.model_copy(
        update={
            "token_file": beside / settings.token_file,
            "store": beside / settings.store,
            "trust": beside / settings.trust if settings.trust is not None else None,
        }
    )
