"""The addresses of the feeds; they are the same in every language."""

from django.urls import path, re_path

from takeback.hotline.feeds import graph, ncmec, stopncii

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
    path("graph/v1/<int:group>/threat_updates/", graph.threat_updates, name="graph-updates"),
    re_path(
        r"^graph/v1/(?P<app>[0-9]{1,18})/threat_privacy_groups_(?:member|owner)/?$",
        graph.privacy_groups,
        name="graph-groups",
    ),
    re_path(r"^graph/v1/(?P<name>[0-9]{1,18})/?$", graph.node, name="graph-node"),
]
