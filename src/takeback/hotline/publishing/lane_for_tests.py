"""The test lane: harmless entries with which a platform tries its gate from upload to feedback."""

from django.db import transaction
from django.db.models import QuerySet

from takeback.hashlist.events import EntryId, Provenance
from takeback.hotline.publishing.actions import withdraw_entries
from takeback.hotline.publishing.drawn_pictures import DRAWN, drawn_signals
from takeback.hotline.publishing.models import Entry, Log
from takeback.hotline.publishing.signing import log_origin
from takeback.hotline.publishing.unreported import list_unreported
from takeback.signals.lanes import Lane


@transaction.atomic
def list_drawn_pictures(actor: str = "operator") -> int:
    """Put the drawn pictures onto the list, once; returns how many that adds.

    Two at once wait for each other, and the second adds none.
    """
    provenance = Provenance(hotline=log_origin(), source="test")
    Log.objects.select_for_update().get()
    if drawn_pictures_are_listed():
        return 0
    drawn = [drawn_signals(number) for number in range(1, DRAWN + 1)]
    return len(list_unreported(Lane.TEST, provenance, drawn, actor))


@transaction.atomic
def withdraw_drawn_pictures(actor: str = "operator") -> int:
    """Take the drawn pictures off the list; returns how many there were."""
    entries = [EntryId(entry) for entry in _listed().values_list("id", flat=True)]
    if entries:
        withdraw_entries(entries, "hotline", actor)
    return len(entries)


def drawn_pictures_are_listed() -> bool:
    """Whether platforms can try their gates with the drawn pictures."""
    return _listed().exists()


def _listed() -> QuerySet[Entry]:
    return Entry.objects.filter(lane=Lane.TEST, withdrawn_at=None)
