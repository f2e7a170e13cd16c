# SPDX-License-Identifier: Apache-2.0
"""Sponsor and project manager are two people, by whatever door and from wherever in the tree."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cast import SYSTEM, appoint, make_project
from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.delivery.projects.rules import FieldRights, portfolio_scopes, project_scopes
from pilothouse.delivery.projects.services import Entry, Revision
from pilothouse.delivery.projects.steps import project_steps
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import create_unit, move_unit

TWO = "Sponsor and project manager must be two people"


def give(cast, person, role, scope=None, **values):
    return services.give_role(
        actor=cast.ada.actor(),
        person=person,
        role=role,
        scope=scope or ("project", cast.harbour.pk),
        valid_from=values.pop("valid_from", clock.today()),
        **values,
    )


def on_portfolio(cast, user, role):
    scope = ("portfolio", cast.portfolio.pk)
    appoint(user, role, scope, cast.office.pk, portfolio_scopes(cast.portfolio))


def on_project(cast, user, role, project=None):
    row = project or cast.harbour
    appoint(user, role, ("project", row.pk), row.office_id, project_scopes(row))


def save(project, **values):
    return services.update_project(
        actor=SYSTEM, project=project, values=values, version=None, reason="Board"
    )


SCOPES = {
    "project": lambda cast: ("project", cast.harbour.pk),
    "programme": lambda cast: ("programme", cast.programme.pk),
    "portfolio": lambda cast: ("portfolio", cast.portfolio.pk),
    "unit": lambda cast: ("org_unit", cast.office.pk),
}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    ("who", "role", "is_now"), [("sam", Role.PM, "sponsor"), ("piet", Role.SPO, "project manager")]
)
@pytest.mark.parametrize("known_by", ["header", "role"])
def test_nobody_is_given_the_other_role(cast, scope, who, role, is_now, known_by):
    if known_by == "header":
        RoleAssignment.objects.filter(person=cast.people[who]).delete()
    else:
        Project.objects.filter(pk=cast.harbour.pk).update(pm=None, sponsor=None)
    before = RoleAssignment.objects.count()

    if known_by == "header":
        on_project(cast, cast.people[who], Role.TEM)
        before += 1
    with pytest.raises(Invalid, match=f"{TWO}; .* is {is_now} here") as refused:
        give(cast, cast.people[who], role, SCOPES[scope](cast))

    assert set(refused.value.fields) == {"person"}
    assert RoleAssignment.objects.count() == before


def test_a_role_from_above_counts_below(cast):
    Project.objects.filter(pk=cast.harbour.pk).update(sponsor=None)
    RoleAssignment.objects.filter(person=cast.sam).delete()
    on_portfolio(cast, cast.sam, Role.SPO)

    with pytest.raises(Invalid, match=TWO):
        give(cast, cast.sam, Role.PM)


def test_both_roles_are_held_on_different_projects_and_after_each_other(cast):
    crane = make_project(cast.portfolio, "CRANE", "Crane")

    give(cast, cast.sam, Role.PM, ("project", crane.pk))

    Project.objects.filter(pk=cast.harbour.pk).update(sponsor=None)
    last = clock.today() + timedelta(days=9)
    RoleAssignment.objects.filter(person=cast.sam, role=Role.SPO).update(valid_to=last)
    with pytest.raises(Invalid, match=TWO):
        give(cast, cast.sam, Role.PM, valid_from=last)
    give(cast, cast.sam, Role.PM, valid_from=last + timedelta(days=1))


def test_a_role_in_the_past_makes_nobody_both(cast):
    RoleAssignment.objects.filter(person=cast.sam).update(valid_from=date(2025, 1, 1))

    give(cast, cast.sam, Role.PM, valid_from=date(2023, 1, 1), valid_to=date(2023, 12, 31))


def test_page_and_api_refuse_the_role_by_the_person(client, cast):
    client.force_login(cast.ada)
    scope = f"project:{cast.harbour.pk}"

    page = client.post(
        reverse("projects:role-new") + f"?scope={scope}",
        {
            "person": cast.sam.pk,
            "role": Role.PM.value,
            "valid_from": clock.today().isoformat(),
            "valid_to": "",
            "reason": "",
        },
    )
    api = client.post(
        "/api/v1/role-assignments",
        {
            "person_id": cast.sam.pk,
            "role": Role.PM.value,
            "scope_type": "project",
            "scope_id": cast.harbour.pk,
            "valid_from": clock.today().isoformat(),
        },
        content_type="application/json",
    )

    assert (page.status_code, api.status_code) == (422, 422)
    assert TWO in page.content.decode()
    assert TWO in api.content.decode()
    assert not RoleAssignment.objects.filter(person=cast.sam, role=Role.PM).exists()


def write_pm(cast, person):
    """Every write that names a project's manager, as the head of the PMO."""
    actor = cast.ada.actor()
    new = {"code": "N", "name": "N", "currency": cast.portfolio.currency, "pm": person}
    return {
        "one": lambda: services.update_project(
            actor=actor, project=cast.harbour, values={"pm": person}, version=None
        ),
        "new": lambda: services.create_project(actor=actor, portfolio=cast.portfolio, values=new),
        "many": lambda: services.revise_projects(
            actor=actor, revisions=[Revision(cast.harbour, {"pm": person})]
        ),
        "many new": lambda: services.enter_projects(
            actor=actor, entries=[Entry(cast.portfolio, new)]
        ),
    }


