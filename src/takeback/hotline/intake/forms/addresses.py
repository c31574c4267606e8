"""Web addresses as a form sends them: one a line."""

from django.http import QueryDict

from takeback.hotline.intake import texts
from takeback.hotline.intake.domain.web_address import (
    MAX_ADDRESSES,
    BadAddressError,
    read_address,
)
from takeback.hotline.pages.answers import AnswerError


def read_addresses(form: QueryDict) -> tuple[str, ...]:
    """The addresses of the field `addresses`, each once, in their order; maybe none.

    Raises AnswerError for a line that is no web address, and for more than `MAX_ADDRESSES`.
    """
    addresses: dict[str, None] = {}
    for line, typed in enumerate(form.get("addresses", "").splitlines(), start=1):
        if not typed.strip():
            continue
        try:
            addresses[read_address(typed)] = None
        except BadAddressError as error:
            message = texts.ADDRESS_PROBLEMS[error.problem] % {"line": line}
            raise AnswerError("addresses", message) from error
    if len(addresses) > MAX_ADDRESSES:
        raise AnswerError("addresses", texts.TOO_MANY_ADDRESSES)
    return tuple(addresses)
