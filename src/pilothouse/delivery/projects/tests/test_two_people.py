# SPDX-License-Identifier: Apache-2.0
"""Sponsor and project manager are two people, by whatever door and from wherever in the tree."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from cast import SYSTEM, appoint, make_project
from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import FieldRights, portfolio_scopes, project_scopes
from pilothouse.delivery.projects.services import Entry, Revision
from pilothouse.delivery.projects.steps import project_steps
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.queries import unit_scopes

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
