"""Canaries: what only one platform gets, and whose list a leak shows."""

from pathlib import Path

import pytest
from procrastinate.contrib.django.models import ProcrastinateJob

from takeback.hashlist.events import EntryId
from takeback.hashlist.fold import LiveEntry
from takeback.hashlist.signals import PdqSignal
from takeback.hotline.entries.actions import withdraw_entries
from takeback.hotline.feeds import access as feeds_access
from takeback.hotline.log import access as log_access
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.planted.canaries import CANARIES_EACH, add_canary, find_canaries
from takeback.hotline.planted.models import Canary
from takeback.hotline.planted.tasks import add_canary_of, plan_canaries
from takeback.hotline.platforms import access as platforms_access
from takeback.hotline.platforms.access import following_platform
from takeback.hotline.platforms.actions import add_key, add_platform, revoke_key
from takeback.hotline.platforms.domain import PlatformError, Scope
from takeback.signals.lanes import ALL_LANES, LANE_BITS, Lane
from tests.support.actors import a_lead
from tests.support.followers import Follower, follow_database, some_signals
from tests.support.listing import list_picture
from tests.support.running import takeback


def seen_by(name: str, lanes: int = ALL_LANES) -> dict[EntryId, LiveEntry]:
    reader = following_platform(name)
    return follow_database(Follower(log_access.verifier_key_line(), lanes, reader))


@pytest.mark.django_db
def test_only_its_platform_gets_a_canary_and_can_not_tell_it_from_an_entry() -> None:
    for name in ("Skylark", "Plover"):
        add_platform(name)
    entry = list_picture(some_signals())
    sequence_pending()
    add_canary("Skylark")
    add_canary("Plover")
    sequence_pending()
    of_skylark, other = (Canary.objects.get(platform__name=name) for name in ("Skylark", "Plover"))
    skylark, plover = seen_by("Skylark"), seen_by("Plover")
    assert set(skylark) == {entry, of_skylark.entry_id}
    assert set(plover) == {entry, other.entry_id}
    assert set(seen_by("Skylark", LANE_BITS[Lane.CONFIRMED])) == set()
    # Feeds of other shapes give everyone the same: no canary is in them.
    page = feeds_access.changes(list(LANE_BITS), 0, most=10)
    assert [change.entry for change in page.changes] == [entry]
    # As a photograph and its crops: half the bits of each PDQ are ones.
    canary = skylark[EntryId(of_skylark.entry_id)]
    codes = [signal for signal in canary.signals if isinstance(signal, PdqSignal)]
    assert [int(code.value, 16).bit_count() for code in codes] == [128] * 13
    assert [signal.type for signal in canary.signals] == ["pdq"] * 13 + ["sha256", "md5"]
    assert canary.provenance == skylark[entry].provenance
    # Withdrawn as any entry; whoever never had it goes on.
    withdraw_entries([EntryId(of_skylark.entry_id)], "hotline", a_lead())
    sequence_pending()
    assert set(seen_by("Skylark")) == {entry}
    assert set(seen_by("Plover")) == {entry, other.entry_id}


@pytest.mark.django_db
def test_a_leak_shows_whose_list_it_is() -> None:
    for name in ("Skylark", "Plover"):
        add_platform(name)
        add_canary(name)
    withdraw_entries(
        [EntryId(Canary.objects.get(platform__name="Plover").entry_id)], "hotline", a_lead()
    )
    skylark, plover = (Canary.objects.get(platform__name=name) for name in ("Skylark", "Plover"))
    pdq, md5 = skylark.digests[0], plover.digests[-1]
    close = f"{int(pdq, 16) ^ 0b111:064x}"
    for text, names in (
        (f'"pdq": "{pdq.upper()}",', ["Skylark"]),
        (f"{close}\n", ["Skylark"]),
        (f"{md5};x\n{pdq}", ["Skylark", "Plover"]),
        (f"{pdq}0 {pdq[:-1]} {'ab' * 32}", []),
    ):
        assert [canary.platform for canary in find_canaries(text)] == names


@pytest.mark.django_db
def test_a_canary_lies_in_a_lane_that_its_platform_may_read() -> None:
    add_platform("Skylark")
    add_key("Skylark", [Scope.READ_CONFIRMED])
    revoke_key("Skylark", platforms_access.platform_keys("Skylark")[0].number)
    add_canary("Skylark")
    sequence_pending()
    assert len(seen_by("Skylark", LANE_BITS[Lane.CONFIRMED])) == 1
    revoke_key("Skylark", platforms_access.platform_keys("Skylark")[1].number)
    for name in ("Skylark", "Nobody"):
        with pytest.raises(PlatformError, match=name):
            add_canary(name)


@pytest.mark.django_db
def test_platforms_get_canaries_by_themselves_until_they_have_enough() -> None:
    add_platform("Skylark")
    add_platform("Plover")
    sends_only = platforms_access.platform_keys("Plover")[0].number
    add_key("Plover", [Scope.SEND_FEEDBACK])
    revoke_key("Plover", sends_only)
    for hour in range(500):
        plan_canaries.func(hour)
    jobs = ProcrastinateJob.objects.filter(task_name="takeback.add_canary")
    assert {job.args["platform"] for job in jobs} == {"Skylark"}
    # At no time that tells: spread over the hour.
    assert len({job.scheduled_at.replace(microsecond=0) for job in jobs}) > 10
    for job in jobs:
        add_canary_of.func(**job.args)
    assert Canary.objects.filter(platform__name="Skylark").count() == CANARIES_EACH
    sequence_pending()
    assert len(seen_by("Skylark")) == CANARIES_EACH


def test_canaries_are_added_and_found_by_command(hotline_database: str, tmp_path: Path) -> None:
    add_platform("Skylark")
    assert takeback(hotline_database, "platform", "canary", "add", "Skylark").returncode == 0
    leaked = tmp_path / "leaked.csv"
    leaked.write_text(f"pdq,{Canary.objects.get().digests[3]}\n")
    found = takeback(hotline_database, "canary", "find", "--file", str(leaked))
    assert (found.returncode, found.stdout.split(":")[0]) == (0, "Skylark")
    nobody = takeback(hotline_database, "canary", "find", "--pdq", "ab" * 32)
    assert (nobody.returncode, nobody.stdout) == (1, "")
