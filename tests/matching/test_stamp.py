"""The stamp beside a large snapshot spares the next reader the check, and hides no change."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from takeback.matching.snapshot_file import (
    DamagedSnapshotError,
    open_arrays,
    remove_arrays,
    write_arrays,
)

# Large enough to be stamped.
NUMBERS = np.arange((5 << 20) // 4, dtype=np.uint32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "large"
    write_arrays(path, {"origin": "x"}, {"numbers": NUMBERS, "none": np.empty(0, np.uint8)})
    return path


@pytest.fixture
def stamp(path: Path) -> Path:
    open_arrays(path)
    return path.with_name("large.verified")


def spoil(path: Path, place: int = -1000) -> None:
    with path.open("r+b") as file:
        file.seek(place, os.SEEK_END)
        byte = file.read(1)[0]
        file.seek(place, os.SEEK_END)
        file.write(bytes([byte ^ 1]))


def test_a_stamped_file_is_opened_without_being_read_again(path: Path, stamp: Path) -> None:
    spoil(path)
    # Only a stamp that vouches for the spoilt file itself lets it through: the sections of a
    # stamped file are not read.
    status = path.stat()
    forged = json.loads(stamp.read_bytes()) | {
        "modified_ns": status.st_mtime_ns,
        "changed_ns": status.st_ctime_ns,
    }
    stamp.write_text(json.dumps(forged))
    assert np.array_equal(open_arrays(path).arrays["numbers"][:-250], NUMBERS[:-250])


def test_a_changed_byte_is_found_in_spite_of_the_stamp(path: Path, stamp: Path) -> None:
    for place in (-1, -1000, -(2 << 20), -(5 << 20) + 100):
        spoil(path, place)
        with pytest.raises(DamagedSnapshotError):
            open_arrays(path)
        spoil(path, place)
        open_arrays(path)


def test_a_change_that_puts_the_time_back_is_found(path: Path, stamp: Path) -> None:
    before = path.stat()
    spoil(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    with pytest.raises(DamagedSnapshotError):
        open_arrays(path)


def test_another_file_with_the_same_times_is_found(path: Path, stamp: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copy2(path, other)
    spoil(other)
    shutil.copystat(path, other)
    other.replace(path)
    with pytest.raises(DamagedSnapshotError):
        open_arrays(path)


def test_a_cut_is_found_in_spite_of_the_stamp(path: Path, stamp: Path) -> None:
    os.truncate(path, path.stat().st_size - 64)
    with pytest.raises(DamagedSnapshotError, match="bytes, not"):
        open_arrays(path)


@pytest.mark.parametrize("text", ["", "{", "{}", '{"device": 1}', "[]", "\0" * 100])
def test_a_broken_stamp_is_as_good_as_none(path: Path, stamp: Path, text: str) -> None:
    stamp.write_text(text)
    open_arrays(path)
    assert json.loads(stamp.read_bytes())["length"] == path.stat().st_size
    stamp.write_text(text)
    spoil(path)
    with pytest.raises(DamagedSnapshotError):
        open_arrays(path)


def test_a_folder_that_takes_no_stamp_is_no_trouble(path: Path) -> None:
    stamp = path.with_name("large.verified")
    stamp.mkdir()
    assert np.array_equal(open_arrays(path).arrays["numbers"], NUMBERS)


def test_the_stamp_goes_with_its_file(path: Path, stamp: Path) -> None:
    assert stamp.exists()
    remove_arrays(path)
    assert list(path.parent.iterdir()) == []


def test_a_small_file_needs_no_stamp(tmp_path: Path) -> None:
    write_arrays(tmp_path / "small", {}, {"numbers": np.arange(3)})
    open_arrays(tmp_path / "small")
    assert [file.name for file in tmp_path.iterdir()] == ["small"]
