"""The addresses of the pages for platforms."""

from django.urls import path

from takeback.hotline.portal import health, joining
from takeback.hotline.portal import test_pictures as testing

urlpatterns = [
    path("platforms/", health.health, name="platform"),
    path("platforms/login", health.log_in, name="platform-login"),
    path("platforms/logout", health.log_out, name="platform-logout"),
    path("platforms/test-pictures/<int:number>.png", testing.picture, name="test-picture"),
    path("platforms/join/<str:secret>", joining.join, name="platform-join"),
]
