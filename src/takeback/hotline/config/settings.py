"""Django settings of the hotline; what an operator turns comes from `TAKEBACK_…` variables."""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy

from takeback.hotline.config.origins import own_origins, public_address, public_host
from takeback.hotline.config.signed_off import drafts
from takeback.hotline.foundation.database import database_url, django_database
from takeback.hotline.foundation.logs import logging_settings
from takeback.hotline.foundation.numbers import number_of_seconds, whole_number
from takeback.hotline.foundation.secrets import secret_of_this_process
from takeback.hotline.foundation.state import kept_address

HOTLINE = Path(__file__).resolve().parent.parent
REPOSITORY = HOTLINE.parents[2]

# Before the first `migrate` there is no file yet, and nobody to whom anything was signed.
SECRET_KEY = secret_of_this_process("django").hex()
DEBUG = False
PUBLIC_URL = public_address(
    os.environ.get("TAKEBACK_PUBLIC_URL", kept_address("http://127.0.0.1:8000"))
)
_HOSTS = os.environ.get("TAKEBACK_HOSTS", "127.0.0.1,localhost").split(",")
ALLOWED_HOSTS = [*filter(None, map(str.strip, _HOSTS)), public_host(PUBLIC_URL)]
TRUSTED_PROXIES = os.environ.get("TAKEBACK_TRUSTED_PROXIES", "127.0.0.1,::1").split(",")
_ENCRYPTED = PUBLIC_URL.startswith("https://")
# Trying it out on one machine: only then may webhooks go there, and without https.
WEBHOOKS_TO_LOOPBACK = not _ENCRYPTED

# What an operator's young people see.
SITE_NAME = os.environ.get("TAKEBACK_SITE_NAME", "Takeback")
NEUTRAL_SITE = os.environ.get("TAKEBACK_NEUTRAL_SITE", "https://www.bbc.co.uk/weather")
COUNTRY = os.environ.get("TAKEBACK_COUNTRY", "GB")

# What the list is for, and its bounds: read once, when the log begins.
PURPOSE = Path(purpose) if (purpose := os.environ.get("TAKEBACK_PURPOSE")) else None

# What an entry needs before it goes out by itself, and what takes it out of force.
QUALITY_FLOOR = whole_number("TAKEBACK_QUALITY_FLOOR", 50, most=100)
CROWD = whole_number("TAKEBACK_CROWD", 10, least=1)
APPEAL_DAYS = whole_number("TAKEBACK_APPEAL_DAYS", 7, least=1, most=90)
NOT_THE_SAME_PLATFORMS = whole_number("TAKEBACK_NOT_THE_SAME_PLATFORMS", 2, least=1)
# How often what has come goes onto the list; shorter only where nobody's report is at stake.
SEQUENCING_SECONDS = number_of_seconds(
    "TAKEBACK_SEQUENCING_SECONDS", 1, least=1 if _ENCRYPTED else 0.05, most=2
)
# Where the worker says, to this machine alone, how it is; 0: nowhere.
WORKER_HEALTH_PORT = whole_number("TAKEBACK_WORKER_HEALTH_PORT", 8004, most=65_535)
# Who must have cosigned a checkpoint before anybody gets it (C2SP tlog-policy).
WITNESSES = Path(witnesses) if (witnesses := os.environ.get("TAKEBACK_WITNESSES")) else None

INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "procrastinate.contrib.django",
    "takeback.hotline.config.apps.HotlineConfig",
    "takeback.hotline.foundation",
    "takeback.hotline.audit",
    "takeback.hotline.helplines",
    "takeback.hotline.reach",
    "takeback.hotline.pages",
    "takeback.hotline.staff",
    "takeback.hotline.log",
    "takeback.hotline.platforms",
    "takeback.hotline.webhooks",
    "takeback.hotline.entries",
    "takeback.hotline.planted",
    "takeback.hotline.feedback",
    "takeback.hotline.feeds",
    "takeback.hotline.imports",
    "takeback.hotline.portal",
    "takeback.hotline.intake",
    "takeback.hotline.appeals",
    "takeback.hotline.statistics",
    "takeback.hotline.desk",
]
MIDDLEWARE = [
    "takeback.hotline.foundation.headers.strict_headers",
    "takeback.hotline.foundation.middleware.sessions_by_place",
    "takeback.hotline.foundation.middleware.locale",
    "takeback.hotline.foundation.middleware.common",
    "takeback.hotline.foundation.middleware.csrf",
    "allauth.account.middleware.AccountMiddleware",
]
ROOT_URLCONF = "takeback.hotline.config.urls"
ASGI_APPLICATION = "takeback.hotline.config.asgi.application"
APPEND_SLASH = False
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": ["takeback.hotline.pages.page.page"],
            "builtins": [
                "django.templatetags.i18n",
                "takeback.hotline.pages.templatetags.icons",
                "takeback.hotline.pages.templatetags.web",
            ],
        },
    }
]

