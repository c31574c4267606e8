"""The body of a request to the gate: whole, in memory only, within bounds of size and time."""

from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Any, Final

from fastapi.routing import APIRoute
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request
from starlette.responses import Response

from takeback.gate.service.admission import MemoryBudget, RequestProblem, Reservation
from takeback.gate.service.multipart_preamble import without_preamble
from takeback.media import Limits

MAX_UPLOAD_BYTES: Final = Limits().max_bytes
_MULTIPART_OVERHEAD_BYTES: Final = 64 * 1024
_MAX_JSON_BYTES: Final = 256 * 1024
_MAX_SECONDS: Final = 60.0  # 64 MiB at 9 Mbit/s: slower than any platform's own network


def media_type_of(request: Request) -> str:
    """Return the request's content type without its parameters, in lower case; may be empty."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_raw_upload(request: Request, held: Reservation) -> bytes:
    """Return an upload that is the body itself; raises RequestProblem or ClientDisconnect."""
    return _not_empty(await _read_whole(request, MAX_UPLOAD_BYTES, held))


async def read_multipart_upload(request: Request, held: Reservation) -> bytes:
    """Return the field `file` of multipart/form-data; raises as `read_raw_upload`."""
    chunks = _chunks(request, MAX_UPLOAD_BYTES + _MULTIPART_OVERHEAD_BYTES, held)
    parts = without_preamble(chunks, request.headers.get("content-type", ""))
    parser = MultiPartParser(request.headers, parts, max_files=1, max_fields=8)
    parser.spool_max_size = MAX_UPLOAD_BYTES + _MULTIPART_OVERHEAD_BYTES  # no byte touches a disk
    try:
        async with held.while_arriving(_MAX_SECONDS):
            form = await parser.parse()
    except (MultiPartException, KeyError, ValueError) as error:  # the last for odd charsets
        raise RequestProblem(400, "request", "The multipart body can't be read.") from error
    try:
        upload = form.get("file")
        if not isinstance(upload, UploadFile):
            message = "The multipart body has no file in the field `file`."
            raise RequestProblem(400, "request", message)
        return _not_empty(await upload.read())
    finally:
        await form.close()


async def read_json(request: Request, held: Reservation) -> bytes:
    """Return a body of JSON, not yet parsed; raises as `read_raw_upload`."""
    return await _read_whole(request, _MAX_JSON_BYTES, held)


def json_within(budget: MemoryBudget) -> type[APIRoute]:
    """Return a kind of route whose body of JSON the framework gets once it lies in the budget.

    The description of the route stays what its function says.
    """

    class JsonWithin(APIRoute):
        """Reads the body by `read_json`."""

        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            """Return what answers a request."""
            answer = super().get_route_handler()

            async def read_and_answer(request: Request) -> Response:
                with budget.reservation() as held:
                    whole = await read_json(request, held)
                    return await answer(_WithBody(request, whole))

            return read_and_answer

    return JsonWithin


class _WithBody(Request):
    """A request whose body has been read."""

    def __init__(self, request: Request, whole: bytes) -> None:
        super().__init__(request.scope, request.receive)
        self._whole = whole

    async def body(self) -> bytes:
        """Return it."""
        return self._whole


async def _read_whole(request: Request, most: int, held: Reservation) -> bytes:
    async with held.while_arriving(_MAX_SECONDS):
        return b"".join([chunk async for chunk in _chunks(request, most, held)])


async def _chunks(request: Request, most: int, held: Reservation) -> AsyncGenerator[bytes, None]:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestProblem(415, "content_type", "Send the body without a Content-Encoding.")
    length = request.headers.get("content-length", "")
    _bound(int(length) if length.isdecimal() else 0, most)
    received = 0
    async for chunk in request.stream():
        received += len(chunk)
        _bound(received, most)
        held.take(len(chunk))
        yield chunk


def _bound(length: int, most: int) -> None:
    if length > most:
        message = f"The request has more than {most} bytes. Send less at a time."
        raise RequestProblem(413, "too_large", message)


def _not_empty(upload: bytes) -> bytes:
    if not upload:
        raise RequestProblem(400, "request", "The upload is empty. Send the bytes of a picture.")
    return upload
