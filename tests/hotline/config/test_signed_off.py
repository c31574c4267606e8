"""A language is a draft until a native reader has read it, and again when a translation changes."""

import subprocess
import sys
from collections.abc import Mapping
from datetime import date, datetime, timedelta
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
IN_TWO_DAYS = (datetime.now().astimezone() + timedelta(days=2)).date()


def put(locales: Path, texts: Mapping[str, str], comment: str = "A comment.") -> Path:
    """The folder of a language with these translations, as source and compiled."""
    language = locales / "pl"
    (language / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    catalogue = Catalog("pl", header_comment=f"# {comment}", fuzzy=False)
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


def test_a_language_without_a_file_is_a_draft(tmp_path: Path) -> None:
    assert not is_read(put(tmp_path, TEXTS))
    assert drafts(tmp_path, ["pl", "ur"]) == ["pl", "ur"]


def test_a_language_that_was_read_is_none(tmp_path: Path) -> None:
    language = put(tmp_path, TEXTS)
    assert run(tmp_path, "pl", "--date", DAY.isoformat()).returncode == 0
    signed = sign_off(language)
    assert signed is not None
    assert signed.day == DAY
    assert is_read(language)
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
    run(tmp_path, "pl", "--date", DAY.isoformat())
    put(tmp_path, TEXTS)
    run(tmp_path, "pl", "--date", DAY.isoformat())
    assert not is_read(put(tmp_path, changed))
    assert "has changed since" in run(tmp_path).stdout
    assert is_read(put(tmp_path, TEXTS)), "it is what was read once more"


def test_comments_and_the_order_of_texts_are_no_change(tmp_path: Path) -> None:
    put(tmp_path, TEXTS)
    run(tmp_path, "pl", "--date", DAY.isoformat())
    assert is_read(put(tmp_path, dict(reversed(TEXTS.items())), "Another comment."))


def test_what_is_not_compiled_was_not_read(tmp_path: Path) -> None:
    language = put(tmp_path, TEXTS)
    run(tmp_path, "pl", "--date", DAY.isoformat())
    (language / "LC_MESSAGES" / "django.mo").unlink()
    assert not is_read(language)


def test_a_draft_can_be_declared(tmp_path: Path) -> None:
    language = put(tmp_path, TEXTS)
    run(tmp_path, "pl", "--date", DAY.isoformat())
    assert run(tmp_path, "pl", "--draft").returncode == 0
    assert (language / FILE).read_text() == 'state = "draft"\n'
    assert not is_read(language)


@pytest.mark.parametrize(
    ("texts", "arguments", "complaint"),
    [
        ({**TEXTS, "Send": ""}, ["pl", "--date", "2026-11-01"], "1 texts have no translation"),
        (TEXTS, ["pl"], "say either"),
        (TEXTS, ["pl", "--draft", "--date", "2026-11-01"], "say either"),
        (TEXTS, ["pl", "--date", "soon"], "invalid"),
        (TEXTS, ["xx", "--date", "2026-11-01"], "no catalogue of 'xx'"),
        (TEXTS, ["pl", "--date", str(IN_TWO_DAYS)], "not come yet"),
    ],
)
def test_what_can_not_have_been_read_is_not_signed(
    tmp_path: Path, texts: dict[str, str], arguments: list[str], complaint: str
) -> None:
    language = put(tmp_path, texts)
    answer = run(tmp_path, *arguments)
    assert answer.returncode != 0
    assert complaint in answer.stderr
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

    assert digest_of(a="bc") != digest_of(ab="c")
    assert digest_of(a="b") == digest_of(a="b")
    with pytest.raises(SignOffError):
        digest(b"")
