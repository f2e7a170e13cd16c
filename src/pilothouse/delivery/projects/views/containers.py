# SPDX-License-Identifier: Apache-2.0
"""Opening, editing, moving and deciding on portfolios and programmes."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from pilothouse.delivery.projects import rules, services
from pilothouse.delivery.projects.forms import choices, containers
from pilothouse.delivery.projects.forms.projects import move_sections, read_move
from pilothouse.delivery.projects.models import Portfolio
from pilothouse.delivery.projects.queries import get_portfolio, get_programme
from pilothouse.delivery.projects.steps import Step, portfolio_steps, programme_steps
from pilothouse.foundation.access.queries import Scope, grants_of
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.core.pages import Field, FormPage, Notice, Section, form_page
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_options, unit_scopes, visible_units

REGISTER = ("Register", "/register/")
form_view = require_http_methods(["GET", "POST"])


def portfolios_allowing(actor: Actor, object_type: str, letter: str) -> list[Portfolio]:
    """Portfolios not yet closed in which a letter is held on what lies inside them."""
    held = grants_of(actor)
    rows = rules.visible_portfolios(actor, held).exclude(state=Portfolio.State.CLOSED)
    rows = rows.select_related("org_unit")
    return [row for row in rows if held.allows(object_type, letter, rules.portfolio_scopes(row))]


@form_view
def portfolio_new(request: HttpRequest) -> HttpResponse:
    """Open a portfolio in one of the units where the actor may."""
    actor = actor_of(request)
    held = grants_of(actor)
    units = [
        unit
        for unit in visible_units(actor, held)
        if held.allows("portfolio", "C", unit_scopes(unit))
    ]
    if not units:
        raise NotAllowed("projects.portfolio", "Your roles do not allow opening a portfolio.")
    above = rules.visible_portfolios(actor, held).exclude(state=Portfolio.State.CLOSED)
    parents = choices.portfolios(above, "None")
    people = choices.people({unit.office_id for unit in units})
    goals = choices.objectives(unit.office_id for unit in units)
    currency = next((u.default_currency_id for u in units if u.default_currency_id), "")
    page = FormPage(
        title="New portfolio",
        crumbs=[REGISTER, ("New portfolio", "")],
        sections=containers.portfolio_sections(people, goals, unit_options(units), parents),
        submit="Open the portfolio",
        cancel=reverse("projects:register"),
        initial={
            "org_unit": request.GET.get("unit", ""),
            "parent": request.GET.get("parent", ""),
            "currency": currency or "",
        },
    )

    def save() -> str:
        form = containers.read_portfolio(
            request.POST, people, units=[unit.pk for unit in units], above=above
        )
        unit = form.values.pop("org_unit")
        row = services.create_portfolio(
            actor=actor,
            org_unit=unit,
            values=form.values,
            objectives=containers.read_objectives(request.POST, goals),
            reason=form.reason,
        )
        return reverse("projects:portfolio", args=[row.pk])

    return form_page(request, page, save)


def _require(actor: Actor, row: object, object_type: str, scopes: list[Scope]) -> None:
    if not grants_of(actor).allows(object_type, "U", scopes):
        raise NotAllowed(f"projects.{object_type}", f"Your roles do not allow changing {row}.")


@form_view
def portfolio_edit(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Change the own fields of a portfolio."""
    actor = actor_of(request)
    row = get_portfolio(actor, portfolio_id)
    _require(actor, row, "portfolio", rules.portfolio_scopes(row))
    back = reverse("projects:portfolio", args=[row.pk])
    people = choices.people([row.office_id], [row.manager, row.sponsor])
    served = set(row.objectives.values_list("pk", flat=True))
    goals = choices.objectives([row.office_id], served)
    page = FormPage(
        title=f"Edit {row.name}",
        crumbs=[REGISTER, (row.name, back), ("Edit", "")],
        sections=containers.portfolio_sections(people, goals),
        submit="Save",
        cancel=back,
        initial=containers.portfolio_initial(row, goals, served),
        version=row.version,
    )

    def save() -> str:
        form = containers.read_portfolio(request.POST, people)
        services.update_portfolio(
            actor=actor,
            portfolio=row,
            values=form.values,
            version=form.version,
            objectives=containers.read_objectives(request.POST, goals),
            reason=form.reason,
        )
        return back

    return form_page(request, page, save)


