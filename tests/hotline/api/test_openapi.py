"""What the description promises is what the log and the list answer."""

import json
import uuid
from typing import Any

import pytest
from django.test import Client
from pydantic import TypeAdapter

from takeback.hashlist.feedback import FeedbackReceipt
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform
from tests.support.followers import some_signals
from tests.support.listing import list_picture


def resolved(document: dict[str, Any], schema: dict[str, Any]) -> dict[str, Any]:
    place = schema["$ref"].removeprefix("#/components/schemas/")
    found: dict[str, Any] = document["components"]["schemas"][place]
    return found


def test_every_answer_is_one_of_those_described(hotline_database: str) -> None:
    client = Client()
    token = add_platform("Skylark")
    entry = list_picture(some_signals())
    sequence_pending()
    document = client.get("/list/v1/openapi.json").json()
    good = {
        "/log/v1/tile/entries/{path}": "000.p/2",
        "/log/v1/tile/{path}": "0/000.p/2",
        "/list/v1/openings/{path}": "0-2",
    }
    item = {
        "id": str(uuid.uuid4()),
        "entry": entry,
        "value": "blocked",
        "time": "2026-03-01T00:00:00Z",
    }
    bearer = {"Authorization": f"Bearer {token}"}
    for path, operations in document["paths"].items():
        ((method, operation),) = operations.items()
        described = operation["responses"]
        body = json.dumps({"feedback": [item]})

        def ask(path: str, headers: dict[str, str], method: str = method, body: str = body) -> Any:
            sent = client.generic(method, path, body, "application/json", headers=headers)
            return sent.status_code, sent.headers.get("Content-Type", ""), sent

        calls = [ask(path.format(path=good.get(path, "")), bearer)]
        # The body is feedback, which is neither an acknowledgement nor a checkpoint.
        others = {"/list/v1/acknowledgement", "/list/v1/checkpoint"}
        assert calls[0][0] == (400 if path in others else 200), path
        if "404" in described and "{path}" in path:
            calls.append(ask(path.format(path="nothing"), bearer))
            assert calls[-1][0] == 404, path
        if "security" in operation:
            calls.append(ask(path.format(path=good.get(path, "")), {}))
            assert calls[-1][0] == 401, path
        for status, kind, answer in calls:
            content = described[str(status)]["content"]
            assert kind in content, path
            if status != 200:
                error = resolved(document, content[kind]["schema"])
                assert set(answer.json()) == set(error["required"])
    assert client.get("/list/v1/wait?size=x", headers=bearer).status_code == 400
    assert client.get("/list/v1/wait?size=9&seconds=0", headers=bearer).status_code == 204


@pytest.mark.django_db
def test_schemas_are_whole_and_those_of_the_wire(client: Client) -> None:
    document = client.get("/list/v1/openapi.json").json()
    schemas = document["components"]["schemas"]
    text = json.dumps(document)
    for reference in {part.split('"')[0] for part in text.split("#/components/schemas/")[1:]}:
        assert reference in schemas
    assert {"FeedbackBatch", "FeedbackItem", "FeedbackValue"} <= set(schemas)
    receipt = TypeAdapter(FeedbackReceipt).json_schema()
    assert schemas["FeedbackReceipt"]["required"] == receipt["required"]
