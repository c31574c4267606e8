"""Brings the translation catalogues up to date with the pages and the code: `make messages`."""

import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
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


def _messages(python: str) -> Iterator[tuple[int, object, list[str], str | None]]:
    # What templatize leaves of a template has the template's indentation, which is no Python's.
    unindented = "\n".join(line.lstrip() for line in python.splitlines()) + "\n"
    file = io.BytesIO(unindented.encode())
    yield from extract_python("python", file, keywords=_KEYWORDS, comment_tags=("Translators:",))


def update() -> None:
    """Rewrite each catalogue: new texts untranslated, vanished ones dropped, the rest kept."""
    template = extract()
    for path in sorted(LOCALES.glob("*/LC_MESSAGES/django.po")):
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parent.parent.name)
        catalog.update(template, no_fuzzy_matching=True)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=100, include_lineno=False, sort_output=True)
        missing = sum(1 for message in catalog if message.id and not message.string)
        print(f"{path.relative_to(REPOSITORY)}: {len(catalog)} texts, {missing} untranslated")


if __name__ == "__main__":
    update()
