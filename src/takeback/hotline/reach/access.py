"""Reads who reaches which platform in a country, and where a tap leads."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from takeback.hotline.reach.facts import (
    Ages,
    Form,
    Kind,
    Platform,
    Service,
    Source,
    platforms,
    services,
    steps,
)


@dataclass(frozen=True)
class PlatformReach:
    """What reaches a platform for a young person: the services that look there, and its own form.

    A site for adults has no form here, so that `go_to` is a service's address.
    """

    name: str
    kind: Kind
    services: tuple[Service, ...]
    form: Form | None

    @property
    def go_to(self) -> str:
        """Where the row's button leads; empty if nothing reaches the platform."""
        if self.form is not None:
            return self.form.address
        return self.services[0].address if self.services else ""


@dataclass(frozen=True)
class Reach:
    """The page of a country (ISO 3166): its steps, then the platforms by what kind they are."""

    code: str
    steps: tuple[Service, ...]
    platforms: tuple[PlatformReach, ...]

    @property
    def searched(self) -> tuple[tuple[tuple[Service, ...], tuple[PlatformReach, ...]], ...]:
        """Platforms on which services have copies looked for, with those services."""
        rows = [row for row in self.platforms if row.services]
        together = dict.fromkeys(row.services for row in rows)
        return tuple(
            (found, tuple(row for row in rows if row.services == found)) for found in together
        )

    @property
    def only_reports(self) -> tuple[PlatformReach, ...]:
        """Apps and websites that take reports, and on which no service has copies looked for."""
        return self._without_services(Kind.APP)

    @property
    def search_engines(self) -> tuple[PlatformReach, ...]:
        """Search engines, which take reports."""
        return self._without_services(Kind.SEARCH)

    @property
    def closed_chats(self) -> tuple[PlatformReach, ...]:
        """Chats into which nobody can look."""
        return self._without_services(Kind.CHAT)

    def _without_services(self, kind: Kind) -> tuple[PlatformReach, ...]:
        return tuple(row for row in self.platforms if row.kind is kind and not row.services)


def reach_in(code: str) -> Reach:
    """What reaches the big platforms for under-18s in a country; unknown ones get the usual."""
    code = code.upper()
    keys = steps().get(code, steps()[""])
    return Reach(
        code,
        tuple(services()[key] for key in keys),
        tuple(_reach_of(platform, code) for platform in platforms()),
    )


def sites_for_adults() -> frozenset[str]:
    """The names of the platforms to which no young person is sent."""
    return frozenset(platform.name for platform in platforms() if platform.kind is Kind.ADULT)


def service(key: str) -> Service:
    """The service of this key. Raises KeyError."""
    return services()[key]


def oldest_reading() -> date:
    """The day of the oldest of all the readings that the pages stand on."""
    return min(source.read_on for source in all_sources())


def all_sources() -> Iterator[Source]:
    """Every source of every fact."""
    for each in services().values():
        yield each.source
        yield from (cover.source for cover in each.covers)
    for platform in platforms():
        yield from (form.source for form in platform.forms.values())


def _reach_of(platform: Platform, code: str) -> PlatformReach:
    return PlatformReach(
        platform.name,
        platform.kind,
        _covering(platform),
        None if platform.kind is Kind.ADULT else platform.form_in(code),
    )


def _covering(platform: Platform) -> tuple[Service, ...]:
    """The services that look for copies there for under-18s, by name."""
    found = (
        each
        for each in services().values()
        if platform.name in each.platforms and each.for_ages is not Ages.ADULTS
    )
    return tuple(sorted(found, key=lambda each: each.name))
