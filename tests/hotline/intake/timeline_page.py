"""What a person reads on the timeline, as plain text taken from its HTML."""

import re


def newest_first(page: str) -> list[str]:
    """The lines under "Newest first", each with its pictures and its day."""
    found = re.search(r"data-newest-first>(.*?)</ol>", page, re.DOTALL)
    return _texts(r"<li .*?</li>", found[1]) if found else []


def picture_rows(page: str) -> list[str]:
    """The text of each picture's row, with what it unfolds to."""
    return _texts(r'<details class="app-case-picture".*?</details>', page)


def in_short(page: str) -> str:
    """The text of the card above everything."""
    (text,) = _texts(r'<section class="app-case-card.*?</section>', page)
    return text


def _texts(pattern: str, html: str) -> list[str]:
    parts = re.findall(pattern, html, re.DOTALL)
    return [" ".join(re.sub(r"<[^>]+>", " ", part).split()) for part in parts]
