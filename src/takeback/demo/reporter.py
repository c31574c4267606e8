"""A young person's browser, played by the demo: the same requests, with the same fingerprints."""

import json
import re
import uuid
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser

import requests

from takeback.fingerprints import PictureFingerprints
from takeback.hotline.codes.domain import CaseCode, new_case_code

_TIMEOUT_SECONDS = 30
_MOST_STEPS = 12


class Reporter:
    """Reports pictures to a hotline and reads the timeline; one object is one visit."""

    def __init__(self, hotline_url: str) -> None:
        self._url = hotline_url
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy is for the world outside, not for this machine
        self._session.headers["Origin"] = hotline_url
        self._code: CaseCode | None = None
        self._sending: dict[str, str] = {}

    @property
    def code(self) -> str:
        """The 20 digits of the case code."""
        if self._code is None:
            raise RuntimeError("There is a code once `prepare` has run.")
        return self._code.digits

    def prepare(self, pictures: Sequence[PictureFingerprints]) -> None:
        """Answer every question up to the page with the code; nothing is reported yet."""
        records = [
            {
                "id": str(uuid.uuid4()),
                "kind": "picture",
                "pdq": picture.pdq.hex,
                "quality": picture.pdq.quality,
                "crops": [{"pdq": crop.hex, "quality": crop.quality} for crop in picture.crops],
                "sha256": picture.sha256,
                "md5": picture.md5,
            }
            for picture in pictures
        ]
        answers = {
            "age": "13_15",
            "pictures": json.dumps(records),
            "threat": "no",
            "js": "1",
        }
        page = self._post("/begin", {"door": "copies"})
        for _ in range(_MOST_STEPS):
            if page.salt is not None:
                self._code = new_case_code()
                keys = self._code.derive(bytes.fromhex(page.salt))
                self._sending = {**page.fields, "lookup": keys.lookup.hex()}
                return
            known = {name: answers[name] for name in page.names if name in answers}
            page = self._post("/report", {**page.fields, **known})
        raise RuntimeError("The hotline's questions did not lead to a code.")

    def send(self) -> None:
        """Press Send."""
        self._post("/report", self._sending)

    def read_timeline(self, code: str) -> list[str]:
        """Come back with the code; return the sentences of the timeline."""
        page = self._get("/open")
        if page.salt is None:
            raise RuntimeError("The hotline's page for codes has changed.")
        lookup = CaseCode(code).derive(bytes.fromhex(page.salt)).lookup.hex()
        return self._post("/open", {**page.fields, "lookup": lookup}).timeline

    def _get(self, path: str) -> "_Page":
        return _read(self._session.get(self._url + path, timeout=_TIMEOUT_SECONDS))

    def _post(self, path: str, fields: Mapping[str, str]) -> "_Page":
        return _read(
            self._session.post(self._url + path, data=dict(fields), timeout=_TIMEOUT_SECONDS)
        )


class _Page(HTMLParser):
    """What the reporter needs of a page: its form's fields, the salt, the timeline's sentences."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.fields: dict[str, str] = {}
        self.salt: str | None = None
        self.timeline: list[str] = []
        self._newest_first = False
        self._depth = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note fields and the salt; begin a sentence of the timeline."""
        found = dict(attrs)
        self.salt = found.get("data-salt") or self.salt
        name = found.get("name")
        if name and tag in {"input", "textarea", "button"}:
            self.names.add(name)
            if found.get("type") == "hidden":
                self.fields[name] = found.get("value") or ""
        # Each sentence stands in the row of its picture, too: those of all pictures count.
        self._newest_first = self._newest_first or "data-newest-first" in found
        if self._newest_first and "app-timeline__text" in (found.get("class") or ""):
            self.timeline.append("")
            self._depth = 1
        elif self._depth:
            self._depth += 1

    def handle_endtag(self, tag: str) -> None:
        """End a sentence of the timeline."""
        self._depth = max(0, self._depth - 1)

    def handle_data(self, data: str) -> None:
        """Collect the text of a sentence."""
        if self._depth:
            self.timeline[-1] = re.sub(r"\s+", " ", f"{self.timeline[-1]} {data}").strip()


def _read(answer: requests.Response) -> _Page:
    answer.raise_for_status()
    page = _Page()
    page.feed(answer.text)
    return page