@form_view
def portfolio_move(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Another unit or another portfolio above, from a day on."""
    actor = actor_of(request)
    row = get_portfolio(actor, portfolio_id)
    _require(actor, row, "portfolio", rules.portfolio_scopes(row))
    back = reverse("projects:portfolio", args=[row.pk])
    units = visible_units(actor).filter(office_id=row.office_id)
    parents = rules.visible_portfolios(actor).filter(office_id=row.office_id)
    today = clock.today()
    fields = [
        Field("org_unit", "Unit", "select", required=True, options=unit_options(units)),
        Field("parent", "Inside portfolio", "select", options=choices.portfolios(parents, "None")),
    ]
    page = FormPage(
        title=f"Move {row.name}",
        crumbs=[REGISTER, (row.name, back), ("Move", "")],
        sections=move_sections(fields, today),
        submit="Move",
        cancel=back,
        initial={
            "org_unit": str(row.org_unit_id),
            "parent": str(row.parent_id or ""),
            "from_day": today.isoformat(),
        },
        lead="All portfolios, programmes and projects inside move with it.",
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        unit: OrgUnit | None = reader.row("org_unit", units, required=True)
        parent = reader.row("parent", parents)
        move = read_move(request.POST, reader.problems)
        services.move_portfolio(
            actor=actor,
            portfolio=row,
            org_unit=unit or row.org_unit,
            parent=parent,
            from_day=move.from_day,
            version=move.version,
            reason=move.reason,
        )
        return back

    return form_page(request, page, save)


def _state_page(
    name: str, back: str, version: int, steps: list[Step], target: str, hint: str
) -> FormPage:
    step = next((step for step in steps if step.target == target), None)
    if step is None:
        raise NotFound("projects.step", "This step does not follow from the present state.")
    if not step.may:
        raise NotAllowed("projects.step", step.why_not)
    reason = Field("reason", "Reason", "textarea", wide=True, hint=hint)
    return FormPage(
        title=f"{name}: {step.label}",
        crumbs=[REGISTER, (name, back), (step.label, "")],
        sections=[Section("", [reason], f"Decided by: {step.who}.")],
        submit=f"Set to {step.label.lower()}",
        cancel=back,
        version=version,
        notices=[Notice("warning", f"Not yet possible: {item.what}.") for item in step.missing],
        blocked=bool(step.missing),
    )


@form_view
def portfolio_state(request: HttpRequest, portfolio_id: int, target: str) -> HttpResponse:
    """Decide on the next state of a portfolio."""
    actor = actor_of(request)
    row = get_portfolio(actor, portfolio_id)
    back = reverse("projects:portfolio", args=[row.pk])
    hint = "A portfolio manager names the decision of the steering committee here."
    steps = portfolio_steps(actor, row)
    page = _state_page(row.name, back, row.version, steps, target, hint)

    def save() -> str:
        reader = Reader(request.POST)
        version, reason = reader.version(), reader.text("reason", 2000)
        reader.check("projects.state")
        services.set_portfolio_state(
            actor=actor, portfolio=row, state=target, version=version, reason=reason
        )
        return back

    return form_page(request, page, save)


@form_view
def programme_new(request: HttpRequest) -> HttpResponse:
    """Open a programme in one of the portfolios where the actor may."""
    actor = actor_of(request)
    portfolios = portfolios_allowing(actor, "programme", "C")
    if not portfolios:
        raise NotAllowed("projects.programme", "Your roles do not allow opening a programme.")
    people = choices.people({row.office_id for row in portfolios})
    page = FormPage(
        title="New programme",
        crumbs=[REGISTER, ("New programme", "")],
        sections=containers.programme_sections(people, choices.portfolios(portfolios)),
        submit="Open the programme",
        cancel=reverse("projects:register"),
        initial={"portfolio": request.GET.get("portfolio", "")},
    )

    def save() -> str:
        form = containers.read_programme(
            request.POST, people, portfolios=[row.pk for row in portfolios]
        )
        portfolio = form.values.pop("portfolio")
        row = services.create_programme(
            actor=actor, portfolio=portfolio, values=form.values, reason=form.reason
        )
        return reverse("projects:programme", args=[row.pk])

    return form_page(request, page, save)


@form_view
def programme_edit(request: HttpRequest, programme_id: int) -> HttpResponse:
    """Change the own fields of a programme."""
    actor = actor_of(request)
    row = get_programme(actor, programme_id)
    _require(actor, row, "programme", rules.programme_scopes(row))
    back = reverse("projects:programme", args=[row.pk])
    people = choices.people([row.office_id], [row.manager, row.sponsor])
    page = FormPage(
        title=f"Edit {row.name}",
        crumbs=[REGISTER, (row.name, back), ("Edit", "")],
        sections=containers.programme_sections(people),
        submit="Save",
        cancel=back,
        initial=containers.programme_initial(row),
        version=row.version,
    )

    def save() -> str:
        form = containers.read_programme(request.POST, people)
        services.update_programme(
            actor=actor,
            programme=row,
            values=form.values,
            version=form.version,
            reason=form.reason,
        )
        return back

    return form_page(request, page, save)


@form_view
def programme_move(request: HttpRequest, programme_id: int) -> HttpResponse:
    """Another portfolio for a programme and all its projects, from a day on."""
    actor = actor_of(request)
    row = get_programme(actor, programme_id)
    _require(actor, row, "programme", rules.programme_scopes(row))
    back = reverse("projects:programme", args=[row.pk])
    rows = rules.visible_portfolios(actor).filter(office_id=row.office_id)
    rows = rows.select_related("org_unit")
    today = clock.today()
    field = Field("portfolio", "Portfolio", "select", True, options=choices.portfolios(rows))
    page = FormPage(
        title=f"Move {row.name}",
        crumbs=[REGISTER, (row.name, back), ("Move", "")],
        sections=move_sections([field], today),
        submit="Move",
        cancel=back,
        initial={"portfolio": str(row.portfolio_id), "from_day": today.isoformat()},
        lead="All its projects move with it.",
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        portfolio = reader.row("portfolio", rows, required=True)
        move = read_move(request.POST, reader.problems)
        services.move_programme(
            actor=actor,
            programme=row,
            portfolio=portfolio or row.portfolio,
            from_day=move.from_day,
            version=move.version,
            reason=move.reason,
        )
        return back

    return form_page(request, page, save)


@form_view
def programme_state(request: HttpRequest, programme_id: int, target: str) -> HttpResponse:
    """Decide on the next state of a programme."""
    actor = actor_of(request)
    row = get_programme(actor, programme_id)
    back = reverse("projects:programme", args=[row.pk])
    hint = "Needed when it is cancelled."
    steps = programme_steps(actor, row)
    page = _state_page(row.name, back, row.version, steps, target, hint)

    def save() -> str:
        reader = Reader(request.POST)
        version, reason = reader.version(), reader.text("reason", 2000)
        reader.check("projects.state")
        services.set_programme_state(
            actor=actor, programme=row, state=target, version=version, reason=reason
        )
        return back

    return form_page(request, page, save)
