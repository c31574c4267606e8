"""A language is a draft until a native reader has read it, and again when a translation changes."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import write_po

from takeback.hotline.config.signed_off import (
    FILE,
    SignOff,
    SignOffError,
    digest,
    drafts,
    is_read,
    sign_off,
)

REPOSITORY = Path(__file__).parents[3]
TEXTS = {"Leave": "Wyjdź", "It is sent.": "Wysłane."}
DAY = date(2026, 11, 1)
TODAY = datetime.now().astimezone().date()


def put(locales: Path, texts: Mapping[str, str], comment: str = "A comment.") -> Path:
    """The folder of a language with these translations, as source and compiled."""
    language = locales / "pl"
    (language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    catalogue = Catalog("pl", header_comment=f"# {comment}", project=comment, fuzzy=False)
    for english, text in texts.items():
        catalogue.add(english, text, user_comments=[comment])
    with (language / "LC_MESSAGES" / "django.po").open("wb") as file:
        write_po(file, catalogue)
    with (language / "LC_MESSAGES" / "django.mo").open("wb") as file:
        write_mo(file, catalogue)
    return language


def run(locales: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "tools/sign_off.py", "--locales", str(locales), *arguments],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )


def read_by_a_native_reader(locales: Path, texts: Mapping[str, str] = TEXTS) -> Path:
    """The folder of a language with these translations, signed off."""
    language = put(locales, texts)
    done = run(locales, "pl", "--date", DAY.isoformat())
    assert done.stderr == ""
    assert done.stdout == "pl: read by a native reader on 2026-11-01. Then: make setup\n"
    assert is_read(language)
    return language


def test_a_language_without_a_file_is_a_draft(tmp_path: Path) -> None:
    assert not is_read(put(tmp_path, TEXTS))
    assert drafts(tmp_path, ["pl", "ur"]) == ["pl", "ur"]
    assert run(tmp_path).stdout == "pl: draft\n"


def test_a_language_that_was_read_is_none(tmp_path: Path) -> None:
    language = read_by_a_native_reader(tmp_path)
    compiled = (language / "LC_MESSAGES" / "django.mo").read_bytes()
    assert sign_off(language) == SignOff(DAY, digest(compiled))
    assert drafts(tmp_path, ["pl", "ur"]) == ["ur"]
    assert run(tmp_path).stdout == "pl: read by a native reader on 2026-11-01\n"


@pytest.mark.parametrize(
    "changed",
    [
        {**TEXTS, "Leave": "Wyjdz"},
        {**TEXTS, "Send": "Wyślij"},
        {"Leave": "Wyjdź"},
        {"Leave": "Wysłane.", "It is sent.": "Wyjdź"},
    ],
    ids=["a letter", "a text more", "a text less", "two texts for each other"],
)
def test_a_change_makes_it_a_draft_again(tmp_path: Path, changed: dict[str, str]) -> None:
    read_by_a_native_reader(tmp_path)
    assert not is_read(put(tmp_path, changed))
    assert drafts(tmp_path, ["pl"]) == ["pl"]
    changed_since = "pl: draft: it has changed since a native reader read it on 2026-11-01\n"
    assert run(tmp_path).stdout == changed_since
    assert is_read(put(tmp_path, TEXTS)), "it is what was read once more"


def test_comments_headers_and_the_order_of_texts_are_no_change(tmp_path: Path) -> None:
    language = read_by_a_native_reader(tmp_path)
    files = [language / "LC_MESSAGES" / name for name in ("django.po", "django.mo")]
    before = [file.read_bytes() for file in files]
    assert is_read(put(tmp_path, dict(reversed(TEXTS.items())), "Another comment."))
    for file, content in zip(files, before, strict=True):
        assert file.read_bytes() != content, "it is another file"


def test_what_is_not_compiled_was_not_read(tmp_path: Path) -> None:
    language = read_by_a_native_reader(tmp_path)
    (language / "LC_MESSAGES" / "django.mo").unlink()
    assert not is_read(language)


def test_a_draft_can_be_declared(tmp_path: Path) -> None:
    language = read_by_a_native_reader(tmp_path)
    assert run(tmp_path, "pl", "--draft").returncode == 0
    assert (language / FILE).read_text() == 'state = "draft"\n'
    assert not is_read(language)


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["pl"], "say either --date or --draft"),
        (["pl", "--draft", "--date", "2026-11-01"], "say either --date or --draft"),
        (["pl", "--date", "soon"], "argument --date: invalid fromisoformat value: 'soon'"),
        (["xx", "--date", "2026-11-01"], "there is no catalogue of 'xx'"),
        (["pl", "--date", str(TODAY + timedelta(days=2))], "that day has not come yet"),
    ],
)
def test_what_can_not_be_meant_is_not_signed(
    tmp_path: Path, arguments: list[str], complaint: str
) -> None:
    language = put(tmp_path, TEXTS)
    answer = run(tmp_path, *arguments)
    assert (answer.returncode, answer.stdout) == (2, "")
    assert answer.stderr.splitlines()[-1] == f"sign_off.py: error: {complaint}"
    assert not (language / FILE).exists()


def test_what_is_not_all_translated_is_not_signed(tmp_path: Path) -> None:
    language = put(tmp_path, {**TEXTS, "Send": ""})
    answer = run(tmp_path, "pl", "--date", DAY.isoformat())
    assert (answer.returncode, answer.stdout) == (1, "")
    assert answer.stderr == "pl can't be signed off: 1 texts have no translation\n"
    assert not (language / FILE).exists()


@pytest.mark.parametrize(
    "text",
    [
        "state = draft",
        'state = "read"',
        'state = "draft"\nreader = "A name"',
        'state = "read by a native reader"\ndate = 2026-11-01',
        'state = "read by a native reader"\ndate = "2026-11-01"\ncatalogue = "sha256:0"',
        SignOff(DAY, "sha256:0").as_toml() + 'reader = "A name"\n',
    ],
)
def test_a_file_that_says_anything_else_is_refused(tmp_path: Path, text: str) -> None:
    language = put(tmp_path, TEXTS)
    (language / FILE).write_text(text)
    with pytest.raises(SignOffError, match=FILE):
        is_read(language)


def test_the_digest_is_that_of_whole_texts() -> None:
    """Where one text ends and the next begins counts, and only a catalogue has a digest."""

    def digest_of(**texts: str) -> str:
        catalogue, file = Catalog("pl"), BytesIO()
        for english, text in texts.items():
            catalogue.add(english, text)
        write_mo(file, catalogue)
        return digest(file.getvalue())

    def length(number: int) -> bytes:
        return number.to_bytes(8, "big")

    written = length(1) + b"a" + length(2) + b"bc" + length(1) + b"d" + length(1) + b"e"
    assert digest_of(d="e", a="bc") == f"sha256:{sha256(written).hexdigest()}"
    assert digest_of(a="bc") != digest_of(ab="c")
    with pytest.raises(SignOffError):
        digest(b"")
