"""Who uses an embedded server: the living, and nobody who was killed."""

import os
import shutil
import subprocess
from pathlib import Path

from takeback.running.embedded_users import UserList


def test_only_the_living_count(tmp_path: Path) -> None:
    users = UserList(tmp_path)
    with subprocess.Popen(["sleep", "60"]) as other:
        assert users.get_and_add(other.pid) == []
        assert users.get_and_add(os.getpid()) == [other.pid]
        assert [user.command for user in users.others()] == ["sleep 60"]
        other.kill()
    assert users.others() == []
    assert users.get_and_remove(os.getpid()) == [os.getpid()]
    assert users.get_and_remove(os.getpid()) == []


def test_whoever_leaves_a_folder_that_was_removed_leaves_quietly(tmp_path: Path) -> None:
    data = tmp_path / "postgres"
    data.mkdir()
    users = UserList(data)
    users.get_and_add(os.getpid())
    shutil.rmtree(data)
    assert users.get_and_remove(os.getpid()) == []
    assert not data.exists()
