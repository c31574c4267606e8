"""Passkeys, the only way in: a thin road to what django-allauth's MFA makes of WebAuthn.

Only passkeys count that the device keeps and that prove who is there (user verification), so
logging in needs no name and no password (W3C Web Authentication, level 2).
"""

import json
import struct
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Q

from takeback.hotline.staff.models import Person

MOST_ANSWER_CHARACTERS: Final = 16_384
ANSWER_SECONDS: Final = 15 * 60
"""How long an answer is waited for."""

_TO_REGISTER: Final = "takeback passkey to register v1"
_TO_LOG_IN: Final = "takeback passkey to log in v1"

# The errors that a stranger's answer can cause in the parsers below: of JSON, of CBOR (both deep
# within each other), of keys and of signatures.
_REFUSALS = (
    *(ValidationError, ValueError, TypeError, LookupError, AttributeError, ArithmeticError),
    *(RecursionError, NotImplementedError, struct.error, InvalidSignature, UnsupportedAlgorithm),
)


class PasskeyError(ValueError):
    """What the browser sent opens nothing; it says no more."""


class DeskPasskeys(DefaultMFAAdapter):  # type: ignore[misc] # allauth has no types
    """What a device shows when it asks for the passkey."""

    def _get_site_name(self) -> str:
        return f"{settings.SITE_NAME}, desk"


@dataclass(frozen=True, slots=True)
class Asking:
    """A passkey is asked for: `options` for the browser, as JSON, and what its answer must fit.

    `state` goes to the browser as well and comes back with the answer: signed, it says nothing
    that `options` does not. So merely looking at a page with a way in leaves nothing behind here.
    """

    options: str
    state: str


def asking_to_register(person: Person) -> Asking:
    """Ask for a new passkey of this person."""
    options, state = auth.get_server().register_begin(
        user=auth.build_user_payload(person),
        credentials=auth.get_credentials(person),
        resident_key_requirement=auth.ResidentKeyRequirement.REQUIRED,
        user_verification=auth.UserVerificationRequirement.REQUIRED,
        extensions=auth.EXTENSIONS,
    )
    return Asking(json.dumps(_plain(dict(options))), _signed(_TO_REGISTER, state))


def register(person: Person, answer: str, state: str) -> None:
    """Keep the passkey that the browser made. Raises PasskeyError for any other answer."""
    try:
        credential = _read(answer)
        auth.parse_registration_response(credential)
        challenge = _challenge_of(_TO_REGISTER, state)
        auth.get_server().register_complete(challenge["state"], credential)
    except _REFUSALS as error:
        raise PasskeyError("This is not a passkey that was asked for.") from error
    auth.WebAuthn.add(person, "passkey", credential)


def asking_to_log_in() -> Asking:
    """Ask for any passkey of the desk."""
    options, state = auth.get_server().authenticate_begin(
        credentials=[], user_verification=auth.UserVerificationRequirement.REQUIRED
    )
    return Asking(json.dumps(_plain(dict(options))), _signed(_TO_LOG_IN, state))


def person_of(answer: str, state: str) -> Person:
    """Whose passkey answered what was asked with `state`.

    Raises PasskeyError if nobody's did, if they were removed, or if the passkey was used since it
    was asked for: an answer opens once.
    """
    try:
        credential = _read(answer)
        person = auth.extract_user_from_response(credential)
        auth.parse_authentication_response(credential)
        challenge = _challenge_of(_TO_LOG_IN, state)
        found = auth.get_server().authenticate_complete(
            challenge["state"], auth.get_credentials(person), credential
        )
        passkey = auth.get_authenticator_by_credential_id(person, found.credential_id)
    except _REFUSALS as error:
        raise PasskeyError("This passkey opens nothing here.") from error
    if passkey is None or not isinstance(person, Person) or not person.is_active:
        raise PasskeyError("This passkey opens nothing here.")
    not_since = Q(last_used_at=None) | Q(
        last_used_at__lt=datetime.fromtimestamp(challenge["at"], UTC)
    )
    unused = Authenticator.objects.filter(not_since, pk=passkey.pk)
    if not unused.update(last_used_at=datetime.now(UTC)):
        raise PasskeyError("This passkey was used since it was asked for.")
    return person


def forget_all_of(person: Person) -> None:
    """Delete every passkey of a person."""
    Authenticator.objects.filter(user=person).delete()


def count_of(person: Person) -> int:
    """How many passkeys a person has."""
    return int(Authenticator.objects.filter(user=person).count())


def _signed(purpose: str, state: dict[str, Any]) -> str:
    return signing.dumps({"state": state, "at": time.time()}, salt=purpose)


def _challenge_of(purpose: str, state: str) -> dict[str, Any]:
    """What was asked. Raises ValueError if nothing was for this purpose, or too long ago."""
    try:
        challenge: dict[str, Any] = signing.loads(state, salt=purpose, max_age=ANSWER_SECONDS)
    except signing.BadSignature as error:
        raise ValueError("Nothing was asked that this could answer.") from error
    return challenge


def _read(answer: str) -> dict[str, Any]:
    if len(answer) > MOST_ANSWER_CHARACTERS:
        raise ValueError("The answer is too long.")
    credential = json.loads(answer)
    if not isinstance(credential, dict) or not isinstance(credential.get("response"), dict):
        raise TypeError("The answer is not a credential.")
    return credential


def _plain(value: Any) -> Any:
    """The library's mappings as JSON knows them."""
    if isinstance(value, (str, int, float, bool)) or value is None:
        return value
    if hasattr(value, "items"):
        return {key: _plain(member) for key, member in value.items() if member is not None}
    return [_plain(member) for member in value]
