"""Sessions sealed with the visitor's own cookie: without the cookie a row says nothing.

The cookie holds a random token. The row's id is an HMAC of it and the row's data is sealed under
a key derived from it, so a stolen table names no cookie and opens no answer.
"""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta
from typing import Any

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import (
    DatabaseError,
    IntegrityError,
    InterfaceError,
    OperationalError,
    transaction,
)
from django.db.models import QuerySet
from django.utils import timezone

from takeback.hotline.foundation.encryption import CannotOpenError, derive_key, seal, unseal
from takeback.hotline.foundation.models import SealedSession
from takeback.hotline.foundation.secrets import secret

_TOKEN_BYTES = 32
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_BELONGS_TO = "session/data"


class SessionStore(SessionBase):
    """Django's session interface over `SealedSession`; `session_key` is the cookie's token."""

    def _get_new_session_key(self) -> str:
        return secrets.token_urlsafe(_TOKEN_BYTES)

    def _validate_session_key(self, key: str | None) -> bool:
        return bool(key and _TOKEN.fullmatch(key))

    def load(self) -> dict[str, Any]:
        """What the session holds; an unknown, changed or outdated one is empty and forgotten."""
        if self.session_key:
            row = _live(self.session_key).first()
            try:
                value = (
                    unseal(_key(self.session_key), _BELONGS_TO, bytes(row.data)) if row else None
                )
            except CannotOpenError:
                value = None
            if isinstance(value, dict):
                return value
        self._session_key = None
        return {}

    def exists(self, session_key: str) -> bool:
        """Whether a live session has this token."""
        return _live(session_key).exists()

    def create(self) -> None:
        """Start an empty session under a new token."""
        self._session_key = self._get_new_session_key()
        self.save(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Seal and keep the session; its time to live begins anew."""
        if self.session_key is None:
            self.create()
            return
        if must_create and not hasattr(self, "_session_cache"):
            self._session_cache: dict[str, Any] = {}
        data = dict(self.items())
        row = SealedSession(
            id=_row_id(self.session_key),
            data=seal(_key(self.session_key), _BELONGS_TO, data),
            expires=timezone.now() + timedelta(seconds=self.get_session_cookie_age()),
        )
        try:
            with transaction.atomic():
                row.save(force_insert=must_create, force_update=not must_create)
        except IntegrityError as error:
            raise CreateError from error
        except (OperationalError, InterfaceError):
            raise  # the database is away: that says nothing about the session
        except DatabaseError as error:
            # Left quickly meanwhile: a session that is gone stays gone.
            raise UpdateError from error

    def delete(self, session_key: str | None = None) -> None:
        """Forget the session with this token, or this one."""
        token = session_key or self.session_key
        if token:
            SealedSession.objects.filter(id=_row_id(token)).delete()

    @classmethod
    def clear_expired(cls) -> None:
        """Delete the rows whose time is over."""
        SealedSession.objects.filter(expires__lte=timezone.now()).delete()


def _live(token: str) -> QuerySet[SealedSession]:
    return SealedSession.objects.filter(id=_row_id(token), expires__gt=timezone.now())


def _row_id(token: str) -> bytes:
    return hmac.new(secret("sessions"), token.encode(), hashlib.sha256).digest()


def _key(token: str) -> bytes:
    return derive_key(token.encode(), "takeback session v1")
