"""While a code is stretched no connection to the database is held; who waits in vain reads that."""

from collections.abc import Callable
from dataclasses import dataclass, field

import pytest
from django.db import connections
from django.db.backends.postgresql.base import DatabaseWrapper
from django.test import Client

from takeback.hotline.codes import stretching
from takeback.hotline.codes.domain import CaseCode, CaseKeys, new_case_code
from takeback.hotline.intake.models import Case
from takeback.hotline.limits.turns import Turns
from takeback.hotline.platforms.actions import add_platform
from tests.support.visiting import ORIGIN, Visitor


@dataclass
class Watched:
    """How many connections of the pool were in use each time that a code was stretched."""

    in_use: list[int] = field(default_factory=list)

    def stretch(self, real: Callable[[CaseCode, bytes], CaseKeys], code: CaseCode) -> CaseKeys:
        connection = connections["default"]
        assert isinstance(connection, DatabaseWrapper)
        assert connection.pool is not None
        stats = connection.pool.get_stats()
        self.in_use.append(stats["pool_size"] - stats["pool_available"])
        return real(code, bytes(16))


@pytest.fixture
def watched(hotline_database: str, monkeypatch: pytest.MonkeyPatch) -> Watched:
    found, real = Watched(), CaseCode.derive
    monkeypatch.setattr(CaseCode, "derive", lambda code, salt: found.stretch(real, code))
    return found


def test_no_request_holds_a_connection_while_a_code_is_stretched(watched: Watched) -> None:
    add_platform("Skylark")
    visitor = Visitor().answer_all()
    code = visitor.code
    assert visitor.post(step="send").status_code == 303
    appeal = {"platform": "Skylark", "reference": "1", "words": "mine"}
    for path, form, status in (
        ("/open", {"code": code.grouped}, 303),
        ("/open", {"code": new_case_code().grouped}, 422),
        ("/open", {"code": "nothing"}, 422),
        ("/appeal", appeal, 200),
        ("/appeal/answer", {"code": "nothing"}, 422),
    ):
        assert Client().post(path, form, headers=ORIGIN).status_code == status
    assert watched.in_use == [0] * 6


@pytest.mark.django_db
def test_who_waits_in_vain_reads_that_and_nothing_is_lost_when_they_press_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    visitor = Visitor().answer_all()
    code = visitor.code
    with monkeypatch.context() as crowded:
        crowded.setattr(stretching, "_turns", Turns(0, 0))
        for _ in range(2):
            answer = visitor.post(step="send")
            assert answer.status_code == 503
            assert int(answer.headers["Retry-After"]) == stretching.COME_AGAIN_SECONDS
            page = answer.content.decode()
            assert "Your answers are kept" in page
            assert 'href="/report"' in page
    assert not Case.objects.exists()
    assert visitor.read().code == code
    for _ in range(2):
        assert visitor.post(step="send").status_code == 303
    assert Case.objects.count() == 1


def test_each_takes_64_mebibytes_so_there_are_no_more_at_once_than_cores() -> None:
    assert 1 <= stretching.MOST_AT_ONCE <= 8
