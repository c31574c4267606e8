"""How hard an English text is to read, by the formula of Flesch and Kincaid.

Kincaid, Fishburne, Rogers and Chissom, "Derivation of New Readability Formulas", 1975: the school
grade that a text needs, from words a sentence and syllables a word. Grade 5 is age 10 to 11.
"""

import re
from functools import cache

import pyphen

_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+")
_WORD = re.compile(r"[A-Za-z0-9]+(?:[’'.-][A-Za-z0-9]+)*")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^laeiouy]e|[^dt]ed|[^sxzcg]es)$")
_DICTIONARY = pyphen.Pyphen(lang="en_GB")


def sentences(text: str) -> list[str]:
    """The sentences of a text, in order; a text without an end mark is one."""
    return [part for part in _SENTENCE_END.split(text.strip()) if words(part)]


def words(text: str) -> list[str]:
    """The words of a text; a number or an address is one word."""
    return _WORD.findall(text)


@cache
def syllables(word: str) -> int:
    """Syllables of a word, at least 1.

    The greater of two counts that both err to the low side: the places where a printer may divide
    it, and its groups of vowels without a silent ending.
    """
    plain = word.lower()
    if not plain.isalpha() and any(character.isdigit() for character in plain):
        return 1
    letters = re.sub(r"[^a-z]", "", plain)
    groups = len(_VOWELS.findall(letters)) - (1 if _SILENT.search(letters) else 0)
    return max(1, groups, len(_DICTIONARY.positions(letters)) + 1)


def grade(text: str) -> float:
    """The Flesch–Kincaid grade of a text with at least one word."""
    found = words(text)
    a_sentence = len(found) / len(sentences(text))
    a_word = sum(map(syllables, found)) / len(found)
    return 0.39 * a_sentence + 11.8 * a_word - 15.59
