"""The documents against the program: commands, settings and links that they name exist."""

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from takeback.cli.main import app

REPOSITORY = Path(__file__).resolve().parents[1]
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/**/*.md")])
_COMMAND = re.compile(r"(?<![\w/])takeback ((?:[a-z][a-z-]*[ `\n])+)")
_SETTING = re.compile(r"\b(?:TAKEBACK_[A-Z]+(?:_[A-Z]+)*|DATABASE_URL)\b")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")
_FILE = re.compile(r"`([a-z_][\w/.-]*/[\w.-]+\.(?:py|ts|hpp|cpp))`")
_ROOTS = [
    REPOSITORY / root for root in ("", "src/takeback", "src/takeback/hotline", "web", "web/src")
]
MOST_MODULES = 15
_TEST_SETTINGS = {"TAKEBACK_TESTS"}  # a switch of the C++ build


def _commands(group: typer.Typer, above: str = "") -> Iterator[str]:
    for command in group.registered_commands:
        function = command.callback
        assert function is not None
        yield above + (command.name or function.__name__.replace("_", "-"))
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        name = inner.name if isinstance(inner.name, str) else inner.typer_instance.info.name
        yield f"{above}{name}"
        yield from _commands(inner.typer_instance, f"{above}{name} ")


def _settings_in_the_code() -> set[str]:
    sources = (REPOSITORY / "src").rglob("*.py")
    return {name for path in sources for name in _SETTING.findall(path.read_text())}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_commands_and_links_of_a_document_exist(document: Path) -> None:
    text = document.read_text()
    known = set(_commands(app))
    for words in _COMMAND.findall(text):
        named = words.replace("`", " ").split()
        starts = {" ".join(named[:length]) for length in range(1, len(named) + 1)}
        assert starts & known, f"{document.name}: takeback {words.strip()}"
        longest = max(starts & known, key=len)
        is_group = any(command.startswith(f"{longest} ") for command in known)
        assert not is_group or longest == " ".join(named), f"{document.name}: {words.strip()}"
    for target in _LINK.findall(text):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_every_setting_is_documented() -> None:
    documented = {name for path in DOCUMENTS for name in _SETTING.findall(path.read_text())}
    assert _settings_in_the_code() - documented == set()
    assert documented - _settings_in_the_code() - _TEST_SETTINGS == set()


def test_nothing_but_wallpapers_with_a_licence_is_shown() -> None:
    shown = {path.name for path in (REPOSITORY / "docs").rglob("*") if path.suffix == ".webp"}
    assert shown <= {"phone.webp", "skylark.webp"}


def test_every_file_that_a_document_names_exists() -> None:
    named = {(path, name) for path in DOCUMENTS for name in _FILE.findall(path.read_text())}
    assert len(named) > 60
    assert [
        f"{document.name} names {name}"
        for document, name in sorted(named)
        if not any((root / name).is_file() for root in _ROOTS)
    ] == []


def test_every_decision_stands_in_the_index() -> None:
    pages = {path.name for path in (REPOSITORY / "docs" / "decisions").glob("[0-9]*.md")}
    index = (REPOSITORY / "docs" / "decisions" / "README.md").read_text()
    assert set(re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", index)) == pages


def test_every_room_stands_in_the_architecture() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text()
    package = REPOSITORY / "src" / "takeback"
    rooms = [*package.glob("*/__init__.py"), *package.glob("hotline/*/__init__.py")]
    missing = {path.parent.name for path in rooms if f"`{path.parent.name}`" not in text}
    assert missing == set()


def test_no_folder_of_the_source_is_crowded() -> None:
    modules: Counter[Path] = Counter(
        path.parent
        for path in (REPOSITORY / "src").rglob("*.py")
        if path.name != "__init__.py" and path.parent.name != "migrations"
    )
    assert {folder: count for folder, count in modules.items() if count > MOST_MODULES} == {}
