# SPDX-License-Identifier: Apache-2.0
"""What came in for a project: look, confirm or do not take; and how its people are asked."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from pilothouse.delivery.planning.services import Effect, effect_of
from pilothouse.delivery.progress import rules, services
from pilothouse.delivery.progress.models import LAST_HOUR, OfficeRhythm, Weekday
from pilothouse.delivery.progress.queries import (
    UpdatesPage,
    rhythm_of,
    rhythm_of_office,
    updates_page,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Conflict, Invalid, NotFound
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Section,
    as_text,
    form_page,
    site_of,
)
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.services import kept_office


@require_GET
def updates(request: HttpRequest, project_id: int) -> HttpResponse:
    """Updates that wait, what they would do to the plan, and those decided lately."""
    return _show(request, project_id)


def _show(
    request: HttpRequest,
    project_id: int,
    error: Invalid | Conflict | None = None,
    chosen: set[int] | None = None,
) -> HttpResponse:
    actor = actor_of(request)
    page = updates_page(actor, project_id)
    reason = request.POST.get("reason", "")[:2000]
    context = {
        "page": page,
        "effect": _effect(request, page),
        "error": error,
        "chosen": chosen,
        "reason": reason,
    }
    return render(request, "progress/updates.html", context, status=error.status if error else 200)


def _effect(request: HttpRequest, page: UpdatesPage) -> Effect | None:
    """What confirming all would do; computed for whoever may."""
    if not page.may_confirm or not page.reports:
        return None
    return effect_of(actor=actor_of(request), project=page.project, reports=page.reports)


@require_POST
def decide(request: HttpRequest, project_id: int) -> HttpResponse:
    """Confirm the chosen updates, or do not take them."""
    actor = actor_of(request)
    project = _for_confirm(request, project_id)
    chosen = _chosen(request)
    try:
        if request.POST.get("do") == "reject":
            count = services.reject_updates(
                actor=actor,
                project=project,
                updates=chosen,
                reason=Reader(request.POST).text("reason", 2000),
            )
            text = ngettext("%(n)d update is not taken.", "%(n)d updates are not taken.", count)
            messages.success(request, text % {"n": count})
        else:
            outcome = services.confirm_updates(actor=actor, project=project, chosen=chosen)
            text = ngettext(
                "%(n)d update is confirmed.", "%(n)d updates are confirmed.", len(chosen)
            ) % {"n": len(chosen)}
            if outcome is not None and outcome.finish_after is not None:
                text += " " + _("The plan finishes on %(day)s.") % {
                    "day": written(outcome.finish_after)
                }
            messages.success(request, text)
    except (Invalid, Conflict) as error:
        return _show(request, project_id, error, set(chosen))
    return redirect("progress:updates", project.pk)


def _chosen(request: HttpRequest) -> dict[int, str | None]:
    """The ticked updates with the marks of what was shown beside them."""
    numbers = [text for text in request.POST.getlist("update") if text.isdecimal()]
    return {int(text): request.POST.get(f"mark-{text}") for text in numbers if len(text) < 16}


@require_http_methods(["GET", "POST"])
def rhythm(request: HttpRequest, project_id: int) -> HttpResponse:
    """How the people of the project are asked."""
    actor = actor_of(request)
    project = _for_confirm(request, project_id)
    row = rhythm_of(project)
    usual = rhythm_of_office(project.office_id)
    mail = [
        Field("by_mail", _("Ask by mail each week"), "checkbox", wide=True),
        *_when(usual),
    ]
    note = _(
        "Everybody of the plan with open tasks gets a list of them, and a link that opens the form "
        "for these tasks without sign-in, for ten days."
    )
    count = Field(
        "at_once",
        _("Updates of the team count at once"),
        "checkbox",
        hint=_("Otherwise they wait until a manager confirms them."),
        wide=True,
    )
    back = reverse("progress:updates", args=[project.pk])
    page = FormPage(
        title=_("How people are asked"),
        crumbs=[
            (project.code, reverse("portfolio:project", args=[project.pk])),
            (_("Updates"), back),
            (_("How people are asked"), ""),
        ],
        sections=[Section(_("Mail"), mail, note), Section(_("Confirmation"), [count])],
        submit=_("Save"),
        cancel=back,
        initial={
            name: as_text(getattr(row, name)) for name in ("by_mail", "weekday", "hour", "at_once")
        },
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        weekday, hour = _read_when(reader, required=False)
        version = reader.version()
        reader.check("progress.rhythm")
        services.set_rhythm(
            actor=actor,
            project=project,
            by_mail=reader.flag("by_mail"),
            weekday=weekday,
            hour=hour,
            at_once=reader.flag("at_once"),
            site=site_of(request),
            version=version,
        )
        messages.success(request, _("Saved."))
        return back

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def office(request: HttpRequest, office_id: int) -> HttpResponse:
    """When the projects of an office ask that say no day or hour of their own."""
    actor = actor_of(request)
    unit = kept_office(actor, office_id)
    row = rhythm_of_office(unit.pk)
    back = reverse("organisation:settings")
    title = _("Weekly updates")
    lead = _("Projects that ask their people by mail do it then, unless they say another time.")
    page = FormPage(
        title=title,
        crumbs=[(_("Settings"), back), (title, "")],
        sections=[Section("", _when(None), lead)],
        submit=_("Save"),
        cancel=back,
        initial={"weekday": str(row.weekday), "hour": str(row.hour)},
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        weekday, hour = _read_when(reader, required=True)
        version = reader.version()
        reader.check("progress.rhythm")
        assert weekday is not None
        assert hour is not None
        services.set_rhythm_of_office(
            actor=actor, office=unit, weekday=weekday, hour=hour, version=version
        )
        messages.success(request, _("Saved."))
        return back

    return form_page(request, page, save)


def _when(usual: OfficeRhythm | None) -> list[Field]:
    """Day and hour; those of an office may be left to it."""
    days = [(str(number), name) for number, name in Weekday.choices]
    hours = [(str(hour), f"{hour:02d}:00") for hour in range(LAST_HOUR + 1)]
    if usual is not None:
        like = _("As the office: %(when)s")
        days.insert(0, ("", like % {"when": usual.get_weekday_display()}))
        hours.insert(0, ("", like % {"when": f"{usual.hour:02d}:00"}))
    return [
        Field("weekday", _("Day"), "select", options=days),
        Field(
            "hour", _("From hour"), "select", hint=_("By the clock of the office."), options=hours
        ),
    ]


def _read_when(reader: Reader, *, required: bool) -> tuple[int | None, int | None]:
    days = [str(number) for number in Weekday.values]
    weekday = reader.choice("weekday", days, required=required)
    hour = reader.choice("hour", [str(hour) for hour in range(LAST_HOUR + 1)], required=required)
    return int(weekday) if weekday else None, int(hour) if hour else None


@require_POST
def ask(request: HttpRequest, project_id: int) -> HttpResponse:
    """Mail chosen people their tasks now."""
    project = _for_confirm(request, project_id)
    people = [int(text) for text in request.POST.getlist("person") if text.isdecimal()]
    try:
        mails = services.ask_now(
            actor=actor_of(request), project=project, people=people, site=site_of(request)
        )
    except Invalid as error:
        return _show(request, project_id, error)
    text = ngettext("%(n)d mail goes out.", "%(n)d mails go out.", mails) % {"n": mails}
    messages.success(request, text)
    return redirect("progress:updates", project.pk)


@require_POST
def end_links_of(request: HttpRequest, project_id: int, person_id: int) -> HttpResponse:
    """End the links that were mailed to somebody of the project."""
    project = _for_confirm(request, project_id)
    page = updates_page(actor_of(request), project_id)
    person = next((row for row in page.people if row.pk == person_id), None)
    if person is None:
        raise NotFound("progress.person", "There is no such person in this plan.")
    ended = services.end_links(actor=actor_of(request), person=person, project=project)
    text = ngettext("%(n)d link is ended.", "%(n)d links are ended.", ended) % {"n": ended}
    messages.success(request, text)
    return redirect("progress:updates", project.pk)


def _for_confirm(request: HttpRequest, project_id: int) -> Project:
    actor = actor_of(request)
    project = get_project(actor, project_id)
    rules.require_confirm(actor, project)
    return project
