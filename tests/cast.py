# SPDX-License-Identifier: Apache-2.0
"""The cast: the same people around the same project in every test.

*Ada* heads the PMO, *Piet* manages project Harbour, *Rosa* owns people, *Femi* controls
money, *Sam* sponsors, *Tess* is on the team, *Otto* is a stranger with a role nowhere.
*Nia* heads the PMO of another office and must never see anything of this one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.rules import portfolio_scopes, project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.services import assign_role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.services import create_user
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import create_unit

PASSWORD = "a-quay-with-no-name"
SYSTEM = Actor.system("tests")


@dataclass
class Cast:
    """Everything that a test names."""

    office: OrgUnit
    unit: OrgUnit
    portfolio: Portfolio
    programme: Programme
    harbour: Project
    other_office: OrgUnit
    other_portfolio: Portfolio
    foreign: Project
    ada: User
    piet: User
    rosa: User
    femi: User
    sam: User
    tess: User
    otto: User
    nia: User

    @property
    def people(self) -> dict[str, User]:
        names = ("ada", "piet", "rosa", "femi", "sam", "tess", "otto", "nia")
        return {name: getattr(self, name) for name in names}


def person(name: str) -> User:
    """An account with the password of all tests."""
    return create_user(
        actor=SYSTEM,
        email=f"{name.split()[0].lower()}@example.org",
        full_name=name,
        password=PASSWORD,
    )


def appoint(user: User, role: Role, scope: tuple[str, int], office_id: int, within) -> None:
    """Give a role from the first day on."""
    assign_role(
        actor=SYSTEM,
        person=user,
        role=role,
        scope=scope,
        office_id=office_id,
        within=within,
        valid_from=date(2020, 1, 1),
    )


def make_project(portfolio: Portfolio, code: str, name: str, **values) -> Project:
    """A project as a top-down row: dates, money, a colour."""
    return projects.create_project(
        actor=SYSTEM,
        portfolio=portfolio,
        programme=values.pop("programme", None),
        placed_from=values.pop("placed_from", date(2025, 1, 1)),
        values={
            "code": code,
            "name": name,
            "currency": Currency.objects.get(code="EUR"),
            **values,
        },
    )


def assemble() -> Cast:
    """Build two offices, one project in each, and the people around them."""
    euro, _ = Currency.objects.get_or_create(code="EUR", defaults={"name": "Euro"})
    office = create_unit(
        actor=SYSTEM, parent=None, values={"code": "PORT", "name": "Port", "kind": "enterprise"}
    )
    unit = create_unit(actor=SYSTEM, parent=office, values={"code": "OPS", "name": "Operations"})
    portfolio = projects.create_portfolio(
        actor=SYSTEM,
        org_unit=unit,
        values={"code": "QUAY", "name": "Quayside", "currency": euro, "state": "active"},
    )
    programme = projects.create_programme(
        actor=SYSTEM, portfolio=portfolio, values={"code": "DEEP", "name": "Deep water"}
    )
    other_office = create_unit(
        actor=SYSTEM, parent=None, values={"code": "AIR", "name": "Airport", "kind": "enterprise"}
    )
    other_portfolio = projects.create_portfolio(
        actor=SYSTEM,
        org_unit=other_office,
        values={"code": "RUNW", "name": "Runways", "currency": euro, "state": "active"},
    )
    names = ("Ada", "Piet", "Rosa", "Femi", "Sam", "Tess", "Otto", "Nia")
    ada, piet, rosa, femi, sam, tess, otto, nia = (person(f"{name} Example") for name in names)
    harbour = make_project(
        portfolio,
        "HARB",
        "Harbour",
        programme=programme,
        pm=piet,
        sponsor=sam,
        planned_start=date(2026, 1, 5),
        planned_finish=date(2026, 12, 18),
        baseline_start=date(2026, 1, 5),
        baseline_finish=date(2026, 11, 27),
        budget=Decimal("1200000"),
        forecast_cost=Decimal("1260000"),
        stated_colour="green",
        state="executing",
    )
    foreign = make_project(other_portfolio, "SECRET", "Foreign runway")
    here = (office.pk, unit_scopes(office))
    on_project = (office.pk, project_scopes(harbour))
    appoint(ada, Role.DIR, ("org_unit", office.pk), *here)
    appoint(piet, Role.PM, ("project", harbour.pk), *on_project)
    appoint(rosa, Role.RMG, ("org_unit", unit.pk), office.pk, unit_scopes(unit))
    appoint(femi, Role.FIN, ("org_unit", office.pk), *here)
    appoint(sam, Role.SPO, ("project", harbour.pk), *on_project)
    appoint(tess, Role.TEM, ("project", harbour.pk), *on_project)
    appoint(
        nia,
        Role.DIR,
        ("portfolio", other_portfolio.pk),
        other_office.pk,
        portfolio_scopes(other_portfolio),
    )
    return Cast(
        office,
        unit,
        portfolio,
        programme,
        harbour,
        other_office,
        other_portfolio,
        foreign,
        ada,
        piet,
        rosa,
        femi,
        sam,
        tess,
        otto,
        nia,
    )
