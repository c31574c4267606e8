"""Tells a hotline what is in force at this gate, and on a quiet list the same again each day."""

import logging
import time
from collections.abc import Callable
from typing import Final

from takeback.gate.sync.client import HotlineClient, HotlineError
from takeback.matching.snapshot import SnapshotSource

logger = logging.getLogger(__name__)

ACKNOWLEDGE_AGAIN_SECONDS: Final = 24 * 3600.0
"""On a quiet list too a hotline hears each day what is in force here; it forgets after 7 days.

So young people can be told who looks for copies; two days in a row may fail.
"""


class Acknowledging:
    """What the hotline knows of this gate; `seconds` is a clock that never goes back."""

    def __init__(
        self, client: HotlineClient, seconds: Callable[[], float] = time.monotonic
    ) -> None:
        self._client = client
        self._seconds = seconds
        self._known: SnapshotSource | None = None
        self._known_at = 0.0
        self._fails = False

    def tell(self, in_force: SnapshotSource | None) -> None:
        """Tell what is in force now, if the hotline does not know it or heard of it a day ago.

        If that fails, the next call tells it. The log hears when it begins to fail, and when the
        hotline knows again, not each time between.
        """
        if in_force is None:
            return
        age_seconds = self._seconds() - self._known_at
        if in_force == self._known and age_seconds < ACKNOWLEDGE_AGAIN_SECONDS:
            return
        try:
            self._client.acknowledge(in_force.checkpoint_size, in_force.root_hash)
        except HotlineError as error:
            if not self._fails:
                logger.warning("The hotline does not know yet what is in force here: %s", error)
            self._fails = True
            return
        if self._fails:
            logger.info("The hotline knows again what is in force here.")
        self._fails = False
        self._known, self._known_at = in_force, self._seconds()
