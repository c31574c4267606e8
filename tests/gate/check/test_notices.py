"""What whoever posted it is shown: nothing that tells that anyone reported (fault A8)."""

import re
import tomllib
from pathlib import Path
from uuid import UUID

import pytest
import requests

from takeback.gate import Gate
from takeback.gate.check.notices import NoticeKind, make_notice, notice_languages
from takeback.gate.store.outbox import Outbox
from takeback.gate.store.store import Store
from takeback.gate.sync.list_sync import ListSync
from takeback.matching.matcher import UploadFingerprints
from takeback.signals.lanes import Lane
from tests.support.log_server import ORIGIN, Log
from tests.support.match_lists import flipped

CODE = bytes(range(32))
OTHER_CODE = bytes(range(100, 132))

TEXTS = Path(make_notice.__code__.co_filename).parent / "notice_texts"
LANGUAGES = ["ar", "bn", "cy", "de", "en", "es", "fr", "pa", "pl", "ro", "tr", "uk", "ur"]
KINDS = {"blocked", "held"}
KEYS = {"direction", "draft", "link_text", "reference_label", "full_stop"} | KINDS
KEYS_OF_A_KIND = {"heading", "text", "ask"}
WORDS = ("heading", "text", "ask", "link_text", "reference_label")

NOT_OF_THE_SCRIPT = {
    "ar": r"[,;?]",
    "bn": r"[.]",
    "fr": r"(?<!\N{NARROW NO-BREAK SPACE})[?!:;]|'",
    "pa": r"[.]",
    "ur": r"[.,;?]",
}
"""Punctuation of English where the script has its own, or the language spaces it otherwise."""

TIPS_OFF = re.compile(
    r"\b(someone|somebody|report\w*|asked|list\w*|match\w*|look\w* like|similar|resembl\w*|same|"
    r"copy|copies|hotline|takeback|took it back|young|child\w*|minor\w*|nude|sexual|intimate|"
    r"private|known|stopped|hash\w*|fingerprint\w*|police|illegal|victim\w*|them|they|person in)\b",
    re.IGNORECASE,
)
"""Whoever reads one of these learns that somebody wanted this very picture stopped, or whose it is.

"A person will look at it" is said of the platform's own people, so `person` alone is no such word.
"""


@pytest.fixture
def gate(log: Log, sync: ListSync, store: Store) -> Gate:
    """A gate with one picture that waits for a person, and one that is blocked."""
    log.add(CODE)
    log.add(OTHER_CODE, Lane.CONFIRMED)
    sync.sync()
    return Gate.open(store.folder, decoders=1)


def shown(gate: Gate, code: bytes, language: str = "en") -> dict[str, str | None]:
    notice = gate.check_fingerprints(UploadFingerprints(pdq=code)).notice(language)
    assert notice is not None
    return vars(notice) | {"whole": str(notice)}


def test_no_english_word_tells_that_anyone_reported() -> None:
    texts = tomllib.loads((TEXTS / "en.toml").read_text())
    texts_shown = [texts["link_text"], texts["reference_label"]]
    texts_shown += [*texts["blocked"].values(), *texts["held"].values()]
    assert [TIPS_OFF.findall(text) for text in texts_shown] == [[]] * len(texts_shown)


@pytest.mark.parametrize("language", notice_languages())
def test_each_language_is_one_file_that_says_all_and_names_nothing(language: str) -> None:
    texts = tomllib.loads((TEXTS / f"{language}.toml").read_text(encoding="utf-8"))
    assert set(texts) == KEYS
    for kind in NoticeKind:
        assert set(texts[kind]) == KEYS_OF_A_KIND
        texts_shown = str(make_notice(kind, language, None, None))
        assert re.search(r"[\d<>{}&]|://|Takeback", texts_shown) is None, (
            "the pages add nothing to it"
        )
        assert len(texts_shown) > 40


def test_there_are_the_languages_of_the_hotlines_pages_and_only_english_is_no_draft() -> None:
    assert notice_languages() == LANGUAGES
    assert set(NoticeKind) == KINDS
    notices = {code: make_notice(NoticeKind.HELD, code, None, None) for code in LANGUAGES}
    assert [code for code, notice in notices.items() if not notice.draft] == ["en"]
    assert [code for code, notice in notices.items() if notice.direction == "rtl"] == ["ar", "ur"]


@pytest.mark.parametrize("kind", NoticeKind)
def test_no_language_has_the_words_of_another(kind: NoticeKind) -> None:
    notices = [make_notice(kind, code, "reference", None) for code in LANGUAGES]
    for name in WORDS:
        shown_in = [getattr(notice, name) for notice in notices]
        assert len(set(shown_in)) == len(LANGUAGES), name


@pytest.mark.parametrize("kind", NoticeKind)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_punctuated_as_its_script_is(language: str, kind: NoticeKind) -> None:
    notice = make_notice(kind, language, "0", None)
    whole = str(notice)
    assert re.findall(NOT_OF_THE_SCRIPT.get(language, r"[।۔؟،]"), whole) == []
    stop = {"bn": "।", "pa": "।", "ur": "۔"}.get(language, ".")
    assert whole.startswith(f"{notice.heading}{stop} {notice.text} {notice.ask} ")
    assert notice.text.endswith(stop)
    assert notice.ask.endswith(stop)
    assert whole.endswith(f"{stop} {notice.reference_label} 0")
    assert notice.reference_label.endswith(
        "\N{NARROW NO-BREAK SPACE}:" if language == "fr" else ":"
    )


