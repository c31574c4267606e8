"""Which Exif turns a picture: the vectors that the browser's part keeps to as well."""

from typing import Any

import pytest

from takeback.media.orientation import ORIENTATIONS, orientation_of
from tests.support.odd_pictures.exifs import VECTORS


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["why"] for vector in VECTORS])
def test_orientation_is_that_of_the_vectors(vector: dict[str, Any]) -> None:
    assert orientation_of(bytes.fromhex(vector["exif"])) == ORIENTATIONS[vector["orientation"]]
