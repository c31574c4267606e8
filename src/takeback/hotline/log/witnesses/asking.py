"""Asks witnesses how far they have seen this log: after a restore, and when one refuses to sign."""

import logging
from concurrent.futures import ThreadPoolExecutor

from takeback.hotline.log.access import log_origin, published_size, tile
from takeback.hotline.log.continuity.doubts import settle_restored, signing_stop
from takeback.hotline.log.continuity.shown import NotOursError, own_checkpoint, take_shown
from takeback.hotline.log.domain import DoubtKind
from takeback.hotline.log.models import Checkpoint
from takeback.hotline.log.witnesses.client import OtherSize, WitnessError, newest_of, submit
from takeback.tlog.merkle_proofs import consistency_proof, nodes_of_tiles
from takeback.tlog.trust import TrustPolicy, Witness
from takeback.tlog.witnessing import AddCheckpoint

_MOST_SIZES_TRIED = 3

_log = logging.getLogger(__name__)


def settle_by_witnesses(policy: TrustPolicy | None) -> None:
    """After a restore, ask every witness of the policy what it has cosigned of this log.

    It is settled once those that have not answered could not have let anything newer out: without
    them no quorum is met. A policy that asks for no quorum needs one witness that stands where the
    log is published to.
    """
    stop = signing_stop()
    if policy is None or stop is None or stop.kind is not DoubtKind.RESTORED:
        return
    newest = Checkpoint.objects.order_by("-size").first()
    reachable = [witness for witness in policy.witnesses if witness.url]
    origin, shown = log_origin(), dict[str, int]()
    with ThreadPoolExecutor(max(1, len(reachable)), "witness") as threads:
        held = list(threads.map(lambda witness: held_by(witness, origin), reachable))
    for witness, held_note in zip(reachable, held, strict=True):
        if held_note is not None:
            if look_at(witness.name, held_note):
                shown[witness.name] = own_checkpoint(held_note).size
        elif newest is not None and _cosigns(witness, newest):
            shown[witness.name] = newest.size
    others = {witness.name for witness in policy.witnesses} - shown.keys()
    if policy.is_met_by(()):
        is_newest = published_size() in shown.values()
    else:
        is_newest = not policy.is_met_by(others)
    if is_newest:
        settle_restored()


def look_at(name: str, note: bytes) -> bool:
    """Take in what a witness holds; says whether this log contains it."""
    try:
        return take_shown(note, f"the witness {name}")
    except NotOursError as error:
        _log.warning("What the witness %s holds is not this log's. %s", name, error)
        return False


def held_by(witness: Witness, origin: str) -> bytes | None:
    """Return the newest checkpoint that a witness holds, None if it can't or does not say."""
    try:
        return newest_of(witness, origin)
    except WitnessError:
        return None


def _cosigns(witness: Witness, newest: Checkpoint) -> bool:
    """Ask a witness that gives no checkpoint out to cosign the newest that was signed here.

    So nothing new is signed; and it refuses if it has seen more, or something else.
    """
    node = nodes_of_tiles(newest.size, lambda ref: tile(ref) or b"")
    old = 0
    try:
        for _ in range(_MOST_SIZES_TRIED):
            proof = tuple(consistency_proof(old, newest.size, node))
            answer = submit(witness, AddCheckpoint(old, proof, bytes(newest.note)))
            if not isinstance(answer, OtherSize):
                return True
            if answer.size > newest.size:
                raise WitnessError(
                    f"It has cosigned {answer.size} events, and this database has {newest.size}. "
                    "Was an old backup restored?"
                )
            old = answer.size
    except WitnessError as error:
        _log.warning("The witness %s has not vouched for the log. %s", witness.name, error)
    return False
