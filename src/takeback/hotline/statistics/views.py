"""Public pages: the published numbers."""

from dataclasses import asdict
from typing import Final

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.functional import Promise

from takeback.hotline.appeals.access import appeal_figures
from takeback.hotline.pages.methods import methods
from takeback.hotline.statistics import texts
from takeback.hotline.statistics.access import list_figures
from takeback.hotline.statistics.domain import blurred

_FIGURES_SECONDS: Final = 600
"""How often numbers are counted anew: looking more often tells no more, and costs no more."""


@methods("GET")
def figures(request: HttpRequest) -> HttpResponse:
    """How many entries, holds, suspensions and appeals there were."""
    numbers = _figures()
    rows: list[tuple[Promise, float | None]] = [
        (text, numbers[name]) for name, text in texts.FIGURES.items()
    ]
    context = {"rows": rows, "median_days": numbers["median_days_to_answer"]}
    return render(request, "statistics/figures.html", context)


@methods("GET")
def figures_json(request: HttpRequest) -> HttpResponse:
    """The same as JSON; null is a number too small to be told."""
    return JsonResponse(_figures())


def _figures() -> dict[str, float | None]:
    return cache.get_or_set("figures", _counted, _FIGURES_SECONDS) or _counted()


def _counted() -> dict[str, float | None]:
    appeals = appeal_figures()
    counts = asdict(list_figures()) | {
        "appeals_received": appeals.received,
        "appeals_answered": appeals.answered,
        "appeals_right": appeals.right,
    }
    return {name: blurred(count) for name, count in counts.items()} | {
        "median_days_to_answer": appeals.median_days
    }
