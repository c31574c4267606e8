"""Passkeys, the only way in: a thin road to what django-allauth's MFA makes of WebAuthn.

Only passkeys count that the device keeps and that prove who is there (user verification), so
logging in needs no name and no password (W3C Web Authentication, level 2).
"""

import json
import struct
from typing import Any, Final

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.mfa.webauthn.internal import auth
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from django.conf import settings
from django.core.exceptions import ValidationError

from takeback.hotline.staff.models import Person

MOST_ANSWER_CHARACTERS: Final = 16_384

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


def registration_options(person: Person) -> str:
    """What the browser needs to make a passkey for this person, as JSON; the session remembers."""
    return json.dumps(_plain(auth.begin_registration(person, passwordless=True)))


def register(person: Person, answer: str) -> None:
    """Keep the passkey that the browser made. Raises PasskeyError for any other answer."""
    try:
        credential = _read(answer)
        auth.parse_registration_response(credential)
        auth.complete_registration(credential)
    except _REFUSALS as error:
        raise PasskeyError("This is not a passkey that was asked for.") from error
    auth.WebAuthn.add(person, "passkey", credential)


def login_options() -> str:
    """What the browser needs to ask for any passkey of the desk, as JSON; the session remembers."""
    return json.dumps(_plain(auth.begin_authentication()))


def person_of(answer: str) -> Person:
    """Whose passkey answered. Raises PasskeyError if nobody's did, or they were removed."""
    try:
        credential = _read(answer)
        person = auth.extract_user_from_response(credential)
        auth.parse_authentication_response(credential)
        passkey = auth.complete_authentication(person, credential)
    except _REFUSALS as error:
        raise PasskeyError("This passkey opens nothing here.") from error
    if not isinstance(person, Person) or not person.is_active:
        raise PasskeyError("This passkey opens nothing here.")
    passkey.record_usage()
    return person


def forget_all_of(person: Person) -> None:
    """Delete every passkey of a person."""
    Authenticator.objects.filter(user=person).delete()


def count_of(person: Person) -> int:
    """How many passkeys a person has."""
    return int(Authenticator.objects.filter(user=person).count())


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
