"""Server-sent events: nothing is missed, streams are bounded, and the site goes on answering."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import httpx
import requests

from takeback.hotline.api.streams import MOST_STREAMS_A_PLATFORM, checkpoint_events
from takeback.hotline.log import access as log_access
from takeback.hotline.log.sequencing import sequence_pending
from takeback.hotline.platforms.actions import add_platform
from takeback.tlog.checkpoint import open_checkpoint
from takeback.tlog.signed_note import VerifierKey
from tests.support.followers import some_signals
from tests.support.listing import list_picture
from tests.support.running import hotline, serving


def grow() -> int:
    list_picture(some_signals())
    sequence_pending()
    return log_access.current_checkpoint()[0]


class Reader:
    """Reads a stream as the HTML standard has it: events end with an empty line."""

    def __init__(self, answer: httpx.Response) -> None:
        assert answer.status_code == 200
        assert answer.headers["Content-Type"] == "text/event-stream"
        self._lines = answer.aiter_lines()

    async def event(self) -> tuple[int, bytes]:
        """The next event: its id and its data."""
        fields: dict[str, list[str]] = {}
        async for line in self._lines:
            if line:
                name, _, value = line.partition(": ")
                fields.setdefault(name, []).append(value)
            elif "data" in fields:
                assert fields["event"] == ["checkpoint"]
                return int(fields["id"][0]), "\n".join(fields["data"]).encode()
            else:
                fields.clear()
        raise AssertionError("the stream has ended")


def test_every_checkpoint_comes_and_streams_are_bounded(hotline_database: str) -> None:
    token, other = add_platform("Skylark"), add_platform("Heron")
    first = grow()
    key = VerifierKey.parse(log_access.verifier_key_line())

    async def follow(url: str) -> None:
        async with AsyncExitStack() as open_streams:
            client = await open_streams.enter_async_context(
                httpx.AsyncClient(base_url=url, timeout=60)
            )

            async def stream(token: str, last: str | None = None) -> httpx.Response:
                headers = {"Authorization": f"Bearer {token}"}
                headers |= {"Last-Event-ID": last} if last is not None else {}
                request = client.stream("GET", "/list/v1/events", headers=headers)
                return await open_streams.enter_async_context(request)

            assert (await stream("nothing")).status_code == 401
            assert (await stream(token, "x")).status_code == 400
            reader = Reader(await stream(token))
            size, note = await reader.event()
            assert (size, open_checkpoint(note, key).size) == (first, first)
            second = await asyncio.to_thread(grow)
            assert await reader.event() == (second, access_note := (await newest(client)))
            resumed = Reader(await stream(token, str(first)))
            assert await resumed.event() == (second, access_note)
            waits = Reader(await stream(token, str(second)))
            readers = [Reader(await stream(token, str(second))) for _ in range(7)]
            full = await stream(token)
            assert full.status_code == 429
            assert MOST_STREAMS_A_PLATFORM == 10
            readers += [reader, resumed, waits, Reader(await stream(other, str(second)))]
            third = await asyncio.to_thread(grow)
            events = await asyncio.gather(*(reader.event() for reader in readers))
            assert {size for size, _ in events} == {third}
        async with httpx.AsyncClient(base_url=url, timeout=60) as client:
            headers = {"Authorization": f"Bearer {token}"}
            for _ in range(200):  # those that hung up are gone soon
                async with client.stream("GET", "/list/v1/events", headers=headers) as again:
                    if again.status_code == 200:
                        return
                await asyncio.sleep(0.05)
            raise AssertionError("streams that were closed still count")

    with hotline(hotline_database) as (url, _):
        asyncio.run(follow(url))


async def newest(client: httpx.AsyncClient) -> bytes:
    return (await client.get("/log/v1/checkpoint")).content


def test_a_stream_says_that_it_stands_and_ends(hotline_database: str) -> None:
    size = grow()

    async def collect() -> list[bytes]:
        stream = checkpoint_events(1, size, heartbeat=0.05, life=0.12)
        return [part async for part in stream]

    parts = asyncio.run(collect())
    assert parts[0] == b"retry: 2000\n\n"
    assert set(parts[1:]) == {b": nothing new\n\n"}


def test_a_stop_lets_those_go_who_follow(hotline_database: str) -> None:
    headers = {"Authorization": f"Bearer {add_platform('Skylark')}"}
    size = str(grow())
    with ThreadPoolExecutor(1) as threads, requests.Session() as session:
        with serving(hotline_database) as (address, log):
            after = headers | {"Last-Event-ID": size}
            stream = session.get(
                f"{address}/list/v1/events", headers=after, stream=True, timeout=60
            )
            lines = stream.iter_lines()
            assert next(lines) == b"retry: 2000"
            waits = f"{address}/list/v1/wait?size={size}"
            wait = threads.submit(requests.get, waits, headers=headers, timeout=60)
            assert requests.get(f"{address}/robots.txt", timeout=60).status_code == 200
        assert wait.result().status_code == 204
        assert b"".join(lines) == b"", "it would raise an error had the stream been broken off"
    assert "graceful shutdown exceeded" not in log[0]
    assert "Exception" not in log[0]
