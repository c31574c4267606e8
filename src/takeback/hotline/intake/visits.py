"""The visit of one person, kept in their sealed session."""

import secrets
from collections.abc import Sequence

from django.contrib.sessions.backends.base import SessionBase
from django.middleware.csrf import CSRF_SESSION_KEY

from takeback.hotline.codes.domain import CaseCode
from takeback.hotline.intake.domain.answers import Answers, Door
from takeback.hotline.intake.domain.flow import Visit

_VISIT = "visit"
_VISIT_ID = "visit_id"
_CODE = "code"
_IN_BROWSER = "in_browser"
_SENT = "sent"
_CASE = "case"
_CASE_MARK = "case_mark"
_DOOR_AGAIN = "door_again"
_WITHDRAWN = "withdrawn"
_PICKED_AGAIN = "picked_again"
"""How many pictures were added, and the numbers of those that the case had."""


def begin(session: SessionBase, answers: Answers) -> None:
    """Start with what the door says, and with nothing of an earlier report in this browser."""
    _begin_session(session)
    session[_VISIT_ID] = secrets.token_hex(8)
    keep(session, Visit.begun(answers))


def visit_id(session: SessionBase) -> str:
    """What tells this visit from others in one browser tab, which forgets when it changes.

    Random, opens nothing, and stays after sending. Empty without a visit.
    """
    return str(session.get(_VISIT_ID, ""))


def current(session: SessionBase) -> Visit | None:
    """The visit under way, or None before it began and after it was sent."""
    value = session.get(_VISIT)
    return None if value is None else Visit.from_json(value)


def keep(session: SessionBase, visit: Visit) -> None:
    """Keep the visit."""
    session[_VISIT] = visit.to_json()


def ask_whether_anew(session: SessionBase, door: Door) -> None:
    """Have the next page ask whether the report that is not sent shall give way to another."""
    session[_DOOR_AGAIN] = door


def say_whether_anew(session: SessionBase) -> Door | None:
    """The door by which somebody with an unsent report came in again; forgotten with this."""
    door = session.pop(_DOOR_AGAIN, None)
    return None if door is None else Door(door)


def code(session: SessionBase) -> CaseCode | None:
    """The code that the server made, where the browser could not."""
    digits = session.get(_CODE)
    return None if digits is None else CaseCode(digits)


def keep_code(session: SessionBase, new: CaseCode) -> None:
    """Keep the code until it was shown for the last time."""
    session[_CODE] = new.digits


def makes_code_in_browser(session: SessionBase) -> bool:
    """Whether the browser has said that it can make the code itself."""
    return bool(session.get(_IN_BROWSER, False))


def set_makes_code_in_browser(session: SessionBase, able: bool) -> None:
    """Keep what the browser can do."""
    session[_IN_BROWSER] = able


def mark_sent(session: SessionBase, case_id: str) -> None:
    """Forget the answers, which are in the case now; remember which case is open here."""
    session.pop(_VISIT, None)
    session.pop(_DOOR_AGAIN, None)
    session[_SENT] = True
    _keep_case(session, case_id)


def was_sent(session: SessionBase) -> bool:
    """Whether the report of this visit has been sent."""
    return bool(session.get(_SENT, False))


def open_case(session: SessionBase, case_id: str) -> None:
    """Open a case in a fresh session; a report that is not sent stays, for it may be in a tab."""
    _begin_session(session, *_unsent(session))
    _keep_case(session, case_id)


def keep_withdrawn(session: SessionBase, entries: Sequence[str]) -> None:
    """Keep, in a fresh session, what was just withdrawn."""
    _begin_session(session, *_unsent(session))
    session[_WITHDRAWN] = list(entries)


def withdrawn(session: SessionBase) -> list[str] | None:
    """The entries of the case that was withdrawn in this session; None where none was."""
    value = session.get(_WITHDRAWN)
    return [str(entry) for entry in value] if isinstance(value, list) else None


def opened_case(session: SessionBase) -> str | None:
    """The id of the case that is open in this session."""
    value = session.get(_CASE)
    return value if isinstance(value, str) else None


def keep_there_already(session: SessionBase, numbers: Sequence[int]) -> None:
    """Keep which pictures were picked that the case had, until its page has said so."""
    session[_PICKED_AGAIN] = [0, list(numbers)]


def keep_added_beside(session: SessionBase, count: int) -> None:
    """Keep how many were added beside those that were there; without such ones, nothing."""
    if _PICKED_AGAIN in session:
        session[_PICKED_AGAIN] = [count, session[_PICKED_AGAIN][1]]


def say_there_already(session: SessionBase) -> tuple[int, list[int]] | None:
    """How many were added, and the numbers of those that were there; forgotten with this."""
    kept = session.pop(_PICKED_AGAIN, None)
    return None if kept is None else (int(kept[0]), [int(number) for number in kept[1]])


def case_mark(session: SessionBase) -> str:
    """What forms of the open case carry; empty without one.

    Random for each time that a case is opened, so that a page of one case changes no other.
    """
    return str(session.get(_CASE_MARK, ""))


def _keep_case(session: SessionBase, case_id: str) -> None:
    session[_CASE] = case_id
    session[_CASE_MARK] = secrets.token_hex(8)


def _unsent(session: SessionBase) -> tuple[str, ...]:
    """The keys of a report that may wait in another tab to be sent."""
    visit = current(session)
    is_kept = visit is not None and visit.is_under_way
    return (_VISIT, _VISIT_ID, _CODE, _IN_BROWSER) if is_kept else ()


def _begin_session(session: SessionBase, *kept: str) -> None:
    """Begin another session; pages of the one before may still send their forms to it."""
    values = {key: session[key] for key in (CSRF_SESSION_KEY, *kept) if key in session}
    session.flush()
    session.update(values)
