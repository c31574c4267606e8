"""What our browser code derives from a case code, as its forms send it: look-up key and box."""

import base64
import binascii
import re

from django.http import QueryDict

from takeback.hotline.intake.case_changes import NewBox

_HEX_64 = re.compile(r"[0-9a-f]{64}")
_MOST_BYTES = 128 * 1024
"""Of a box; the notes of the most pictures that a case may have had, with long names, fit in."""


class BadSendingError(ValueError):
    """What came is not what our browser code sends; nothing of it is repeated here."""


def read_lookup(form: QueryDict) -> bytes:
    """The look-up key, 32 bytes. Raises BadSendingError."""
    return _digest(form, "lookup")


def read_box(form: QueryDict) -> bytes | None:
    """The sealed box, or None from a browser that can't seal one. Raises BadSendingError."""
    try:
        sealed = base64.b64decode(form.get("sealed_names", ""), validate=True)
    except binascii.Error as error:
        raise BadSendingError("The box is base64.") from error
    if len(sealed) > _MOST_BYTES:
        raise BadSendingError("The box is too long.")
    return sealed or None


def read_new_box(form: QueryDict) -> NewBox | None:
    """The box with what names the one that it takes the place of. Raises BadSendingError."""
    sealed = read_box(form)
    return None if sealed is None else NewBox(sealed, _digest(form, "made_from"))


def as_base64(sealed: bytes) -> str:
    """A box as the page carries it."""
    return base64.b64encode(sealed).decode("ascii")


def _digest(form: QueryDict, field: str) -> bytes:
    text = form.get(field, "")
    if not _HEX_64.fullmatch(text):
        raise BadSendingError(f"{field} is 64 hexadecimal digits.")
    return bytes.fromhex(text)
