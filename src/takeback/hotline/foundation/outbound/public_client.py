"""Posts to an address that a platform chose, without becoming its way into the hotline's network.

The name is resolved once; every address it has must be a public one, and the connection goes to
the one that was looked at (so no second answer of the name server counts). Redirects are not
followed, proxies of the environment not used, and only the beginning of the answer is read, for a
short time.
"""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from typing import Final

from takeback.hotline.foundation.outbound.addresses import checked_url, public_addresses
from takeback.hotline.foundation.outbound.bounded import Bounds, Route, exchange

MOST_SECONDS: Final = 10.0
"""For one try, looking the name up and connecting included."""
_STEP_SECONDS: Final = 5.0
_MOST_ANSWER_BYTES: Final = 16 * 1024


def post(url: str, body: bytes, headers: Mapping[str, str], *, loopback: bool) -> int:
    """Post once; returns the status of the answer.

    Raises OutboundError: the address may not be used, or it can't be reached in time.
    """
    checked_url(url, loopback=loopback)
    bounds = Bounds(MOST_SECONDS, _STEP_SECONDS, _MOST_ANSWER_BYTES)
    route = Route(partial(public_addresses, loopback=loopback))
    with exchange("POST", url, body=body, headers=headers, bounds=bounds, route=route) as answer:
        answer.beginning()
        return answer.status


def was_taken(status: int) -> bool:
    """Say whether an answer of this status means that the message arrived: 2xx, nothing else."""
    return HTTPStatus.OK <= status < HTTPStatus.MULTIPLE_CHOICES
