# SPDX-License-Identifier: Apache-2.0
"""/agile/: the backlog of a project, its sprints and its releases."""

from django.urls import path

from pilothouse.delivery.agile.views import backlog, releases, sprints

app_name = "agile"
urlpatterns = [
    path("<int:project_id>/", backlog.show, name="backlog"),
    path("<int:project_id>/begin/", backlog.begin, name="begin"),
    path("<int:project_id>/settings/", backlog.settings, name="settings"),
    path("<int:project_id>/add/", backlog.add, name="add"),
    path("<int:project_id>/change/", backlog.change_many, name="change-many"),
    path("<int:project_id>/export/<slug:kind>/", backlog.export, name="export"),
    path("<int:project_id>/board/", sprints.board, name="board"),
    path("<int:project_id>/sprints/", sprints.every, name="sprints"),
    path("<int:project_id>/sprints/new/", sprints.plan, name="sprint-new"),
    path("<int:project_id>/releases/", releases.every, name="releases"),
    path("<int:project_id>/releases/new/", releases.plan, name="release-new"),
    path("items/<int:item_id>/", backlog.item, name="item"),
    path("items/<int:item_id>/edit/", backlog.edit, name="item-edit"),
    path("items/<int:item_id>/order/", backlog.order, name="order"),
    path("items/<int:item_id>/state/", sprints.move, name="state"),
    path("sprints/<int:sprint_id>/", sprints.one, name="sprint"),
    path("sprints/<int:sprint_id>/edit/", sprints.edit, name="sprint-edit"),
    path("sprints/<int:sprint_id>/start/", sprints.start, name="sprint-start"),
    path("sprints/<int:sprint_id>/close/", sprints.close, name="sprint-close"),
    path("sprints/<int:sprint_id>/cancel/", sprints.cancel, name="sprint-cancel"),
    path("releases/<int:release_id>/", releases.one, name="release"),
    path("releases/<int:release_id>/edit/", releases.edit, name="release-edit"),
    path("releases/<int:release_id>/accept/", releases.accept, name="release-accept"),
    path("releases/<int:release_id>/end/", releases.end, name="release-end"),
]
