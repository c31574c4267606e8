"""The addresses of the log and the list; they are the same in every language."""

from django.urls import path

from takeback.hotline.api import views as api

urlpatterns = [
    path("log/v1/key", api.key, name="log-key"),
    path("log/v1/checkpoint", api.checkpoint, name="log-checkpoint"),
    path("log/v1/purpose", api.purpose, name="log-purpose"),
    path("log/v1/tile/entries/<path:path>", api.entries, name="log-entries"),
    path("log/v1/tile/<path:path>", api.tile, name="log-tile"),
    path("list/v1/openings/<path:path>", api.openings, name="list-openings"),
    path("list/v1/openapi.json", api.openapi, name="list-openapi"),
    path("list/v1/events", api.events, name="list-events"),
    path("list/v1/health", api.health, name="list-health"),
    path("list/v1/wait", api.wait, name="list-wait"),
    path("list/v1/checkpoint", api.shown_checkpoint, name="list-checkpoint"),
    path("list/v1/feedback", api.feedback, name="list-feedback"),
    path("list/v1/acknowledgement", api.acknowledgement, name="list-acknowledgement"),
]
