# SPDX-License-Identifier: Apache-2.0
"""The living office: a made-up port authority whose dates move with today.

Everything goes in by the services that a user's own clicks would call; the plans as
Microsoft Project files by the import of the project page.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from importlib.resources import files
from io import BytesIO
from typing import Any

from django.db import transaction

from pilothouse.delivery.planning.services import import_plan
from pilothouse.delivery.projects import rules
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import (
    Portfolio,
    Programme,
    Project,
    StrategicObjective,
)
from pilothouse.direction.performance.services import publish_history
from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.formats.mspdi import write_mspdi
from pilothouse.faces.cli.demo import port
from pilothouse.faces.cli.demo.bonds import bind
from pilothouse.faces.cli.demo.course import Course, drawn, last_friday
from pilothouse.faces.cli.demo.estimating import EARLY_WEEK, estimate_early, estimate_now
from pilothouse.faces.cli.demo.kept import keep
from pilothouse.faces.cli.demo.money import keep_books
from pilothouse.faces.cli.demo.particulars import fill_in
from pilothouse.faces.cli.demo.people import SYSTEM, account, appoint
from pilothouse.faces.cli.demo.promises import STORIES, leave_waiting, promises_of, tell
from pilothouse.faces.cli.demo.registers import keep_registers
from pilothouse.faces.cli.demo.reports import reports_of
from pilothouse.faces.cli.demo.sprints import CREW, FIRST_WEEK, play
from pilothouse.faces.cli.demo.trials import try_on
from pilothouse.faces.cli.demo.weekly import link_people, report_week
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.organisation.models import Calendar, Currency, CustomField, OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import (
    calendar_spec,
    create_unit,
    open_office,
    place_person,
    save_calendar,
    save_custom_field,
)

THOUSAND = Decimal(1000)


@dataclass
class Office:
    """What is built, by the names of ``port.py``."""

    today: date
    root: OrgUnit
    calendar: CalendarSpec
    currency: Currency
    units: dict[str, OrgUnit] = field(default_factory=dict)
    objectives: dict[str, StrategicObjective] = field(default_factory=dict)
    people: dict[str, User] = field(default_factory=dict)
    portfolios: dict[str, Portfolio] = field(default_factory=dict)
    programmes: dict[str, Programme] = field(default_factory=dict)

    @property
    def monday(self) -> date:
        """From which the weeks of ``port.py`` count."""
        return self.today - timedelta(days=self.today.weekday())

    def week(self, number: int) -> date:
        """Monday of a week before or after this one."""
        return self.monday + timedelta(weeks=number)

    def somebody(self, name: str) -> User | None:
        """A person by name; nobody for an empty one."""
        return self.people[name] if name else None

    def seat(self, name: str, role: Role, unit: OrgUnit) -> None:
        """Give a role on a unit and all below."""
        appoint(
            self.people[name],
            role,
            ("org_unit", unit.pk),
            office_id=self.root.pk,
            within=unit_scopes(unit),
        )


@transaction.atomic
def load(today: date) -> str:
    """Open the port authority with everything it is doing."""
    office = _open(today)
    _containers(office)
    plans: dict[str, Project] = {}
    for sketch in port.PROJECTS:
        course = _course(office, sketch)
        row = _enter(office, sketch, course)
        _make_promises(office, sketch, row, course)
        reports = reports_of(sketch, row, course, today, promises_of(row))
        publish_history(actor=SYSTEM, publications=reports)
        if course is not None:
            _bring_plan(office, sketch, row, course)
            plans[sketch.code] = row
        _through_states(office, sketch, row)
    fill_in(plans["HARB"], office.people["piet"])
    bind(plans, office.people)
    keep_registers(plans, office.people, office.today)
    try_on(plans, office.people)
    keep(plans, office.people)
    _sprints(office, plans["VTS"])
    keep_books(office.root, office.people, today)
    return (
        f"{len(port.PROJECTS)} projects of {office.root.name} in {len(port.PORTFOLIOS)} "
        f"portfolios and {len(port.PROGRAMMES)} programmes, {len(plans)} of them with a plan"
    )


def _open(today: date) -> Office:
    code, name, currency = port.OFFICE
    root = open_office(actor=SYSTEM, code=code, name=name, currency=currency)
    standard = Calendar.objects.get(office=root, is_default=True)
    calendar = save_calendar(
        actor=SYSTEM,
        office=root,
        calendar=standard,
        name=standard.name,
        week=standard.week,
        exceptions=_holidays(today.year),
        is_default=True,
    )
    office = Office(today, root, calendar_spec(calendar), Currency.objects.get(code=currency))
    for key, (full_name, title, _) in port.PEOPLE.items():
        office.people[key] = account(key, full_name, title)
    account("otto", "Otto Stranger", "Visitor")
    account("una", "Una Root", "System administrator", is_system_admin=True)
    for code, name, above, head in port.UNITS:
        parent = office.units[above] if above else root
        values = {"code": code, "name": name, "head": office.people[head]}
        office.units[code] = create_unit(actor=SYSTEM, parent=parent, values=values)
    for key, (_, _, unit) in port.PEOPLE.items():
        place = office.units[unit] if unit else root
        place_person(actor=SYSTEM, person=office.people[key], unit=place)
    for position, (label, kind, choices, of) in enumerate(port.CUSTOM_FIELDS):
        save_custom_field(
            actor=SYSTEM,
            office=root,
            field=None,
            label=label,
            kind=kind,
            choices=list(choices),
            position=position,
            of=CustomField.Of(of),
        )
    for code, title, weight, measure, target in port.OBJECTIVES:
        office.objectives[code] = projects.save_objective(
            actor=SYSTEM,
            office=root,
            objective=None,
            values={
                "code": code,
                "title": title,
                "weight_pct": Decimal(weight),
                "measure": measure,
                "target": target,
                "owner": office.people["sam"],
                "horizon_from": date(today.year - 1, 1, 1),
                "horizon_to": date(today.year + 4, 12, 31),
            },
        )
    for name, role in port.OFFICE_ROLES:
        office.seat(name, role, root)
    office.seat("rosa", Role.RMG, office.units["CIVIL"])
    return office


def _holidays(year: int) -> list[dict[str, Any]]:
    """Days on which the port's projects rest, for the years around this one."""
    return [
        {
            "first": date(number, month, first).isoformat(),
            "last": date(number, month, last).isoformat(),
            "intervals": [],
            "name": name,
        }
        for number in range(year - 4, year + 5)
        for month, first, last, name in port.HOLIDAYS
    ]


