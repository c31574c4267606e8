"""The addresses of appeals and of the published numbers."""

from django.urls import path

from takeback.hotline.appeals import views

urlpatterns = [
    path("appeal", views.appeal, name="appeal"),
    path("appeal/answer", views.answer, name="appeal-answer"),
    path("figures", views.figures, name="figures"),
    path("figures.json", views.figures_json, name="figures-json"),
]
