"""What was taken from CLDR and the time zone database is what they say today."""

import importlib.util
from types import ModuleType

import pytest
from django.conf import settings

from takeback.hotline.helplines.names import countries_by_name, country_name, language_name
from tests.hotline.intake.test_words import REPOSITORY


def tool() -> ModuleType:
    path = REPOSITORY / "tools" / "helpline_reference.py"
    spec = importlib.util.spec_from_file_location("helpline_reference", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["names", "time_zones"])
def test_the_reference_is_up_to_date(name: str) -> None:
    written = tool()
    held = (written.FOLDER / f"{name}.json").read_text(encoding="utf-8")
    assert held == written.as_text(getattr(written, name)()), "run `make helpline-reference`"


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_countries_are_sorted_by_their_names_in_the_readers_language(language: str) -> None:
    names = [country_name(place.code, language) for place in countries_by_name(language)]
    assert len(names) == len(set(names))
    if language == "en":
        assert names == sorted(names)
    assert language_name("cy", language)


def test_accents_do_not_move_a_name_to_the_end() -> None:
    welsh = [country_name(place.code, "cy") for place in countries_by_name("cy")]
    assert (
        welsh.index("Gwlad Pwyl")
        < welsh.index("Gwlad yr Iâ")
        < welsh.index("Hong Kong SAR Tsieina")
    )


def test_a_language_without_names_reads_english() -> None:
    assert country_name("DE", "xx") == "Germany"