def _containers(office: Office) -> None:
    for code, name, above, unit, manager, sponsor, envelope, text in port.PORTFOLIOS:
        row = projects.create_portfolio(
            actor=SYSTEM,
            org_unit=office.units[unit],
            values={
                "code": code,
                "name": name,
                "parent": office.portfolios.get(above),
                "description": text,
                "manager": office.people[manager],
                "sponsor": office.people[sponsor],
                "currency": office.currency,
                "budget_envelope": envelope * THOUSAND,
            },
            objectives=[office.objectives[goal] for goal in port.SERVES[code]],
        )
        office.portfolios[code] = projects.set_portfolio_state(
            actor=SYSTEM, portfolio=row, state=Portfolio.State.ACTIVE, version=row.version
        )
        appoint(
            office.people[manager],
            Role.PFM,
            ("portfolio", row.pk),
            office_id=office.root.pk,
            within=rules.portfolio_scopes(row),
        )
    for code, name, portfolio, manager, sponsor, vision in port.PROGRAMMES:
        programme = projects.create_programme(
            actor=SYSTEM,
            portfolio=office.portfolios[portfolio],
            values={
                "code": code,
                "name": name,
                "manager": office.people[manager],
                "sponsor": office.people[sponsor],
                "vision": vision,
            },
        )
        for state in (Programme.State.DEFINED, Programme.State.DELIVERING):
            programme = projects.set_programme_state(
                actor=SYSTEM, programme=programme, state=state, version=programme.version
            )
        office.programmes[code] = programme
        appoint(
            office.people[manager],
            Role.PGM,
            ("programme", programme.pk),
            office_id=office.root.pk,
            within=rules.programme_scopes(programme),
        )


def _course(office: Office, sketch: port.Sketch) -> Course | None:
    file = files(__package__) / "plans" / f"{sketch.code.lower()}.txt"
    if not file.is_file():
        return None
    start = office.week(sketch.starts)
    return drawn(file.read_text("utf-8"), name=sketch.name, start=start, calendar=office.calendar)


def _enter(office: Office, sketch: port.Sketch, course: Course | None) -> Project:
    """The project in the register, with its people."""
    pm, sponsor, owner, technology, finance = (office.somebody(name) for name in sketch.people)
    start = course.approved_start if course else office.week(sketch.starts)
    finish = course.approved_finish if course else start + timedelta(weeks=sketch.weeks)
    budget, forecast = (None if m is None else m * THOUSAND for m in sketch.money)
    approved, expected = (None if m is None else m * THOUSAND for m in sketch.benefits)
    stated = office.today - timedelta(days=sketch.stated_days_ago)
    row = projects.create_project(
        actor=SYSTEM,
        portfolio=office.portfolios[sketch.portfolio],
        programme=office.programmes.get(sketch.programme),
        placed_from=office.week(sketch.states[0][1]),
        values={
            "code": sketch.code,
            "name": sketch.name,
            "purpose": sketch.purpose,
            "project_type": sketch.kind,
            "size_class": sketch.size,
            "classification": sketch.classification,
            "strategic_critical": sketch.critical,
            "pm": pm,
            "sponsor": sponsor,
            "functional_owner": owner,
            "technology_owner": technology,
            "technology_owner_waiver": sketch.no_technology,
            "finance_contact": finance,
            "currency": office.currency,
            "baseline_start": start,
            "baseline_finish": finish,
            "planned_start": start,
            "planned_finish": finish + timedelta(weeks=sketch.slip_weeks),
            "budget": budget,
            "forecast_cost": forecast,
            "benefits_approved": approved,
            "benefits_forecast": expected,
            "stated_colour": port.COLOURS[sketch.colours[-1]] if sketch.colours else "",
            "stated_comment": sketch.comment,
            "stated_on": stated,
            "custom": _custom(sketch, office.today),
        },
    )
    _team(office, sketch, row)
    return row


