"""A young person at the pages, with a browser that runs our code or one that does not."""

import base64
import json
import re
from html import unescape
from typing import Any
from uuid import uuid4

from django.test import Client

from takeback.hotline.codes.access import site_salt
from takeback.hotline.codes.domain import CaseCode, new_case_code
from tests.support.responses import Response

ORIGIN = {"Origin": "http://testserver"}
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')
_CASE_MARK = re.compile(r'name="case" value="([^"]+)"')
_CODE = re.compile(r"\b\d{4}(?: \d{4}){4}\b")


def picture_record(**changes: Any) -> dict[str, Any]:
    """What the browser sends of one picture; random unless told."""
    return {
        "id": str(uuid4()),
        "kind": "picture",
        "pdq": uuid4().hex * 2,
        "quality": 100,
        "crops": [],
        "sha256": uuid4().hex * 2,
        "md5": uuid4().hex,
    } | changes


class Visitor:
    """Walks the flow as a person does: reads the page, sends its form, follows the redirect."""

    def __init__(self) -> None:
        """A fresh browser, in which CSRF is really checked."""
        self.client = Client(enforce_csrf_checks=True)
        self.page = ""

    def begin(self, door: str = "copies", **form: str) -> "Visitor":
        """Press a door of the start page."""
        answer = self.client.post("/begin", {"door": door, **form}, headers=ORIGIN)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/begun")
        assert self.client.get("/begun").headers["Location"] == "/report"
        return self.read()

    def read(self, path: str = "/report") -> "Visitor":
        """Get a page."""
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.status_code
        self.page = unescape(answer.content.decode())
        return self

    def post(self, path: str = "/report", /, **form: Any) -> Response:
        """Send a form of the page that was read last; the answer is not followed."""
        token = _TOKEN.search(self.page)
        assert token, "the page has no form with a token"
        marks = {"csrfmiddlewaretoken": token[1]}
        if case := _CASE_MARK.search(self.page):
            marks["case"] = case[1]
        return self.client.post(path, {**marks, **form})

    def answer(self, step: str, **form: Any) -> "Visitor":
        """Answer a step rightly and read the next page."""
        sent = self.post(step=step, **form)
        assert sent.status_code == 303, unescape(sent.content.decode())
        assert sent.headers["Location"] == "/report"
        return self.read()

    def answer_all(
        self,
        *,
        pictures: list[dict[str, Any]] | None = None,
        age: str = "13_15",
        threat: str = "no",
        js: str = "",
    ) -> "Visitor":
        """Begin and answer everything, up to the page with the code.

        Without pictures: as somebody who has only a web address.
        """
        self.begin().answer("age", age=age).answer("threat", threat=threat)
        if threat == "yes":
            self.answer("threat_help")
        if pictures:
            return self.answer("pictures", pictures=json.dumps(pictures), js=js)
        return self.answer("pictures", lacks="1").answer("instead", instead="address", js=js)

    def add_to_case(self, what: str, **form: Any) -> "Visitor":
        """Send the form of a page of the open case, such as `addresses`, and read the timeline."""
        path = f"/case/{what}"
        sent = self.read(path).post(path, **form)
        assert (sent.status_code, sent.headers["Location"]) == (303, "/case")
        return self.read("/case")

    @property
    def code(self) -> CaseCode:
        """The code on the page, where the server made it."""
        shown = _CODE.search(self.page)
        assert shown, "the page shows no code"
        return CaseCode(shown[0].replace(" ", ""))

    def send_from_browser(self, code: CaseCode, names: bytes = b"") -> Response:
        """Send as the browser's own code does: what the case code derives to, never the code."""
        return self.post(
            step="send",
            lookup=code.derive(site_salt()).lookup.hex(),
            sealed_names=base64.b64encode(names).decode(),
        )


def report_from_browser(**answers: Any) -> tuple[Visitor, CaseCode]:
    """A report sent by a browser that runs our code; gives the visitor and the code."""
    visitor, code = Visitor().answer_all(js="1", **answers), new_case_code()
    assert visitor.send_from_browser(code, b"sealed in the browser").status_code == 204
    return visitor, code


def come_back(code: CaseCode, visitor: Visitor | None = None) -> Visitor:
    """Open a case without scripts; from another browser, unless told from whose."""
    visitor = visitor or Visitor()
    opened = visitor.client.post("/open", {"code": code.grouped}, headers=ORIGIN)
    assert opened.status_code == 303, opened.content.decode()
    return visitor.read("/case")
