# SPDX-License-Identifier: Apache-2.0
"""The portfolio: the list in its layouts, saved views, the cockpit, each project's home."""

from django.urls import path

from pilothouse.direction.portfolio.views import cockpit, page, project, saved, stated

app_name = "portfolio"
urlpatterns = [
    path("", page.project_list, name="list"),
    path("timeline/", page.timeline, name="timeline"),
    path("map/", page.project_map, name="map"),
    path("export/", page.export, name="export"),
    path("columns/", saved.columns, name="columns"),
    path("views/save/", saved.save, name="view-save"),
    path("views/default/", saved.default, name="view-default"),
    path("views/<int:view_id>/rename/", saved.rename, name="view-rename"),
    path("views/<int:view_id>/delete/", saved.delete, name="view-delete"),
    path("cockpit/", cockpit.cockpit, name="cockpit"),
    path("projects/<int:project_id>/", project.project, name="project"),
    path("projects/<int:project_id>/history/<int:snapshot_id>/", project.snapshot, name="snapshot"),
    path("projects/<int:project_id>/record/", project.record, name="record"),
    path("projects/<int:project_id>/stated/", stated.stated, name="stated"),
]