def test_what_is_held_says_to_wait_first_and_what_is_blocked_asks_at_once() -> None:
    held, blocked = (
        make_notice(kind, "en", "0", None) for kind in (NoticeKind.HELD, NoticeKind.BLOCKED)
    )
    assert held.text.endswith(" You can just wait.")
    assert held.ask.startswith("If it is not posted after that, you can ask for a check. ")
    assert blocked.ask.startswith("If you think this is wrong, you can ask for a check. ")
    for language in LANGUAGES:
        held, blocked = (
            make_notice(kind, language, "0", None) for kind in (NoticeKind.HELD, NoticeKind.BLOCKED)
        )
        assert held.ask != blocked.ask
        assert held.link_text == blocked.link_text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("cy", "cy"),
        ("ar-EG", "ar"),
        ("AR_eg", "ar"),
        ("tlh, cy;q=0.4, ar;q=0.8", "ar"),
        ("ar;q=0, cy", "cy"),
        ("tlh", "en"),
        ("", "en"),
        ("*", "en"),
        ("cy;q=much, ar;x=1", "ar"),
        (",;=,;;q=,-,", "en"),
        (",".join(["tlh"] * 5000), "en"),
        ("../../etc/passwd", "en"),
    ],
)
def test_the_language_is_the_nearest_to_what_was_asked_for(accepted: str, language: str) -> None:
    assert make_notice(NoticeKind.HELD, accepted, None, None).language == language


def test_the_words_are_the_same_whatever_was_matched_and_by_how_much(gate: Gate) -> None:
    near, exact = shown(gate, flipped(CODE, range(9))), shown(gate, CODE)
    blocked = shown(gate, OTHER_CODE)
    assert (near["kind"], exact["kind"], blocked["kind"]) == ("held", "held", "blocked")
    differ = {name for name in near if near[name] != exact[name]}
    assert differ == {"reference", "appeal", "whole"}
    entries = {item.entry for item in gate.lists[0].outbox.waiting()}
    for notice in (near, exact, blocked):
        words = " ".join(str(value) for name, value in notice.items() if name != "appeal")
        for secret in (*entries, ORIGIN, *Lane, "256", "bits"):
            assert secret not in words
    assert gate.check_fingerprints(UploadFingerprints(pdq=bytes(32))).notice() is None


def test_no_two_references_can_be_linked_and_none_can_be_guessed(gate: Gate, store: Store) -> None:
    codes = [CODE, CODE, OTHER_CODE, OTHER_CODE] * 25
    references = [UUID(str(shown(gate, code)["reference"])) for code in codes]
    assert len(set(references)) == len(codes)
    assert {reference.version for reference in references} == {4}, "122 random bits, no time"
    # Nothing that is the same in all of them but the version: no part counts or names an entry.
    bits = [f"{reference.int:0128b}" for reference in references]
    fixed = sum(len(set(column)) == 1 for column in zip(*bits, strict=True))
    assert fixed == 6  # version and variant; a further one is 2 in 2**100
    of_entry = {str(item.id): item.entry for item in Outbox(store).waiting()}
    assert {str(reference) for reference in references} == set(of_entry), "the hotline finds it"
    assert len(set(of_entry.values())) == 2


def test_the_link_leads_to_the_hotlines_appeals_with_the_reference_in_the_fragment(
    gate: Gate, hotline: str
) -> None:
    notice = shown(gate, CODE)
    assert notice["appeal"] == f"{hotline}/appeal#reference={notice['reference']}"
    assert str(notice["whole"]).endswith(f"Reference: {notice['reference']}")


def test_a_platform_can_name_its_own_page_for_those_who_ask(
    log: Log, sync: ListSync, store: Store
) -> None:
    log.add(CODE)
    sync.sync()
    own = "https://help.skylark.example/checks?from=upload"
    with Gate.open(store.folder, decoders=1, appeals=own) as gate:
        notice = shown(gate, CODE)
    assert notice["appeal"] == f"{own}#reference={notice['reference']}"
    for wrong in ("help", "javascript:alert(1)", "https:///x", "https://a.example/#top"):
        with pytest.raises(ValueError, match="not the address of a page"):
            Gate.open(store.folder, appeals=wrong)


def test_without_a_report_there_is_nothing_to_ask_with_until_one_is_made(gate: Gate) -> None:
    verdict = gate.check_fingerprints(UploadFingerprints(pdq=CODE), report=False)
    silent = verdict.notice()
    assert silent is not None
    assert (silent.ask, silent.reference, silent.appeal) == ("", None, None)
    assert "Reference" not in str(silent)
    notice = verdict.notice(reference="of-my-own-report")
    assert notice is not None
    assert notice.appeal is not None
    assert notice.appeal.endswith("#reference=of-my-own-report")
    assert notice.ask


def test_the_service_gives_the_notice_in_the_language_that_is_asked_for(
    log: Log, sync: ListSync, service: str, hotline: str
) -> None:
    log.add(CODE)
    sync.sync()

    def answer(query: str, code: bytes = CODE) -> dict[str, object]:
        got = requests.post(f"{service}/v1/match{query}", json={"pdq": code.hex()}, timeout=20)
        assert got.status_code == 200
        return dict(got.json())

    english, arabic = answer(""), answer("?language=ar-EG")
    for got, language, direction in ((english, "en", "ltr"), (arabic, "ar", "rtl")):
        notice = got["notice"]
        assert isinstance(notice, dict)
        assert (notice["kind"], notice["language"]) == ("held", language)
        assert notice["direction"] == direction
        assert notice["reference"] == got["reference"]
        assert notice["appeal"] == f"{hotline}/appeal#reference={got['reference']}"
    assert answer("", bytes(32))["notice"] is None
    silent = answer("?report=false")["notice"]
    assert isinstance(silent, dict)
    assert (silent["ask"], silent["appeal"]) == ("", None)
    too_long = f"{service}/v1/match?language={'a' * 201}"
    assert requests.post(too_long, json={"pdq": "00" * 32}, timeout=20).status_code == 422
