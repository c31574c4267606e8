"""Decides whether a checkpoint continues what was cosigned before, and cosigns it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus

from takeback.tlog.checkpoint import Checkpoint
from takeback.tlog.cosignature import Cosigner
from takeback.tlog.errors import (
    BadSignatureError,
    LogRewrittenError,
    MalformedLogError,
    WrongOriginError,
)
from takeback.tlog.merkle import Frontier
from takeback.tlog.merkle_proofs import check_consistency
from takeback.tlog.signed_note import split_note
from takeback.tlog.witnessing import AddCheckpoint
from takeback.witness.logs import WatchedLogs
from takeback.witness.store import CosignedState, WitnessStore


class RefusedError(Exception):
    """A checkpoint is not cosigned: the status that C2SP tlog-witness asks for, and why."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        self.status = status
        super().__init__(message)


class OtherSizeError(RefusedError):
    """The log has assumed another size than the witness cosigned last, which is `size`."""

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(HTTPStatus.CONFLICT, f"The checkpoint cosigned last has size {size}.")


class ForkError(RefusedError):
    """The log has signed two different trees of one size, and both notes prove it."""

    def __init__(self, checkpoint: Checkpoint) -> None:
        super().__init__(
            HTTPStatus.CONFLICT,
            f"The log {checkpoint.origin} has signed two different trees of {checkpoint.size} "
            "events.",
        )


@dataclass(frozen=True)
class Witness:
    """Cosigns what the watched logs submit; safe to use from many threads.

    `cosigners`: each adds a cosignature of its kind. `clock`: seconds since 1970.
    """

    store: WitnessStore
    logs: WatchedLogs
    cosigners: Sequence[Cosigner]
    clock: Callable[[], float] = time.time

    def add_checkpoint(self, body: bytes) -> bytes:
        """Return the cosignature lines for a submitted checkpoint.

        The new state is on the disk before they leave this function. Raises RefusedError.
        """
        request, checkpoint = self._read(body)
        with self.store.advancing(checkpoint.origin) as advance:
            if request.old != advance.before.size:
                raise OtherSizeError(advance.before.size)
            _require_continued(request, advance.before, checkpoint)
            text, _ = split_note(request.note)
            now = int(self.clock())
            lines = "".join(cosigner.cosign(text, now).line for cosigner in self.cosigners).encode()
            state = CosignedState(checkpoint.size, checkpoint.root_hash, request.note + lines)
            advance.after = state
        return lines

    def newest(self, origin: str) -> bytes | None:
        """Return the newest checkpoint of a log that was cosigned, None if none was."""
        return self.store.newest(origin).note or None

    def _read(self, body: bytes) -> tuple[AddCheckpoint, Checkpoint]:
        try:
            request = AddCheckpoint.parse(body)
            checkpoint = self.logs.open(request.note)
        except MalformedLogError as error:
            raise RefusedError(HTTPStatus.BAD_REQUEST, str(error)) from error
        except WrongOriginError as error:
            raise RefusedError(HTTPStatus.NOT_FOUND, str(error)) from error
        except BadSignatureError as error:
            raise RefusedError(HTTPStatus.FORBIDDEN, str(error)) from error
        if request.old > checkpoint.size:
            raise RefusedError(
                HTTPStatus.BAD_REQUEST, f"The checkpoint is older than one of size {request.old}."
            )
        return request, checkpoint


def _require_continued(
    request: AddCheckpoint, before: CosignedState, checkpoint: Checkpoint
) -> None:
    if before.size == checkpoint.size and before.size and before.root != checkpoint.root_hash:
        raise ForkError(checkpoint)
    try:
        if checkpoint.size == 0 and checkpoint.root_hash != Frontier().root():
            raise LogRewrittenError("The root of an empty log must be SHA-256 of nothing.")
        check_consistency(
            before.size, before.root, checkpoint.size, checkpoint.root_hash, request.proof
        )
    except LogRewrittenError as error:
        raise RefusedError(HTTPStatus.UNPROCESSABLE_ENTITY, str(error)) from error
