# SPDX-License-Identifier: Apache-2.0
"""Composed pages."""

from django.urls import path

from pilothouse.faces.web import operations, views

app_name = "web"
urlpatterns = [
    path("search/", views.search, name="search"),
    path("about/", views.about, name="about"),
    path("theme/", views.theme, name="theme"),
    path("healthz", operations.healthz, name="health"),
    path("metrics", operations.metrics, name="metrics"),
]
