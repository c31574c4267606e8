"""The match policy: its defaults, and files that say what they can't mean."""

from pathlib import Path

import pytest

from takeback.matching.policy import (
    Decision,
    LanePolicy,
    MatchPolicy,
    PolicyError,
    load_policy,
    parse_policy,
)
from takeback.signals.lanes import Lane


def test_defaults_hold_self_reported_and_block_confirmed() -> None:
    policy = MatchPolicy()
    assert policy.of(Lane.CONFIRMED) == LanePolicy(31, 50, Decision.BLOCK)
    assert policy.of(Lane.SELF_REPORTED).decision is Decision.REVIEW
    assert policy.of(Lane.IMPORTED) == policy.of(Lane.SELF_REPORTED)
    assert policy.of(Lane.SELF_REPORTED).threshold < policy.of(Lane.CONFIRMED).threshold


def test_decisions_grow_stricter() -> None:
    assert sorted(Decision, key=lambda d: d.strictness) == ["allow", "review", "block"]


def test_a_file_changes_only_what_it_names(tmp_path: Path) -> None:
    path = tmp_path / "policy.toml"
    path.write_text('[self_reported]\nthreshold = 30\n[confirmed]\ndecision = "review"\n')
    policy = load_policy(path)
    assert policy.self_reported == LanePolicy(30, 50, Decision.REVIEW)
    assert policy.confirmed == LanePolicy(31, 50, Decision.REVIEW)
    assert policy.widest_threshold == 31


def test_the_threshold_of_pdq_may_stand_among_those_by_kind() -> None:
    policy = parse_policy("[confirmed.thresholds]\npdq = 9\n")
    assert policy == parse_policy("[confirmed]\nthreshold = 9\n")
    assert policy.confirmed.threshold_of("pdq") == 9
    assert policy.self_reported == MatchPolicy().self_reported


def test_an_empty_file_is_the_default() -> None:
    assert parse_policy("") == MatchPolicy()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[confirmed]\nthreshold = 257", r"confirmed\.threshold is 257.*0 to 256"),
        ("[confirmed]\nthreshold = -1", r"confirmed\.threshold"),
        ("[confirmed]\nthreshold = true", r"confirmed\.threshold is True"),
        ("[confirmed]\nthreshold = 30.5", r"confirmed\.threshold is 30\.5"),
        ("[self_reported]\nquality_floor = 101", r"self_reported\.quality_floor.*0 to 100"),
        ('[self_reported]\ndecision = "delete"', r"self_reported\.decision.*allow, review, block"),
        ("[self_reported]\ntreshold = 3", r"self_reported\.treshold is not a key"),
        ("[unknown]\nthreshold = 3", r"unknown is not a key.*self_reported, confirmed, imported"),
        ("confirmed = 3", r"confirmed is 3.*\[confirmed\]"),
        ("[confirmed", "not valid TOML"),
        ("[confirmed]\nthresholds = 3", r"confirmed\.thresholds is 3.*table by kind"),
        ("[confirmed]\nthresholds = { sha256 = 3 }", r"thresholds\.sha256 is not a key.*pdq"),
        ("[confirmed]\nthresholds = { pdq = 257 }", r"confirmed\.threshold is 257"),
        ("[confirmed]\nthreshold = 9\nthresholds = { pdq = 9 }", r"thresholds\.pdq are the same"),
    ],
)
def test_errors_name_the_key_and_what_it_must_be(text: str, named: str) -> None:
    with pytest.raises(PolicyError, match=named):
        parse_policy(text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"missing\.toml can't be read"):
        load_policy(tmp_path / "missing.toml")
