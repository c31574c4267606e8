"""What the JSON shapes share: a page is checked as a whole, each record in it for itself."""

import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from takeback.hotline.imports.domain import ImportingError, Refused

_Model = TypeVar("_Model", bound=BaseModel)


def read_page(body: bytes, model: type[_Model]) -> _Model:
    """Read an answer; raises ImportingError if it is not what the shape has."""
    try:
        return model.model_validate(json.loads(body))
    except (ValidationError, ValueError, RecursionError) as error:
        raise ImportingError(
            "The server answers with something else than this shape. Is the address right?"
        ) from error


def read_record(record: Any, model: type[_Model], place: str) -> _Model | Refused:
    """Read one record of a page, or say which part of it is wrong."""
    try:
        return model.model_validate(record)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"])) or "record"
        return Refused(place, f"{where}: {fault['msg']}")
