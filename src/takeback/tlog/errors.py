"""Reasons to refuse a log or a part of it; each message says what is wrong and what to do."""


class LogError(Exception):
    """A log is refused. Its followers keep the last good state."""


class MalformedLogError(LogError):
    """A note, a checkpoint, a bundle, an event or a path is not in its format."""


class BadSignatureError(LogError):
    """A note lacks a signature of a known key, or has one that does not fit the text."""


class WrongOriginError(LogError):
    """The checkpoint is of another log."""


class LogShortenedError(LogError):
    """The checkpoint is smaller than one that was verified before."""


class LogRewrittenError(LogError):
    """The events do not lead to the signed root: something was changed, left out or put in."""


class OpeningMismatchError(LogError):
    """A nonce and event do not fit their commitment."""


class UnwitnessedError(LogError):
    """Too few of the witnesses that the trust policy names have cosigned the checkpoint."""
