"""`{% service "stopncii" as stopncii %}`: a service by its key; and what is said of it."""

from collections.abc import Iterable

from django import template
from django.utils.functional import Promise

from takeback.hotline.helplines.texts import joined
from takeback.hotline.reach import access
from takeback.hotline.reach.facts import Service
from takeback.hotline.reach.texts import DOES, facts_of

register = template.Library()


@register.simple_tag
def service(key: str) -> Service:
    """The service of this key. Raises KeyError."""
    return access.service(key)


@register.filter
def what_it_does(service: Service) -> Promise:
    """What a service does, in one or two sentences."""
    return DOES[service.does]


@register.filter
def what_it_needs(service: Service) -> list[str]:
    """For whom a service is and what it asks for, each a few words."""
    return facts_of(service)


@register.filter
def names(services: Iterable[Service]) -> str:
    """The names of services in one line, in the reader's own way of making lists."""
    return joined(service.name for service in services)
