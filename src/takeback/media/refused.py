"""How code in the child says that a picture can't be had, and that it is too large."""

from takeback.media.limits import LONGEST_SIDE, Limits
from takeback.media.protocol import Outcome


class Refused(Exception):  # noqa: N818 - an answer to the parent, not an error of ours
    """The picture can't be decoded, for the reason in `outcome`."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome


def check_size(width: int, height: int, limits: Limits) -> None:
    """Raise Refused for more pixels than the limits allow, or a side that nobody reads."""
    if width * height > limits.max_pixels:
        raise Refused(Outcome.TOO_MANY_PIXELS)
    if max(width, height) > LONGEST_SIDE:
        raise Refused(Outcome.SIDE_TOO_LONG)
