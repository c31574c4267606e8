"""Two cases opened in one browser: a page of one changes nothing of the other."""

import json
from typing import Any

import pytest

from takeback.hotline.intake.models import Case
from tests.support.visiting import Visitor, come_back, picture_record, report_from_browser

FORMS: list[tuple[str, dict[str, Any]]] = [
    ("/case/pictures", {"pictures": json.dumps([picture_record()])}),
    ("/case/addresses", {"addresses": "https://example.org/picture"}),
    ("/case/apps", {"apps": ["TikTok"]}),
    ("/case/picture/1/stop", {}),
    ("/case/withdraw", {}),
]


def everything() -> list[Any]:
    """What is kept of all cases."""
    return [
        (bytes(case.answers), list(case.pictures.values()), list(case.addresses.values()))
        for case in Case.objects.order_by("id")
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(("path", "form"), FORMS, ids=[path for path, _ in FORMS])
def test_a_form_of_one_case_changes_nothing_of_another(path: str, form: dict[str, Any]) -> None:
    _, first = report_from_browser(pictures=[picture_record()])
    _, second = report_from_browser(pictures=[picture_record()])
    visitor = come_back(first).read(path)
    in_another_tab = Visitor()
    in_another_tab.client = visitor.client
    before = everything()
    come_back(second, in_another_tab)
    late = visitor.post(path, **form)
    assert (late.status_code, late.headers["Location"]) == (303, "/ended")
    assert everything() == before
    sent = in_another_tab.read(path).post(path, **form)
    assert sent.headers["Location"] != "/ended"
    assert everything() != before
