"""Has checkpoints cosigned: no one gets a checkpoint before enough witnesses have seen it."""

import logging
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.db import transaction

from takeback.hotline.foundation.jobs import defer_once
from takeback.hotline.log import access as log_access
from takeback.hotline.log.continuity.doubts import SigningStop, keep_mark, stop_seen_from_here
from takeback.hotline.log.models import Checkpoint, Cosignature, Publication, WitnessState
from takeback.hotline.log.publication import is_published, publish
from takeback.hotline.log.witnesses.asking import held_by, look_at, settle_by_witnesses
from takeback.hotline.log.witnesses.client import OtherSize, WitnessError, submit
from takeback.shell.typed_commands import typed
from takeback.tlog.merkle_proofs import Nodes, consistency_proof, nodes_of_tiles
from takeback.tlog.signed_note import SignatureLine
from takeback.tlog.tiles import TileRef
from takeback.tlog.trust import TrustPolicy, TrustPolicyError, Witness
from takeback.tlog.witnessing import AddCheckpoint

SUBMISSION_TASK = "takeback.submit_checkpoint"
_LATE = timedelta(minutes=1)
_AFTER_PUBLICATION_SECONDS = 0.5
_MOST_SIZES_TRIED = 3
_MOST_PROBLEM = 300

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class WitnessStatus:
    """A witness as an operator sees it: what it cosigned last, when, and what is wrong since."""

    name: str
    size: int
    cosigned_at: datetime | None
    problem: str


@dataclass(frozen=True, slots=True)
class LogStatus:
    """How far the log is sequenced and published, where its witnesses stand, and what stops it."""

    sequenced_size: int
    published_size: int
    witnesses: tuple[WitnessStatus, ...]
    stop: SigningStop | None = None


def witness_policy() -> TrustPolicy | None:
    """Return the policy that `TAKEBACK_WITNESSES` names, None if there is none.

    Raises TrustPolicyError or OSError if the file can't be used.
    """
    return TrustPolicy.parse(settings.WITNESSES.read_bytes()) if settings.WITNESSES else None


def quorum_is_asked_for() -> bool:
    """Say whether witnesses must cosign; a policy that can't be read asks for it, too."""
    try:
        policy = witness_policy()
    except (TrustPolicyError, OSError) as error:
        _log.error("Nothing is published: the witness policy can't be used. %s", error)
        return True
    return policy is not None and not policy.is_met_by(())


def defer_submission(size: int) -> None:
    """Ask the worker to have the checkpoint of this size cosigned, once this is committed."""
    defer_once(SUBMISSION_TASK, f"submit {size}")


def ask_witnesses_again() -> None:
    """Ask the worker to submit the newest checkpoint, if a witness has not cosigned it yet."""
    newest = Checkpoint.objects.order_by("-size").first()
    try:
        policy = witness_policy()
    except (TrustPolicyError, OSError):
        return  # sequencing says so, loudly
    if newest is not None and policy is not None:
        cosigned = policy.witnessed_by(log_access.cosigned_note(newest))
        if not is_published(newest) or len(cosigned) < len(policy.witnesses):
            defer_submission(newest.size)


def settle_restored_log() -> None:
    """Ask the witnesses whether a restored database is the newest, if that is in doubt."""
    try:
        settle_by_witnesses(witness_policy())
    except (TrustPolicyError, OSError) as error:
        _log.error("The witness policy can't be used. %s", error)


def submit_newest() -> None:
    """Submit the newest checkpoint to every witness that has not cosigned it, all at once.

    As soon as enough have cosigned, it is published; later cosignatures are added. A witness that
    can't be reached is tried again after the next checkpoint, and every minute. The mark has the
    checkpoint before a witness sees it; a log that must not be signed on is not submitted.
    """
    policy = witness_policy()
    newest = Checkpoint.objects.order_by("-size").first()
    if policy is None or newest is None or not keep_mark():
        return
    cosigned = policy.witnessed_by(log_access.cosigned_note(newest))
    missing = [witness for witness in policy.witnesses if witness.name not in cosigned]
    if missing:
        _Round(policy, newest).ask(missing)
    else:
        _publish_once(newest.size)
    _warn_if_late(policy, newest.size)


def log_status() -> LogStatus:
    """Return how far the log is, and where its witnesses stand."""
    newest = Checkpoint.objects.order_by("-size").first()
    policy = witness_policy()
    known = {row.key: row for row in WitnessState.objects.all()}
    witnesses = tuple(
        WitnessStatus(witness.name, row.size, row.cosigned_at, row.problem)
        for witness in (policy.witnesses if policy else ())
        for row in [known.get(_key_of(witness)) or WitnessState()]
    )
    published = log_access.current_checkpoint()[0]
    return LogStatus(newest.size if newest else 0, published, witnesses, stop_seen_from_here())


