"""How the tables of who may do what are written: a sign for each role."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from django.db import transaction

from takeback.hotline.staff.domain import Role

COLUMNS: Final = (
    Role.REPORTER_SUPPORT,
    Role.ANALYST,
    Role.LEAD,
    Role.PUBLISHER,
    Role.AUDITOR,
    Role.OPERATOR,
)
"""What the six signs of a row stand for: `y` may, `-` may not."""


def in_column(row: str) -> Mapping[Role, bool]:
    signs = row.split()
    assert len(signs) == len(COLUMNS), row
    assert set(signs) <= {"y", "-"}, row
    return {role: sign == "y" for role, sign in zip(COLUMNS, signs, strict=True)}


@contextmanager
def undone() -> Iterator[None]:
    """What happens in here is rolled back."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)
