"""What other people's programs import is kept: the public names of the documented packages."""

import importlib

from tests.frozen.snapshots import assert_frozen_lines

FACES = ("takeback.exchange_for_tx", "takeback.fingerprints", "takeback.gate", "takeback.media")


def test_public_names_are_the_frozen_ones() -> None:
    faces = {face: importlib.import_module(face) for face in FACES}
    assert_frozen_lines(
        "faces.txt",
        (f"{face} {name}" for face, module in faces.items() for name in module.__all__),
    )