@pytest.mark.parametrize("write", ["one", "new", "many", "many new"])
def test_no_header_names_whoever_holds_the_other_role(cast, write):
    RoleAssignment.objects.filter(person=cast.sam).delete()
    on_portfolio(cast, cast.sam, Role.SPO)
    save(cast.harbour, sponsor=None)
    count = Project.objects.count()

    with pytest.raises(Invalid, match=TWO) as refused:
        write_pm(cast, cast.sam)[write]()

    assert {name.rpartition(".")[2] for name in refused.value.fields} == {"pm"}
    assert Project.objects.count() == count
    assert Project.objects.get(pk=cast.harbour.pk).pm == cast.piet


def test_no_project_moves_to_where_its_manager_sponsors(cast):
    crane = make_project(cast.portfolio, "CRANE", "Crane", pm=cast.tess)
    there = services.create_portfolio(
        actor=SYSTEM,
        org_unit=cast.unit,
        values={"code": "YARD", "name": "Yard", "currency": cast.portfolio.currency},
    )
    appoint(cast.tess, Role.SPO, ("portfolio", there.pk), cast.office.pk, portfolio_scopes(there))

    with pytest.raises(Invalid, match=TWO):
        services.move_project(
            actor=cast.ada.actor(),
            project=crane,
            portfolio=there,
            programme=None,
            from_day=clock.today(),
            version=None,
        )
    assert Project.objects.get(pk=crane.pk).portfolio == cast.portfolio


def test_what_stands_already_hinders_no_other_change(cast):
    on_project(cast, cast.sam, Role.PM)

    save(cast.harbour, name="Port")

    assert Project.objects.get(pk=cast.harbour.pk).name == "Port"


# R-GEN-08: whoever manages a project decides nothing on it


def approves(user, project):
    return FieldRights(user.actor()).may(project, "budget")


@pytest.mark.parametrize("scope", SCOPES)
def test_whoever_holds_the_role_of_manager_is_barred_like_the_one_named(cast, scope):
    assert approves(cast.femi, cast.harbour)

    kind, number = SCOPES[scope](cast)
    appoint(cast.femi, Role.PM, (kind, number), cast.office.pk, unit_scopes(cast.office))

    assert not approves(cast.femi, cast.harbour)
    with pytest.raises(NotAllowed):
        services.update_project(
            actor=cast.femi.actor(),
            project=cast.harbour,
            values={"budget": Decimal(5)},
            version=None,
            reason="Board",
        )


def test_an_ended_role_bars_nobody(cast):
    on_project(cast, cast.femi, Role.PM)
    RoleAssignment.objects.filter(person=cast.femi, role=Role.PM).update(
        valid_to=clock.today() - timedelta(days=1)
    )

    assert approves(cast.femi, cast.harbour)


@pytest.mark.parametrize(("letters", "barred"), [("R", False), ("RU", True), ("RA", True)])
def test_whoever_acts_in_the_managers_place_is_barred_like_the_manager(cast, letters, barred):
    today = clock.today()
    delegate(
        actor=cast.piet.actor(),
        from_person=cast.piet,
        to_person=cast.femi,
        actions=letters,
        valid_from=today,
        valid_to=today,
        reason="Leave",
    )

    assert approves(cast.femi, cast.harbour) is not barred


