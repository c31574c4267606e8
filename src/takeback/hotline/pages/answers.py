"""What is wrong with an answer in a form, said beside its field."""

from dataclasses import dataclass

from django.utils.functional import Promise


@dataclass
class AnswerError(Exception):
    """An answer that can't be taken; `message` is for the young person, `field` the input's id."""

    field: str
    message: str | Promise

    def __str__(self) -> str:
        """The field only: what was typed never reaches a log."""
        return self.field
