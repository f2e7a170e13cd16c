# SPDX-License-Identifier: Apache-2.0
"""The board of the running sprint, all sprints with the velocity, and one of them."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.agile import drawing, forms, queries, rules, services
from pilothouse.delivery.agile.models import Sprint
from pilothouse.delivery.agile.views.backlog import page_over_backlog
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.numbers import exact
from pilothouse.foundation.core.pages import Field, as_text, form_page
from pilothouse.foundation.core.parsing import Reader


@require_GET
def board(request: HttpRequest, project_id: int) -> HttpResponse:
    """The running sprint by state."""
    return _board(request, project_id)


def _board(
    request: HttpRequest, project_id: int, error: Invalid | Conflict | None = None
) -> HttpResponse:
    page = queries.board_of(actor_of(request), project_id)
    context = {"page": page, "may": page.opened.may, "error": error, "today": clock.today()}
    return render(request, "agile/board.html", context, status=error.status if error else 200)


@require_POST
def move(request: HttpRequest, item_id: int) -> HttpResponse:
    """Move an item into another column of the board."""
    actor = actor_of(request)
    row = queries.item_of(actor, item_id)
    reader = Reader(request.POST)
    version, state = reader.version(), reader.text("state", 20, required=True)
    try:
        reader.check("agile.entry")
        services.move_on_board(
            actor=actor, item=row, state=state, version=version, today=clock.today()
        )
    except (Invalid, Conflict) as error:
        return _board(request, row.project_id, error)
    return redirect("agile:board", row.project_id)


@require_GET
def every(request: HttpRequest, project_id: int) -> HttpResponse:
    """All sprints, with what was committed and completed, and the velocity."""
    opened = queries.open_backlog(actor_of(request), project_id)
    backlog, today = opened.require(), clock.today()
    rows = queries.sprint_rows(opened.project)
    pace = services.pace_of(backlog, today)
    closed = [row.sprint for row in reversed(rows) if row.sprint.state == Sprint.State.CLOSED]
    context = {
        "opened": opened,
        "backlog": backlog,
        "rows": rows,
        "pace": pace,
        "chart": drawing.velocity_chart(closed, pace.velocity.mean if pace.velocity else None),
        "today": today,
    }
    return render(request, "agile/sprints.html", context)


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, project_id: int) -> HttpResponse:
    """Plan the next sprint, by default right after the last one."""
    actor = actor_of(request)
    opened = queries.open_backlog(actor, project_id)
    backlog = opened.require()
    rules.require_on_backlog(actor, opened.project, "C")
    pace = services.pace_of(backlog, clock.today())
    rows = [row for row in queries.sprint_rows(opened.project) if row.sprint.state != "cancelled"]
    start = rows[0].sprint.start + timedelta(days=backlog.sprint_days) if rows else clock.today()
    if rows and start <= rows[0].sprint.finish:
        start = rows[0].sprint.finish + timedelta(days=1)
    length = (rows[0].sprint.finish - rows[0].sprint.start).days if rows else None
    finish = start + timedelta(days=backlog.sprint_days - 1 if length is None else length)
    mean = round(pace.velocity.mean) if pace.velocity else None
    initial = {"start": start.isoformat(), "finish": finish.isoformat(), "capacity": as_text(mean)}

    def save() -> str:
        reader = Reader(request.POST)
        values = forms.read_sprint(reader, named=False)
        reader.check("agile.entry")
        row = services.plan_sprint(actor=actor, project=opened.project, values=values)
        messages.success(request, _("‘%(name)s’ is planned.") % {"name": row})
        return reverse("agile:sprint", args=[row.pk])

    page = page_over_backlog(
        opened.project,
        _("Plan a sprint"),
        forms.sprint_fields(),
        initial=initial,
        inside=(_("Sprints"), reverse("agile:sprints", args=[project_id])),
    )
    return form_page(request, page, save)


@require_GET
def one(request: HttpRequest, sprint_id: int) -> HttpResponse:
    """One sprint: goal, items, burn-down; of a closed one what became of each item."""
    return _one(request, sprint_id)


def _one(
    request: HttpRequest, sprint_id: int, error: Invalid | Conflict | None = None
) -> HttpResponse:
    actor = actor_of(request)
    sprint = queries.sprint_of(actor, sprint_id)
    page = queries.sprint_page(actor, sprint)
    until = sprint.closed_on or clock.today()
    days = queries.burn_of_sprint(sprint, until) if sprint.started_on else []
    context = {
        "page": page,
        "sprint": sprint,
        "may": page.opened.may,
        "chart": drawing.burn_down(sprint, days, until) if days else None,
        "days": days,
        "error": error,
    }
    return render(request, "agile/sprint.html", context, status=error.status if error else 200)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, sprint_id: int) -> HttpResponse:
    """Change name, goal, dates or capacity."""
    actor = actor_of(request)
    sprint = queries.sprint_of(actor, sprint_id)
    rules.require_on_backlog(actor, sprint.project, "U")
    names = ("name", "start", "finish", "capacity", "goal")

    def save() -> str:
        reader = Reader(request.POST)
        version, values = reader.version(), forms.read_sprint(reader, named=True)
        reader.check("agile.entry")
        services.change_sprint(actor=actor, sprint=sprint, values=values, version=version)
        messages.success(request, _("‘%(name)s’ is saved.") % {"name": values["name"]})
        return reverse("agile:sprint", args=[sprint.pk])

    page = page_over_backlog(
        sprint.project,
        _("Change the sprint"),
        forms.sprint_fields(),
        initial={name: as_text(getattr(sprint, name)) for name in names},
        version=sprint.version,
        inside=(str(sprint), reverse("agile:sprint", args=[sprint.pk])),
        submit=_("Save"),
    )
    return form_page(request, page, save)


@require_POST
def start(request: HttpRequest, sprint_id: int) -> HttpResponse:
    """Start a planned sprint."""
    actor = actor_of(request)
    sprint = queries.sprint_of(actor, sprint_id)
    reader = Reader(request.POST)
    version = reader.version()
    try:
        reader.check("agile.entry")
        row = services.start_sprint(
            actor=actor, sprint=sprint, version=version, today=clock.today()
        )
    except (Invalid, Conflict) as error:
        return _one(request, sprint_id, error)
    messages.success(
        request,
        _("‘%(name)s’ runs: %(points)s points are committed.")
        % {"name": row, "points": exact(row.committed)},
    )
    return redirect("agile:board", sprint.project_id)


@require_http_methods(["GET", "POST"])
def close(request: HttpRequest, sprint_id: int) -> HttpResponse:
    """Close the running sprint: where does go what is not done?"""
    actor = actor_of(request)
    sprint = queries.sprint_of(actor, sprint_id)
    rules.require_on_backlog(actor, sprint.project, "U")
    page = queries.sprint_page(actor, sprint)
    left = [item for item in page.items if item.is_open]
    places = [("", _("Back to the backlog"))]
    places += [(str(row.pk), _("Forward to %(name)s") % {"name": row}) for row in page.others]

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        planned = Sprint.objects.filter(project=sprint.project, state=Sprint.State.PLANNED)
        forward = reader.row("forward", planned)
        reader.check("agile.entry")
        row = services.close_sprint(
            actor=actor, sprint=sprint, version=version, today=clock.today(), forward=forward
        )
        told = {"name": row, "done": exact(row.completed), "committed": exact(row.committed)}
        words = _("‘%(name)s’ is closed: %(done)s points completed, %(committed)s were committed.")
        messages.success(request, words % told)
        return reverse("agile:sprint", args=[sprint.pk])

    lead = _("%(n)s items are not done. Points of unfinished items earn nothing.")
    form = page_over_backlog(
        sprint.project,
        _("Close the sprint"),
        [Field("forward", _("What is not done goes"), "select", options=places, wide=True)],
        lead=lead % {"n": len(left)},
        note=", ".join(item.key for item in left[:40]),
        version=sprint.version,
        inside=(str(sprint), reverse("agile:sprint", args=[sprint.pk])),
    )
    return form_page(request, form, save)


@require_POST
def cancel(request: HttpRequest, sprint_id: int) -> HttpResponse:
    """Take a planned sprint out again."""
    actor = actor_of(request)
    sprint = queries.sprint_of(actor, sprint_id)
    reader = Reader(request.POST)
    version = reader.version()
    try:
        reader.check("agile.entry")
        services.cancel_sprint(actor=actor, sprint=sprint, version=version, today=clock.today())
    except (Invalid, Conflict) as error:
        return _one(request, sprint_id, error)
    messages.success(request, _("‘%(name)s’ is cancelled.") % {"name": sprint})
    return redirect("agile:sprints", sprint.project_id)
