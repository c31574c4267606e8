"""The locks: every package has its hashes, both say the same, and no file names a registry."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import REPOSITORY

LOCKS = sorted((REPOSITORY / "requirements").glob("*.txt"))
RUNTIME, DEVELOPMENT = (
    REPOSITORY / "requirements" / name for name in ("runtime.txt", "development.txt")
)
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["project"]


def entries(lock: Path) -> Iterator[tuple[Requirement, list[str]]]:
    """Each package of a lock, and its hashes."""
    text = re.sub(r"^\s*#.*\n", "", lock.read_text(), flags=re.MULTILINE)
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            requirement, *hashes = re.split(r"\s+--hash=", line.strip())
            yield Requirement(requirement), hashes


def pinned(lock: Path) -> dict[str, str]:
    return {
        canonicalize_name(requirement.name): str(requirement.specifier)
        for requirement, _ in entries(lock)
    }


def wanted(*extras: str) -> set[str]:
    """What pyproject.toml asks for, with these extras."""
    lists = [PROJECT["dependencies"], *(PROJECT["optional-dependencies"][name] for name in extras)]
    return {canonicalize_name(Requirement(text).name) for part in lists for text in part}


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_every_package_is_pinned_by_version_and_hash(lock: Path) -> None:
    found = list(entries(lock))
    assert found
    for requirement, hashes in found:
        assert re.fullmatch(r"==[^=*<>,]+", str(requirement.specifier)), requirement
        assert requirement.url is None
        assert hashes, requirement
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", digest) for digest in hashes)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: str(lock.name))
def test_no_lock_says_where_packages_come_from(lock: Path) -> None:
    assert not re.search(r"://|^-|takeback @|file:/", lock.read_text(), re.MULTILINE)


def test_what_runs_is_what_was_developed_against() -> None:
    runtime, development = pinned(RUNTIME), pinned(DEVELOPMENT)
    assert runtime.items() <= development.items()
    assert wanted("gate", "hotline") <= runtime.keys()
    assert wanted("gate", "hotline", "dev") <= development.keys()
    assert not runtime.keys() & (wanted("dev") - wanted("gate", "hotline")) - {"httpx"}
