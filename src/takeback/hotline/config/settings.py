"""Django settings of the hotline; the few that an operator turns come from `TAKEBACK_…` variables."""

import os
from pathlib import Path

from django.utils.translation import gettext_lazy as _

from takeback.hotline.config.database import database_url, django_database
from takeback.hotline.config.secrets import secret

HOTLINE = Path(__file__).resolve().parent.parent

SECRET_KEY = secret("django").hex()
DEBUG = False
PUBLIC_URL = os.environ.get("TAKEBACK_PUBLIC_URL", "http://127.0.0.1:8000")
ALLOWED_HOSTS = os.environ.get("TAKEBACK_HOSTS", "127.0.0.1,localhost").split(",")

INSTALLED_APPS = [
    "django.contrib.staticfiles",
    "procrastinate.contrib.django",
    "takeback.hotline.audit",
    "takeback.hotline.publishing",
    "takeback.hotline.intake",
]
ROOT_URLCONF = "takeback.hotline.config.urls"
ASGI_APPLICATION = "takeback.hotline.config.asgi.application"

DATABASES = {"default": django_database(database_url())}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("cy", "Cymraeg"), ("ar", "العربية")]
LOCALE_PATHS = [HOTLINE / "locale"]
TIME_ZONE = os.environ.get("TAKEBACK_TIME_ZONE", "Europe/London")
USE_TZ = True

STATIC_URL = "/static/"
