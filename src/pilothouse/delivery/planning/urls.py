# SPDX-License-Identifier: Apache-2.0
"""/plans/: the plan of a project from upload to reconciliation."""

from django.urls import path

from pilothouse.delivery.planning import views
from pilothouse.delivery.planning.views import (
    baselines,
    board,
    calendars,
    feeds,
    importing,
    month,
    network,
    options,
    patterns,
    people,
    roadmap,
    sandboxes,
    schedule,
)

app_name = "planning"
urlpatterns = [
    path("<int:project_id>/", views.plan, name="plan"),
    path("feed/<str:token>/", feeds.feed, name="feed"),
    path("<int:project_id>/calendar/", feeds.calendar, name="calendar"),
    path("<int:project_id>/calendar/file/", feeds.calendar_file, name="calendar-file"),
    path("<int:project_id>/calendar/<int:feed_id>/end/", feeds.end_feed, name="feed-end"),
    path("<int:project_id>/calendars/", calendars.calendars, name="calendars"),
    path("<int:project_id>/calendars/new/", calendars.new, name="calendar-new"),
    path("<int:project_id>/calendars/<int:calendar_uid>/", calendars.edit, name="calendar-edit"),
    path(
        "<int:project_id>/calendars/<int:calendar_uid>/delete/",
        calendars.delete,
        name="calendar-delete",
    ),
    path("<int:project_id>/options/", calendars.options, name="options"),
    path(
        "<int:project_id>/people/<int:resource_uid>/calendar/",
        calendars.resource_calendar,
        name="resource-calendar",
    ),
    path("look/", schedule.look, name="look"),
    path("<int:project_id>/schedule/", schedule.schedule, name="schedule"),
    path("<int:project_id>/roadmap/", roadmap.road, name="roadmap"),
    path("<int:project_id>/board/", board.board, name="board"),
    path("<int:project_id>/board/move/<int:uid>/", board.move, name="board-move"),
    path("<int:project_id>/board/limit/", board.limit, name="board-limit"),
    path("<int:project_id>/month/", month.month, name="month"),
    path("<int:project_id>/network/", network.diagram, name="network"),
    path("<int:project_id>/quality/", schedule.quality, name="quality"),
    path("<int:project_id>/live/", schedule.live, name="live"),
    path("<int:project_id>/begin/", schedule.begin, name="begin"),
    path("<int:project_id>/import/", importing.bring_in, name="import"),
    path("<int:project_id>/import/look/", importing.look, name="arrival"),
    path("<int:project_id>/import/columns/", importing.columns, name="arrival-columns"),
    path("<int:project_id>/import/accept/", importing.accept, name="arrival-accept"),
    path("<int:project_id>/import/leave/", importing.leave, name="arrival-leave"),
    path("<int:project_id>/reconciliation/", views.compared, name="reconciliation"),
    path("<int:project_id>/tasks/<int:uid>/why/", views.why, name="explain"),
    path("<int:project_id>/download/", views.download, name="download"),
    path("<int:project_id>/reschedule/", views.reschedule, name="reschedule"),
    path("<int:project_id>/undo/", views.undo, name="undo"),
    path("<int:project_id>/delete/", views.delete, name="delete"),
    path("<int:project_id>/baselines/", baselines.baselines, name="baselines"),
    path("<int:project_id>/baselines/take/", baselines.take, name="baseline-take"),
    path("<int:project_id>/baselines/compare/", baselines.compare, name="baseline-compare"),
    path("<int:project_id>/baselines/compare/file/", baselines.compare_file, name="baseline-file"),
    path(
        "<int:project_id>/baselines/<int:baseline_id>/approve/",
        baselines.approve,
        name="baseline-approve",
    ),
    path(
        "<int:project_id>/baselines/<int:baseline_id>/reject/",
        baselines.reject,
        name="baseline-reject",
    ),
    path(
        "<int:project_id>/baselines/<int:baseline_id>/withdraw/",
        baselines.withdraw,
        name="baseline-withdraw",
    ),
    path(
        "<int:project_id>/baselines/<int:baseline_id>/rename/",
        baselines.rename,
        name="baseline-rename",
    ),
    path("<int:project_id>/sandboxes/", sandboxes.sandboxes, name="sandboxes"),
    path("<int:project_id>/templates/", patterns.templates, name="templates"),
    path("<int:project_id>/templates/keep/", patterns.keep, name="template-keep"),
    path("<int:project_id>/templates/<int:template_id>/", patterns.template, name="template"),
    path(
        "<int:project_id>/templates/<int:template_id>/edit/",
        patterns.edit,
        name="template-edit",
    ),
    path(
        "<int:project_id>/templates/<int:template_id>/use/",
        patterns.use,
        name="template-use",
    ),
    path("<int:project_id>/level/", options.level, name="level"),
    path(
        "<int:project_id>/sandboxes/<int:sandbox_id>/level/",
        options.sandbox_level,
        name="sandbox-level",
    ),
    path(
        "<int:project_id>/sandboxes/<int:sandbox_id>/crash/",
        options.crash,
        name="sandbox-crash",
    ),
    path(
        "<int:project_id>/sandboxes/<int:sandbox_id>/fast-track/",
        options.fast_track,
        name="sandbox-fast-track",
    ),
    path("<int:project_id>/sandboxes/make/", sandboxes.make, name="sandbox-make"),
    path("<int:project_id>/sandboxes/<int:sandbox_id>/", sandboxes.schedule, name="sandbox"),
    path("<int:project_id>/sandboxes/<int:sandbox_id>/live/", sandboxes.live, name="sandbox-live"),
    path(
        "<int:project_id>/sandboxes/<int:sandbox_id>/tasks/<int:uid>/why/",
        sandboxes.why,
        name="sandbox-explain",
    ),
    path(
        "<int:project_id>/sandboxes/<int:sandbox_id>/compare/",
        sandboxes.beside,
        name="sandbox-compare",
    ),
    path(
        "<int:project_id>/sandboxes/<int:sandbox_id>/adopt/",
        sandboxes.adopt,
        name="sandbox-adopt",
    ),
    path(
        "<int:project_id>/sandboxes/<int:sandbox_id>/rename/",
        sandboxes.rename,
        name="sandbox-rename",
    ),
    path(
        "<int:project_id>/sandboxes/<int:sandbox_id>/discard/",
        sandboxes.discard,
        name="sandbox-discard",
    ),
    path("<int:project_id>/people/", people.people, name="people"),
    path("<int:project_id>/people/add/", people.add, name="person-add"),
    path("<int:project_id>/people/<int:resource_uid>/", people.person, name="person"),
    path(
        "<int:project_id>/people/<int:resource_uid>/confirm/", people.confirm, name="person-confirm"
    ),
]
