"""A helpline, and a country with its helplines."""

from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from takeback.hotline.helplines.domain.copies import UNKNOWN, CopyDate
from takeback.hotline.helplines.domain.hours import Hours


def dialled(number: str) -> str:
    """A number without what only people need, for a `tel:` or `sms:` link."""
    return "".join(character for character in number if character in "+0123456789")


@dataclass(frozen=True)
class Reading:
    """Where something was read: the page's address, how old that copy was, and whose page it is.

    `source` is the site alone where the page's own address was not kept. `own_page`: the page is
    of those who run the line.
    """

    source: str
    copied: CopyDate
    own_page: bool


@dataclass(frozen=True)
class Helpline:
    """One service. Numbers stand as people write them; `text_word` is what they first send.

    `hours` is None where nobody told us; `hours_read` says who told. `free`: calls cost nothing.
    `nameless_read`: where it is said that callers need not give their name; None where we read
    nothing of it. `for_adults` marks services for people of 18 and over. `checked`: the day we read
    the copy.
    """

    name: str
    read: Reading
    checked: date
    languages: tuple[str, ...]
    number: str = ""
    text_number: str = ""
    text_word: str = ""
    website: str = ""
    chat: str = ""
    free: bool = False
    for_adults: bool = False
    hours: Hours | None = None
    hours_read: Reading | None = None
    nameless_read: Reading | None = None

    @property
    def dial(self) -> str:
        """The number for a `tel:` link."""
        return dialled(self.number)

    @property
    def text_dial(self) -> str:
        """The number for an `sms:` link."""
        return dialled(self.text_number)

    @property
    def nameless(self) -> bool:
        """Whether we may say that nobody needs to give their name."""
        return self.nameless_read is not None

    @property
    def website_name(self) -> str:
        """The website's host, as people say it."""
        return (urlsplit(self.website).hostname or "").removeprefix("www.")


@dataclass(frozen=True)
class ReportingBody:
    """Who takes reports of such pictures in a country."""

    name: str
    website: str


@dataclass(frozen=True)
class Country:
    """A country's helplines, the one for young people first, and whom to call in danger.

    `time_zones` are the IANA names, old ones too, that a browser there may say. `public_holidays`
    are rules (`public_holidays.py`); None where nobody wrote them down.
    """

    code: str
    emergency: tuple[str, ...]
    helplines: tuple[Helpline, ...]
    emergency_source: str = ""
    emergency_copied: CopyDate = UNKNOWN
    reporting: ReportingBody | None = None
    time_zones: tuple[str, ...] = ()
    public_holidays: tuple[str, ...] | None = None

    @property
    def for_young_people(self) -> tuple[Helpline, ...]:
        """Those that talk to under-18s."""
        return tuple(line for line in self.helplines if not line.for_adults)

    @property
    def for_adults(self) -> tuple[Helpline, ...]:
        """Those for people of 18 and over."""
        return tuple(line for line in self.helplines if line.for_adults)
