"""Delivers feedback from the outbox to the hotline."""

import logging
import random
import threading

from takeback.gate.store.outbox import Outbox
from takeback.gate.sync.client import FeedbackRefusedError, HotlineClient, HotlineError
from takeback.hashlist.feedback import FeedbackItem

logger = logging.getLogger(__name__)

_ITEMS_A_REQUEST = 100
_BETWEEN_LOOKS_SECONDS = 0.25
_FIRST_PAUSE_SECONDS = 0.5
_LONGEST_PAUSE_SECONDS = 15.0


def back_off_seconds(failures: int) -> float:
    """How long to wait after so many failures in a row: doubling, bounded, and jittered.

    The jitter keeps many gates from coming back at the same instant ("full jitter" halved, so
    that some pause is certain; M. Brooker, "Exponential Backoff And Jitter", 2015).
    """
    longest = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0 ** min(failures - 1, 16))
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def deliver_outbox(outbox: Outbox, client: HotlineClient) -> int:
    """Deliver all that waits, oldest first; returns how many items the hotline has now.

    What was sent but not yet forgotten when the process was killed is sent again: the hotline
    knows it by its id. Raises HotlineUnreachableError or HotlineDeniedError; what is left stays.
    """
    delivered = 0
    while items := outbox.waiting(_ITEMS_A_REQUEST):
        try:
            delivered += _deliver(outbox, client, items)
        except FeedbackRefusedError:
            for item in items:
                delivered += _deliver_alone(outbox, client, item)
    return delivered


class FeedbackDelivery(threading.Thread):
    """Delivers feedback within a second of its entering the outbox, until it is stopped."""

    def __init__(self, outbox: Outbox, client: HotlineClient) -> None:
        super().__init__(name="feedback delivery", daemon=True)
        self._outbox = outbox
        self._client = client
        self._stopped = threading.Event()

    def run(self) -> None:
        """Look into the outbox now and then; when the hotline is away, wait longer each time."""
        failures = 0
        pause = 0.0
        while not self._stopped.wait(pause):
            try:
                deliver_outbox(self._outbox, self._client)
            except HotlineError as error:
                failures += 1
                pause = back_off_seconds(failures)
                logger.warning("Feedback waits: %s", error)
            except Exception:
                failures += 1
                pause = back_off_seconds(failures)
                logger.exception("Feedback waits.")
            else:
                failures = 0
                pause = _BETWEEN_LOOKS_SECONDS

    def stop(self) -> None:
        """Stop after the delivery that is under way."""
        self._stopped.set()
        self.join()


def _deliver(outbox: Outbox, client: HotlineClient, items: list[FeedbackItem]) -> int:
    unknown = client.send_feedback(items)
    if unknown:
        logger.warning("The hotline does not know %d entries of the feedback.", len(unknown))
    outbox.delivered(items)
    return len(items)


def _deliver_alone(outbox: Outbox, client: HotlineClient, item: FeedbackItem) -> int:
    try:
        return _deliver(outbox, client, [item])
    except FeedbackRefusedError as error:
        logger.error("Set aside: %s", error)
        outbox.refused(item)
        return 0
