"""Brings the translation catalogues up to date with the pages and the code: `make messages`."""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract as extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

REPOSITORY = Path(__file__).resolve().parent.parent
HOTLINE = REPOSITORY / "src" / "takeback" / "hotline"
LOCALES = HOTLINE / "locale"

_KEYWORDS = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}


def extract() -> Catalog:
    """The catalogue of every marked text in the hotline's Python files and templates."""
    catalog = Catalog(project="Takeback", charset="utf-8")
    for path in sorted([*HOTLINE.rglob("*.py"), *HOTLINE.rglob("*.html")]):
        name = path.relative_to(REPOSITORY).as_posix()
        source = path.read_text(encoding="utf-8")
        python = templatize(source, origin=name) if path.suffix == ".html" else source
        for line, message, comments, context in _messages(python):
            # Line numbers would change the catalogues with every edit; the file is enough.
            del line
            catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def _messages(python: str) -> Iterator[tuple[int, str | tuple[str, ...], list[str], str | None]]:
    # What templatize leaves of a template has the template's indentation, which is no Python's.
    unindented = "\n".join(line.lstrip() for line in python.splitlines()) + "\n"
    file = io.BytesIO(unindented.encode())
    yield from extract_python("python", file, keywords=_KEYWORDS, comment_tags=("Translators:",))


def catalogues() -> list[Path]:
    """The .po file of every language the pages are translated into."""
    return sorted(LOCALES.glob("*/LC_MESSAGES/django.po"))


def read(path: Path) -> Catalog:
    """The catalogue of one language as it stands on disk. Raises PoFileError if it is damaged."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name, abort_invalid=True)


def untranslated(catalog: Catalog) -> list[Message]:
    """The messages of which at least one form has no translation."""
    return [message for message in catalog if message.id and not all(forms(message))]


def forms(message: Message) -> tuple[str, ...]:
    """The translations of a message, one for each plural form."""
    string = message.string or ""
    return (string,) if isinstance(string, str) else tuple(string)


def update() -> None:
    """Rewrite each catalogue: new texts untranslated, vanished ones dropped, the rest kept."""
    template = extract()
    for path in catalogues():
        catalog = read(path)
        # A guess from a similar text is worse than none, and a new date in every run says nothing.
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=100, include_lineno=False, sort_output=True)
        missing = untranslated(catalog)
        print(f"{path.relative_to(REPOSITORY)}: {len(catalog)} texts, {len(missing)} untranslated")
        for message in missing:
            print(f"  {message.id}")


if __name__ == "__main__":
    update()
