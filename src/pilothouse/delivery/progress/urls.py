# SPDX-License-Identifier: Apache-2.0
"""/my/week/, /week/<link>/, /plans/<project>/updates/ and the office's day: weekly updates."""

from django.urls import path

from pilothouse.delivery.progress.views import links, updates, week

app_name = "progress"
urlpatterns = [
    path("office/settings/<int:office_id>/weekly-updates/", updates.office, name="office"),
    path("my/week/", week.week, name="week"),
    path("my/week/links/end/", week.end_links, name="links-end"),
    path("week/<str:token>/", links.link, name="link"),
    path("plans/<int:project_id>/updates/", updates.updates, name="updates"),
    path("plans/<int:project_id>/updates/decide/", updates.decide, name="decide"),
    path("plans/<int:project_id>/updates/rhythm/", updates.rhythm, name="rhythm"),
    path("plans/<int:project_id>/updates/ask/", updates.ask, name="ask"),
    path(
        "plans/<int:project_id>/updates/people/<int:person_id>/",
        week.week_of_person,
        name="week-of",
    ),
    path(
        "plans/<int:project_id>/updates/links/<int:person_id>/end/",
        updates.end_links_of,
        name="links-end-of",
    ),
]
