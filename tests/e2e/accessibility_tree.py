"""The full accessibility tree of a page as lines to read: what a screen reader is given."""

import re
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Page

_STATES = (
    *("level", "focusable", "focused", "expanded", "checked", "pressed", "disabled"),
    *("required", "invalid", "hasPopup", "live", "atomic", "busy", "modal", "roledescription"),
)
"""What is written of a node beside its role and name, in this order."""

_WITHOUT_MEANING = {"generic", "none", "InlineTextBox", "LineBreak", "ListMarker"}
"""Roles that no screen reader speaks of: their children take their place."""

_AS_EXPECTED = {
    ("hasPopup", "false"),
    ("checked", "false"),
    ("invalid", "false"),
    ("live", "off"),
    *(
        (state, "False")
        for state in ("focusable", "focused", "disabled", "required", "atomic", "busy", "modal")
    ),
}

_FROM_RUN_TO_RUN = (
    (re.compile(r"^\d{4}$"), "0000"),
    (re.compile(r"(?<=^Checked at ).*"), "0:00"),
    (re.compile(r" (Open now|Usually open|Opens at .*|Closed now)$"), ""),
)
"""What differs each time: the groups of a code, the time of day and what is open then."""


def accessibility_tree(page: Page) -> str:
    """Role, name, description, value and states of every node that is not ignored, a line each.

    Playwright's `aria_snapshot` leaves out whether `<details>` is open, and what has the focus.
    Ids and places are left out, and so is what differs from run to run.
    """
    session = page.context.new_cdp_session(page)
    try:
        nodes: list[dict[str, Any]] = session.send("Accessibility.getFullAXTree")["nodes"]
    finally:
        session.detach()
    by_id = {node["nodeId"]: node for node in nodes}
    return "".join(f"{line}\n" for line in _lines(nodes[0], by_id, depth=0, above=""))


def _lines(
    node: dict[str, Any], by_id: dict[str, dict[str, Any]], *, depth: int, above: str
) -> Iterator[str]:
    role, name = _value(node, "role"), _steady(_value(node, "name"))
    shown = not node.get("ignored") and role not in _WITHOUT_MEANING
    if role == "StaticText" and (not name.strip() or name == above):
        return  # the node above is named by this text
    if shown:
        yield "  " * depth + " ".join(_words(node, role, name))
    for child in node.get("childIds", ()):
        if child in by_id:
            yield from _lines(
                by_id[child],
                by_id,
                depth=depth + shown,
                above=name if shown else above,
            )


def _words(node: dict[str, Any], role: str, name: str) -> Iterator[str]:
    yield role
    if name:
        yield f'"{name}"'
    for more in ("value", "description"):
        if text := _steady(_value(node, more)):
            yield f'{more}="{text}"'
    states = {state["name"]: str(state["value"].get("value")) for state in node["properties"]}
    for state in _STATES:
        value = states.get(state)
        if value is not None and (state, value) not in _AS_EXPECTED:
            yield state if value == "True" else f"{state}={value}"


def _value(node: dict[str, Any], key: str) -> str:
    return " ".join(str(node.get(key, {}).get("value", "")).split())


def _steady(text: str) -> str:
    for pattern, steady in _FROM_RUN_TO_RUN:
        text = pattern.sub(steady, text)
    return text
