"""A platform is said to look for copies only while something of it is known (fault A4).

And of one picture only once the event that brought it into force is in force there, too.
"""

from datetime import UTC, datetime, timedelta

import pytest

from takeback.gate.sync.acknowledging import ACKNOWLEDGE_AGAIN_SECONDS
from takeback.hashlist.events import EntryId
from takeback.hotline.entries.actions import suspend_entry
from takeback.hotline.feedback.access import LOOKING_DAYS, outcomes, platforms_looking
from takeback.hotline.feedback.actions import resume_entry
from takeback.hotline.feedback.models import KeyAcknowledgement
from takeback.hotline.intake import apps_known
from takeback.hotline.intake.access import history_of
from takeback.hotline.intake.domain.timeline import Happening
from takeback.hotline.intake.models import Case
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_key, note_fetched, revoke_key, revoke_platform
from takeback.hotline.platforms.domain import AdmittedKey, FollowingPlatform, Scope
from takeback.hotline.platforms.models import PlatformKey
from takeback.signals.lanes import Lane
from tests.support.actors import a_lead
from tests.support.feedback import acknowledge, key_of, listed, platform
from tests.support.listing import amend
from tests.support.visiting import picture_record, report_from_browser

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def looking(now: datetime | None = None) -> set[str]:
    return platforms_looking(now or datetime.now(UTC))


def test_a4_a_platform_that_only_holds_a_key_is_never_named_as_checking() -> None:
    platform("Skylark")
    listed()
    assert looking() == set()
    assert {app.name: app.checks_list for app in apps_known.choices()}["Skylark"] is False


def test_a_platform_that_has_the_list_in_force_is_named() -> None:
    listed()
    acknowledge(platform("Skylark"))
    assert looking() == {"Skylark"}
    first = apps_known.choices()[0]
    assert (first.name, first.checks_list) == ("Skylark", True)


def test_after_a_week_of_silence_it_is_not_named_any_more() -> None:
    listed()
    acknowledge(platform("Skylark"))
    now = datetime.now(UTC)
    assert looking(now + LOOKING_DAYS - DAY) == {"Skylark"}
    assert looking(now + LOOKING_DAYS + DAY) == set()


def test_a_gate_that_fails_two_days_in_a_row_is_still_named() -> None:
    assert 3 * timedelta(seconds=ACKNOWLEDGE_AGAIN_SECONDS) < LOOKING_DAYS


def test_on_a_quiet_list_a_gate_says_the_same_again() -> None:
    listed()
    skylark = platform("Skylark")
    acknowledge(skylark)
    KeyAcknowledgement.objects.update(acknowledged_at=datetime.now(UTC) - LOOKING_DAYS - DAY)
    assert looking() == set(), "to be heard of is not enough"
    acknowledge(skylark)
    assert looking() == {"Skylark"}


@pytest.mark.parametrize("how", ["platform revoked", "key revoked", "key ended"])
def test_whose_key_is_not_taken_any_more_is_not_named(how: str) -> None:
    listed()
    acknowledge(platform("Skylark"))
    now = datetime.now(UTC)
    if how == "platform revoked":
        revoke_platform("Skylark")
    elif how == "key revoked":
        PlatformKey.objects.update(revoked_at=now)
    else:
        PlatformKey.objects.update(expires_at=now - DAY)
    assert looking() == set()


def gate_of(skylark: FollowingPlatform, *scopes: Scope) -> AdmittedKey:
    """One more gate of a platform, with a key of its own."""
    number = add_key(skylark.name, scopes, review_process="Two people look.").number
    return AdmittedKey(number, skylark, frozenset(scopes))


def looks_for(entry: EntryId) -> bool:
    (outcome,) = outcomes([entry])
    return outcome.looking


def of_pictures() -> list[Happening]:
    """What is said of each picture of the one case: whether it was got, or is looked for."""
    of_getting = {Happening.GOT, Happening.FETCHED}
    pictures = history_of(Case.objects.get()).pictures
    return [fact.kind for picture in pictures for fact in picture.facts if fact.kind in of_getting]


def test_a_picture_is_looked_for_once_what_lists_it_is_in_force_there() -> None:
    skylark = platform("Skylark")
    listed()
    acknowledge(skylark)
    report_from_browser(pictures=[picture_record(), picture_record()])
    sequence_pending()
    note_fetched(skylark, 4)
    assert looking() == {"Skylark"}
    assert of_pictures() == [Happening.GOT] * 2, "what it acknowledged is older than they are"
    acknowledge(skylark)
    assert of_pictures() == [Happening.FETCHED] * 2
    KeyAcknowledgement.objects.update(acknowledged_at=datetime.now(UTC) - LOOKING_DAYS - DAY)
    assert of_pictures() == [Happening.GOT] * 2, "nothing was heard for a week"


def test_of_two_gates_the_one_behind_counts_while_something_is_heard_of_it() -> None:
    skylark = platform("Skylark")
    second = gate_of(skylark, Scope.READ_SELF_REPORTED)
    listed()
    acknowledge(skylark, second)
    entry = listed()
    acknowledge(skylark)
    assert not looks_for(entry)
    KeyAcknowledgement.objects.filter(key=second.id).update(
        acknowledged_at=datetime.now(UTC) - LOOKING_DAYS - DAY
    )
    assert looks_for(entry), "a gate that is silent for a week is no gate"
    KeyAcknowledgement.objects.update(acknowledged_at=datetime.now(UTC))
    assert not looks_for(entry)
    revoke_key("Skylark", second.id)
    assert looks_for(entry)


def test_a_gate_that_may_not_read_the_lane_of_a_picture_neither_looks_nor_is_behind() -> None:
    skylark = platform("Skylark")
    second = gate_of(skylark, Scope.READ_CONFIRMED)
    listed()
    acknowledge(skylark, second)
    entry = listed()
    assert not looks_for(entry)
    acknowledge(skylark)
    assert looks_for(entry), "the other gate will never have it"
    revoke_key("Skylark", key_of(skylark).id)
    acknowledge(skylark, second)
    assert not looks_for(entry)
    amend(entry, Lane.CONFIRMED)
    sequence_pending()
    assert not looks_for(entry), "it may read the amendment, and has not yet"
    acknowledge(skylark, second)
    assert looks_for(entry)


def test_a_picture_is_not_looked_for_from_its_suspension_until_its_return_is_in_force() -> None:
    skylark, entry = platform("Skylark"), listed()
    acknowledge(skylark)
    suspend_entry(entry, "hotline", a_lead())
    sequence_pending()
    resume_entry(entry, a_lead())
    assert not looks_for(entry), "its return waits"
    sequence_pending()
    assert not looks_for(entry)
    acknowledge(skylark)
    assert looks_for(entry)


def test_an_amendment_does_not_interrupt_the_search() -> None:
    skylark, entry = platform("Skylark"), listed()
    acknowledge(skylark)
    amend(entry, Lane.CONFIRMED)
    sequence_pending()
    assert looks_for(entry)
