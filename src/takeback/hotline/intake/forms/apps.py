"""The apps and websites that the form of a case lets somebody tick."""

from collections.abc import Mapping
from typing import Any

from django.http import QueryDict

from takeback.hotline.foundation.encryption import JSON
from takeback.hotline.intake import apps_known
from takeback.hotline.intake.access import apps_in


def groups(answers: Mapping[str, JSON]) -> list[dict[str, Any]]:
    """Those that check the list, then the others; what a case with these answers names is ticked.

    A group has at least one.
    """
    known, chosen = apps_known.choices_for(answers), apps_in(answers)
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


def chosen_in(form: QueryDict, answers: Mapping[str, JSON]) -> tuple[str, ...]:
    """The apps that were ticked, each once; names that the page did not offer are left out."""
    known = {app.name for app in apps_known.choices_for(answers)}
    return tuple(dict.fromkeys(name for name in form.getlist("apps") if name in known))
