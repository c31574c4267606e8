"""What distinguishes each language that the pages are translated into: a row for every one.

A new language is a row here beside its catalogue; the tests of the translations ask every row the
same questions. docs/translations.md says what a row needs.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True)
class OfferedLanguage:
    """How to tell a language from English, and how it speaks to a young person."""

    plural_forms: int
    """How many forms its whole numbers take, as Django's own catalogue of it has them."""

    script: re.Pattern[str]
    """A letter that every translation has at least once of."""

    letters_of_its_own: bool = False
    """Whether it is written in other letters than English."""

    numbers_in_words: bool = False
    """Whether it may say in words what English says in digits."""

    right_to_left: bool = False
    """Whether names and addresses in other letters need marks of direction around them."""

    same_in_english: frozenset[str] = frozenset()
    """Texts that are the same words as in English."""

    in_latin: frozenset[str] = frozenset()
    """What stays in Latin letters; of a language with letters of its own."""

    shared_words: frozenset[str] = frozenset()
    """Of the words that English can't do without, those that it has too, in lower case."""

    never: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Forms that it never speaks in; each by the reason."""

    never_to_a_child: Mapping[str, re.Pattern[str]] = field(default_factory=dict)
    """Forms that it keeps for grown-ups: they may stand on their page, and nowhere else."""

    own_words: str
    """Two words of it, which nobody must take for English."""


_LATIN = re.compile(r"[^\W\d_]")

_BOTH_GENDERS = re.compile(
    r"\w(\((e|a|o|n|s|es|as|os|in|ne|ă|а|ла)\)|[·•*:_](e|in|innen|ne|r|s)\b|/-?(a|e|o|in|ă|а|ла)\b|@)"
)
"""Such as "solo/a", "seul·e" or "Freund*in"."""

_NAMES_IN_LATIN = frozenset(
    {"JavaScript", "Shift", "cookie", "WCAG", "AA", "https", "http", "txt", "Takeback"}
)

LANGUAGES: dict[str, OfferedLanguage] = {
    "cy": OfferedLanguage(
        plural_forms=4,
        script=_LATIN,
        same_in_english=frozenset({"Problem:", ", "}),
        never_to_a_child={
            "a child is “ti”, and is not spoken to as “chi”": re.compile(
                r"\b(chi|chwi|eich|ydych|dych|oeddech|byddwch|\w{3,}wch)\b", re.IGNORECASE
            ),
        },
        own_words="Dim byd",
    ),
    "de": OfferedLanguage(
        plural_forms=2,
        script=_LATIN,
        same_in_english=frozenset({"Chat", "Problem:", "Video %(number)s", "Video {number}", ", "}),
        shared_words=frozenset({"code", "not", "was"}),
        never={
            "both genders with a sign between; speak of people without": _BOTH_GENDERS,
            "quotation marks are „ and “": re.compile('[”"«»]'),
        },
        never_to_a_child={
            "a child is “du”; a capital in mid-sentence is the polite “Sie”": re.compile(
                r"(?<=[\w,;] )(Sie|Ihnen|Ihre?[nmrs]?)\b"
            ),
        },
        own_words="Gar nichts",
    ),
    "es": OfferedLanguage(
        plural_forms=3,
        script=_LATIN,
        same_in_english=frozenset({", "}),
        never={
            "both genders with a sign between; speak of people without": _BOTH_GENDERS,
            "the reader has no gender: not “estás solo”, but “no tienes que…”": re.compile(
                r"\best(ás|abas|és) (\w+ )?"
                r"(sol|segur|list|preocupad|asustad|obligad|amenazad)[oa]\b",
                re.IGNORECASE,
            ),
            "a question begins with ¿": re.compile(r"^[^¿]*\?"),
            "an exclamation begins with ¡": re.compile("^[^¡]*!"),
        },
        never_to_a_child={
            "a child is “tú”, here and in Latin America": re.compile(
                r"\b(usted|ustedes|vosotr[oa]s|vuestr[oa]s?|vos)\b", re.IGNORECASE
            ),
        },
        own_words="Nada más",
    ),
    "fr": OfferedLanguage(
        plural_forms=2,
        script=_LATIN,
        same_in_english=frozenset({"Canada", ", "}),
        shared_words=frozenset({"code"}),
        never={
            "both genders with a sign between; speak of people without": _BOTH_GENDERS,
            "the reader has no gender: not “tu es seul”, but “tu as le droit…”": re.compile(
                r"\btu (n.)?es (pas |plus |déjà )?"
                r"(seul|prêt|sûr|obligé|menacé|forcé|inquiet|inquièt)e?\b",
                re.IGNORECASE,
            ),
            "before ! ? ; : and inside « » stands U+202F or U+00A0, never a blank": re.compile(
                " [!?;:»]|« |\\w[!?;»]|«\\w"
            ),
            "quotation marks are « and »": re.compile('[“”"]'),
        },
        never_to_a_child={
            "a child is “tu”": re.compile(r"\b(?<!-)(vous|votre|vos)\b", re.IGNORECASE),
        },
        own_words="Rien du tout",
    ),
    "pl": OfferedLanguage(
        plural_forms=3,
        script=_LATIN,
        same_in_english=frozenset({"Problem:", ", "}),
        shared_words=frozenset({"to"}),
        never={
            "both genders with a sign between; speak of people without": _BOTH_GENDERS,
            "the past of a verb says whether its speaker is a boy": re.compile(
                r"\b\w+(łeś|łaś|łbyś|łabyś|łbym|łabym|[aeiyąę]łam)\b|"
                r"\b(?!materiałem|kanałem|działem)\w+[aiyą]łem\b",
                re.IGNORECASE,
            ),
            "what is said of the reader shows no gender": re.compile(
                r"\bjesteś (\w+ )?(sama?|winn[ya]|gotow[ya]|bezpieczn[ya]|zmuszon[ya]|pewn[ya])\b",
                re.IGNORECASE,
            ),
            "quotation marks are „ and ”": re.compile('[“"«»]'),
        },
        never_to_a_child={
            "a child is “ty”, neither “Pan” or “Pani” nor “wy”": re.compile(
                r"\b(Pan|Pani|Pana|Panu|Panią|Panie|Państw[oau]|Państwem)\b|"
                r"\b(?i:wy|was|wam|wami|wasz\w*)\b"
            ),
        },
        own_words="Nic takiego",
    ),
    "ro": OfferedLanguage(
        plural_forms=3,
        script=_LATIN,
        same_in_english=frozenset({"Canada", "Australia", ", "}),
        shared_words=frozenset({"are"}),
        never={
            "both genders with a sign between; speak of people without": _BOTH_GENDERS,
            "what is said of the reader shows no gender": re.compile(
                r"\bești (\w+ )?(singură?|vinovată?|pregătită?|obligată?|amenințată?|sigură?)\b",
                re.IGNORECASE,
            ),
            "ș and ț have a comma below, not a cedilla": re.compile("[şţŞŢ]"),
            "quotation marks are „ and ”": re.compile('[“"«»]'),
        },
        never_to_a_child={
            "a child is “tu”": re.compile(
                r"\b(dumneavoastră|dumneata|dvs|voi|vostru|voastră|voștri|voastre|vă|v-\w+|"
                r"sunteți|aveți|puteți|vreți|doriți|știți|apăsați|scrieți|alegeți|folosiți)\b",
                re.IGNORECASE,
            ),
        },
        own_words="Nimic altceva",
    ),
    "tr": OfferedLanguage(
        plural_forms=2,
        script=_LATIN,
        same_in_english=frozenset({", "}),
        shared_words=frozenset({"not"}),
        never_to_a_child={
            "a child is “sen”, not “siz”": re.compile(
                r"\b(siz|sizi|size|sizin|sizden|sizde|sizinle)\b|"
                r"\w{2}([iı]n[iı]z|[uü]n[uü]z)\b|\w{2}s[iıuü]n[iıuü]z\b",
                re.IGNORECASE,
            ),
            "a child is asked with “tıkla”, not “tıklayın”": re.compile(
                r"\b\w{3,}y[iıuü]n([iı]z|[uü]z)?\b", re.IGNORECASE
            ),
        },
        own_words="Hiçbir şey",
    ),
    "uk": OfferedLanguage(
        plural_forms=3,
        script=re.compile("[А-ЩЬЮЯа-щьюяЄІЇҐєіїґ]"),
        letters_of_its_own=True,
        same_in_english=frozenset({", "}),
        in_latin=_NAMES_IN_LATIN,
        never={
            "both genders with a sign between; speak of people without": _BOTH_GENDERS,
            "letters of Russian": re.compile("[ЫыЭэЪъЁё]"),
            "the past of a verb says whether “ти” is a boy": re.compile(
                r"\bти (не |вже |щойно )?\w{2,}([аияї]в|[аияї]ла)(ся|сь)?\b", re.IGNORECASE
            ),
            "what is said of the reader shows no gender": re.compile(
                r"\bти (не |вже )?(сам|сама|один|одна|винен|винний|винна|готов\w+|певен|певна)\b",
                re.IGNORECASE,
            ),
            "quotation marks are « and »": re.compile('[“”„"]'),
        },
        never_to_a_child={
            "a child is “ти”, not “ви”": re.compile(
                r"\b(ви|вас|вам|вами|ваш|ваш[аеіу]|вашого|вашому|вашої|вашій|ваших|вашим)\b|"
                r"\b\w{2,}(йте|[бвджзклмнпрстфхцчш]іть)(ся|сь)?\b",
                re.IGNORECASE,
            ),
        },
        own_words="Нічого немає",
    ),
    "ur": OfferedLanguage(
        plural_forms=2,
        script=re.compile("[\u0621-\u064a\u0679-\u06d3]"),
        letters_of_its_own=True,
        right_to_left=True,
        in_latin=_NAMES_IN_LATIN | {"SAR"},  # in the name of Hong Kong, by CLDR
        never={
            "everybody is “آپ”, the young too": re.compile(
                r"\b(تم|تمہار[اےی]|تمہیں|تیر[اےی]|تجھے|تجھ)\b"
            ),
            "letters of Arabic in place of ی ک ہ ۃ": re.compile("[\u064a\u0649\u0643\u0647\u0629]"),
            "the Urdu comma is ،": re.compile(","),
            "the Urdu question mark is ؟": re.compile(r"\?"),
            "a sentence ends with ۔": re.compile(r"[\u0600-\u06ff]\u2069?\.(\s|$)"),
        },
        own_words="کچھ نہیں",
    ),
    "ar": OfferedLanguage(
        plural_forms=6,
        script=re.compile("[\u0621-\u064a]"),
        letters_of_its_own=True,
        numbers_in_words=True,
        right_to_left=True,
        in_latin=_NAMES_IN_LATIN,
        never={
            "a command to a man or boy alone; verbal nouns speak to everyone": re.compile(
                r"\b(اضغط|اكتب|اختر|احفظ|انسخ|اتصل|أخبر|ارجع|ابدأ|جرّب)\b"
            ),
            "the Arabic comma is ،": re.compile(","),
            "the Arabic question mark is ؟": re.compile(r"\?"),
        },
        own_words="لا شيء",
    ),
    # In Bengali and Gurmukhi a vowel sign is no letter to Python: \b would cut words in two.
    "bn": OfferedLanguage(
        plural_forms=2,
        script=re.compile("[\u0985-\u09b9]"),
        letters_of_its_own=True,
        same_in_english=frozenset({", "}),
        in_latin=_NAMES_IN_LATIN,
        never={
            "a sentence ends with ।": re.compile(r"[\u0980-\u09ff]\.(\s|$)"),
        },
        never_to_a_child={
            "a child is “তুমি”, not “আপনি”": re.compile(
                "আপন(ি|ার|াকে|ারা|াদের)|"
                "(কর|লিখ|চাপ|বল|দেখ|রাখ|শুন|থাম|পড়|খুল|ফেল|জান|আস|খুঁজ|চাল)ুন(?![\u0980-\u09ff])"
            ),
            "a child is not “তুই”": re.compile(
                "(?<![\u0980-\u09ff])(তুই|তোর|তোকে)(?![\u0980-\u09ff])"
            ),
        },
        own_words="কিছুই না",
    ),
    "pa": OfferedLanguage(
        plural_forms=2,
        script=re.compile("[\u0a05-\u0a39\u0a59-\u0a5e]"),
        letters_of_its_own=True,
        same_in_english=frozenset({", "}),
        in_latin=_NAMES_IN_LATIN,
        never={
            "everybody is “ਤੁਸੀਂ”, the young too": re.compile(
                "(?<![\u0a00-\u0a7f])(ਤੂੰ|ਤੇਰ[ਾੀੇ]|ਤੇਰੀਆਂ|ਤੈਨੂੰ|ਤੈਥੋਂ)(?![\u0a00-\u0a7f])"
            ),
            "a sentence ends with ।": re.compile(r"[\u0a00-\u0a7f]\.(\s|$)"),
        },
        own_words="ਕੁਝ ਨਹੀਂ",
    ),
}
"""Every language but English, by its code, in the order of the settings."""
