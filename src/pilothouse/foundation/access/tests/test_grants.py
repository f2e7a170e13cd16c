# SPDX-License-Identifier: Apache-2.0
"""Who may do what where: scopes, dates, delegations, duties kept apart, classification."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import SYSTEM, appoint, make_project, person
from pilothouse.delivery.projects import services as projects
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.queries import get_project
from pilothouse.delivery.projects.rules import (
    can_on_project,
    decides_on_project,
    portfolio_scopes,
    programme_scopes,
    project_scopes,
    visible_portfolios,
    visible_programmes,
    visible_projects,
)
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.queries import grants_of, people_in_role
from pilothouse.foundation.access.services import (
    assign_role,
    delegate,
    end_assignment,
    end_delegation,
    may_appoint,
)
from pilothouse.foundation.accounts.services import set_active
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.organisation.queries import unit_scopes, visible_units
from pilothouse.foundation.organisation.services import create_unit

MARCH = date(2027, 3, 10)


def sees(user):
    return set(visible_projects(user.actor()).values_list("code", flat=True))


def a_to_b(cast, actions="RA", limit=Decimal(50000)):
    return delegate(
        actor=cast.sam.actor(),
        from_person=cast.sam,
        to_person=cast.otto,
        actions=actions,
        amount_limit=limit,
        valid_from=date(2027, 3, 1),
        valid_to=date(2027, 3, 15),
        reason="Leave",
    )


# O-ORG-1


def test_whoever_submitted_has_no_approval_left_on_that_record(cast):
    appoint(
        cast.piet,
        Role.SCM,
        ("programme", cast.programme.pk),
        cast.office.pk,
        programme_scopes(cast.programme),
    )
    scopes = project_scopes(cast.harbour)
    held = grants_of(cast.piet.actor())

    assert held.allows("change_request", "A", scopes)
    assert not held.eligible(cast.piet.pk).allows("change_request", "A", scopes)
    assert held.eligible(cast.tess.pk).allows("change_request", "A", scopes)


def test_the_quorum_is_counted_without_whoever_submitted(cast):
    scopes = programme_scopes(cast.programme)
    for user in (cast.piet, cast.sam, cast.femi):
        appoint(user, Role.SCM, ("programme", cast.programme.pk), cast.office.pk, scopes)

    voting = people_in_role(Role.SCM, scopes, MARCH, barred=[cast.piet.pk])

    assert [name for _, name in voting] == ["Femi Example", "Sam Example"]


# O-ORG-2


def test_a_delegation_ends_with_its_last_day(cast):
    a_to_b(cast)
    scopes = project_scopes(cast.harbour)

    def approves(day):
        return grants_of(cast.otto.actor(), day).allows("change_request", "A", scopes)

    assert not approves(date(2027, 2, 28))
    assert approves(date(2027, 3, 1))
    assert approves(date(2027, 3, 15))
    assert not approves(date(2027, 3, 16))


def test_a_delegate_approves_up_to_the_limit_and_no_further(cast):
    a_to_b(cast)
    held = grants_of(cast.otto.actor(), MARCH)
    scopes = project_scopes(cast.harbour)

    assert held.allows("change_request", "A", scopes, amount=Decimal(50000))
    assert not held.allows("change_request", "A", scopes, amount=Decimal("50000.01"))
    assert not held.allows("change_request", "A", scopes, amount=Decimal(60000))


def test_a_delegate_does_not_approve_what_either_person_submitted(cast):
    a_to_b(cast)
    held = grants_of(cast.otto.actor(), MARCH)
    scopes = project_scopes(cast.harbour)

    assert not held.eligible(cast.otto.pk).allows("change_request", "A", scopes)
    assert not held.eligible(cast.sam.pk).allows("change_request", "A", scopes)
    assert held.eligible(cast.piet.pk).allows("change_request", "A", scopes)


def test_what_was_delegated_is_not_passed_on(cast):
    a_to_b(cast, actions="CRA")

    with pytest.raises(NotAllowed, match="no role of your own"):
        delegate(
            actor=cast.otto.actor(),
            from_person=cast.otto,
            to_person=cast.tess,
            actions="RA",
            valid_from=date(2027, 3, 2),
            valid_to=date(2027, 3, 10),
            reason="On and on",
        )

    assert Delegation.objects.count() == 1
    assert not any(g.for_person for g in grants_of(cast.tess.actor(), MARCH).grants)


def test_a_delegate_with_a_role_passes_on_only_that(cast):
    a_to_b(cast)
    appoint(
        cast.otto,
        Role.FOW,
        ("project", cast.harbour.pk),
        cast.office.pk,
        project_scopes(cast.harbour),
    )
    delegate(
        actor=cast.otto.actor(),
        from_person=cast.otto,
        to_person=cast.rosa,
        actions="RA",
        valid_from=date(2027, 3, 2),
        valid_to=date(2027, 3, 10),
        reason="Leave too",
    )

    passed = {g.role for g in grants_of(cast.rosa.actor(), MARCH).grants if g.for_person}

    assert passed == {Role.FOW}


def test_only_the_delegated_actions_pass(cast):
    a_to_b(cast, actions="R")
    held = grants_of(cast.otto.actor(), MARCH)

    assert held.allows("project", "R", project_scopes(cast.harbour))
    assert not held.allows("project", "A", project_scopes(cast.harbour))
    assert not held.has_role(Role.SPO)


def test_a_delegation_without_reading_opens_no_office(cast):
    today = timezone.localdate()
    delegate(
        actor=cast.sam.actor(),
        from_person=cast.sam,
        to_person=cast.otto,
        actions="A",
        valid_from=today,
        valid_to=today,
        reason="Votes only",
    )

    assert not visible_units(cast.otto.actor()).exists()
    assert sees(cast.otto) == set()


def test_a_delegate_of_a_disabled_person_holds_nothing(cast):
    a_to_b(cast)
    set_active(actor=SYSTEM, user=cast.sam, active=False)

    assert grants_of(cast.otto.actor(), MARCH).grants == ()


def test_a_delegation_taken_back_gives_nothing(cast):
    row = a_to_b(cast)
    with pytest.raises(NotAllowed):
        end_delegation(actor=cast.otto.actor(), delegation=row)
    assert grants_of(cast.otto.actor(), MARCH).grants != ()

    end_delegation(actor=cast.sam.actor(), delegation=row)

    assert grants_of(cast.otto.actor(), MARCH).grants == ()


@pytest.mark.parametrize("name", ["tess", "otto"])
def test_who_may_not_delegate_is_refused(cast, name):
    user = cast.people[name]

    with pytest.raises(NotAllowed):
        delegate(
            actor=user.actor(),
            from_person=user,
            to_person=cast.rosa,
            actions="R",
            valid_from=MARCH,
            valid_to=MARCH,
            reason="Leave",
        )

    assert not Delegation.objects.exists()


# R-GEN-08 in the register


def test_a_delegate_of_the_manager_does_not_decide_on_the_managers_project(cast):
    today = timezone.localdate()
    appoint(
        cast.piet,
        Role.SCM,
        ("portfolio", cast.portfolio.pk),
        cast.office.pk,
        portfolio_scopes(cast.portfolio),
    )
    delegate(
        actor=cast.piet.actor(),
        from_person=cast.piet,
        to_person=cast.otto,
        actions="RA",
        valid_from=today,
        valid_to=today,
        reason="Leave",
    )

    with pytest.raises(NotAllowed):
        projects.set_project_state(
            actor=cast.otto.actor(), project=cast.harbour, target="closing", version=1
        )

    cast.harbour.refresh_from_db()
    assert cast.harbour.state == "executing"


def test_a_delegate_who_may_only_read_does_not_decide(cast):
    today = timezone.localdate()
    delegate(
        actor=cast.ada.actor(),
        from_person=cast.ada,
        to_person=cast.otto,
        actions="R",
        valid_from=today,
        valid_to=today,
        reason="Leave",
    )

    assert sees(cast.otto) == {"HARB"}
    assert not decides_on_project(cast.otto.actor(), cast.harbour, (Role.DIR,))


# R-ORG-07: inheritance, downward only


@pytest.fixture
def nested(cast):
    """A unit below Operations with a portfolio below Quayside, and a project in it."""
    team = create_unit(actor=SYSTEM, parent=cast.unit, values={"code": "CRANE", "name": "Cranes"})
    below = projects.create_portfolio(
        actor=SYSTEM,
        org_unit=team,
        values={
            "code": "CRN",
            "name": "Cranes",
            "currency": cast.portfolio.currency,
            "parent": cast.portfolio,
            "state": "active",
        },
    )
    cast.crane = make_project(below, "CRANE", "Crane")
    cast.deep = make_project(cast.portfolio, "DEEP1", "Dredge", programme=cast.programme)
    cast.below, cast.team = below, team
    return cast


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("office", {"HARB", "CRANE", "DEEP1"}),
        ("unit", {"HARB", "CRANE", "DEEP1"}),
        ("team", {"CRANE"}),
        ("portfolio", {"HARB", "CRANE", "DEEP1"}),
        ("below", {"CRANE"}),
        ("programme", {"HARB", "DEEP1"}),
        ("project", {"DEEP1"}),
    ],
)
def test_a_role_reaches_everything_below_its_scope_and_nothing_else(nested, scope, expected):
    places = {
        "office": (("org_unit", nested.office.pk), unit_scopes(nested.office)),
        "unit": (("org_unit", nested.unit.pk), unit_scopes(nested.unit)),
        "team": (("org_unit", nested.team.pk), unit_scopes(nested.team)),
        "portfolio": (("portfolio", nested.portfolio.pk), portfolio_scopes(nested.portfolio)),
        "below": (("portfolio", nested.below.pk), portfolio_scopes(nested.below)),
        "programme": (("programme", nested.programme.pk), programme_scopes(nested.programme)),
        "project": (("project", nested.deep.pk), project_scopes(nested.deep)),
    }
    place, within = places[scope]
    appoint(nested.otto, Role.FIN, place, nested.office.pk, within)

    assert sees(nested.otto) == expected
    for project in (nested.harbour, nested.crane, nested.deep):
        assert can_on_project(nested.otto.actor(), project, "R") is (project.code in expected)


def test_a_role_on_a_workstream_shows_its_project_once(nested):
    streams = [
        projects.save_workstream(
            actor=SYSTEM, project=nested.harbour, workstream=None, values={"name": name}
        )
        for name in ("Piles", "Deck", "Rails")
    ]
    for stream in streams[:2]:
        appoint(
            nested.otto,
            Role.WSL,
            ("workstream", stream.pk),
            nested.office.pk,
            project_scopes(nested.harbour),
        )

    assert list(visible_projects(nested.otto.actor()).values_list("code", flat=True)) == ["HARB"]


def test_a_role_on_a_project_shows_nothing_above_it(cast):
    assert not visible_portfolios(cast.tess.actor()).exists()
    assert not visible_programmes(cast.tess.actor()).exists()


def test_the_star_ends_at_the_office(cast):
    assert sees(cast.nia) == {"SECRET"}
    assert sees(cast.ada) == {"HARB"}
    assert {unit.code for unit in visible_units(cast.nia.actor())} == {"AIR"}
    with pytest.raises(NotFound):
        get_project(cast.nia.actor(), cast.harbour.pk)


def test_a_moved_project_leaves_the_sight_of_the_old_place(nested):
    appoint(
        nested.otto,
        Role.VIE,
        ("portfolio", nested.below.pk),
        nested.office.pk,
        portfolio_scopes(nested.below),
    )
    assert sees(nested.otto) == {"CRANE"}

    projects.move_project(
        actor=nested.ada.actor(),
        project=nested.crane,
        portfolio=nested.portfolio,
        programme=None,
        from_day=timezone.localdate(),
        version=1,
    )

    assert sees(nested.otto) == set()


# Dates


def test_an_expired_or_future_assignment_gives_nothing_not_even_reading(cast):
    today = timezone.localdate()
    for first, last in (
        (today - timedelta(30), today - timedelta(1)),
        (today + timedelta(1), None),
    ):
        assign_role(
            actor=SYSTEM,
            person=cast.otto,
            role=Role.DIR,
            scope=("org_unit", cast.office.pk),
            office_id=cast.office.pk,
            within=unit_scopes(cast.office),
            valid_from=first,
            valid_to=last,
        )

    assert grants_of(cast.otto.actor()).grants == ()
    assert sees(cast.otto) == set()
    assert not visible_units(cast.otto.actor()).exists()


def test_a_manager_whose_term_is_over_no_longer_sees_the_project(cast):
    assert sees(cast.piet) == {"HARB"}

    end_assignment(
        actor=cast.ada.actor(),
        assignment=RoleAssignment.objects.get(person=cast.piet),
        last_day=timezone.localdate() - timedelta(1),
        within=project_scopes(cast.harbour),
    )

    assert sees(cast.piet) == set()


def test_a_voided_assignment_gives_nothing(cast):
    row = RoleAssignment.objects.get(person=cast.tess)

    end_assignment(
        actor=cast.ada.actor(),
        assignment=row,
        last_day=row.valid_from - timedelta(1),
        within=project_scopes(cast.harbour),
    )

    assert sees(cast.tess) == set()


# Appointing


@pytest.mark.parametrize(
    ("holder", "may"),
    [
        (Role.DIR, set(Role)),
        (Role.ANL, set(Role) - {Role.DIR, Role.AUD, Role.ANL}),
        (Role.PFM, set(Role) - {Role.DIR, Role.AUD, Role.ANL, Role.PFM, Role.FIN}),
        (Role.PGM, set(Role) - {Role.DIR, Role.AUD, Role.ANL, Role.PFM, Role.FIN}),
        (Role.PM, {Role.WSL, Role.TEM, Role.VIE}),
        *(
            (role, set())
            for role in Role
            if role not in {Role.DIR, Role.ANL, Role.PFM, Role.PGM, Role.PM}
        ),
    ],
)
def test_each_role_appoints_only_these(cast, holder, may):
    scopes = project_scopes(cast.harbour)
    appoint(cast.otto, holder, ("project", cast.harbour.pk), cast.office.pk, scopes)

    assert {role for role in Role if may_appoint(cast.otto.actor(), role, scopes)} == may


def test_an_analyst_ends_an_appointment_but_does_not_void_it(cast):
    scopes = unit_scopes(cast.office)
    appoint(cast.otto, Role.ANL, ("org_unit", cast.office.pk), cast.office.pk, scopes)
    row = RoleAssignment.objects.get(person=cast.tess)

    with pytest.raises(NotAllowed):
        end_assignment(
            actor=cast.otto.actor(),
            assignment=row,
            last_day=row.valid_from - timedelta(1),
            within=project_scopes(cast.harbour),
        )
    end_assignment(
        actor=cast.otto.actor(), assignment=row, last_day=MARCH, within=project_scopes(cast.harbour)
    )

    row.refresh_from_db()
    assert (row.voided, row.valid_to) == (False, MARCH)


def test_nobody_lengthens_an_appointment(cast):
    row = assign_role(
        actor=SYSTEM,
        person=cast.otto,
        role=Role.DIR,
        scope=("org_unit", cast.office.pk),
        office_id=cast.office.pk,
        within=unit_scopes(cast.office),
        valid_from=date(2020, 1, 1),
        valid_to=MARCH,
    )

    with pytest.raises(Invalid, match="appoint again"):
        end_assignment(
            actor=cast.otto.actor(),
            assignment=row,
            last_day=MARCH + timedelta(1),
            within=unit_scopes(cast.office),
        )

    row.refresh_from_db()
    assert row.valid_to == MARCH


def test_nobody_appoints_themself_and_nobody_twice(cast):
    before = RoleAssignment.objects.count()

    with pytest.raises(NotAllowed):
        assign_role(
            actor=cast.ada.actor(),
            person=cast.ada,
            role=Role.FIN,
            scope=("org_unit", cast.office.pk),
            office_id=cast.office.pk,
            within=unit_scopes(cast.office),
            valid_from=MARCH,
        )
    with pytest.raises(Invalid, match="already holds"):
        assign_role(
            actor=cast.ada.actor(),
            person=cast.tess,
            role=Role.TEM,
            scope=("project", cast.harbour.pk),
            office_id=cast.office.pk,
            within=project_scopes(cast.harbour),
            valid_from=date(2019, 1, 1),
        )

    assert RoleAssignment.objects.count() == before


# R-GEN-10


@pytest.mark.parametrize(
    ("kind", "readers"),
    [
        ("public_internal", {"ada", "piet", "rosa", "femi", "sam", "tess", "otto"}),
        ("restricted", {"ada", "piet", "rosa", "femi", "sam", "tess"}),
        ("confidential", {"ada", "piet", "sam", "tess"}),
    ],
)
def test_classification_narrows_who_reads(cast, kind, readers):
    appoint(
        cast.otto,
        Role.VIE,
        ("org_unit", cast.office.pk),
        cast.office.pk,
        unit_scopes(cast.office),
    )
    Project.objects.filter(pk=cast.harbour.pk).update(classification=kind)
    cast.harbour.refresh_from_db()

    assert {name for name, user in cast.people.items() if "HARB" in sees(user)} == readers
    assert {
        name
        for name, user in cast.people.items()
        if can_on_project(user.actor(), cast.harbour, "R")
    } == readers


def test_a_viewer_of_everything_is_no_reader_of_the_confidential(cast):
    appoint(cast.otto, Role.VIE, ("global", 0), 0, [])
    assert sees(cast.otto) == {"HARB", "SECRET"}

    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")
    Project.objects.filter(pk=cast.foreign.pk).update(classification="restricted")

    assert sees(cast.otto) == set()


def test_a_team_member_added_to_a_confidential_workstream_reads_its_project(cast):
    Project.objects.filter(pk=cast.harbour.pk).update(classification="confidential")
    stream = projects.save_workstream(
        actor=SYSTEM, project=cast.harbour, workstream=None, values={"name": "Piles"}
    )
    assert sees(cast.otto) == set()

    appoint(
        cast.otto,
        Role.WSL,
        ("workstream", stream.pk),
        cast.office.pk,
        project_scopes(cast.harbour),
    )

    assert sees(cast.otto) == {"HARB"}


# The cast and the verbs on a project

VERBS = {
    "ada": "CRUAL",
    "piet": "RUS",
    "rosa": "R",
    "femi": "R",
    "sam": "RA",
    "tess": "R",
    "otto": "",
    "nia": "",
}


@pytest.mark.parametrize(("name", "letters"), VERBS.items())
def test_each_of_the_cast_may_do_exactly_this_to_harbour(cast, name, letters):
    actor = cast.people[name].actor()

    found = {letter for letter in "CRUSALV" if can_on_project(actor, cast.harbour, letter)}

    assert found == set(letters)
    assert visible_projects(actor).filter(pk=cast.harbour.pk).exists() is ("R" in letters)


def test_a_system_administrator_has_no_business_right(cast):
    admin = person("Root Example")
    admin.is_system_admin = True
    admin.save()

    assert sees(admin) == set()
    assert not can_on_project(admin.actor(), cast.harbour, "R")
