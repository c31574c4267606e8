"""Counts what this hotline lists."""

from django.db.models import Count, Exists, OuterRef, Q

from takeback.hotline.audit.access import count_of
from takeback.hotline.audit.domain import Verb
from takeback.hotline.entries.models import Entry
from takeback.hotline.planted.models import Canary
from takeback.hotline.statistics.domain import ListFigures
from takeback.signals.lanes import Lane


def list_figures() -> ListFigures:
    """Count what this hotline lists, by how it stands now, and what it passes on from elsewhere.

    Canaries, and pictures that gates are tried with, are nobody's.
    """
    held = Q(hold__isnull=False, hold__of_amendment=False, hold__decided_at=None)
    standing = Q(withdrawn_at=None)
    off = Q(suspended_at__isnull=False)
    canary = Exists(Canary.objects.filter(entry=OuterRef("pk")))
    own = Q(~canary, lane__in=(Lane.SELF_REPORTED, Lane.CONFIRMED))
    counted = Entry.objects.aggregate(
        in_force=Count("pk", filter=own & standing & ~off & ~held),
        withdrawn=Count("pk", filter=own & ~standing),
        held=Count("pk", filter=own & standing & held),
        suspended=Count("pk", filter=own & standing & off),
        imported=Count("pk", filter=Q(lane=Lane.IMPORTED) & standing & ~off & ~held),
    )
    return ListFigures(**counted, resumed=count_of(Verb.ENTRY_RESUMED))
