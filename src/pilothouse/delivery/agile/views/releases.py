# SPDX-License-Identifier: Apache-2.0
"""Releases with their forecasts, the burn-up, and a forecast that goes into the plan."""

from __future__ import annotations

from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.agile import drawing, forms, queries, rules, services
from pilothouse.delivery.agile.models import Release
from pilothouse.delivery.agile.views.backlog import page_over_backlog
from pilothouse.delivery.planning.queries import tasks_to_come
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.numbers import counted
from pilothouse.foundation.core.pages import Field, Options, as_text, form_page
from pilothouse.foundation.core.parsing import Reader

TASKS_OFFERED = 500


@require_GET
def every(request: HttpRequest, project_id: int) -> HttpResponse:
    """All releases with their forecasts; how much is done by a day that is asked for."""
    opened = queries.open_backlog(actor_of(request), project_id)
    backlog, today = opened.require(), clock.today()
    rows = queries.releases_of(opened.project)
    pace, forecasts = services.forecasts_of(backlog, rows, today)
    reader = Reader(request.GET)
    by = reader.day("by") if request.GET.get("by") else None
    sprints, reached = services.reached_by(backlog, pace, by) if by else (0, [])
    days = queries.burn_of(opened.project, None, today)
    context = {
        "opened": opened,
        "backlog": backlog,
        "pace": pace,
        "forecasts": forecasts,
        "days": days,
        "chart": drawing.burn_up(days, today, _last_ends(forecasts)),
        "by": by,
        "by_wrong": reader.problems.get("by", ""),
        "sprints": sprints,
        "reached": reached,
        "today": today,
        "past": services.PAST,
    }
    return render(request, "agile/releases.html", context)


def _last_ends(forecasts: list[services.ReleaseForecast]) -> dict[int, date | None]:
    """When the last release that is open is done, by confidence."""
    coming = [row for row in forecasts if row.day is not None]
    return dict(coming[-1].days) if coming else {}


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, project_id: int) -> HttpResponse:
    """Plan a release."""
    actor = actor_of(request)
    opened = queries.open_backlog(actor, project_id)
    opened.require()
    rules.require_on_backlog(actor, opened.project, "C")
    rows = queries.releases_of(opened.project)
    initial = {
        "position": str(max((row.position for row in rows), default=0) + 1),
        "start": clock.today().isoformat(),
        "planned_sprints": "4",
        "planned_points": "0",
        "confidence": "80",
    }

    def save() -> str:
        reader = Reader(request.POST)
        values = forms.read_release(reader)
        reader.check("agile.entry")
        row = services.save_release(
            actor=actor, project=opened.project, release=None, values=values
        )
        messages.success(request, _("‘%(name)s’ is planned.") % {"name": row})
        return reverse("agile:release", args=[row.pk])

    page = page_over_backlog(
        opened.project,
        _("Plan a release"),
        [
            field
            for field in forms.release_fields(_milestones(opened.project))
            if field.name != "plan_note"
        ],
        initial=initial,
        inside=(_("Releases"), reverse("agile:releases", args=[project_id])),
    )
    return form_page(request, page, save)


def _milestones(project: Project, present: int | None = None) -> Options | None:
    """Tasks of the plan to choose from; None where they are too many."""
    found = tasks_to_come(project, TASKS_OFFERED + 1)
    if len(found) > TASKS_OFFERED:
        return None
    known = [("", ""), *((str(uid), text) for uid, text in found)]
    if present is not None and str(present) not in dict(known):
        known.append((str(present), _("Task %(uid)s") % {"uid": present}))
    return known


@require_GET
def one(request: HttpRequest, release_id: int) -> HttpResponse:
    """One release: forecast, burn-up, and what its date would do to the plan."""
    return _one(request, release_id)


