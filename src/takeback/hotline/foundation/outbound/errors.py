"""Why a request to somebody else came to nothing, without the address or anything that was sent."""


class OutboundError(ValueError):
    """The address may not be used, or nothing usable came from it; the message says which."""


class UnreachableError(OutboundError):
    """There was no connection, or it broke; `kind`: the name of the error that ended it."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        super().__init__(f"It can't be reached ({kind}).")


class LateError(OutboundError):
    """The exchange was not over in the time that it had, and was hung up on."""

    def __init__(self) -> None:
        super().__init__("It did not answer in time.")


class TooMuchError(OutboundError):
    """The answer has more bytes than it may have."""

    def __init__(self) -> None:
        super().__init__("It answered with too much.")
