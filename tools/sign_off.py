"""Says that a native reader has read a language, or which languages still wait: tools/sign-off.

examples:
  tools/sign-off                        lists every language with its state
  tools/sign-off pl --date 2026-12-01   a native reader has read all of Polish, on that day
  tools/sign-off pl --draft             Polish is to be read again
"""

import argparse
import sys
from datetime import date, datetime
from io import BytesIO
from pathlib import Path

from babel.messages.mofile import write_mo
from messages import LOCALES, read, untranslated

from takeback.hotline.config.signed_off import DRAFT, FILE, SignOff, digest, sign_off


def main() -> int:
    """Do as the command line says; 0 if that was possible."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("language", nargs="?", help="its code, as in the address of the pages")
    parser.add_argument("--date", type=date.fromisoformat, help="the day it was read, YYYY-MM-DD")
    parser.add_argument("--draft", action="store_true", help="it is to be read (again)")
    parser.add_argument("--locales", type=Path, default=LOCALES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    known = sorted(path.parents[1] for path in options.locales.glob("*/LC_MESSAGES/django.po"))
    if options.language is None:
        for folder in known:
            print(f"{folder.name}: {state(folder)}")
        return 0
    folder = options.locales / options.language
    if folder not in known:
        parser.error(f"there is no catalogue of {options.language!r}")
    if options.draft == (options.date is not None):
        parser.error("say either --date or --draft")
    if options.draft:
        (folder / FILE).write_text(f'state = "{DRAFT}"\n', encoding="utf-8")
        return 0
    if options.date > datetime.now().astimezone().date():  # by the reader's own calendar
        parser.error("that day has not come yet")
    if reason := unready(folder):
        print(f"{options.language} can't be signed off: {reason}", file=sys.stderr)
        return 1
    signed = SignOff(options.date, digest(compiled(folder)))
    (folder / FILE).write_text(signed.as_toml(), encoding="utf-8")
    print(f"{options.language}: {state(folder)}. Then: make setup")
    return 0


def state(folder: Path) -> str:
    """What can be said of a language, in a few words."""
    signed = sign_off(folder)
    if signed is None:
        return "draft"
    if signed.catalogue != digest(compiled(folder)):
        return f"draft: it has changed since a native reader read it on {signed.day}"
    return f"read by a native reader on {signed.day}"


def unready(folder: Path) -> str | None:
    """Why nobody can have read all of a language yet."""
    catalogue = read(folder / "LC_MESSAGES" / "django.po")
    if missing := untranslated(catalogue):
        return f"{len(missing)} texts have no translation"
    if any(message.fuzzy for message in catalogue if message.id):
        return "some texts are marked as guesses (fuzzy)"
    return None


def compiled(folder: Path) -> bytes:
    """The catalogue as `make setup` compiles it."""
    file = BytesIO()
    write_mo(file, read(folder / "LC_MESSAGES" / "django.po"), use_fuzzy=True)
    return file.getvalue()


if __name__ == "__main__":
    raise SystemExit(main())
