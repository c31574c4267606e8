"""The translation catalogues for tests: what the pages say, and what stands for it elsewhere."""

import importlib.util
import re
from functools import cache
from pathlib import Path
from types import ModuleType

from babel.messages.catalog import Catalog, Message

_TOOL = Path(__file__).parents[3] / "tools" / "messages.py"

PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
TAG = re.compile(r"<[^>]+>")

Key = tuple[str | None, tuple[str, ...]]
"""The context of a message and its English forms: one, or singular and plural."""


@cache
def tool() -> ModuleType:
    """The module behind `make messages`."""
    spec = importlib.util.spec_from_file_location("messages", _TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def key(message: Message) -> Key:
    """What a message is looked up by."""
    english = (message.id,) if isinstance(message.id, str) else tuple(message.id)
    return message.context, english


@cache
def extracted() -> dict[Key, Message]:
    """Every text marked in the pages and the code."""
    return {key(message): message for message in tool().extract() if message.id}


def is_for_grown_ups(of: Key) -> bool:
    """Whether a text stands on the page for parents, carers and teachers, and nowhere else."""
    message = extracted().get(of)
    places = [place for place, _ in message.locations] if message is not None else []
    return bool(places) and all("grown_ups" in place for place in places)


@cache
def catalogue(language: str) -> Catalog:
    """The catalogue of a language, as it stands in the repository."""
    found: Catalog = tool().read(tool().LOCALES / language / "LC_MESSAGES" / "django.po")
    return found


@cache
def translations(language: str) -> dict[Key, tuple[str, ...]]:
    """The translations of every text, one for each plural form where it has them."""
    return {key(message): tool().forms(message) for message in catalogue(language) if message.id}


def languages() -> list[str]:
    """The languages there are catalogues for."""
    return [path.parent.parent.name for path in tool().catalogues()]
