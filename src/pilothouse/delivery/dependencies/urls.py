# SPDX-License-Identifier: Apache-2.0
"""/dependencies/ and /plans/…/dependencies/: what projects promise to each other."""

from django.urls import path

from pilothouse.delivery.dependencies import views

app_name = "dependencies"
urlpatterns = [
    path("dependencies/", views.every, name="list"),
    path("dependencies/<int:dependency_id>/", views.one, name="one"),
    path("dependencies/<int:dependency_id>/dates/", views.dates, name="dates"),
    path("dependencies/<int:dependency_id>/drive/", views.drive, name="drive"),
    path("dependencies/<int:dependency_id>/step/<slug:step>/", views.step, name="step"),
    path("plans/<int:project_id>/dependencies/", views.of_project, name="project"),
    path("plans/<int:project_id>/dependencies/propose/", views.propose, name="propose"),
]
