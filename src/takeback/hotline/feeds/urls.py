"""The addresses of the feeds; they are the same in every language."""

from django.urls import path

from takeback.hotline.feeds import stopncii

urlpatterns = [
    path("stopncii/v1/FetchHashes", stopncii.fetch_hashes, name="stopncii-fetch"),
    path("stopncii/v1/SubmitFeedback", stopncii.submit_feedback, name="stopncii-feedback"),
    path("stopncii/v1/SubmitHashes", stopncii.submit_hashes, name="stopncii-hashes"),
]