def test_a_second_manager_decides_no_step(cast):
    on_portfolio(cast, cast.tess, Role.SCM)
    step = next(
        step for step in project_steps(cast.tess.actor(), cast.harbour) if step.target == "closing"
    )
    assert step.may

    on_project(cast, cast.tess, Role.PM)

    step = next(
        step for step in project_steps(cast.tess.actor(), cast.harbour) if step.target == "closing"
    )
    assert (step.may, "own project" in step.why_not) == (False, True)
    with pytest.raises(NotAllowed, match="own project"):
        services.set_project_state(
            actor=cast.tess.actor(), project=cast.harbour, target="closing", version=1
        )


def test_a_second_manager_is_nobody_who_could_decide_instead_of_the_director(cast):
    lonely = make_project(cast.other_portfolio, "RUN2", "Second runway", budget=Decimal(5))
    on_project(cast, cast.otto, Role.SPO, lonely)
    assert not approves(cast.nia, lonely)

    on_project(cast, cast.otto, Role.PM, lonely)

    assert approves(cast.nia, lonely)


# ---- moves of what holds projects ----


@pytest.fixture
def sheds(cast):
    """A second unit of the office, beside the one that the portfolio belongs to."""
    return create_unit(actor=SYSTEM, parent=cast.office, values={"code": "SHD", "name": "Sheds"})


@pytest.fixture
def yard(cast, sheds):
    """A portfolio of the second unit."""
    return services.create_portfolio(
        actor=SYSTEM,
        org_unit=sheds,
        values={
            "code": "YARD",
            "name": "Yard",
            "currency": cast.portfolio.currency,
            "state": "active",
        },
    )


def put_unit(cast, actor, sheds, yard):
    return move_unit(
        actor=actor, unit=cast.unit, parent=sheds, from_day=DAY, version=None, reason="One roof."
    )


def put_portfolio_into_unit(cast, actor, sheds, yard):
    return services.move_portfolio(
        actor=actor,
        portfolio=cast.portfolio,
        org_unit=sheds,
        parent=None,
        from_day=DAY,
        version=None,
        reason="One roof.",
    )


def put_portfolio_below(cast, actor, sheds, yard):
    return services.move_portfolio(
        actor=actor,
        portfolio=cast.portfolio,
        org_unit=cast.unit,
        parent=yard,
        from_day=DAY,
        version=None,
        reason="One yard.",
    )


def put_programme(cast, actor, sheds, yard):
    Project.objects.filter(pk=cast.harbour.pk).update(programme=cast.programme)
    return services.move_programme(
        actor=actor,
        programme=cast.programme,
        portfolio=yard,
        from_day=DAY,
        version=None,
        reason="One yard.",
    )


def put_project(cast, actor, sheds, yard):
    return services.move_project(
        actor=actor,
        project=cast.harbour,
        portfolio=yard,
        programme=None,
        from_day=DAY,
        version=None,
        reason="One yard.",
    )


DAY = date(2025, 6, 1)
MOVES = {
    "a unit": (put_unit, "unit", "parent"),
    "a portfolio to a unit": (put_portfolio_into_unit, "unit", "org_unit"),
    "a portfolio below another": (put_portfolio_below, "portfolio", "parent"),
    "a programme": (put_programme, "portfolio", "portfolio"),
    "a project": (put_project, "portfolio", "portfolio"),
}


def hold(user, role, kind, sheds, yard):
    """A role on where things move to, given while nothing of the person's lies there."""
    if kind == "unit":
        appoint(user, role, ("org_unit", sheds.pk), sheds.office_id, unit_scopes(sheds))
    else:
        appoint(user, role, ("portfolio", yard.pk), yard.office_id, portfolio_scopes(yard))


def places():
    return (
        list(OrgUnit.objects.order_by("pk").values_list("pk", "path", "version")),
        list(Portfolio.objects.order_by("pk").values_list("pk", "path", "org_unit_id", "version")),
        list(Project.objects.order_by("pk").values_list("pk", "portfolio_id", "version")),
        AuditEvent.objects.count(),
    )


