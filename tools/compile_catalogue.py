"""Compiles a translation catalogue: `python tools/compile_catalogue.py django.po django.mo`.

Babel's own command refuses a singular that holds a number where the English one says it in words;
but many languages use that form for 21 and 31, too. That each form holds the placeholders it needs
is tested in tests/hotline/intake/test_translations.py.
"""

import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po


def main(source: Path, target: Path) -> None:
    """Write `target`, whole or not at all. Raises PoFileError if the catalogue is damaged."""
    with source.open("rb") as file:
        catalog = read_po(file, locale=source.parent.parent.name, abort_invalid=True)
    made = target.with_suffix(".part")
    with made.open("wb") as file:
        write_mo(file, catalog, use_fuzzy=True)
    made.replace(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
