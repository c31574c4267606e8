"""What the log and the list answer, as OpenAPI 3.1; docs/wire.md has the meaning of each byte."""

from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema

from takeback.hashlist.feedback import Acknowledgement, FeedbackBatch, FeedbackReceipt
from takeback.hotline.feedback.domain import PlatformHealth

_TEXT = "text/plain; charset=utf-8"
_BYTES = "application/octet-stream"
_JSON = "application/json"
_EVENTS = "text/event-stream"
_ERROR = {
    "type": "object",
    "required": ["error", "message"],
    "properties": {
        "error": {"type": "string", "description": "one word"},
        "message": {"type": "string", "description": "what to do"},
    },
}


def document() -> dict[str, Any]:
    """Return the description of `/log/v1` (anyone) and `/list/v1` (platforms)."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "The signed list of a Takeback hotline",
            "version": "1",
            "description": "A C2SP tlog-tiles log of commitments, and their openings.",
        },
        "paths": _paths(),
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {
                "Error": _ERROR,
                **_schemas(),
            },
        },
    }


def _paths() -> dict[str, Any]:
    paths: dict[str, Any] = {
        "/log/v1/key": {"get": _get("The log's verifier key", _TEXT)},
        "/log/v1/checkpoint": {"get": _get("The signed checkpoint", _TEXT)},
        "/log/v1/purpose": {"get": _get("The opening of the first event", _BYTES, 404)},
        "/log/v1/tile/entries/{path}": {
            "get": _get("Commitments of up to 256 events", _BYTES, 404, _tile_path())
        },
        "/log/v1/tile/{path}": {
            "get": _get("A tile of the Merkle tree", _BYTES, 404, _tile_path())
        },
        "/list/v1/openings/{path}": {
            "get": _for_platforms(
                _get("Openings of a range of events: `first-end`", _BYTES, 404, _tile_path())
            )
        },
        "/list/v1/openapi.json": {"get": _get("This description", _JSON)},
        "/list/v1/wait": {"get": _for_platforms(_wait())},
        "/list/v1/events": {"get": _for_platforms(_events())},
        "/list/v1/health": {"get": _for_platforms(_health())},
        "/list/v1/checkpoint": {"post": _for_platforms(_shown_checkpoint())},
        "/list/v1/feedback": {"post": _for_platforms(_feedback())},
        "/list/v1/acknowledgement": {"post": _for_platforms(_acknowledgement())},
    }
    for operations in paths.values():
        for operation in operations.values():
            operation["responses"]["503"] = _later("Too much to do, or no database, just now.")
    return paths


def _get(summary: str, media: str, missing: int = 0, *parameters: dict[str, Any]) -> dict[str, Any]:
    responses: dict[str, Any] = {"200": {"description": summary, "content": {media: {}}}}
    if missing:
        responses[str(missing)] = _refusal("There is none.")
    return {"summary": summary, "parameters": list(parameters), "responses": responses}


def _wait() -> dict[str, Any]:
    operation = _get("The checkpoint, as soon as the log is larger than `size`", _TEXT)
    operation["parameters"] = [_query("size", 0, None), _query("seconds", 25, 25)]
    operation["responses"]["204"] = {"description": "Nothing new for so many seconds."}
    operation["responses"]["400"] = _refusal("A number is none.")
    return operation


def _events() -> dict[str, Any]:
    operation = _get("Checkpoints as server-sent events; the id of each is its size", _EVENTS)
    operation["parameters"] = [
        {"name": "Last-Event-ID", "in": "header", "schema": {"type": "integer", "minimum": 0}}
    ]
    operation["responses"]["400"] = _refusal("`Last-Event-ID` is no number.")
    operation["responses"]["429"] = _later("Too many streams are open.")
    return operation


def _health() -> dict[str, Any]:
    operation = _get("How the platform is doing, by what it acknowledged and said", _JSON)
    operation["responses"]["200"]["content"] = {_JSON: {"schema": _ref("PlatformHealth")}}
    return operation


def _feedback() -> dict[str, Any]:
    return {
        "summary": "What the platform did",
        "requestBody": {
            "required": True,
            "content": {_JSON: {"schema": _ref("FeedbackBatch")}},
        },
        "responses": {
            "200": {
                "description": "What is kept, and the entries that never were in the log",
                "content": {_JSON: {"schema": _ref("FeedbackReceipt")}},
            },
            "400": _refusal("The body is not such a batch."),
        },
    }


def _acknowledgement() -> dict[str, Any]:
    return {
        "summary": "Up to where the list is in force at the platform",
        "requestBody": {"required": True, "content": {_JSON: {"schema": _ref("Acknowledgement")}}},
        "responses": {
            "204": {"description": "It is kept."},
            "400": _refusal("The body is no acknowledgement."),
            "409": _refusal("No such checkpoint was signed."),
        },
    }


def _shown_checkpoint() -> dict[str, Any]:
    contained = {
        "type": "object",
        "required": ["contained"],
        "properties": {"contained": {"type": "boolean"}},
    }
    return {
        "summary": "The signed checkpoint that a gate holds; the log must contain it",
        "requestBody": {"required": True, "content": {_TEXT: {"schema": {"type": "string"}}}},
        "responses": {
            "200": {
                "description": "Whether it does; if not, nothing is signed any more",
                "content": {_JSON: {"schema": contained}},
            },
            "400": _refusal("The body is no checkpoint that a key of this log has signed."),
            "413": _refusal("A checkpoint has at most 65,536 bytes."),
        },
    }


def _for_platforms(operation: dict[str, Any]) -> dict[str, Any]:
    operation["responses"]["401"] = _refusal("No token that is in force.")
    operation["responses"]["403"] = _refusal("The key of this token lacks the scope for this.")
    return {**operation, "security": [{"token": []}]}


def _refusal(description: str) -> dict[str, Any]:
    return {
        "description": description,
        "content": {_JSON: {"schema": _ref("Error")}},
    }


def _later(description: str) -> dict[str, Any]:
    seconds = {"description": "seconds until asking again", "schema": {"type": "integer"}}
    return {**_refusal(description), "headers": {"Retry-After": seconds}}


def _tile_path() -> dict[str, Any]:
    return {"name": "path", "in": "path", "required": True, "schema": {"type": "string"}}


def _query(name: str, default: int, most: int | None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "integer", "minimum": 0, "default": default}
    if most is not None:
        schema["maximum"] = most
    return {"name": name, "in": "query", "schema": schema}


def _ref(name: str) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Any]:
    """The schemas of what is sent and answered as JSON, by name, and of all that they hold."""
    _, found = models_json_schema(
        [
            (FeedbackBatch, "validation"),
            (FeedbackReceipt, "validation"),
            (Acknowledgement, "validation"),
        ],
        ref_template="#/components/schemas/{model}",
    )
    health = TypeAdapter(PlatformHealth).json_schema(
        mode="serialization", ref_template="#/components/schemas/{model}"
    )
    return {**found["$defs"], **health.pop("$defs"), "PlatformHealth": health}
