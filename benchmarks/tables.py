"""Tables as Markdown has them."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], *, numbers: int) -> str:
    """Return a Markdown table whose last `numbers` columns stand to the right."""
    rule = ["---"] * (len(head) - numbers) + ["--:"] * numbers
    lines = [head, tuple(rule), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
