# SPDX-License-Identifier: Apache-2.0
"""Whom one finds, whose address and delegations one reads, and whom one may name where."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from cast import SYSTEM, appoint
from pilothouse.delivery.projects import people as reads
from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.delivery.projects.rules import portfolio_scopes
from pilothouse.delivery.projects.services import Entry, Revision
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.access.services import delegate
from pilothouse.foundation.accounts.services import set_active
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.organisation.services import update_unit

NAMES = ("ada", "piet", "rosa", "femi", "sam", "tess", "otto", "nia")
READ_RESOURCES = {"ada", "piet", "rosa", "femi"}
"""Those of the cast to whom the matrix gives R on *resource* in the first office."""


def addresses_shown(client, cast, who, page):
    client.force_login(cast.people[who])
    answer = client.get(page)
    text = answer.content.decode() if answer.status_code == 200 else ""
    return {name for name in NAMES if cast.people[name].email in text}


# Addresses


@pytest.mark.parametrize("who", ["ada", "piet", "rosa", "femi", "sam", "tess"])
@pytest.mark.parametrize("page", ["/register/people/", "/api/v1/people"])
def test_addresses_are_for_those_who_read_people_as_resource(client, cast, who, page):
    expected = {"ada", "piet", "rosa", "femi", "sam", "tess"} if who in READ_RESOURCES else {who}

    assert addresses_shown(client, cast, who, page) == expected


@pytest.mark.parametrize("who", ["ada", "piet", "rosa", "femi", "sam", "tess"])
@pytest.mark.parametrize("page", ["/register/people/{}/", "/api/v1/people/{}"])
def test_the_page_of_a_person_keeps_the_address_likewise(client, cast, who, page):
    about = page.format(cast.ada.pk)

    shown = addresses_shown(client, cast, who, about)

    assert ("ada" in shown) is (who in READ_RESOURCES)
    assert who in addresses_shown(client, cast, who, page.format(cast.people[who].pk))


def test_a_role_in_one_office_opens_no_address_of_another(client, cast):
    appoint(
        cast.ada,
        Role.TEM,
        ("portfolio", cast.other_portfolio.pk),
        cast.other_office.pk,
        portfolio_scopes(cast.other_portfolio),
    )

    for page in ("/register/people/", "/api/v1/people"):
        client.force_login(cast.ada)
        assert "Nia Example" in client.get(page).content.decode()
        assert "nia" not in addresses_shown(client, cast, "ada", page)


@pytest.mark.parametrize(
    "page", ["/register/people/", "/api/v1/people", "/search/", "/api/v1/search"]
)
def test_an_address_one_may_not_see_cannot_be_guessed_by_searching(client, cast, page):
    def found(who, text):
        client.force_login(cast.people[who])
        answer = client.get(f"{page}?q={text}")
        assert answer.status_code == 200
        return "Ada Example" in answer.content.decode()

    assert found("piet", "ada@example")
    assert not found("tess", "ada@example")
    assert found("tess", "ada exa")


# Search


@pytest.mark.parametrize(
    ("who", "role", "expected"),
    [
        ("ada", Role.PM, {"Piet Example"}),
        ("ada", Role.DIR, {"Ada Example"}),
        ("piet", Role.TEM, {"Tess Example"}),
        ("tess", Role.PM, set()),
        ("tess", Role.TEM, {"Tess Example"}),
        ("ada", Role.AUD, set()),
    ],
)
def test_people_are_found_by_a_role_that_one_may_read(cast, who, role, expected):
    actor = cast.people[who].actor()
    found = reads.people_found(actor, grants_of(actor), "", role, timezone.localdate())

    assert {person.full_name for person in found} == expected


def test_an_ended_role_is_not_found(client, cast):
    RoleAssignment.objects.filter(person=cast.piet).update(valid_to=date(2024, 1, 1))
    client.force_login(cast.ada)

    for page in ("/register/people/", "/api/v1/people"):
        assert "Piet Example" not in client.get(f"{page}?role=project_manager").content.decode()
        assert "Piet Example" in client.get(page).content.decode()


def test_name_and_role_narrow_together_and_stay_in_the_address(client, cast):
    client.force_login(cast.ada)

    text = client.get("/register/people/?q=example&role=sponsor").content.decode()

    assert "1 person<" in text
    assert '<option value="sponsor" selected>' in text
    assert client.get("/register/people/?role=king").status_code == 422


# Delegations


@pytest.fixture
def given(cast):
    today = timezone.localdate()
    values = {"valid_from": today, "valid_to": today + timedelta(days=9), "reason": "Canary leave"}
    return delegate(
        actor=cast.piet.actor(), from_person=cast.piet, to_person=cast.tess, actions="R", **values
    )


@pytest.mark.parametrize(
    ("who", "reads_it"),
    [
        ("ada", True),
        ("piet", True),
        ("tess", True),
        ("sam", False),
        ("femi", False),
        ("rosa", False),
        ("nia", False),
        ("otto", False),
    ],
)
def test_a_delegation_is_read_by_its_two_people_and_the_pmo_of_the_office(
    client, cast, given, who, reads_it
):
    client.force_login(cast.people[who])

    for person in (cast.piet, cast.tess):
        page = client.get(reverse("projects:person", args=[person.pk])).content.decode()
        assert ("Canary leave" in page) is reads_it


def test_the_pmo_reads_no_delegation_of_another_office(client, cast, given):
    Delegation.objects.filter(pk=given.pk).update(from_person=cast.nia)
    client.force_login(cast.ada)

    page = client.get(reverse("projects:person", args=[cast.tess.pk])).content.decode()

    assert "Canary leave" not in page


def test_nobody_delegates_to_somebody_of_another_office(cast):
    today = timezone.localdate()

    with pytest.raises(Invalid, match="belongs to none of your organisations"):
        services.delegate_own(
            actor=cast.piet.actor(),
            person=cast.piet,
            to_person=cast.nia,
            actions="R",
            valid_from=today,
            valid_to=today,
            reason="Leave",
        )
    assert not Delegation.objects.exists()


# Who may be named


def write_anyone(cast, person):
    """Every write that names a person, as the head of the PMO."""
    actor = cast.ada.actor()
    project = {"code": "N", "name": "N", "currency": cast.portfolio.currency}
    return {
        "project": lambda: services.update_project(
            actor=actor, project=cast.harbour, values={"pm": person}, version=None
        ),
        "new project": lambda: services.create_project(
            actor=actor, portfolio=cast.portfolio, values={**project, "sponsor": person}
        ),
        "many projects": lambda: services.revise_projects(
            actor=actor, revisions=[Revision(cast.harbour, {"finance_contact": person})]
        ),
        "many new projects": lambda: services.enter_projects(
            actor=actor, entries=[Entry(cast.portfolio, {**project, "technology_owner": person})]
        ),
        "portfolio": lambda: services.update_portfolio(
            actor=actor, portfolio=cast.portfolio, values={"manager": person}, version=None
        ),
        "new portfolio": lambda: services.create_portfolio(
            actor=actor, org_unit=cast.unit, values={**project, "sponsor": person}
        ),
        "programme": lambda: services.update_programme(
            actor=actor, programme=cast.programme, values={"manager": person}, version=None
        ),
        "new programme": lambda: services.create_programme(
            actor=actor,
            portfolio=cast.portfolio,
            values={"code": "N", "name": "N", "sponsor": person},
        ),
        "objective": lambda: services.save_objective(
            actor=actor,
            office=cast.office,
            objective=None,
            values={"code": "N", "title": "N", "owner": person},
        ),
        "workstream": lambda: services.save_workstream(
            actor=actor,
            project=cast.harbour,
            workstream=None,
            values={"name": "N", "lead": person},
        ),
        "unit": lambda: update_unit(
            actor=actor, unit=cast.unit, values={"head": person}, version=None
        ),
        "role": lambda: services.give_role(
            actor=actor,
            person=person,
            role=Role.TEM,
            scope=("project", cast.harbour.pk),
            valid_from=date(2026, 1, 1),
        ),
    }


WRITES = (
    *("project", "new project", "many projects", "many new projects", "portfolio"),
    *("new portfolio", "programme", "new programme", "objective", "workstream", "unit", "role"),
)


@pytest.mark.parametrize("write", WRITES)
@pytest.mark.parametrize("who", ["nia", "otto", "femi disabled"])
def test_nobody_is_named_who_is_not_of_the_office(cast, write, who):
    name, _, disabled = who.partition(" ")
    person = cast.people[name]
    if disabled:
        set_active(actor=SYSTEM, user=person, active=False, reason="Left")

    with pytest.raises(Invalid, match="no place and no role in this organisation"):
        write_anyone(cast, person)[write]()


@pytest.mark.parametrize("write", WRITES)
def test_somebody_of_the_office_is_named(cast, write):
    write_anyone(cast, cast.rosa)[write]()


def test_whoever_is_named_already_may_stay(cast):
    Project.objects.filter(pk=cast.harbour.pk).update(functional_owner=cast.nia)

    services.update_project(
        actor=cast.ada.actor(),
        project=cast.harbour,
        values={"functional_owner": cast.nia, "name": "Port"},
        version=None,
    )

    assert Project.objects.get(pk=cast.harbour.pk).name == "Port"


# Places that have ended


@pytest.fixture
def closed(cast):
    Portfolio.objects.filter(pk=cast.portfolio.pk).update(state="closed")
    return Portfolio.objects.select_related("org_unit").get(pk=cast.portfolio.pk)


def test_nothing_is_put_into_a_closed_portfolio(cast, closed):
    actor = cast.ada.actor()
    values = {"code": "N", "name": "N", "currency": closed.currency}
    open_one = services.create_portfolio(
        actor=SYSTEM, org_unit=cast.unit, values={**values, "code": "OPEN"}
    )
    elsewhere = services.create_project(actor=actor, portfolio=open_one, values=values)
    writes = (
        lambda: services.create_project(actor=actor, portfolio=closed, values=values),
        lambda: services.enter_projects(actor=actor, entries=[Entry(closed, values)]),
        lambda: services.create_programme(
            actor=actor, portfolio=closed, values={"code": "N", "name": "N"}
        ),
        lambda: services.create_portfolio(
            actor=actor, org_unit=cast.unit, values={**values, "parent": closed}
        ),
        lambda: services.move_project(
            actor=actor,
            project=elsewhere,
            portfolio=closed,
            programme=None,
            from_day=timezone.localdate(),
            version=None,
        ),
    )

    for write in writes:
        with pytest.raises(Invalid, match="Portfolio ‘Quayside’ is closed"):
            write()
    assert Project.objects.get(pk=elsewhere.pk).portfolio == open_one


def test_a_closed_portfolio_is_not_offered(client, cast, closed):
    client.force_login(cast.ada)

    page = client.get(reverse("projects:portfolio", args=[closed.pk])).content.decode()

    assert reverse("projects:project-new") not in page
    assert client.get(reverse("projects:project-new")).status_code == 403


def test_no_project_joins_a_programme_that_has_ended(cast):
    cast.programme.state = "cancelled"

    with pytest.raises(Invalid, match="Programme ‘Deep water’ has ended"):
        services.create_project(
            actor=cast.ada.actor(),
            portfolio=cast.portfolio,
            programme=cast.programme,
            values={"code": "N", "name": "N", "currency": cast.portfolio.currency},
        )


def test_a_limit_of_zero_lets_no_amount_through(cast):
    today = timezone.localdate()
    delegate(
        actor=cast.sam.actor(),
        from_person=cast.sam,
        to_person=cast.otto,
        actions="RA",
        amount_limit=Decimal(0),
        valid_from=today,
        valid_to=today,
        reason="Leave",
    )

    with pytest.raises(NotAllowed):
        services.update_project(
            actor=cast.otto.actor(),
            project=cast.harbour,
            values={"budget": Decimal(1)},
            version=None,
            reason="Board",
        )
