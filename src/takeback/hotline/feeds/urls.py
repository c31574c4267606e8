"""The addresses of the feeds; they are the same in every language."""

from django.urls import path

from takeback.hotline.feeds import ncmec, stopncii

urlpatterns = [
    path("stopncii/v1/FetchHashes", stopncii.fetch_hashes, name="stopncii-fetch"),
    path("stopncii/v1/SubmitFeedback", stopncii.submit_feedback, name="stopncii-feedback"),
    path("stopncii/v1/SubmitHashes", stopncii.submit_hashes, name="stopncii-hashes"),
    path("ncmec/v2/status", ncmec.status, name="ncmec-status"),
    path("ncmec/v2/members", ncmec.members, name="ncmec-members"),
    path("ncmec/v2/entries", ncmec.entries, name="ncmec-entries"),
    path("ncmec/v2/feedback/<str:kind>/reasons", ncmec.reasons, name="ncmec-reasons"),
    path(
        "ncmec/v2/entries/<str:member>/<str:entry>/<str:kind>/feedback",
        ncmec.feedback,
        name="ncmec-feedback",
    ),
]