@pytest.mark.parametrize("what", MOVES)
@pytest.mark.parametrize("known_by", ["header", "role"])
def test_no_move_makes_somebody_both(cast, sheds, yard, what, known_by):
    put, kind, field = MOVES[what]
    if known_by == "header":
        RoleAssignment.objects.filter(person=cast.sam).delete()
        appoint(cast.sam, Role.TEM, ("project", cast.harbour.pk), cast.office.pk, [])
    else:
        Project.objects.filter(pk=cast.harbour.pk).update(sponsor=None)
    hold(cast.sam, Role.PM, kind, sheds, yard)
    if put is put_programme:
        Project.objects.filter(pk=cast.harbour.pk).update(programme=cast.programme)
    before = places()

    with pytest.raises(Invalid, match=f"{TWO}: Sam Example would be both of Harbour") as refused:
        put(cast, SYSTEM, sheds, yard)

    assert set(refused.value.fields) == {field}
    assert places() == before


@pytest.mark.parametrize("what", MOVES)
def test_a_move_that_makes_nobody_both_goes_through(cast, sheds, yard, what):
    put, kind, _ = MOVES[what]
    hold(cast.sam, Role.SPO, kind, sheds, yard)
    hold(cast.rosa, Role.PM, kind, sheds, yard)

    put(cast, SYSTEM, sheds, yard)

    cast.harbour.refresh_from_db()
    scopes = project_scopes(
        Project.objects.select_related("portfolio__org_unit").get(pk=cast.harbour.pk)
    )
    assert (("org_unit", sheds.pk) if kind == "unit" else ("portfolio", yard.pk)) in scopes


def test_who_is_both_already_is_no_reason_to_refuse_a_move(cast, sheds, yard):
    Project.objects.filter(pk=cast.harbour.pk).update(sponsor=None)
    RoleAssignment.objects.filter(person=cast.sam).update(role=Role.PM)
    RoleAssignment.objects.create(
        person=cast.sam,
        role=Role.SPO,
        scope_type="portfolio",
        scope_id=cast.portfolio.pk,
        office_id=cast.office.pk,
        valid_from=date(2024, 1, 1),
    )

    put_portfolio_below(cast, SYSTEM, sheds, yard)

    assert Portfolio.objects.get(pk=cast.portfolio.pk).parent_id == yard.pk


def test_a_move_names_three_and_counts_the_rest_and_hides_what_is_out_of_sight(cast, sheds, yard):
    for number in range(4):
        make_project(cast.portfolio, f"P{number}", f"Pier {number}", sponsor=cast.sam)
    make_project(
        cast.portfolio, "SEC", "Secret pier", sponsor=cast.sam, classification="confidential"
    )
    RoleAssignment.objects.filter(person=cast.sam).delete()
    RoleAssignment.objects.filter(person=cast.ada).update(role=Role.ANL)
    hold(cast.sam, Role.PM, "portfolio", sheds, yard)

    with pytest.raises(Invalid) as refused:
        put_portfolio_below(cast, cast.ada.actor(), sheds, yard)

    assert str(refused.value) == (
        "Sponsor and project manager must be two people: Sam Example would be both of "
        "Harbour (HARB); Sam Example would be both of Pier 0 (P0); Sam Example would be both of "
        "Pier 1 (P1); and so for 2 more; somebody would be both of 1 that you may not see. "
        "End one of the roles first."
    )


def test_a_move_asks_as_often_for_many_projects_as_for_one(cast, sheds, yard):
    def asked():
        with CaptureQueriesContext(connection) as found, pytest.raises(Invalid):
            put_portfolio_below(cast, SYSTEM, sheds, yard)
        return len(found)

    RoleAssignment.objects.filter(person=cast.sam).delete()
    hold(cast.sam, Role.PM, "portfolio", sheds, yard)
    one = asked()
    for number in range(20):
        make_project(cast.portfolio, f"P{number}", f"Pier {number}", sponsor=cast.sam)

    assert asked() == one


def test_a_role_that_has_ended_or_is_void_stops_no_move(cast, sheds, yard):
    hold(cast.sam, Role.PM, "portfolio", sheds, yard)
    held = RoleAssignment.objects.filter(person=cast.sam, role=Role.PM)
    held.update(valid_to=clock.today() - timedelta(days=1))
    put_portfolio_below(cast, SYSTEM, sheds, yard)

    assert Portfolio.objects.get(pk=cast.portfolio.pk).parent_id == yard.pk
