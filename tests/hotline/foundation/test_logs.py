"""What stands in a log: routes, kinds of errors and places in the program, nothing of a visitor."""

import logging
import subprocess
import sys

import pytest
import requests
from django.test import Client, RequestFactory

from takeback.hotline.codes.domain import new_case_code
from takeback.hotline.foundation.logs import FewFromRequests, RouteOnly, logging_settings
from takeback.running.printable import FramesOnly
from tests.support.running import serving

SECRET = "what the visitor typed"


def test_an_exception_keeps_its_place_and_kind_but_not_its_words() -> None:
    try:
        raise ValueError(SECRET) from KeyError(SECRET)
    except ValueError:
        text = FramesOnly().formatException(sys.exc_info())
    assert "ValueError" in text
    assert __file__ in text
    assert SECRET not in text


def test_a_request_is_named_by_its_route() -> None:
    request = RequestFactory().get(
        f"/helplines/{SECRET}?q={SECRET}", headers={"User-Agent": SECRET}
    )
    record = logging.LogRecord(
        "django.request", logging.ERROR, __file__, 1, "Internal Server Error: %s", (SECRET,), None
    )
    record.request, record.status_code = request, 500
    assert RouteOnly().filter(record)
    assert record.getMessage() == "request 500: no route"


@pytest.mark.django_db
def test_a_failing_page_is_logged_by_its_route(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_language: str) -> None:
        raise ValueError(SECRET)

    monkeypatch.setattr("takeback.hotline.intake.views.information.countries_by_name", fail)
    stream = logging.StreamHandler(sys.stderr)
    stream.setFormatter(FramesOnly("{levelname} {message}", style="{"))
    stream.addFilter(RouteOnly())
    logger = logging.getLogger("django.request")
    logger.addHandler(stream)
    try:
        Client(raise_request_exception=False).get(f"/helplines/gb?q={SECRET}")
    finally:
        logger.removeHandler(stream)
    logged = capsys.readouterr().err
    assert "request 500: helplines-country" in logged
    assert "ValueError" in logged
    assert SECRET not in logged


def test_what_strangers_can_ask_for_is_a_line_and_not_one_a_request() -> None:
    """In a process of its own, for logging is set up once in each."""
    script = """
import logging, logging.config
from takeback.hotline.foundation.logs import logging_settings
logging.config.dictConfig(logging_settings())
for number in range(50):
    logging.getLogger("takeback.hotline.limits.actions").warning("The limiter failed (%s).", "A")
    logging.getLogger("takeback.hotline.log.tasks").warning("Another %s.", number)
for kind in "BCB":
    logging.getLogger("takeback.hotline.foundation.unavailable").warning("503: %s.", kind)
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    for text, count in (("limiter", 1), ("Another", 50), ("503: B", 1), ("503: C", 1)):
        assert done.stderr.count(text) == count, text


@pytest.mark.django_db
def test_a_bad_address_behind_the_proxy_is_a_line_and_not_one_a_request() -> None:
    """What really writes it stands where the settings look."""
    few = FewFromRequests()
    lines: list[str] = []

    class Kept(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Kept()
    handler.addFilter(few)
    logger = logging.getLogger("takeback")
    logger.addHandler(handler)
    try:
        for _ in range(5):
            Client(REMOTE_ADDR="no address").post("/open", {"code": "1"})
    finally:
        logger.removeHandler(handler)
    assert len([line for line in lines if "limiter failed" in line]) == 1


def test_the_access_log_is_off() -> None:
    assert logging_settings()["loggers"]["uvicorn.access"]["handlers"] == []


def test_a_real_server_logs_nothing_of_its_visitors(hotline_database: str) -> None:
    code = new_case_code()
    marks = {
        "User-Agent": "Mozilla/5.0 (Unmistakable; Phone)",
        "X-Forwarded-For": "203.0.113.77",
        "Referer": "https://school.example/computer-room",
    }
    with serving(hotline_database) as (address, log):
        visitor = requests.Session()
        visitor.headers.update(marks)
        own = {"Origin": address}
        answers = [
            visitor.get(address),
            visitor.get(f"{address}/secret-path?q=secret-query"),
            visitor.get(address, headers={"Host": "secret-host.example"}),
            visitor.post(f"{address}/begin", headers={"Origin": "https://secret-origin.example"}),
            visitor.post(f"{address}/begin", headers=own),
            visitor.post(f"{address}/report", data={"age": "13_15", "step": "age"}),
            visitor.post(f"{address}/open", data={"code": code.grouped}, headers=own),
            visitor.post(f"{address}/open", data={"code": "1" * 400_000}, headers=own),
            visitor.put(f"{address}/open", data={"code": code.digits}),
            visitor.get(f"{address}/list/v1/wait?size=secret-size"),
            visitor.get(f"{address}/static/secret-file.js"),
            visitor.get(f"{address}/%ff%fe"),
            visitor.get(f"{address}/leave", allow_redirects=False),
        ]
    assert [answer.status_code for answer in answers] == [
        200, 404, 400, 403, 200, 403, 422, 413, 405, 401, 404, 404, 303,
    ]  # fmt: skip
    for answer in answers:
        assert "Content-Security-Policy" in answer.headers
        assert "Server" not in answer.headers
    (text,) = log
    assert "The hotline answers on" in text, "the log is the one of this server"
    secrets = ["Unmistakable", "203.0.113.77", "school.example", "secret-", "13_15", "HTTP/1.1"]
    secrets += [code.digits, code.grouped, code.digits[:8], "1111111111"]
    assert [secret for secret in secrets if secret in text] == []
    assert "ERROR" not in text
