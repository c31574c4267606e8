"""The description of the log and the list that platforms write their programs by is kept."""

import json

from django.test import Client

from tests.frozen.snapshots import assert_frozen


def test_the_description_of_the_list_is_the_frozen_one(hotline_database: str) -> None:
    answer = Client().get("/list/v1/openapi.json")
    assert answer.status_code == 200
    text = json.dumps(answer.json(), ensure_ascii=False, indent=2, sort_keys=True)
    assert_frozen("openapi.json", f"{text}\n")
