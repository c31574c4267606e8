"""What can be wrong with a picture, and what the person who brought it can do about it."""
# ruff: noqa: N818 - each name says what is wrong; the base class says that it is an error


class MediaError(Exception):
    """A picture that was not decoded. The message says what to do and quotes no file."""


class UnsupportedMedia(MediaError):
    """Not one of the formats that are read, or a rare kind of one of them."""


class DamagedMedia(MediaError):
    """One of our formats by its first bytes, but it can't be read."""


class MediaTooLarge(MediaError):
    """Past a limit on bytes, pixels, memory or scans."""


class DecodingTimedOut(MediaError):
    """Past a limit on time."""


class ReaderFailed(MediaError):
    """The reader did not take the picture: its own mistake, or the file took the child over."""


class DecoderNotStarted(RuntimeError):
    """Nothing is wrong with the picture: the process that decodes can't be started here."""


class DecoderBusy(Exception):
    """Nothing is wrong with the picture: too many are under way. The same file may pass later.

    `retry_after`: whole seconds after which it is worth trying again.
    """

    def __init__(self, message: str, *, retry_after: int = 1) -> None:
        super().__init__(message)
        self.retry_after = retry_after
