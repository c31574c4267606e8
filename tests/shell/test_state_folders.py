"""What a folder is said to hold, by the state that is wanted in it."""

import os
from pathlib import Path

import pytest

from takeback.gate.store.store import Store, StoreError
from takeback.shell.state_folders import State, look_into

_TOKEN = f"tb1_{'a' * 52}_{'0' * 16}\n"
_FILES = {
    State.HOTLINE: "postgres/PG_VERSION",
    State.STORE: "list.db",
    State.WITNESS: "witness.db",
    State.RUN: "ports.json",
}


def put(folder: Path, name: str, content: str = "") -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content)


@pytest.mark.parametrize("beside", _FILES)
@pytest.mark.parametrize("wanted", _FILES)
def test_of_two_states_in_a_folder_the_one_that_is_wanted_counts(
    wanted: State, beside: State, tmp_path: Path
) -> None:
    put(tmp_path, _FILES[beside])
    assert look_into(tmp_path, wanted).state is beside
    put(tmp_path, _FILES[wanted])
    assert look_into(tmp_path, wanted).state is wanted


def test_a_store_goes_on_when_a_hotline_begins_in_its_folder(tmp_path: Path) -> None:
    Store(tmp_path)
    put(tmp_path, "secrets/audit")
    put(tmp_path, "postgres/PG_VERSION")
    Store.existing(tmp_path)


def test_secrets_beside_a_database_are_a_hotline(tmp_path: Path) -> None:
    put(tmp_path, "secrets/audit")
    secrets = look_into(tmp_path, State.HOTLINE)
    assert secrets.state is State.HOTLINE_SECRETS
    assert secrets.seen == "holds the secrets of a hotline but no database"
    put(tmp_path, "postgres/PG_VERSION")
    assert look_into(tmp_path, State.HOTLINE).state is State.HOTLINE


def test_a_store_begins_beside_the_token_that_it_is_synced_with(tmp_path: Path) -> None:
    put(tmp_path, "token-of-hotline", "\n" + _TOKEN)
    with pytest.raises(StoreError, match="which holds nothing but a token: name the folder"):
        Store.existing(tmp_path)
    Store(tmp_path)
    Store.existing(tmp_path)
    assert (tmp_path / "token-of-hotline").read_text() == "\n" + _TOKEN


def test_what_is_no_token_is_in_the_way_and_is_not_waited_for(tmp_path: Path) -> None:
    put(tmp_path, "token", _TOKEN)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(StoreError, match="which holds files of something else"):
        Store(tmp_path)
    (tmp_path / "pipe").unlink()
    put(tmp_path, "letter", "This is a letter.")
    with pytest.raises(StoreError, match="which holds files of something else"):
        Store(tmp_path)


def test_a_token_is_nothing_to_a_witness(tmp_path: Path) -> None:
    put(tmp_path, "token", _TOKEN)
    assert look_into(tmp_path, State.WITNESS).seen == "holds files of something else"
