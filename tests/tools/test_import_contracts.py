"""The contracts of our own: what goes around a room's door, or hands on a name, is named."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
CONFIGURATION = """
[tool.importlinter]
root_packages = ["house"]
contract_types = [
  "rooms: tools.import_contracts.RoomContract",
  "own_names: tools.import_contracts.OwnNamesContract",
]
[[tool.importlinter.contracts]]
name = "Rooms"
type = "rooms"
package = "house"
composition = ["config"]
faces = ["cellar.stairs"]
[[tool.importlinter.contracts]]
name = "Own names"
type = "own_names"
package = "house"
faces = ["house.cellar"]
"""
SOUND = {
    "cellar/__init__.py": "from house.cellar.actions import dig\n",
    "cellar/actions.py": "def dig(): ...\n",
    "cellar/models.py": "class Wall: ...\n",
    "cellar/stairs.py": "from house.cellar.models import Wall\n",
    "attic/__init__.py": "",
    "attic/access.py": "from house.cellar.models import Wall\n",
    "attic/actions.py": "from house.cellar.actions import dig\nimport house.cellar.stairs\n",
    "config/__init__.py": "",
    "config/whole.py": "from house.cellar.models import Wall\n",
}


def linted(folder: Path, **changed: str) -> subprocess.CompletedProcess[str]:
    package = folder / "house"
    files = SOUND | {name.replace("__", "/") + ".py": text for name, text in changed.items()}
    for name, text in {"__init__.py": "", **files}.items():
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        (package / name).write_text(text)
    (folder / "contracts.toml").write_text(CONFIGURATION)
    lint_imports = Path(sys.executable).with_name("lint-imports")
    return subprocess.run(
        [lint_imports, "--no-cache", "--config", folder / "contracts.toml"],
        capture_output=True,
        text=True,
        check=False,
        cwd=REPOSITORY,
        env={**os.environ, "PYTHONPATH": str(folder), "COLUMNS": "300"},
    )


def test_a_house_that_keeps_the_rules_passes(tmp_path: Path) -> None:
    done = linted(tmp_path)
    assert (done.returncode, "2 kept, 0 broken" in done.stdout) == (0, True), done.stdout


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"attic__views": "from house.cellar.models import Wall\n"},
            "house.attic.views imports house.cellar.models",
        ),
        (
            {"attic__views": "from house.cellar.pipes import x\n", "cellar__pipes": "x = 1\n"},
            "house.attic.views imports house.cellar.pipes",
        ),
        ({"attic__actions": ""}, "nobody imports the face cellar.stairs"),
        (
            {"attic__views": "from house.attic.actions import dig\n"},
            "house.attic.views takes dig from house.attic.actions",
        ),
    ],
)
def test_what_goes_around_is_named(tmp_path: Path, changed: dict[str, str], message: str) -> None:
    done = linted(tmp_path, **changed)
    assert done.returncode == 1
    assert message in done.stdout
