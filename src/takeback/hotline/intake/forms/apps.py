"""The apps and websites that the form of a case lets somebody tick."""

from collections.abc import Collection
from typing import Any

from django.http import QueryDict

from takeback.hotline.intake import apps_known


def groups(chosen: Collection[str]) -> list[dict[str, Any]]:
    """Those that check the list, then the others; `chosen` are ticked. A group has at least one."""
    known = apps_known.choices()
    both = [
        {
            "checks_list": checks_list,
            "choices": [
                {"app": app, "checked": app.name in chosen}
                for app in known
                if app.checks_list is checks_list
            ],
        }
        for checks_list in (True, False)
    ]
    return [group for group in both if group["choices"]]


def chosen_in(form: QueryDict) -> tuple[str, ...]:
    """The apps that were ticked, each once; names that the page did not offer are left out."""
    known = {app.name for app in apps_known.choices()}
    return tuple(dict.fromkeys(name for name in form.getlist("apps") if name in known))