class _Round:
    """One checkpoint on its way to several witnesses; requests in threads, all else in ours."""

    def __init__(self, policy: TrustPolicy, checkpoint: Checkpoint) -> None:
        self._policy = policy
        self._size = checkpoint.size
        self._note = bytes(checkpoint.note)
        self._node: Nodes = nodes_of_tiles(checkpoint.size, _tile)
        self._asked: dict[Future[SignatureLine | OtherSize], tuple[Witness, int]] = {}
        self._refused: list[Witness] = []

    def ask(self, witnesses: list[Witness]) -> None:
        threads = ThreadPoolExecutor(len(witnesses), "witness")
        try:

            def send(witness: Witness, old: int, tries: int) -> None:
                proof = tuple(consistency_proof(old, self._size, self._node))
                request = AddCheckpoint(old, proof, self._note)
                self._asked[threads.submit(submit, witness, request)] = (witness, tries)

            for witness in witnesses:
                known = WitnessState.objects.filter(key=_key_of(witness)).first()
                send(witness, min(known.size if known else 0, self._size), 1)
            while self._asked:
                done, _ = wait(self._asked, self._patience(), return_when=FIRST_COMPLETED)
                if not done:
                    break  # it is published; late witnesses are asked again within a minute
                for future in done:
                    witness, tries = self._asked.pop(future)
                    old = self._settled(witness, future, tries)
                    if old is not None:
                        send(witness, old, tries + 1)
        finally:
            threads.shutdown(wait=False)
        # What a witness holds that refuses proves a fork, if this log's key has signed it.
        for witness in self._refused:
            held = held_by(witness, log_access.log_origin())
            if held is not None:
                look_at(witness.name, held)

    def _patience(self) -> float | None:
        published = Publication.objects.filter(checkpoint=self._size).exists()
        return _AFTER_PUBLICATION_SECONDS if published else None

    def _settled(
        self, witness: Witness, future: "Future[SignatureLine | OtherSize]", tries: int
    ) -> int | None:
        """Take an answer in; returns the size from which to ask again, None if not to."""
        try:
            answer = future.result()
        except WitnessError as error:
            _note(witness, problem=str(error))
            if error.refused:
                self._refused.append(witness)
            return None
        if isinstance(answer, SignatureLine):
            _take_cosignature(self._policy, witness, self._size, answer.line.encode())
            _note(witness, size=self._size)
        elif answer.size > self._size:
            self._refused.append(witness)
            _note(
                witness,
                problem=f"It has cosigned {answer.size} events, and the log has {self._size}. "
                "Was an old backup restored?",
            )
        elif tries < _MOST_SIZES_TRIED:
            return answer.size
        else:
            _note(witness, problem=f"It stands at {answer.size} events and does not move on.")
        return None


def _tile(ref: TileRef) -> bytes:
    return log_access.tile(ref) or b""


@transaction.atomic
def _take_cosignature(policy: TrustPolicy, witness: Witness, size: int, line: bytes) -> None:
    checkpoint = _locked(size)
    Cosignature.objects.get_or_create(
        checkpoint=checkpoint, key=_key_of(witness), defaults={"line": line}
    )
    names = policy.witnessed_by(log_access.cosigned_note(checkpoint))
    if policy.is_met_by(names) and not is_published(checkpoint):
        publish(checkpoint)


@transaction.atomic
def _publish_once(size: int) -> None:
    """Publish a checkpoint that has all its cosignatures, unless another worker has."""
    checkpoint = _locked(size)
    if not is_published(checkpoint):
        publish(checkpoint)


def _locked(size: int) -> Checkpoint:
    """Lock a checkpoint: two workers that may publish the same one wait for each other."""
    return Checkpoint.objects.select_for_update().get(size=size)


def _note(witness: Witness, *, size: int | None = None, problem: str = "") -> None:
    if problem:
        _log.warning("The witness %s has not cosigned. %s", witness.name, problem)
    values: dict[str, object] = {"problem": problem[:_MOST_PROBLEM]}
    if size is not None:
        values |= {"size": size, "cosigned_at": datetime.now(UTC)}
    WitnessState.objects.update_or_create(key=_key_of(witness), defaults=values)


def _warn_if_late(policy: TrustPolicy, size: int) -> None:
    row = Checkpoint.objects.get(size=size)
    if not is_published(row) and datetime.now(UTC) - row.signed_at > _LATE:
        cosigned = policy.witnessed_by(log_access.cosigned_note(row))
        _log.error(
            "The list stands still: too few witnesses have cosigned it since %s. Missing: %s. "
            "Look at `%s`.",
            f"{row.signed_at:%Y-%m-%d %H:%M} UTC",
            ", ".join(witness.name for witness in policy.witnesses if witness.name not in cosigned),
            typed("hotline log status"),
        )


def _key_of(witness: Witness) -> str:
    return f"{witness.key.name}+{witness.key.key_id.hex()}"
