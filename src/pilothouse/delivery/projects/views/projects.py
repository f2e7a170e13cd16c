# SPDX-License-Identifier: Apache-2.0
"""Entering, editing, moving and deciding on projects; their workstreams."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from pilothouse.delivery.projects import rules, services
from pilothouse.delivery.projects.forms import choices, containers
from pilothouse.delivery.projects.forms import projects as forms
from pilothouse.delivery.projects.models import Project, Workstream
from pilothouse.delivery.projects.queries import get_project, held_values, planned_ends
from pilothouse.delivery.projects.steps import project_steps
from pilothouse.delivery.projects.views.containers import (
    REGISTER,
    form_view,
    portfolios_allowing,
)
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.pages import FormPage, Notice, form_page
from pilothouse.foundation.organisation.queries import custom_fields


@form_view
def project_new(request: HttpRequest) -> HttpResponse:
    """Enter a project: the short row is enough, the rest is folded."""
    actor = actor_of(request)
    portfolios = portfolios_allowing(actor, "project", "C")
    if not portfolios:
        raise NotAllowed(
            "projects.project",
            "Your roles do not allow entering a project in a portfolio that is still open. "
            "Open a portfolio first, or ask your project management office for the role.",
        )
    ids = [row.pk for row in portfolios]
    offices = sorted({row.office_id for row in portfolios})
    chosen = next((p for p in portfolios if str(p.pk) == request.GET.get("portfolio")), None)
    programmes = rules.visible_programmes(actor).filter(portfolio__in=ids)
    programmes = programmes.exclude(state__in=("closed", "cancelled")).select_related("portfolio")
    people = choices.people(offices)
    fields = list(custom_fields([chosen.office_id] if chosen else offices))
    place = forms.place_fields(choices.portfolios(portfolios), choices.programmes(programmes))
    page = FormPage(
        title="New project",
        crumbs=[REGISTER, ("New project", "")],
        sections=forms.project_sections(
            people, fields, place=place, calendars=[("", "The office's default")], is_new=True
        ),
        submit="Enter the project",
        cancel=reverse("projects:register"),
        initial={
            "portfolio": str(chosen.pk) if chosen else "",
            "currency": (chosen or portfolios[0]).currency_id,
            "size_class": Project.SizeClass.M,
            "classification": Project.Classification.PUBLIC_INTERNAL,
        },
    )

    def save() -> str:
        portfolio, programme, problems = forms.read_place(
            request.POST, ids, programmes.values_list("pk", flat=True)
        )
        own = [field for field in fields if portfolio and field.office_id == portfolio.office_id]
        try:
            form = forms.read_project(request.POST, people, own, None)
        except Invalid as error:
            error.fields |= problems
            raise
        if portfolio is None or problems:
            raise Invalid("projects.place", "Choose where it belongs.", fields=problems)
        row = services.create_project(
            actor=actor,
            portfolio=portfolio,
            programme=programme,
            values=form.values,
            reason=form.reason,
        )
        messages.success(request, f"{row.name} is in the register.")
        return reverse("projects:project", args=[row.pk])

    return form_page(request, page, save)


def _changeable(actor: Actor, project_id: int) -> Project:
    row = get_project(actor, project_id)
    rules.require_on_project(actor, row, "U")
    return row


@form_view
def project_edit(request: HttpRequest, project_id: int) -> HttpResponse:
    """The whole record of a project; what others decide on is shown and stays as it is."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    may = rules.FieldRights(actor).of(row, services.PROJECT_FIELDS)
    if not may:
        rules.require_on_project(actor, row, "U")
    held = held_values([row.pk]).get(row.pk, {})
    back = reverse("projects:project", args=[row.pk])
    people = containers.project_people(row)
    fields = list(custom_fields([row.office_id]))
    sections = forms.project_sections(
        people,
        fields,
        place=[],
        calendars=choices.calendars(row.office_id),
        is_new=False,
        plan=planned_ends([row.pk]).get(row.pk),
    )
    page = FormPage(
        title=f"Edit {row.name}",
        crumbs=[REGISTER, (row.name, back), ("Edit", "")],
        sections=forms.fixed_but(sections, may, held),
        submit="Save",
        cancel=back,
        initial=forms.project_initial(row, fields),
        version=row.version,
    )

    def save() -> str:
        form = forms.read_project(page.answers(request.POST), people, fields, row)
        services.update_project(
            actor=actor,
            project=row,
            values={
                name: value
                for name, value in form.values.items()
                if name in may and name not in held
            },
            version=form.version,
            reason=form.reason,
        )
        return back

    return form_page(request, page, save)


