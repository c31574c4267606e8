"""How code in the child says that a picture can't be had."""

from takeback.media.protocol import Outcome


class Refused(Exception):  # noqa: N818 - an answer to the parent, not an error of ours
    """The picture can't be decoded, for the reason in `outcome`."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(outcome.name)
        self.outcome = outcome
