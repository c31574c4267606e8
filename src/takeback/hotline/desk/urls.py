"""The addresses of the desk."""

from django.urls import path

from takeback.hotline.desk import views

urlpatterns = [
    path("desk/", views.queue, name="desk"),
    path("desk/login", views.log_in, name="desk-login"),
    path("desk/logout", views.log_out, name="desk-logout"),
    path("desk/join/<str:token>", views.join, name="desk-join"),
    path("desk/entries/<slug:entry_id>", views.entry, name="desk-entry"),
    path("desk/appeals/<uuid:appeal_id>", views.appeal, name="desk-appeal"),
]
