"""Keeps how far a platform has read a feed, and claims no more than it was given.

These shapes bring entries in the order of their latest change. In the middle of a set it can't be
said which entries a platform has up to some size of the log: one that was added before may have
changed since, and still be to come. So of a page it is kept only how far the platform has read, in
no lane; what it has of each lane is kept once a set is whole.
"""

from collections.abc import Sequence

from django.http import HttpRequest

from takeback.hotline.feeds.access import lanes_read
from takeback.hotline.feeds.domain import ChangePage
from takeback.hotline.platforms import actions as platforms_actions
from takeback.hotline.platforms.domain import FollowingPlatform
from takeback.signals.lanes import Lane

# As many events as a gate fetches at a time: a reader of small pages leaves no more rows than it.
_STEP = 4096
_NO_LANE = 0


def note_page(
    request: HttpRequest,
    platform: FollowingPlatform,
    lanes: Sequence[Lane],
    page: ChangePage,
    *,
    whole: bool,
) -> None:
    """Keep that a platform was given a page of these lanes; `whole`: nothing of them is left.

    A reader who asks from a time on is taken to have what was before it, as a gate is.
    """
    if request.method != "GET":  # HEAD brings nothing
        return
    if page.changes:
        reached = page.changes[-1].index + 1
        platforms_actions.note_fetched(platform, reached - reached % _STEP, _NO_LANE)
    if whole and (read := lanes_read(lanes)):
        platforms_actions.note_fetched(platform, page.end, read)
