"""The addresses of the published numbers."""

from django.urls import path

from takeback.hotline.statistics import views

urlpatterns = [
    path("figures", views.figures, name="figures"),
    path("figures.json", views.figures_json, name="figures-json"),
]
