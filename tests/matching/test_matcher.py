"""The matcher against the rules of matching written out plainly, entry by entry."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from takeback.matching.matcher import (
    FingerprintError,
    Match,
    Matcher,
    UploadFingerprints,
    ViewFingerprint,
)
from takeback.matching.policy import Decision, LanePolicy, MatchPolicy
from takeback.signals.lanes import Lane
from tests.support.match_lists import (
    SOURCE,
    ListedPdq,
    PlainEntry,
    codes,
    distance,
    entry_id,
    flipped,
    lists,
    match_list,
    near_codes,
    written,
)

same_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
lane_policies = st.builds(
    LanePolicy, st.integers(0, 256), st.integers(0, 100), st.sampled_from(Decision)
)
CODE = bytes(range(32))


def plainly(listed: PlainEntry, upload: UploadFingerprints, policy: MatchPolicy) -> Match | None:
    """The match of one entry by the rules, or None."""
    lane = policy.of(listed.lane)
    if upload.sha256 in listed.sha256:
        return Match(
            listed.entry, listed.lane, "sha256", 0, None, lane.decision, origin=SOURCE.origin
        )
    if not listed.sha256 and upload.md5 in listed.md5:
        return Match(listed.entry, listed.lane, "md5", 0, None, lane.decision, origin=SOURCE.origin)
    whole = [] if upload.pdq is None else [ViewFingerprint("", upload.pdq)]
    near = [
        (distance(pdq.code, view.pdq), place, at)
        for place, view in enumerate([*whole, *upload.views])
        for at, pdq in enumerate(listed.pdq)
        if distance(pdq.code, view.pdq) <= lane.threshold
        and pdq.quality >= max(lane.quality_floor, view.least_listed_quality)
    ]
    if not near:
        return None
    far, place, at = min(near)
    return Match(
        *(listed.entry, listed.lane, "pdq", far, listed.pdq[at].quality, lane.decision),
        view=[*whole, *upload.views][place].view,
        origin=SOURCE.origin,
    )


@same_folder
@given(
    data=st.data(),
    centre=codes(),
    policy=st.builds(MatchPolicy, lane_policies, lane_policies),
)
def test_matches_are_those_of_the_rules(
    data: st.DataObject, centre: bytes, policy: MatchPolicy, tmp_path: Path
) -> None:
    entries = data.draw(lists(centre))
    upload = data.draw(
        st.builds(
            UploadFingerprints,
            st.none() | st.just(centre) | near_codes(centre),
            st.none() | st.sampled_from([bytes([n]) * 32 for n in range(5)]),
            st.none() | st.sampled_from([bytes([n]) * 16 for n in range(5)]),
            st.lists(
                st.builds(
                    ViewFingerprint,
                    st.sampled_from(["mirrored", "trimmed"]),
                    near_codes(centre),
                    st.integers(0, 100),
                ),
                max_size=4,
            ).map(tuple),
        )
    )
    result = Matcher(match_list(written(tmp_path / "list", entries)), policy).match(upload)
    expected = [match for listed in entries if (match := plainly(listed, upload, policy))]
    assert sorted(result.matches, key=lambda m: m.entry) == sorted(expected, key=lambda m: m.entry)
    decisions = [match.decision for match in expected] or [Decision.ALLOW]
    assert result.decision is max(decisions, key=lambda d: d.strictness)
    if result.matches:
        assert result.matches[0].decision is result.decision


def near(number: int, far: int, lane: Lane = Lane.CONFIRMED, quality: int = 80) -> PlainEntry:
    return PlainEntry(entry_id(number), lane, (ListedPdq(flipped(CODE, range(far)), quality),))


@pytest.mark.parametrize(
    ("lane", "far", "decision"),
    [
        (Lane.CONFIRMED, 0, Decision.BLOCK),
        (Lane.CONFIRMED, 31, Decision.BLOCK),
        (Lane.CONFIRMED, 32, Decision.ALLOW),
        (Lane.SELF_REPORTED, 28, Decision.REVIEW),
        (Lane.SELF_REPORTED, 29, Decision.ALLOW),
        (Lane.SELF_REPORTED, 256, Decision.ALLOW),
    ],
)
def test_each_lane_matches_as_far_as_its_default_threshold(
    lane: Lane, far: int, decision: Decision, tmp_path: Path
) -> None:
    matcher = Matcher(match_list(written(tmp_path / "list", [near(1, far, lane)])), MatchPolicy())
    assert matcher.match(UploadFingerprints(pdq=CODE)).decision is decision


def test_the_strictest_decision_wins_over_the_nearest_match(tmp_path: Path) -> None:
    listed = [near(1, 0, Lane.SELF_REPORTED), near(2, 30, Lane.CONFIRMED)]
    result = Matcher(match_list(written(tmp_path / "list", listed)), MatchPolicy()).match(
        UploadFingerprints(pdq=CODE)
    )
    assert result.decision is Decision.BLOCK
    assert [match.entry for match in result.matches] == [entry_id(2), entry_id(1)]


@pytest.mark.parametrize(("quality", "decision"), [(49, "allow"), (50, "block")])
def test_a_listed_picture_under_the_quality_floor_is_not_matched(
    quality: int, decision: Decision, tmp_path: Path
) -> None:
    matcher = Matcher(
        match_list(written(tmp_path / "list", [near(1, 4, quality=quality)])), MatchPolicy()
    )
    assert matcher.match(UploadFingerprints(pdq=CODE)).decision == decision


def test_an_equal_file_matches_below_the_floor(tmp_path: Path) -> None:
    listed = PlainEntry(
        entry_id(1), Lane.SELF_REPORTED, (ListedPdq(CODE, 3),), (b"\1" * 32,), (b"\1" * 16,)
    )
    matcher = Matcher(match_list(written(tmp_path / "list", [listed])), MatchPolicy())
    match = matcher.match(UploadFingerprints(CODE, b"\1" * 32)).matches[0]
    assert (match.signal, match.distance, match.listed_quality) == ("sha256", 0, None)


def test_an_upload_is_found_by_its_nearest_view_and_says_which(tmp_path: Path) -> None:
    matcher = Matcher(match_list(written(tmp_path / "list", [near(1, 0)])), MatchPolicy())
    views = (
        ViewFingerprint("mirrored", flipped(CODE, range(9))),
        ViewFingerprint("trimmed", flipped(CODE, range(4))),
        ViewFingerprint("left half", flipped(CODE, range(20))),
    )
    upload = UploadFingerprints(flipped(CODE, range(200)), views=views)
    [match] = matcher.match(upload).matches
    assert (match.view, match.distance) == ("trimmed", 4)


def test_a_view_of_a_part_matches_only_listed_pictures_of_its_quality(tmp_path: Path) -> None:
    listed = [
        PlainEntry(entry_id(number), Lane.CONFIRMED, (ListedPdq(CODE, quality),), (), ())
        for number, quality in ((1, 59), (2, 60))
    ]
    matcher = Matcher(match_list(written(tmp_path / "list", listed)), MatchPolicy())
    part = ViewFingerprint("trimmed", CODE, least_listed_quality=60)
    assert [m.entry for m in matcher.match(UploadFingerprints(views=(part,))).matches] == [
        entry_id(2)
    ]
    assert len(matcher.match(UploadFingerprints(CODE, views=(part,))).matches) == 2


def test_md5_is_asked_only_of_entries_without_sha256(tmp_path: Path) -> None:
    md5 = b"\1" * 16
    listed = [
        PlainEntry(entry_id(1), Lane.CONFIRMED, (), (b"\1" * 32,), (md5,)),
        PlainEntry(entry_id(2), Lane.CONFIRMED, (), (), (md5,)),
    ]
    matcher = Matcher(match_list(written(tmp_path / "list", listed)), MatchPolicy())
    assert [m.entry for m in matcher.match(UploadFingerprints(md5=md5)).matches] == [entry_id(2)]


@pytest.mark.parametrize("size", [0, 1, 2, 50])
def test_every_one_of_equal_entries_is_named(size: int, tmp_path: Path) -> None:
    listed = [near(number, 2) for number in range(size)]
    result = Matcher(match_list(written(tmp_path / "list", listed)), MatchPolicy()).match(
        UploadFingerprints(pdq=CODE)
    )
    assert [m.entry for m in result.matches] == sorted(listed.entry for listed in listed)


@same_folder
@given(data=st.data(), centre=codes(), policy=st.builds(MatchPolicy, lane_policies, lane_policies))
def test_many_uploads_at_once_are_answered_as_one_by_one(
    data: st.DataObject, centre: bytes, policy: MatchPolicy, tmp_path: Path
) -> None:
    matcher = Matcher(match_list(written(tmp_path / "list", data.draw(lists(centre)))), policy)
    views = st.builds(ViewFingerprint, st.just("v"), near_codes(centre), st.integers(0, 100))
    some_views = st.lists(views, max_size=3).map(tuple)
    uploads = data.draw(
        st.lists(
            st.builds(
                UploadFingerprints,
                st.none() | near_codes(centre),
                st.none() | st.sampled_from([bytes([n]) * 32 for n in range(5)]),
                views=some_views,
            ),
            max_size=5,
        )
    )
    assert matcher.match_many(uploads) == [matcher.match(upload) for upload in uploads]


def test_fingerprints_are_read_from_hexadecimal_or_refused() -> None:
    upload = UploadFingerprints.from_hex(pdq=CODE.hex().upper(), md5="0" * 32)
    assert upload == UploadFingerprints(CODE, None, bytes(16))
    for wrong in ("zz" * 32, "00" * 31, "0" * 63, " " + "00" * 31 + " "):
        with pytest.raises(FingerprintError, match="pdq must be 64 hexadecimal digits"):
            UploadFingerprints.from_hex(pdq=wrong)
    with pytest.raises(FingerprintError, match="sha256 must be 64"):
        UploadFingerprints.from_hex(sha256="00")
