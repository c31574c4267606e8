"""What stands beside a helpline: its hours, its country, its languages."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

HOURS: Mapping[str, Promise] = {
    "always": _("Any time, day or night"),
    "morning_to_midnight": _("Every day, from 8 am to midnight"),
    "weekdays_10_to_16": _("Monday to Friday, from 10 am to 4 pm"),
    "see_website": _("The website says when"),
}

COUNTRY_NAMES: Mapping[str, Promise] = {
    "Australia": _("Australia"),
    "Canada": _("Canada"),
    "Ireland": _("Ireland"),
    "New Zealand": _("New Zealand"),
    "United Kingdom": _("United Kingdom"),
    "United States": _("United States"),
}

LANGUAGE_NAMES: Mapping[str, Promise] = {
    "en": _("English"),
    "cy": _("Welsh"),
    "es": _("Spanish"),
    "fr": _("French"),
}
