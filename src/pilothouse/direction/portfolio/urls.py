# SPDX-License-Identifier: Apache-2.0
"""The portfolio, its projects, and the cockpit."""

from django.urls import path

from pilothouse.direction.portfolio.views import project

app_name = "portfolio"
urlpatterns = [
    path("projects/<int:project_id>/", project.project, name="project"),
    path("projects/<int:project_id>/history/<int:snapshot_id>/", project.snapshot, name="snapshot"),
    path("projects/<int:project_id>/record/", project.record, name="record"),
]
