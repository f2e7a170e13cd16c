# SPDX-License-Identifier: Apache-2.0
"""The page "My account" names the places of own roles, and nothing that is out of sight."""

import re

import pytest

from cast import SYSTEM, appoint, make_project
from pilothouse.delivery.projects import services
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.organisation.services import create_unit

PAGE = "/account/profile/"
QUERIES = 17


def places(client, person):
    """(role, place, where its link leads) of each line of the own roles."""
    client.force_login(person)
    text = client.get(PAGE).content.decode()
    lines = text.partition('id="roles-title"')[2].partition("</section>")[0]
    cells = re.findall(r"<tr><td>(.*?)</td><td>(.*?)</td>", lines)
    found = set()
    for role, where in cells:
        link = re.fullmatch(r'<a href="(.*)">(.*)</a>', where)
        found.add((role, link[2] if link else where, link[1] if link else ""))
    return found


def give(person, role, kind, place, office):
    appoint(person, role, (kind, place.pk), office.pk, [])


def stream_of(project, name, lead):
    return services.save_workstream(
        actor=SYSTEM, project=project, workstream=None, values={"name": name, "lead": lead}
    )


def test_each_role_names_its_place_and_leads_there(client, cast):
    stream = stream_of(cast.harbour, "Ground works", cast.tess)
    give(cast.otto, Role.RMG, "org_unit", cast.unit, cast.office)
    give(cast.otto, Role.PFM, "portfolio", cast.portfolio, cast.office)
    give(cast.otto, Role.PGM, "programme", cast.programme, cast.office)
    give(cast.otto, Role.PM, "project", cast.harbour, cast.office)
    give(cast.otto, Role.WSL, "workstream", stream, cast.office)

    found = places(client, cast.otto)

    assert found == {
        ("Resource manager", "Operations", f"/office/units/{cast.unit.pk}/"),
        ("Portfolio manager", "Quayside", f"/register/portfolios/{cast.portfolio.pk}/"),
        ("Programme manager", "Deep water", f"/register/programmes/{cast.programme.pk}/"),
        ("Project manager", "Harbour", f"/register/projects/{cast.harbour.pk}/"),
        ("Workstream lead", "Ground works", ""),
    }
    for _role, _place, link in found:
        assert not link or client.get(link).status_code == 200


def test_a_role_everywhere_says_so(client, cast):
    RoleAssignment.objects.filter(person=cast.ada).update(scope_type="global", scope_id=0)

    assert places(client, cast.ada) == {("PMO director", "Whole installation", "")}


@pytest.mark.parametrize("kind", Project.Classification.values)
@pytest.mark.parametrize("who", ["piet", "sam", "tess"])
def test_a_role_on_a_project_names_it_whatever_its_classification(client, cast, who, kind):
    Project.objects.filter(pk=cast.harbour.pk).update(classification=kind)

    found = places(client, cast.people[who])

    link = f"/register/projects/{cast.harbour.pk}/"
    assert [(place, address) for _role, place, address in found] == [("Harbour", link)]


def test_of_a_place_out_of_sight_only_its_kind_is_told(client, cast):
    """The matrix lets a team member read no portfolio."""
    give(cast.otto, Role.TEM, "portfolio", cast.portfolio, cast.office)

    assert places(client, cast.otto) == {("Team member", "Portfolio", "")}
    assert client.get(f"/register/portfolios/{cast.portfolio.pk}/").status_code == 404


def test_a_role_that_has_ended_is_not_told(client, cast):
    RoleAssignment.objects.filter(person=cast.tess).update(valid_to="2021-01-01")

    assert places(client, cast.tess) == set()


def one_more_of_each(cast, number):
    """A unit, a portfolio, a programme, a project and a workstream; Otto holds a role on each."""
    unit = create_unit(
        actor=SYSTEM, parent=cast.unit, values={"code": f"U{number}", "name": f"Shed {number}"}
    )
    portfolio = services.create_portfolio(
        actor=SYSTEM,
        org_unit=unit,
        values={
            "code": f"P{number}",
            "name": f"Portfolio {number}",
            "currency": cast.portfolio.currency,
        },
    )
    programme = services.create_programme(
        actor=SYSTEM,
        portfolio=portfolio,
        values={"code": f"G{number}", "name": f"Programme {number}"},
    )
    project = make_project(portfolio, f"N{number}", f"Number {number}")
    stream = stream_of(project, f"Stream {number}", cast.tess)
    give(cast.otto, Role.RMG, "org_unit", unit, cast.office)
    give(cast.otto, Role.PFM, "portfolio", portfolio, cast.office)
    give(cast.otto, Role.PGM, "programme", programme, cast.office)
    give(cast.otto, Role.PM, "project", project, cast.office)
    give(cast.otto, Role.WSL, "workstream", stream, cast.office)


def test_ten_roles_of_each_kind_need_no_more_queries_than_one(
    client, cast, django_assert_num_queries
):
    one_more_of_each(cast, 0)
    assert len(places(client, cast.otto)) == 5
    with django_assert_num_queries(QUERIES):
        client.get(PAGE)
    for number in range(1, 10):
        one_more_of_each(cast, number)

    with django_assert_num_queries(QUERIES):
        client.get(PAGE)

    assert len(places(client, cast.otto)) == 50