def _custom(sketch: port.Sketch, today: date) -> dict[str, Any]:
    values = dict(sketch.custom)
    if isinstance(ahead := values.get("next_inspection"), int):
        values["next_inspection"] = (today + timedelta(days=ahead)).isoformat()
    return values


def _team(office: Office, sketch: port.Sketch, row: Project) -> None:
    roles = (Role.PM, Role.SPO, Role.FOW, Role.TOW)
    seats = [(name, role) for name, role in zip(sketch.people, roles, strict=False) if name]
    seats += [(name, Role.TEM) for name in sketch.team]
    for name, role in seats:
        appoint(
            office.people[name],
            role,
            ("project", row.pk),
            office_id=office.root.pk,
            within=rules.project_scopes(row),
            since=office.week(sketch.states[0][1]),
        )
    for name, lead in sketch.workstreams:
        projects.save_workstream(
            actor=SYSTEM,
            project=row,
            workstream=None,
            values={"name": name, "lead": office.people[lead]},
        )


def _through_states(office: Office, sketch: port.Sketch, row: Project) -> None:
    for state, week in sketch.states[1:]:
        code, reason = port.STATE_REASONS.get((sketch.code, state), ("", ""))
        held = state == Project.State.ON_HOLD
        row = projects.set_project_state(
            actor=SYSTEM,
            project=row,
            target=state,
            version=row.version,
            reason_code=code,
            reason=reason,
            review_on=office.today + timedelta(days=30) if held else None,
            on=office.week(week),
        )
    if sketch.vacant:
        projects.update_project(
            actor=SYSTEM,
            project=row,
            values={sketch.vacant: None},
            version=row.version,
            reason="The holder has taken another post.",
        )


def _sprints(office: Office, row: Project) -> None:
    """The team of the vessel traffic system works in sprints."""
    since = office.week(FIRST_WEEK)
    scopes = rules.project_scopes(row)
    for name in CREW:
        appoint(
            office.people[name],
            Role.TEM,
            ("project", row.pk),
            office_id=office.root.pk,
            within=scopes,
            since=since,
        )
    play(row, office.people, office.monday)
    estimate_now(row, office.people, office.monday)


def _make_promises(
    office: Office, sketch: port.Sketch, row: Project, course: Course | None
) -> None:
    """What was agreed in the past, before its reports are written."""
    story = STORIES.get(sketch.code)
    if story is None or course is None:
        return
    manager, sponsor = (office.people[name] for name in sketch.people[:2])
    tell(
        story,
        row,
        (manager, sponsor),
        office.monday,
        lambda friday: _upload(manager, row, course, friday),
    )


def _bring_plan(office: Office, sketch: port.Sketch, row: Project, course: Course) -> None:
    """The plan as its manager saved it last Friday, uploaded by its manager."""
    manager = office.people[sketch.people[0]]
    if sketch.code == "VTS":
        _upload(manager, row, course, last_friday(office.week(EARLY_WEEK)))
        estimate_early(row, office.people, office.week(EARLY_WEEK))
    ended = next((week for state, week in sketch.states if state == Project.State.CLOSED), None)
    day = last_friday(office.today if ended is None else office.week(ended))
    _upload(manager, row, course, day)
    link_people(row, manager, {name: office.people[key] for name, key in sketch.crews})
    if ended is None:
        report_week(row, [office.people[name] for name in sketch.team], office.today)
    story = STORIES.get(sketch.code)
    if story is not None:
        leave_waiting(story, row, manager, day)
        row.refresh_from_db()


def _upload(manager: User, row: Project, course: Course, day: date) -> None:
    """Import the plan as it stood on the evening of a day.

    Where the promises are told here, the file brings none.
    """
    plan = course.on(day)
    if row.code in STORIES:
        plan = replace(plan, tasks=tuple(replace(task, baselines=()) for task in plan.tasks))
    import_plan(
        actor=manager.actor(),
        project=row,
        source=BytesIO(write_mspdi(plan)),
        file_name=f"{row.code.lower()}-{day.isoformat()}.xml",
    )
