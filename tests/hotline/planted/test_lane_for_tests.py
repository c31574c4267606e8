"""A platform tries its gate with the drawn pictures, from the hotline's page to its own numbers."""

import io
from pathlib import Path

import numpy as np
import pytest
import requests
from PIL import Image

from takeback.demo.copies import altered_copies
from takeback.gate.check.gate import Gate
from takeback.gate.store.outbox import Outbox
from takeback.gate.store.store import Store
from takeback.gate.sync.client import HotlineClient, PlatformToken
from takeback.gate.sync.delivery import deliver_outbox
from takeback.gate.sync.list_sync import ListSync
from takeback.hashlist.events import EntryId
from takeback.hashlist.feedback import FeedbackValue
from takeback.hotline.entries import access as entries_access
from takeback.hotline.entries.models import Entry, Hold
from takeback.hotline.feedback import health as feedback_health
from takeback.hotline.feedback.actions import record_feedback
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.planted.test_lane import list_drawn_pictures
from takeback.hotline.platforms.access import following_platforms
from takeback.hotline.platforms.actions import add_key, add_platform
from takeback.hotline.platforms.domain import Scope
from takeback.hotline.statistics.access import list_figures
from takeback.matching.policy import Decision
from takeback.signals.lanes import Lane
from tests.support.feedback import feedback_item
from tests.support.running import hotline, takeback


def test_an_engineer_sees_a_gate_stop_something_harmless(
    hotline_database: str, tmp_path: Path
) -> None:
    add_platform("Skylark")
    key = add_key("Skylark", [Scope.READ_TEST, Scope.SEND_FEEDBACK]).token
    pinned, store = PlatformToken.parse(key), Store(tmp_path / "gate")
    with hotline(hotline_database) as (url, _):
        address = f"{url}/platforms/test-pictures/1.png"
        assert requests.get(address, timeout=30).status_code == 404
        list_drawn_pictures()
        sequence_pending()
        answer = requests.get(address, timeout=30)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/png")
        assert requests.get(address.replace("1.png", "4.png"), timeout=30).status_code == 404
        with HotlineClient(url, pinned) as client:
            ListSync(store, client, pinned).sync()
            with Gate.open(store.folder, decoders=1) as gate:
                verdict = gate.check(answer.content)
                assert (verdict.decision, verdict.lane) == (Decision.BLOCK, Lane.TEST)
                with Image.open(io.BytesIO(answer.content)) as picture:
                    copies = list(altered_copies(np.asarray(picture)))
                stopped = [gate.check(copy.data, report=False).decision for copy in copies]
                assert stopped == [Decision.BLOCK] * len(copies)
            deliver_outbox(Outbox(store), client)
    health = feedback_health.platform_health(following_platforms()[0])
    assert (health.test_matches, sum(health.feedback.values())) == (1, 0)


@pytest.mark.django_db
def test_drawn_pictures_stand_apart_from_what_is_reported() -> None:
    add_platform("Skylark")
    before = list_figures()
    assert list_drawn_pictures() == 3
    assert list_drawn_pictures() == 0
    sequence_pending()
    assert not Hold.objects.exists()
    assert list_figures() == before
    (skylark,) = following_platforms()
    entry = EntryId(Entry.objects.filter(lane=Lane.TEST).values_list("id", flat=True)[0])
    record_feedback(skylark, [feedback_item(entry, FeedbackValue.NOT_THE_SAME)])
    assert entries_access.standings([entry])[entry].suspended_at is None


def test_an_invitation_brings_the_drawn_pictures_and_the_operator_takes_them_off(
    hotline_database: str,
) -> None:
    pictures = ("platform", "test-pictures")
    takeback(hotline_database, "platform", "invite", "Heron", "--scope", "send_feedback")
    assert not Entry.objects.exists()
    takeback(hotline_database, "platform", "invite", "Heron")
    assert "already" in takeback(hotline_database, *pictures).stdout
    assert "3" in takeback(hotline_database, *pictures, "--withdraw").stdout
    assert not Entry.objects.filter(withdrawn_at=None).exists()
