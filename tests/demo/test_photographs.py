"""The photographs that the demo and the tests stand on are many, large, and truly different."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from takeback.demo.photographs import NoPhotographs, find_photographs, find_pictures
from takeback.fingerprints import fingerprint_picture
from takeback.media import Decoder


def test_photographs_are_of_different_things(photographs: list[Path], decoder: Decoder) -> None:
    assert len(photographs) >= 100
    assert len(set(photographs)) == len(photographs)
    found = [fingerprint_picture(path.read_bytes(), decoder) for path in photographs]
    assert all(picture.width * picture.height >= 1_000_000 for picture in found)
    assert all(picture.pdq.quality >= 50 for picture in found)
    assert {picture.media_type for picture in found} == {"image/jpeg", "image/png"}
    bits = np.unpackbits(
        np.array([np.frombuffer(picture.pdq.bits, np.uint8) for picture in found]), axis=1
    ).astype(np.int16)
    distances = (bits[:, None] != bits[None]).sum(axis=2)
    np.fill_diagonal(distances, 256)
    assert distances.min() > 31


def test_everyday_photographs_come_first(photographs: list[Path]) -> None:
    assert all("everyday" in path.parts for path in photographs[:40])


def test_there_are_pictures_enough_of_every_kind(
    photographs: list[Path], pictures: list[Path]
) -> None:
    assert len(pictures) >= 300
    assert pictures[: len(photographs)] == photographs
    assert {".jpg", ".png", ".webp"} <= {path.suffix for path in pictures}


def test_nobody_is_in_the_pictures(pictures: list[Path]) -> None:
    shown = " ".join(map(str, pictures))
    assert "Autumn" not in shown  # Plasma's drawn girl
    assert "skycultures" not in shown  # Stellarium's drawn constellation figures


def test_of_a_folder_of_ones_own_each_large_enough_photograph_is_taken_once(
    tmp_path: Path, photographs: list[Path]
) -> None:
    with Image.open(photographs[0]) as first, Image.open(photographs[1]) as second:
        first.save(tmp_path / "one.jpg", quality=80)
        first.resize((first.width // 2, first.height // 2)).save(tmp_path / "one smaller.png")
        first.reduce(16).save(tmp_path / "thumbnail.jpg")
        (tmp_path / "deep").mkdir()
        second.save(tmp_path / "deep/two.jpg", quality=80)
    Image.new("RGB", (1200, 1200), "red").save(tmp_path / "flat.png")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    assert find_photographs(tmp_path) == [tmp_path / "deep/two.jpg", tmp_path / "one.jpg"]


def test_no_photographs_says_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(NoPhotographs, match="Fetch some with"):
        find_photographs(tmp_path)
    with pytest.raises(NoPhotographs, match="Fetch them with"):
        find_pictures(tmp_path)
