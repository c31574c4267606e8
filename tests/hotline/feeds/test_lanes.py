"""Which lanes a feed carries, and as what: for readers who follow this list and no other."""

from takeback.hotline.publishing.actions import withdraw_entries
from takeback.hotline.publishing.models import LatestChange
from takeback.matching.policy import Lane
from tests.hotline.feeds.long_lists import Connect, list_pdqs, random_pdqs, seal


def test_what_was_imported_is_not_kept_for_feeds(connect: Connect) -> None:
    (kept,) = list_pdqs(random_pdqs(1))
    gone, _stays = list_pdqs(random_pdqs(2), Lane.IMPORTED)
    withdraw_entries([gone], "hotline")
    seal()
    assert [row.entry_id for row in LatestChange.objects.all()] == [kept]
    assert len(connect("graph").signals()) == 1
