"""Every address of the hotline."""

from django.conf.urls.i18n import i18n_patterns
from django.urls import include, path

from takeback.hotline.config.health import healthz
from takeback.hotline.pages import errors, files, web_build

urlpatterns = [
    path("static/<path:path>", web_build.built_file, name="static"),
    path("icon.svg", files.icon, name="icon"),
    path("favicon.ico", files.icon, name="favicon"),
    path("healthz", healthz, name="healthz"),
    path("robots.txt", files.robots, name="robots"),
    path("", include("takeback.hotline.api.urls")),
    path("feeds/", include("takeback.hotline.feeds.urls")),
    path("", include("takeback.hotline.desk.urls")),
    path("", include("takeback.hotline.portal.urls")),
    *i18n_patterns(
        path("", include("takeback.hotline.intake.urls")),
        path("", include("takeback.hotline.appeals.urls")),
        path("", include("takeback.hotline.statistics.urls")),
        prefix_default_language=False,
    ),
]

handler400 = errors.bad_request
handler403 = errors.forbidden
handler404 = errors.not_found
handler500 = errors.server_error
