"""A database that is away is told as "come again" on every page, never as somebody's mistake."""

from base64 import b64encode
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import psycopg
import requests
from psycopg import sql

from takeback.hotline.platforms.actions import add_platform
from tests.support.running import await_truth, serving
from tests.support.visiting import _TOKEN


class Ask(NamedTuple):
    method: str
    path: str
    form: Mapping[str, str] = MappingProxyType({})
    headers: Mapping[str, str] = MappingProxyType({})


@contextmanager
def away(database: str) -> Iterator[None]:
    """Cut every connection to a database and let nobody in until the end."""
    parts = urlsplit(database)
    name, host = parts.path.lstrip("/"), parse_qs(parts.query)["host"][0]
    with psycopg.connect(
        host=host, user="postgres", dbname="postgres", autocommit=True
    ) as connection:

        def allow(yes: bool) -> None:
            statement = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Literal(yes)))

        allow(False)
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            yield
        finally:
            allow(True)


def test_every_page_says_503_while_the_database_is_away_and_the_visit_goes_on_afterwards(
    hotline_database: str,
) -> None:
    platform_key = add_platform("Skylark")
    key = {"Authorization": f"Bearer {platform_key}"}
    basic = {"Authorization": f"Basic {b64encode(f':{platform_key}'.encode()).decode()}"}
    with serving(hotline_database) as (url, log), requests.Session() as visitor:
        visitor.headers["Origin"] = url
        page = visitor.post(f"{url}/begin", timeout=60).text
        token = _TOKEN.search(page)
        assert token
        age = {"csrfmiddlewaretoken": token[1], "step": "age", "age": "13_15"}
        cookie = {"Cookie": f"s={visitor.cookies['s']}; desk={'A' * 43}; platform={'A' * 43}"}
        asks = [
            Ask("GET", "/report", headers=cookie),
            Ask("POST", "/report", age, cookie),
            Ask("POST", "/report", {"step": "age"}, cookie),
            Ask("POST", "/begin", headers=cookie),
            Ask("POST", "/begin"),
            Ask("GET", "/case", headers=cookie),
            Ask("POST", "/case/withdraw", age, cookie),
            Ask("GET", "/cy/leave", headers=cookie),
            Ask("POST", "/open", {"lookup": "ab" * 32}),
            Ask("GET", "/appeal"),
            Ask("GET", "/figures.json"),
            Ask("GET", "/desk/", headers=cookie),
            Ask("POST", "/desk/logout", age, cookie),
            Ask("GET", "/desk/join/nothing"),
            Ask("GET", "/platforms/", headers=cookie),
            Ask("POST", "/platforms/login", {"key": platform_key}),
            Ask("GET", "/log/v1/checkpoint"),
            Ask("GET", "/list/v1/health", headers=key),
            Ask("GET", "/list/v1/wait", headers=key),
            Ask("GET", "/list/v1/events", headers=key),
            Ask("POST", "/list/v1/feedback", headers=key),
            Ask("GET", "/feeds/ncmec/v2/members", headers=basic),
            Ask(
                "GET",
                "/feeds/stopncii/v1/FetchHashes",
                headers={"Ocp-Apim-Subscription-Key": platform_key},
            ),
            Ask("GET", f"/feeds/graph/v1/1/threat_updates/?access_token=1|{platform_key}"),
        ]

        def ask(what: Ask) -> requests.Response:
            return requests.request(
                what.method,
                url + what.path,
                data=dict(what.form),
                headers={"Origin": url, **what.headers},
                allow_redirects=False,
                timeout=120,
            )

        with away(hotline_database), ThreadPoolExecutor(len(asks)) as threads:
            answers = list(zip(asks, threads.map(ask, asks), strict=True))
            start = ask(Ask("GET", "/"))
        for what, answer in answers:
            assert answer.status_code == 503, (what.method, what.path, answer.status_code)
            assert int(answer.headers["Retry-After"]) > 0
            assert "Set-Cookie" not in answer.headers, what.path
            is_of_program = what.path.startswith(("/log/", "/list/", "/feeds/"))
            if is_of_program:
                assert set(answer.json()) == {"error", "message"}
            else:
                assert "<h1" in answer.text
            kept = "Your answers are kept" in answer.text
            assert kept == (what.path == "/report"), what.path
        assert start.status_code == 200, "what needs no database is answered"

        def goes_on() -> bool:
            return visitor.post(f"{url}/report", age, timeout=60).ok

        await_truth(goes_on)
        assert 'name="step" value="threat"' in visitor.get(f"{url}/report", timeout=60).text
    (output,) = log
    lines = [line for line in output.splitlines() if "answered with 503" in line]
    assert 0 < len(lines) < len(asks)
    assert "Traceback" not in output
    assert "server_error" not in output
