"""A browser below HTTP: it speaks ASGI to an application, message by message."""

import asyncio
from typing import Any

from takeback.running.bodies import Application, Message


def scope(path: str = "/", method: str = "GET", client: str = "192.0.2.1") -> dict[str, Any]:
    return {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": b"",
        "headers": [(b"host", b"127.0.0.1")],
        "client": (client, 1),
        "scheme": "http",
    }


class Browser:
    """One request and what came of it: `finish` sends its end, `leave` closes the connection."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.answered: list[Message] = []

    def finish(self) -> "Browser":
        self.incoming.put_nowait({"type": "http.request", "body": b"", "more_body": False})
        return self

    def leave(self) -> None:
        self.incoming.put_nowait({"type": "http.disconnect"})

    async def send(self, message: Message) -> None:
        self.answered.append(message)

    def ask(self, application: Application, request: dict[str, Any]) -> None:
        """Have a whole request answered."""

        async def answer() -> None:
            await application(request, self.finish().incoming.get, self.send)

        asyncio.run(answer())
