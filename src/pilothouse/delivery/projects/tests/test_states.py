# SPDX-License-Identifier: Apache-2.0
"""The life-cycle of a project: who decides, and what must be true first."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import SYSTEM, appoint, make_project, person
from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Project, StateChange
from pilothouse.delivery.projects.queries import missing_for, role_gaps, staff_of
from pilothouse.delivery.projects.rules import TRANSITIONS, portfolio_scopes, project_scopes
from pilothouse.delivery.projects.tree import register_tree, states_on
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent

ENTERED = date(2025, 1, 1)


def step(project, target, by=SYSTEM, **values):
    project.refresh_from_db()
    return services.set_project_state(
        actor=by, project=project, target=target, version=project.version, **values
    )


def refused(project, target, error=Invalid, by=SYSTEM, **values):
    project.refresh_from_db()
    before = (project.state, project.version, AuditEvent.objects.count())
    with pytest.raises(error) as caught:
        step(project, target, by, **values)
    project.refresh_from_db()
    assert (project.state, project.version, AuditEvent.objects.count()) == before
    assert not StateChange.objects.filter(project=project, to_state=target).exists()
    return caught.value


def seat_committee(cast, size):
    for number in range(size):
        member = person(f"Member{number} Example")
        place = ("portfolio", cast.portfolio.pk)
        appoint(member, Role.SCM, place, cast.office.pk, portfolio_scopes(cast.portfolio))


def put(project, **values):
    Project.objects.filter(pk=project.pk).update(**values)


def test_a_project_is_led_from_authorised_to_completed(cast):
    seat_committee(cast, 3)
    project = make_project(cast.portfolio, "NEW", "New")
    put(
        project,
        pm=cast.piet,
        sponsor=cast.sam,
        functional_owner=cast.rosa,
        technology_owner=cast.tess,
        finance_contact=cast.femi,
        budget=Decimal(10),
        planned_start=date(2026, 1, 1),
        planned_finish=date(2026, 2, 1),
        baseline_finish=date(2026, 2, 1),
        benefits_approved=Decimal(5),
    )
    road = [
        "initiating",
        "planning",
        "executing",
        "closing",
        "closed",
        "benefits_tracking",
        "completed",
    ]

    for number, target in enumerate(road, 1):
        step(project, target, on=ENTERED + timedelta(days=number))

    assert [
        (row.from_state, row.to_state, timezone.localdate(row.at))
        for row in project.state_changes.all()
    ] == [
        (before, after, ENTERED + timedelta(days=number))
        for number, (before, after) in enumerate(zip(["authorised", *road], road), 1)
    ]


STATES = [str(state) for state in Project.State]


@pytest.mark.parametrize("state", STATES)
def test_no_state_is_reached_but_by_the_table(cast, state):
    put(cast.harbour, state=state, state_before_hold="planning" if state == "on_hold" else "")
    allowed = {item.target or "planning" for item in TRANSITIONS[state]}

    for target in set(STATES) - allowed:
        error = refused(cast.harbour, target)
        assert error.code == "projects.transition"


@pytest.mark.parametrize(
    ("state", "target", "lacking", "sentence"),
    [
        ("authorised", "initiating", {"pm": None}, "no project manager is appointed"),
        ("authorised", "initiating", {"budget": None}, "there is no budget"),
        ("authorised", "initiating", {"planned_start": None}, "planned dates are missing"),
        ("planning", "executing", {"baseline_finish": None}, "there is no approved finish"),
        ("planning", "executing", {"budget": None}, "there is no budget"),
        ("closed", "benefits_tracking", {}, "no approved benefits are recorded"),
    ],
)
def test_a_guard_names_what_is_missing(cast, state, target, lacking, sentence):
    put(cast.harbour, state=state, **lacking)

    error = refused(cast.harbour, target)

    assert error.code == "projects.guard"
    assert sentence in error.message


def test_no_project_leaves_initiation_before_its_mandatory_roles_are_held(cast):
    put(cast.harbour, state="initiating")
    error = refused(cast.harbour, "planning")
    assert error.message == (
        "Not yet possible: functional owner is missing; finance contact is missing; "
        "technology owner is missing; steering committee is missing."
    )

    seat_committee(cast, 2)
    put(
        cast.harbour,
        functional_owner=cast.rosa,
        finance_contact=cast.femi,
        technology_owner_waiver="No system is built.",
    )
    assert "steering committee is missing" in refused(cast.harbour, "planning").message
    member = person("Third Example")
    place = ("portfolio", cast.portfolio.pk)
    appoint(member, Role.SCM, place, cast.office.pk, portfolio_scopes(cast.portfolio))

    assert step(cast.harbour, "planning").state == "planning"


def test_a_small_project_needs_no_steering_committee(cast):
    put(cast.harbour, size_class="S")
    cast.harbour.refresh_from_db()

    gaps = [gap.role for gap in role_gaps(cast.harbour, staff_of(cast.harbour))]

    assert gaps == ["functional_owner", "finance_contact", "technology_owner"]


def test_the_gaps_are_those_that_stand_above_the_step(cast):
    put(cast.harbour, state="initiating")
    cast.harbour.refresh_from_db()

    missing = missing_for(cast.harbour, TRANSITIONS["initiating"][0])

    assert [item.what for item in missing] == [
        "functional owner is missing",
        "finance contact is missing",
        "technology owner is missing",
        "steering committee is missing",
    ]


def end_role(cast, role, days):
    """The role on Harbour ends so many days from now."""
    last = clock.today() + timedelta(days=days)
    RoleAssignment.objects.filter(role=role, scope_type="project", scope_id=cast.harbour.pk).update(
        valid_to=last
    )
    return written(last)


def gaps_of(cast):
    row = Project.objects.get(pk=cast.harbour.pk)
    return {gap.role: gap.missing for gap in role_gaps(row, staff_of(row))}


NAMED = [
    (Role.PM, "pm", "Piet", "project manager"),
    (Role.SPO, "sponsor", "Sam", "sponsor"),
    (Role.FOW, "functional_owner", "Rosa", "functional owner"),
    (Role.TOW, "technology_owner", "Rosa", "technology owner"),
    (Role.FIN, "finance_contact", "Femi", "finance contact"),
]


@pytest.mark.parametrize(("role", "field", "name", "label"), NAMED)
def test_whoever_is_named_though_the_role_has_ended_is_a_gap(cast, role, field, name, label):
    place = ("project", cast.harbour.pk)
    who = cast.people[name.lower()]
    put(
        cast.harbour,
        state="initiating",
        size_class="S",
        functional_owner=cast.rosa,
        technology_owner=cast.rosa,
        finance_contact=cast.femi,
    )
    if role not in {Role.PM, Role.SPO}:
        appoint(who, role, place, cast.office.pk, project_scopes(cast.harbour))
    if role is Role.FIN:
        RoleAssignment.objects.filter(person=who, scope_type="org_unit").delete()
    end_role(cast, role, 0)
    assert gaps_of(cast) == {}, "the last day counts"

    last = end_role(cast, role, -1)

    said = f"{label} is missing, {name} Example was named until {last}"
    assert gaps_of(cast) == {field: said}
    assert refused(cast.harbour, "planning").message == f"Not yet possible: {said}."


def test_a_role_held_again_or_from_above_closes_the_gap(cast):
    put(cast.harbour, size_class="S")
    end_role(cast, Role.PM, -1)
    assert "pm" in gaps_of(cast)

    place = ("portfolio", cast.portfolio.pk)
    appoint(cast.piet, Role.PM, place, cast.office.pk, portfolio_scopes(cast.portfolio))
    assert "pm" not in gaps_of(cast)

    RoleAssignment.objects.filter(scope_type="portfolio").update(
        valid_from=clock.today() + timedelta(days=1)
    )
    assert "pm" in gaps_of(cast)
    put(cast.harbour, pm=cast.tess)
    assert "pm" not in gaps_of(cast)


def test_no_project_begins_under_a_manager_whose_role_has_ended(cast):
    put(cast.harbour, state="authorised")
    last = end_role(cast, Role.PM, -1)

    said = refused(cast.harbour, "initiating").message

    assert said == f"Not yet possible: Piet Example was project manager until {last}."


DECIDERS = [
    ("executing", "closing", "ada"),
    ("executing", "on_hold", "ada"),
    ("executing", "cancelled", "ada"),
    ("authorised", "initiating", "ada sam"),
    ("closing", "closed", "ada"),
    ("cancelled", "completed", "ada"),
]


@pytest.mark.parametrize(("state", "target", "who"), DECIDERS)
def test_each_step_is_decided_by_its_roles_only(cast, state, target, who):
    values = {"reason_code": "funding", "review_on": timezone.localdate() + timedelta(days=9)}
    for name, user in cast.people.items():
        put(cast.harbour, state=state)
        if name in who.split():
            assert step(cast.harbour, target, by=user.actor(), **values).state == target
            StateChange.objects.all().delete()
        else:
            refused(cast.harbour, target, NotAllowed, by=user.actor(), **values)


def test_a_hold_returns_to_the_state_before_it(cast):
    put(cast.harbour, state="planning")
    review = ENTERED + timedelta(days=95)

    held = step(
        cast.harbour,
        "on_hold",
        reason_code="capacity",
        review_on=review,
        on=ENTERED + timedelta(days=5),
    )
    assert (held.state_before_hold, held.hold_review_on) == ("planning", review)
    released = step(cast.harbour, "planning", on=ENTERED + timedelta(days=50))

    assert (released.state, released.state_before_hold) == ("planning", "")
    assert released.hold_review_on is None


def test_a_hold_needs_a_reason_and_a_review_within_ninety_days(cast):
    day = ENTERED + timedelta(days=5)

    error = refused(cast.harbour, "on_hold", review_on=day + timedelta(days=91), on=day)

    assert error.fields == {
        "reason_code": "a reason must be chosen",
        "review_on": "a hold needs a review date within 90 days of its start",
    }


def test_the_reason_other_needs_words(cast):
    error = refused(cast.harbour, "cancelled", reason_code="other", reason=" ")

    assert error.fields == {"reason": "“other” needs words"}


def test_the_tree_shows_the_state_of_the_day(cast):
    step(cast.harbour, "closing", on=date(2025, 3, 10))
    step(cast.harbour, "closed", on=date(2025, 4, 1))

    found = [
        states_on(day).get(("project", cast.harbour.pk), "closed")
        for day in (date(2025, 3, 9), date(2025, 3, 10), date(2025, 3, 31), date(2025, 4, 1))
    ]

    assert found == ["executing", "closing", "closing", "closed"]
    tree = register_tree(cast.ada.actor(), date(2025, 3, 31))
    assert (tree.projects, tree.open_projects) == (1, 1)


def test_a_stale_step_is_refused(cast):
    with pytest.raises(Conflict):
        services.set_project_state(actor=SYSTEM, project=cast.harbour, target="closing", version=77)

    cast.harbour.refresh_from_db()
    assert cast.harbour.state == "executing"
    assert not StateChange.objects.filter(project=cast.harbour).exists()


def test_the_page_of_a_step_says_which_field_is_wrong(client, cast):
    client.force_login(cast.ada)
    address = f"/register/projects/{cast.harbour.pk}/state/closing/"
    assert client.get(address).status_code == 200

    answer = client.post(address, {"on": "2024-12-31", "version": cast.harbour.version})

    assert answer.status_code == 422
    assert "since 1 Jan 2025" in answer.content.decode()
    cast.harbour.refresh_from_db()
    assert cast.harbour.state == "executing"


def test_the_page_of_a_step_keeps_the_day(client, cast):
    client.force_login(cast.ada)
    address = f"/register/projects/{cast.harbour.pk}/state/closing/"

    answer = client.post(address, {"on": "2025-06-02", "version": cast.harbour.version})

    assert answer.status_code == 302
    assert timezone.localdate(cast.harbour.state_changes.get().at) == date(2025, 6, 2)
