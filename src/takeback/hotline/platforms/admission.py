"""Says which platform a request comes from, and whether its key opens what is asked for."""

from datetime import UTC, datetime
from http import HTTPStatus

from django.http import HttpRequest

from takeback.hotline.platforms import access as platforms_access
from takeback.hotline.platforms.access import as_known
from takeback.hotline.platforms.actions import note_key_used
from takeback.hotline.platforms.domain import AdmittedKey, FollowingPlatform, Scope, lanes_opened_by
from takeback.hotline.platforms.models import PlatformKey

READING = (Scope.READ_CONFIRMED, Scope.READ_SELF_REPORTED)
"""What it takes to read the list in a shape that can't say that something is withheld."""

_BEARER = "bearer"


class NotAdmittedError(Exception):
    """A request is not let in: a status (401 or 403), one word, and what to do.

    `scope`: the one that the key lacks, None if something else is wrong.
    """

    def __init__(
        self, status: HTTPStatus, error: str, message: str, scope: Scope | None = None
    ) -> None:
        self.status = status
        self.error = error
        self.scope = scope
        super().__init__(message)

    @property
    def body(self) -> dict[str, str]:
        """What the answer says, in JSON; see docs/wire.md."""
        answer = {"error": self.error, "message": str(self)}
        return answer if self.scope is None else {**answer, "scope": self.scope.value}


def admitted(request: HttpRequest, *scopes: Scope) -> FollowingPlatform:
    """Return the platform whose bearer token came with a request; raises as `admitted_with`."""
    return admitted_with(_bearer(request), *scopes)


def admitted_reader(request: HttpRequest) -> tuple[AdmittedKey, int]:
    """Return the key of a request and the lanes that it opens (bits), one or more.

    Raises NotAdmittedError as `admitted` does, and for a key that opens no lane.
    """
    key = _key_in_force(_bearer(request))
    lanes = lanes_opened_by(key.scopes)
    if not lanes:
        raise _lacks(Scope.READ_CONFIRMED)
    return key, lanes


def admitted_with(token: str, *scopes: Scope) -> FollowingPlatform:
    """Return the platform of a token; raises as `admitted_key`."""
    return admitted_key(token, *scopes).platform


def admitted_key(token: str, *scopes: Scope) -> AdmittedKey:
    """Return the key of a token, in force and with all these scopes.

    Raises NotAdmittedError: 401 if the token is unknown, revoked or expired, 403 if a scope is
    missing.
    """
    key = _key_in_force(token)
    for scope in scopes:
        if scope.value not in key.scopes:
            raise _lacks(scope)
    return key


def number_of_key(token: str) -> int:
    """Return the number of a token's key, for a session; raises NotAdmittedError if it has none."""
    return _key_in_force(token).id


def still_admitted(number: int) -> FollowingPlatform | None:
    """Return the platform of the key with this number, None if it is not in force any more."""
    key = platforms_access.key_numbered(number)
    return as_known(key.platform) if key is not None and not _why_not(key) else None


def credentials(request: HttpRequest, scheme: str) -> str:
    """Return what a request's `Authorization` holds of a scheme, "" if it is of another.

    `scheme`: in lower case; clients may write it as they like (RFC 9110, section 11.1).
    """
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return given.strip(" ") if kind.lower() == scheme else ""


def _bearer(request: HttpRequest) -> str:
    return credentials(request, _BEARER)


def _key_in_force(token: str) -> AdmittedKey:
    key = platforms_access.key_of_token(token)
    if key is None:
        raise _denied(
            "unknown_token",
            "Send a token of this hotline that is in force; docs/wire.md says how.",
        )
    if (denied := _why_not(key)) is not None:
        raise denied
    note_key_used(key)
    return AdmittedKey(key.id, as_known(key.platform), frozenset(key.scopes))


def _why_not(key: PlatformKey) -> NotAdmittedError | None:
    if key.revoked_at is not None or key.platform.revoked_at is not None:
        return _denied("key_revoked", "This token was taken back. Ask the hotline for a new one.")
    if key.expires_at <= datetime.now(UTC):
        return _denied("key_expired", "This token has expired. Ask the hotline for a new one.")
    return None


def _lacks(scope: Scope) -> NotAdmittedError:
    return NotAdmittedError(
        HTTPStatus.FORBIDDEN,
        "lacks_scope",
        f"This token lacks the scope {scope}. Ask the hotline for one that has it.",
        scope,
    )


def _denied(error: str, message: str) -> NotAdmittedError:
    return NotAdmittedError(HTTPStatus.UNAUTHORIZED, error, message)