DATABASES = {"default": django_database(database_url())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# A cookie exists only from the first question on, and only until the browser closes.
SESSION_ENGINE = "takeback.hotline.foundation.sessions"
SESSION_COOKIE_NAME = "__Host-s" if _ENCRYPTED else "s"
SESSION_COOKIE_AGE = 2 * 60 * 60
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_SECURE = _ENCRYPTED
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Strict"
CSRF_USE_SESSIONS = True
CSRF_TRUSTED_ORIGINS = own_origins(PUBLIC_URL, ALLOWED_HOSTS)
CSRF_FAILURE_VIEW = "takeback.hotline.pages.errors.csrf_failure"

# The desk: people with passkeys, nobody with a password, and a cookie that stays at the desk.
DESK_COOKIE_NAME = "__Secure-desk" if _ENCRYPTED else "desk"
PASSKEY_COOKIE_NAME = "__Secure-passkey" if _ENCRYPTED else "passkey"
AUTH_USER_MODEL = "staff.Person"
AUTHENTICATION_BACKENDS = ["takeback.hotline.staff.backend.PeopleOfTheDesk"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = "name"
ACCOUNT_USER_MODEL_EMAIL_FIELD = None
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*"]
MFA_SUPPORTED_TYPES = ["webauthn"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_ADAPTER = "takeback.hotline.staff.passkeys.DeskPasskeys"
ACCOUNT_EMAIL_VERIFICATION = "none"

# Pages for engineers of platforms, with a cookie that stays there.
PLATFORM_COOKIE_NAME = "__Secure-platform" if _ENCRYPTED else "platform"

# Which paths are whose: the first prefix that a path begins with counts. A path under none of them
# is a young person's page, with Django's usual cookie.
STATIC_URL = "/static/"
SURFACES = {
    "/healthz": "api",
    "/log/": "api",
    "/list/": "api",
    "/feeds/": "api",
    STATIC_URL: "static",
    "/desk/": "desk",
}
COOKIES = {"/desk/": DESK_COOKIE_NAME, "/platforms/": PLATFORM_COOKIE_NAME}
# Where a person goes on after their session ended over a form.
AFTER_THE_VISIT = {
    "/platforms/": "platform-login",
    "/desk/": "desk-login",
    "/": "ended",
}
# Where every page leads, by the names of routes.
HOME_ROUTE = "start"
LEAVE_ROUTE = "leave"
VISIT_ROUTE = "report"
HELPLINES_ROUTE = "helplines"
HELPLINE_PARTS_ROUTE = "helpline-parts"
FOOTER_LINKS = [
    (HELPLINES_ROUTE, gettext_lazy("Helplines")),
    ("threatened", gettext_lazy("If someone is threatening you")),
    ("privacy", gettext_lazy("What we keep")),
    ("accessibility", gettext_lazy("Using these pages")),
    ("appeal", gettext_lazy("A website stopped my post")),
    ("figures", gettext_lazy("Our numbers")),
]

# Fifty picture records of some 300 bytes, with room; no file is ever sent.
DATA_UPLOAD_MAX_MEMORY_SIZE = 256 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 0

LANGUAGE_CODE = "en"
# Each by the name that its own readers look for: English, then as Unicode sorts those names, which
# keeps letters of a kind together. They have no numbers of their own here: every digit is ASCII.
LANGUAGES = [
    ("en", "English"),
    ("cy", "Cymraeg"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("pl", "Polski"),
    ("ro", "Română"),
    ("tr", "Türkçe"),
    ("uk", "Українська"),
    ("ur", "اردو"),
    ("ar", "العربية"),
    ("bn", "বাংলা"),
    ("pa", "ਪੰਜਾਬੀ"),
]
FORMAT_MODULE_PATH = ["takeback.hotline.pages.formats"]
_LOCALES = HOTLINE / "locale"
LOCALE_PATHS = [_LOCALES]
# Pages in these say so in their footer, until a native reader has read the whole catalogue.
UNREVIEWED_LANGUAGES = drafts(_LOCALES, (code for code, _ in LANGUAGES if code != LANGUAGE_CODE))
TIME_ZONE = os.environ.get("TAKEBACK_TIME_ZONE", "Europe/London")
USE_TZ = True

# A wheel brings the browser code; a checkout builds it.
_PACKED_WEB = HOTLINE / "web-dist"
_WEB = _PACKED_WEB if _PACKED_WEB.is_dir() else REPOSITORY / "web" / "dist"
WEB_DIST = Path(os.environ.get("TAKEBACK_WEB_DIST", _WEB)).resolve()

LOGGING = logging_settings()
