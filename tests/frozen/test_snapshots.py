"""A frozen file differs loudly and is written only where that is asked for."""

from pathlib import Path

import pytest

from tests.frozen import snapshots


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(snapshots, "FOLDER", tmp_path)
    monkeypatch.delenv(snapshots.VARIABLE, raising=False)
    return tmp_path


def test_a_changed_fact_fails_with_the_difference(folder: Path) -> None:
    (folder / "facts.txt").write_text("kept\nlost\n")
    with pytest.raises(AssertionError, match=r"-lost\n\+new\n"):
        snapshots.assert_frozen_lines("facts.txt", ["new", "kept"])


def test_a_missing_file_fails(folder: Path) -> None:
    with pytest.raises(AssertionError, match=r"\+new\n"):
        snapshots.assert_frozen_lines("facts.txt", ["new"])
    assert not (folder / "facts.txt").exists()


def test_freezing_writes_the_file_that_then_holds(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(snapshots.VARIABLE, "1")
    snapshots.assert_frozen_lines("facts.txt", ["b", "a", "b"])
    monkeypatch.delenv(snapshots.VARIABLE)
    assert (folder / "facts.txt").read_text() == "a\nb\n"
    snapshots.assert_frozen_lines("facts.txt", ["a", "b"])