@form_view
def project_move(request: HttpRequest, project_id: int) -> HttpResponse:
    """Another portfolio or programme, from a day on."""
    actor = actor_of(request)
    row = _changeable(actor, project_id)
    back = reverse("projects:project", args=[row.pk])
    portfolios = [
        item
        for item in portfolios_allowing(actor, "project", "U")
        if item.office_id == row.office_id
    ]
    if not portfolios:
        raise NotAllowed(
            "projects.move",
            f"Your roles let you change {row.name}, but not put projects into a portfolio; ask "
            "whoever keeps the portfolio.",
        )
    ids = [item.pk for item in portfolios]
    programmes = rules.visible_programmes(actor).filter(portfolio__in=ids)
    programmes = programmes.select_related("portfolio")
    place = forms.place_fields(choices.portfolios(portfolios), choices.programmes(programmes))
    today = clock.today()
    page = FormPage(
        title=f"Move {row.name}",
        crumbs=[REGISTER, (row.name, back), ("Move", "")],
        sections=forms.move_sections(place, today),
        submit="Move",
        cancel=back,
        initial={
            "portfolio": str(row.portfolio_id),
            "programme": str(row.programme_id or ""),
            "from_day": today.isoformat(),
        },
        version=row.version,
    )

    def save() -> str:
        portfolio, programme, problems = forms.read_place(
            request.POST, ids, programmes.values_list("pk", flat=True)
        )
        move = forms.read_move(request.POST, problems)
        services.move_project(
            actor=actor,
            project=row,
            portfolio=portfolio or row.portfolio,
            programme=programme,
            from_day=move.from_day,
            version=move.version,
            reason=move.reason,
        )
        return back

    return form_page(request, page, save)


@form_view
def project_state(request: HttpRequest, project_id: int, target: str) -> HttpResponse:
    """Decide on the next state: what is missing stands above the form."""
    actor = actor_of(request)
    row = get_project(actor, project_id)
    back = reverse("projects:project", args=[row.pk])
    told = next((step for step in project_steps(actor, row) if step.target == target), None)
    if told is None:
        raise NotFound("projects.step", "This step does not follow from the present state.")
    if not told.may:
        raise NotAllowed("projects.step", told.why_not)
    step = next(
        step
        for step in rules.TRANSITIONS[row.state]
        if (step.target or row.state_before_hold) == target
    )
    page = FormPage(
        title=f"{row.name}: {told.label}",
        crumbs=[REGISTER, (row.name, back), (told.label, "")],
        sections=forms.state_sections(step),
        submit=f"Set to {told.label.lower()}",
        cancel=back,
        lead=f"Now {row.get_state_display().lower()}. Decided by: {told.who}.",
        version=row.version,
        notices=[
            Notice(
                "warning",
                f"Not yet possible: {item.what}.",
                reverse(item.url_name, args=[row.pk]),
            )
            for item in told.missing
        ],
        blocked=bool(told.missing),
        danger=target == Project.State.CANCELLED,
    )

    def save() -> str:
        answers = forms.read_step(request.POST, step)
        services.set_project_state(
            actor=actor,
            project=row,
            target=target,
            version=answers.version,
            reason_code=answers.reason_code,
            reason=answers.reason,
            review_on=answers.review_on,
            on=answers.on,
        )
        return back

    return form_page(request, page, save)


@form_view
def workstream_new(request: HttpRequest, project_id: int) -> HttpResponse:
    """Add a workstream to a project."""
    actor = actor_of(request)
    project = _changeable(actor, project_id)
    back = reverse("projects:project", args=[project.pk])
    people = choices.people([project.office_id])
    page = FormPage(
        title="New workstream",
        crumbs=[REGISTER, (project.name, back), ("New workstream", "")],
        sections=containers.workstream_sections(people),
        submit="Add the workstream",
        cancel=back,
    )

    def save() -> str:
        form = containers.read_workstream(request.POST, people, new=True)
        services.save_workstream(actor=actor, project=project, workstream=None, values=form.values)
        return back

    return form_page(request, page, save)


def _workstream(actor: Actor, workstream_id: int) -> tuple[Workstream, Project]:
    row = Workstream.objects.select_related("lead").filter(pk=workstream_id, voided=False).first()
    if row is None:
        raise NotFound("projects.workstream", "There is no such workstream.")
    return row, _changeable(actor, row.project_id)


@form_view
def workstream_edit(request: HttpRequest, workstream_id: int) -> HttpResponse:
    """Change a workstream."""
    actor = actor_of(request)
    row, project = _workstream(actor, workstream_id)
    back = reverse("projects:project", args=[project.pk])
    people = choices.people([project.office_id], [row.lead])
    page = FormPage(
        title=f"Edit {row.name}",
        crumbs=[REGISTER, (project.name, back), (row.name, "")],
        sections=containers.workstream_sections(people),
        submit="Save",
        cancel=back,
        initial=containers.workstream_initial(row),
        version=row.version,
    )

    def save() -> str:
        form = containers.read_workstream(request.POST, people, new=False)
        services.save_workstream(
            actor=actor,
            project=project,
            workstream=row,
            values=form.values,
            version=form.version,
        )
        return back

    return form_page(request, page, save)


@form_view
def workstream_void(request: HttpRequest, workstream_id: int) -> HttpResponse:
    """Take a workstream out of use, with a reason."""
    actor = actor_of(request)
    row, project = _workstream(actor, workstream_id)
    back = reverse("projects:project", args=[project.pk])
    page = FormPage(
        title=f"Void {row.name}",
        crumbs=[REGISTER, (project.name, back), (row.name, "")],
        sections=containers.void_section("workstream"),
        submit="Void the workstream",
        cancel=back,
        version=row.version,
        danger=True,
    )

    def save() -> str:
        form = containers.read_reason(request.POST)
        services.void_workstream(
            actor=actor, workstream=row, version=form.version, reason=form.reason
        )
        return back

    return form_page(request, page, save)
