# SPDX-License-Identifier: Apache-2.0
"""What somebody does by a delegation alone stands in the trail as done for whoever gave it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from cast import appoint, make_project
from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import StateChange
from pilothouse.delivery.projects.rules import portfolio_scopes, project_scopes
from pilothouse.delivery.projects.services import Entry, Revision, Stage
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import Delegation
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.services import update_unit

EVERYTHING = "CRUSALV"


def let(giver, taker, actions=EVERYTHING, **values):
    today = clock.today()
    return delegate(
        actor=giver.actor(),
        from_person=giver,
        to_person=taker,
        actions=actions,
        valid_from=today,
        valid_to=today + timedelta(days=9),
        reason="Leave",
        **values,
    )


def said():
    event = AuditEvent.objects.first()
    return event.actor, event.actor_label, event.on_behalf_of


def save(actor, project, reason="Board", **values):
    services.update_project(
        actor=actor, project=project, values=values, version=None, reason=reason
    )


def test_a_change_by_delegation_names_both(cast):
    let(cast.piet, cast.otto, "RU")

    save(cast.otto.actor(), cast.harbour, stated_colour="red")

    assert said() == (cast.otto, "Otto Example for Piet Example", cast.piet)


def test_a_change_by_an_own_role_names_nobody_else(cast):
    let(cast.piet, cast.ada, "RU")
    let(cast.piet, cast.otto, "RU")
    appoint(
        cast.otto,
        Role.PM,
        ("project", cast.harbour.pk),
        cast.office.pk,
        project_scopes(cast.harbour),
    )

    for user in (cast.ada, cast.piet, cast.otto):
        colour = {cast.ada: "red", cast.piet: "amber", cast.otto: "green"}[user]
        save(user.actor(), cast.harbour, stated_colour=colour)
        assert said() == (user, str(user), None)


def test_each_of_several_givers_is_named_for_what_they_let_one_do(cast):
    let(cast.sam, cast.otto, "RA")
    let(cast.femi, cast.otto, "RA", amount_limit=Decimal(10))
    let(cast.ada, cast.otto, "RU")

    save(cast.otto.actor(), cast.harbour, budget=Decimal(2_000_000))
    assert said() == (cast.otto, "Otto Example for Sam Example", cast.sam)

    save(cast.otto.actor(), cast.harbour, name="Port", budget=Decimal(3_000_000))
    _, label, first = said()
    assert first in {cast.ada, cast.sam}
    assert label in {
        "Otto Example for Ada Example and Sam Example",
        "Otto Example for Sam Example and Ada Example",
    }


def test_naming_allows_nothing(cast):
    delegation = let(cast.piet, cast.otto, "RU")
    before = AuditEvent.objects.count()
    acting = cast.otto.actor().for_others([(cast.piet.pk, "Piet Example")])
    Delegation.objects.filter(pk=delegation.pk).update(voided=True)

    with pytest.raises(NotAllowed):
        save(acting, cast.harbour, name="Stolen")

    assert AuditEvent.objects.count() == before


def test_a_decided_step_names_both_in_trail_and_history(cast):
    let(cast.ada, cast.otto, "RA")

    services.set_project_state(
        actor=cast.otto.actor(), project=cast.harbour, target="closing", version=None
    )

    assert said() == (cast.otto, "Otto Example for Ada Example", cast.ada)
    assert StateChange.objects.latest("pk").by_label == "Otto Example for Ada Example"


def test_steps_entered_with_a_project_name_both(cast):
    let(cast.ada, cast.otto)
    entry = Entry(
        cast.portfolio,
        {"code": "N", "name": "N", "currency": cast.portfolio.currency},
        stages=(Stage("executing", "Entered by import"),),
    )

    services.enter_projects(actor=cast.otto.actor(), entries=[entry])

    assert StateChange.objects.latest("pk").by_label == "Otto Example for Ada Example"


def writes(cast):
    """One of each kind of write that a role on the office opens."""
    actor = cast.otto.actor()
    new = {"code": "N", "name": "N", "currency": cast.portfolio.currency}
    crane = make_project(cast.portfolio, "CRANE", "Crane")
    today = clock.today()
    return {
        "project": lambda: services.create_project(
            actor=actor, portfolio=cast.portfolio, values=new
        ),
        "many new": lambda: services.enter_projects(
            actor=actor, entries=[Entry(cast.portfolio, new)]
        ),
        "many": lambda: services.revise_projects(
            actor=actor, revisions=[Revision(crane, {"name": "Tall crane"})]
        ),
        "move": lambda: services.move_project(
            actor=actor,
            project=crane,
            portfolio=cast.portfolio,
            programme=cast.programme,
            from_day=today,
            version=None,
        ),
        "portfolio": lambda: services.create_portfolio(actor=actor, org_unit=cast.unit, values=new),
        "change of a portfolio": lambda: services.update_portfolio(
            actor=actor, portfolio=cast.portfolio, values={"name": "N"}, version=None
        ),
        "state of a portfolio": lambda: services.set_portfolio_state(
            actor=actor, portfolio=cast.portfolio, state="suspended", version=None
        ),
        "programme": lambda: services.create_programme(
            actor=actor, portfolio=cast.portfolio, values={"code": "N", "name": "N"}
        ),
        "change of a programme": lambda: services.update_programme(
            actor=actor, programme=cast.programme, values={"name": "N"}, version=None
        ),
        "state of a programme": lambda: services.set_programme_state(
            actor=actor, programme=cast.programme, state="defined", version=None
        ),
        "workstream": lambda: services.save_workstream(
            actor=actor, project=crane, workstream=None, values={"name": "N"}
        ),
        "objective": lambda: services.save_objective(
            actor=actor, office=cast.office, objective=None, values={"code": "N", "title": "N"}
        ),
        "unit": lambda: update_unit(
            actor=actor, unit=cast.unit, values={"name": "N"}, version=None
        ),
    }


KINDS = (
    *("project", "many new", "many", "move", "portfolio", "change of a portfolio"),
    *("state of a portfolio", "programme", "change of a programme", "state of a programme"),
    *("workstream", "objective", "unit"),
)


@pytest.mark.parametrize("write", KINDS)
def test_every_write_by_delegation_names_both(cast, write):
    let(cast.ada, cast.otto)
    write_it = writes(cast)[write]
    last = AuditEvent.objects.latest("pk").pk

    write_it()

    events = AuditEvent.objects.filter(pk__gt=last)
    assert {(event.actor_label, event.on_behalf_of) for event in events} == {
        ("Otto Example for Ada Example", cast.ada)
    }


def test_the_record_the_home_and_the_api_tell_it(client, cast):
    let(cast.piet, cast.tess, "RU")
    client.force_login(cast.tess)
    stated = {"version": cast.harbour.version, "stated_colour": "amber", "stated_comment": "Tide"}
    client.post(reverse("portfolio:stated", args=[cast.harbour.pk]), stated)

    client.force_login(cast.ada)
    for name in ("portfolio:project", "portfolio:record"):
        page = client.get(reverse(name, args=[cast.harbour.pk])).content.decode()
        assert "Tess Example for Piet Example" in page
    address = f"/api/v1/audit-events?object_type=project&object_id={cast.harbour.pk}"
    event = client.get(address).json()["items"][0]
    assert (event["by"], event["on_behalf_of"]) == (
        "Tess Example for Piet Example",
        cast.piet.pk,
    )


def test_an_assignment_given_by_oneself_counts_as_own_though_delegated_too(cast):
    let(cast.ada, cast.rosa)
    scope = ("portfolio", cast.portfolio.pk)
    appoint(cast.rosa, Role.PFM, scope, cast.office.pk, portfolio_scopes(cast.portfolio))

    services.update_portfolio(
        actor=cast.rosa.actor(), portfolio=cast.portfolio, values={"name": "N"}, version=None
    )

    assert said() == (cast.rosa, "Rosa Example", None)
