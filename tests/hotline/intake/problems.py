"""Collects all that a check finds wrong, so that one failure shows everything there is to mend."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def none_of(what: str) -> Iterator[Callable[..., None]]:
    """Fail at the end with every finding, a line each, where any was noted.

    `what`: what the findings are, in a few words. What is yielded notes a finding, in its parts.
    """
    findings: list[str] = []

    def found(*parts: object) -> None:
        findings.append("  " + " | ".join(repr(part) for part in parts))

    yield found
    if findings:
        pytest.fail("\n".join([f"{len(findings)} {what}:", *findings]), pytrace=False)
