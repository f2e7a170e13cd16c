# SPDX-License-Identifier: Apache-2.0
"""The pages of the register ask the database as often for many rows as for one."""

import pytest

from cast import SYSTEM, appoint, make_project, person
from pilothouse.delivery.projects import services
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import create_unit, place_person


def gather_crowd(cast):
    """Twelve more units, each with a head, a portfolio, a programme and two projects."""
    for number in range(12):
        unit = create_unit(
            actor=SYSTEM,
            parent=cast.unit,
            values={"code": f"U{number}", "name": f"Shed {number}", "head": cast.rosa},
        )
        keeper = person(f"Keeper{number} Example")
        place_person(actor=SYSTEM, person=keeper, unit=unit)
        appoint(keeper, Role.RMG, ("org_unit", unit.pk), cast.office.pk, unit_scopes(unit))
        portfolio = services.create_portfolio(
            actor=SYSTEM,
            org_unit=unit,
            values={
                "code": f"P{number}",
                "name": f"Portfolio {number}",
                "currency": cast.portfolio.currency,
                "manager": keeper,
            },
        )
        programme = services.create_programme(
            actor=SYSTEM,
            portfolio=portfolio,
            values={"code": f"G{number}", "name": f"Programme {number}"},
        )
        make_project(portfolio, f"A{number}", f"Alone {number}", pm=keeper)
        make_project(portfolio, f"B{number}", f"Joined {number}", programme=programme)


@pytest.mark.parametrize(
    ("address", "queries", "last"),
    [
        ("/register/", 22, "Joined 11"),
        ("/register/?as_of=2026-01-01&ended=on", 27, "Joined 11"),
        ("/register/people/", 13, "Keeper11 Example"),
        ("/office/units/", 6, "Shed 11"),
    ],
)
def test_a_page_asks_as_often_for_many_rows_as_for_one(
    client, cast, django_assert_num_queries, address, queries, last
):
    client.force_login(cast.ada)
    client.get(address)
    with django_assert_num_queries(queries):
        client.get(address)
    gather_crowd(cast)

    with django_assert_num_queries(queries):
        answer = client.get(address)

    assert last in answer.content.decode()
