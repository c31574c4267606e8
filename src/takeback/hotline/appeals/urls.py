"""The addresses of appeals."""

from django.urls import path

from takeback.hotline.appeals import views

urlpatterns = [
    path("appeal", views.appeal, name="appeal"),
    path("appeal/answer", views.answer, name="appeal-answer"),
]
