"""Odd picture files, drawn and put together here, with what people see of each, or what is wrong.

Shapes come from bug reports of viewers, decoders and browsers. The pictures are curves and discs.
"""

from collections.abc import Iterator
from functools import cache

from tests.support.odd_pictures import (
    bmp_tables,
    bmps,
    exifs,
    gifs,
    heifs,
    jpegs,
    pngs,
    tiffs,
    webps,
)
from tests.support.odd_pictures.case import Case


@cache
def all_cases() -> tuple[Case, ...]:
    """Return every case; neither a name nor a file comes twice (the picker takes no file twice)."""
    found = tuple(_cases())
    assert len({case.name for case in found}) == len({case.data for case in found}) == len(found)
    return found


def _cases() -> Iterator[Case]:
    for module in (bmps, bmp_tables, exifs, gifs, heifs, jpegs, pngs, tiffs, webps):
        yield from module.cases()