def _one(
    request: HttpRequest, release_id: int, error: Invalid | Conflict | None = None
) -> HttpResponse:
    actor, today = actor_of(request), clock.today()
    release = queries.release_of(actor, release_id)
    opened = queries.open_backlog(actor, release.project_id)
    pace, forecasts = services.forecasts_of(
        opened.require(), queries.releases_of(opened.project), today
    )
    found = next(row for row in forecasts if row.release.pk == release.pk)
    until = release.released_on or today
    days = queries.burn_of(opened.project, release, until)
    context = {
        "opened": opened,
        "may": opened.may,
        "release": release,
        "found": found,
        "pace": pace,
        "days": days,
        "changes": queries.scope_changes(days),
        "chart": drawing.burn_up(days, until, found.days, list(found.scope_grown.values())),
        "proposal": services.proposal_of(actor=actor, release=release, today=today),
        "items": queries.items_of(opened.project, queries.Wanted("all", release=release.pk)),
        "past": services.PAST,
        "error": error,
    }
    return render(request, "agile/release.html", context, status=error.status if error else 200)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, release_id: int) -> HttpResponse:
    """Change a release."""
    actor = actor_of(request)
    release = queries.release_of(actor, release_id)
    rules.require_on_backlog(actor, release.project, "U")

    def save() -> str:
        reader = Reader(request.POST)
        version, values = reader.version(), forms.read_release(reader)
        reader.check("agile.entry")
        services.save_release(
            actor=actor, project=release.project, release=release, values=values, version=version
        )
        messages.success(request, _("‘%(name)s’ is saved.") % {"name": values["name"]})
        return reverse("agile:release", args=[release.pk])

    page = page_over_backlog(
        release.project,
        _("Change the release"),
        forms.release_fields(_milestones(release.project, release.milestone_uid)),
        initial={name: as_text(getattr(release, name)) for name in forms.RELEASE_NAMES},
        version=release.version,
        inside=(str(release), reverse("agile:release", args=[release.pk])),
        submit=_("Save"),
    )
    return form_page(request, page, save)


@require_POST
def accept(request: HttpRequest, release_id: int) -> HttpResponse:
    """Put the forecast that was shown into the plan."""
    actor = actor_of(request)
    release = queries.release_of(actor, release_id)
    reader = Reader(request.POST)
    version, day = reader.version(), reader.day("day", required=True)
    try:
        reader.check("agile.entry")
        assert day is not None
        outcome = services.accept_forecast(
            actor=actor, release=release, day=day, version=version, today=clock.today()
        )
    except (Invalid, Conflict) as error:
        return _one(request, release_id, error)
    moved = counted(outcome.tasks_moved, "task", "tasks")
    messages.success(request, _("The plan is edited: %(moved)s moved.") % {"moved": moved})
    return redirect("agile:release", release.pk)


@require_http_methods(["GET", "POST"])
def end(request: HttpRequest, release_id: int) -> HttpResponse:
    """Say that a release is out, or that it will not come."""
    actor = actor_of(request)
    release = queries.release_of(actor, release_id)
    rules.require_on_backlog(actor, release.project, "U")
    states = [
        (Release.State.RELEASED.value, _("Released: it is out")),
        (Release.State.CANCELLED.value, _("Cancelled: it will not come")),
    ]

    def save() -> str:
        reader = Reader(request.POST)
        version, state = reader.version(), reader.choice("state", [key for key, _word in states])
        reader.check("agile.entry")
        row = services.end_release(
            actor=actor, release=release, state=state, version=version, today=clock.today()
        )
        told = {"name": row, "state": row.get_state_display().lower()}
        messages.success(request, _("‘%(name)s’ is %(state)s.") % told)
        return reverse("agile:release", args=[row.pk])

    page = page_over_backlog(
        release.project,
        _("End the release"),
        [Field("state", _("State"), "select", True, options=states)],
        lead=_("It stays readable, and takes no more items. This is for good."),
        version=release.version,
        inside=(str(release), reverse("agile:release", args=[release.pk])),
    )
    return form_page(request, page, save)
