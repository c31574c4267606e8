"""The index of a snapshot's PDQ codes: for now a scan of all of them."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from takeback.matching.index import ExactScan, Hits, columns_of


class PdqIndex:
    """Codes (n, 32) uint8 that can be searched within a distance; it needs no tables."""

    def __init__(self, codes: npt.NDArray[np.uint8]) -> None:
        self._scan = ExactScan(columns_of(codes.tobytes()))
        self.tables: dict[str, npt.NDArray[Any]] = {}

    @classmethod
    def build(cls, codes: npt.NDArray[np.uint8], *, threads: int = 1) -> "PdqIndex":
        """Build the index of these codes."""
        del threads
        return cls(codes)

    @classmethod
    def attach(
        cls, codes: npt.NDArray[np.uint8], tables: Mapping[str, npt.NDArray[Any]]
    ) -> "PdqIndex":
        """Take up an index that was built before."""
        del tables
        return cls(codes)

    def search_batch(self, queries: Sequence[bytes], max_distance: int) -> list[Hits]:
        """Search each query; the answers stand in the order of the queries."""
        return self._scan.search_batch(queries, max_distance)
