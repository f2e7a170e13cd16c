# SPDX-License-Identifier: Apache-2.0
"""/files/: what waits for the scanner, and what was refused."""

from django.urls import path

from pilothouse.foundation.scanning import views

app_name = "scanning"
urlpatterns = [
    path("", views.files, name="files"),
    path("<int:incoming_id>/", views.file, name="file"),
    path("<int:incoming_id>/withdraw/", views.withdraw, name="withdraw"),
]
