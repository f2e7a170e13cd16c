# SPDX-License-Identifier: Apache-2.0
"""Calendars of a plan and its options: list, edit, preview, delete."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.planning import forms, queries, rules, services
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.views import page_over_plan
from pilothouse.delivery.planning.views.month import month_name, weekday_names
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Conflict, Invalid, NotFound
from pilothouse.foundation.core.pages import Field, Section, form_page
from pilothouse.foundation.core.parsing import Reader


@require_GET
def calendars(request: HttpRequest, project_id: int) -> HttpResponse:
    """The calendars of a plan, and what runs on each."""
    actor = actor_of(request)
    project, grants = queries.open_project(actor, project_id, rules.Verb.READ)
    row, _plan, uses = services.calendars_of(actor=actor, project=project)
    may = rules.Verb.CHANGE in rules.verbs_on_plan(actor, project, grants)
    context = {"project": project, "plan": row, "uses": uses, "may_change": may}
    return render(request, "planning/calendars.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest, project_id: int) -> HttpResponse:
    """Make a calendar, perhaps as a copy of another."""
    copy = request.GET.get("copy", "")
    return _form(request, project_id, None, int(copy) if copy.isdecimal() else None)


@require_http_methods(["GET", "POST"])
def edit(request: HttpRequest, project_id: int, calendar_uid: int) -> HttpResponse:
    """One calendar with a month of it; whoever may changes it."""
    return _form(request, project_id, calendar_uid, None)


def _form(request: HttpRequest, project_id: int, uid: int | None, copy: int | None) -> HttpResponse:
    actor = actor_of(request)
    verb = rules.Verb.CHANGE if uid is None or request.method == "POST" else rules.Verb.READ
    project, grants = queries.open_project(actor, project_id, verb)
    row, plan, uses = services.calendars_of(actor=actor, project=project)
    by_uid = {use.spec.uid: use for use in uses}
    if uid is not None and uid not in by_uid:
        raise NotFound("planning.calendar", "There is no such calendar in this plan.")
    before = by_uid[uid].spec if uid is not None else None
    shown = before or (by_uid[copy].spec if copy in by_uid else None)
    values = forms.calendar_values(shown, "" if before else _(" (copy)"))
    error: Invalid | Conflict | None = None
    if request.method == "POST":
        values = {name: request.POST.get(name, "") for name in forms.CALENDAR_FIELDS}
        try:
            typed = forms.read_calendar(request.POST)
            outcome = services.save_calendar(
                actor=actor,
                project=project,
                spec=services.typed_calendar(
                    typed.name, typed.base, typed.week, typed.exceptions, typed.work_weeks
                ),
                uid=uid,
                version=typed.version,
            )
            _tell(request, outcome)
            return redirect("planning:calendars", project.pk)
        except (Invalid, Conflict) as refused:
            error = refused
    today, first = clock.today(), plan.start.date()
    runs = row.finish is not None and first <= today <= row.finish.date()
    month = forms.month_of(request.GET.get("month", ""), today if runs else first)
    context = {
        "project": project,
        "plan": row,
        "use": by_uid.get(uid or -1),
        "values": values,
        "days": weekday_names(),
        "bases": [
            ("", _("None")),
            *((str(one), use.spec.name) for one, use in by_uid.items() if one != uid),
        ],
        "may_change": rules.Verb.CHANGE in rules.verbs_on_plan(actor, project, grants),
        "weeks": forms.weeks_of(services.month_of(plan, uid, month)) if uid is not None else [],
        "apart": (*shown.work_weeks, *shown.exceptions) if shown else (),
        "month": month,
        "months": forms.months_around(month),
        "name_of": month_name,
        "error": error,
    }
    return render(
        request, "planning/calendar_edit.html", context, status=error.status if error else 200
    )


def _tell(request: HttpRequest, outcome: services.EditOutcome) -> None:
    moved = ngettext("%(num)d task moved", "%(num)d tasks moved", outcome.tasks_moved) % {
        "num": outcome.tasks_moved
    }
    finish = written(outcome.finish_after) if outcome.finish_after else "–"
    messages.success(
        request,
        _("%(moved)s; the plan finishes on %(finish)s.") % {"moved": moved, "finish": finish},
    )


@require_http_methods(["GET", "POST"])
def delete(request: HttpRequest, project_id: int, calendar_uid: int) -> HttpResponse:
    """Delete a calendar on which nothing runs."""
    actor = actor_of(request)
    project, row, uses = _for_change(request, project_id)
    use = next((one for one in uses if one.spec.uid == calendar_uid), None)
    if use is None:
        raise NotFound("planning.calendar", "There is no such calendar in this plan.")
    said = _("Nothing runs on ‘%(name)s’. Its deletion can be taken back as any edit.")
    used = _("‘%(name)s’ is in use and cannot be deleted; give what runs on it another calendar.")
    page = page_over_plan(
        project,
        _("Delete the calendar"),
        Section("", [], (used if use.used else said) % {"name": use.spec.name}),
        inside=(_("Calendars"), reverse("planning:calendars", args=[project.pk])),
        version=row.version,
        danger=True,
    )

    def save() -> str:
        reader = Reader(request.POST)
        version = reader.version()
        reader.check("planning.version")
        services.delete_calendar(actor=actor, project=project, uid=calendar_uid, version=version)
        messages.success(request, _("The calendar is deleted."))
        return reverse("planning:calendars", args=[project.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def resource_calendar(request: HttpRequest, project_id: int, resource_uid: int) -> HttpResponse:
    """Say on which calendar a resource works."""
    actor = actor_of(request)
    project, row, uses = _for_change(request, project_id)
    resource = queries.resource_of(row, resource_uid)
    hint = _("Their tasks run on it where they do not ignore the calendars of resources.")
    page = page_over_plan(
        project,
        _("Calendar of %(name)s") % {"name": resource.name},
        Section(
            "", [Field("calendar", _("Calendar"), "select", hint=hint, options=_choices(uses))]
        ),
        inside=(_("People of this plan"), reverse("planning:people", args=[project.pk])),
        submit=_("Save"),
        initial={"calendar": str(resource.calendar_uid or "")},
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        chosen = reader.choice(
            "calendar", [key for key, _name in _choices(uses) if key], required=False
        )
        version = reader.version()
        reader.check("planning.calendar_wrong")
        outcome = services.set_resource_calendar(
            actor=actor,
            project=project,
            resource=resource_uid,
            calendar=int(chosen) if chosen else None,
            version=version,
        )
        _tell(request, outcome)
        return reverse("planning:people", args=[project.pk])

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def options(request: HttpRequest, project_id: int) -> HttpResponse:
    """How the plan is scheduled: calendar, threshold, imposed finish, rules."""
    actor = actor_of(request)
    project, row, uses = _for_change(request, project_id)
    page = page_over_plan(
        project,
        _("Options of the schedule"),
        Section("", forms.option_fields([(str(use.spec.uid), use.spec.name) for use in uses])),
        inside=(_("Calendars"), reverse("planning:calendars", args=[project.pk])),
        submit=_("Save and schedule"),
        initial=forms.option_initial(row),
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        values = forms.read_options(reader, row, [use.spec.uid for use in uses])
        version = reader.version()
        reader.check("planning.calendar_wrong")
        outcome = services.set_options(actor=actor, project=project, values=values, version=version)
        _tell(request, outcome)
        return reverse("planning:calendars", args=[project.pk])

    return form_page(request, page, save)


def _choices(uses: Sequence[services.CalendarUse]) -> list[tuple[str, str]]:
    return [("", _("That of the plan")), *((str(use.spec.uid), use.spec.name) for use in uses)]


def _for_change(
    request: HttpRequest, project_id: int
) -> tuple[Project, ProjectPlan, Sequence[services.CalendarUse]]:
    actor = actor_of(request)
    project, _grants = queries.open_project(actor, project_id, rules.Verb.CHANGE)
    row, _plan, uses = services.calendars_of(actor=actor, project=project)
    return project, row, uses
