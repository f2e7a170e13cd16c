# SPDX-License-Identifier: Apache-2.0
"""What the money of a project lets nobody change in the register: its currency and its budget."""

from decimal import Decimal

import pytest

from pilothouse.delivery.finance.models import Budget, Forecast
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.services import Revision, revise_projects, update_project
from pilothouse.direction.performance.tests.worth import approve_budget, months_of, spend
from pilothouse.exchange.checking import Register, check_rows
from pilothouse.exchange.models import ImportJob
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import Currency

HELD_BUDGET = (
    "Follows approved budget 1 of the project; submit a new version of the budget to change it."
)


@pytest.fixture
def dollar(db):
    return Currency.objects.get_or_create(code="USD", defaults={"name": "US dollar"})[0]


def change(person, project, **values):
    project.refresh_from_db()
    return update_project(
        actor=person.actor(),
        project=project,
        values=values,
        version=project.version,
        reason="Board",
    )


def test_the_currency_stays_once_there_is_money_and_says_which(cast, dollar):
    period = months_of(cast.harbour)[1]
    spend(cast.harbour, period, 10)
    spend(cast.harbour, period, 20)
    Forecast.objects.create(project=cast.harbour, number=1, currency=cast.harbour.currency)

    with pytest.raises(Invalid) as refused:
        change(cast.piet, cast.harbour, currency=dollar)

    assert refused.value.code == "projects.held"
    assert refused.value.fields == {
        "currency": "Stays EUR: 2 rows of the ledger, 1 forecast stand in it. Enter a project of "
        "its own for work in another currency."
    }
    cast.harbour.refresh_from_db()
    assert cast.harbour.currency_id == "EUR"


def test_the_currency_changes_while_there_is_no_money(cast, dollar):
    assert change(cast.piet, cast.harbour, currency=dollar).currency_id == "USD"


def test_nobody_changes_the_budget_by_hand_while_one_is_approved(cast):
    approve_budget(cast.harbour, {("1", months_of(cast.harbour)[1]): 100})
    before = cast.harbour.budget

    with pytest.raises(Invalid) as refused:
        change(cast.femi, cast.harbour, budget=Decimal(5))

    assert refused.value.fields == {"budget": HELD_BUDGET}
    cast.harbour.refresh_from_db()
    assert cast.harbour.budget == before
    Budget.objects.update(state="draft")
    assert change(cast.femi, cast.harbour, budget=Decimal(5)).budget == 5


def test_many_at_once_are_held_the_same_way(cast, dollar):
    approve_budget(cast.harbour, {("1", months_of(cast.harbour)[1]): 100})

    with pytest.raises(Invalid) as refused:
        revise_projects(
            actor=cast.ada.actor(),
            revisions=[Revision(cast.harbour, {"currency": dollar})],
            reason="Import",
        )

    assert list(refused.value.fields) == ["0.currency"]


def test_the_api_refuses_with_the_field(client, cast):
    approve_budget(cast.harbour, {("1", months_of(cast.harbour)[1]): 100})
    client.force_login(cast.femi)

    answer = client.patch(
        f"/api/v1/projects/{cast.harbour.pk}",
        {"budget": "5", "reason": "Board"},
        content_type="application/json",
        headers={"If-Match": '"v1"'},
    )

    assert answer.status_code == 422, answer.content
    assert HELD_BUDGET in answer.content.decode()


def test_the_form_shows_them_and_where_they_come_from(client, cast):
    approve_budget(cast.harbour, {("1", months_of(cast.harbour)[1]): 100})
    client.force_login(cast.femi)

    form = client.get(f"/register/projects/{cast.harbour.pk}/edit/").text
    record = client.get(f"/register/projects/{cast.harbour.pk}/").text

    assert HELD_BUDGET in form
    assert 'name="budget"' not in form
    assert HELD_BUDGET in record


def test_an_import_names_row_and_field(cast, dollar):
    approve_budget(cast.harbour, {("1", months_of(cast.harbour)[1]): 100})
    job = ImportJob(
        office=cast.office, header_row=1, mapping={"0": "code", "1": "budget", "2": "currency"}
    )
    table = [["Code", "Budget", "Currency"], ["HARB", "5", "USD"]]

    (row,) = check_rows(Register(cast.femi.actor(), cast.office), job, table)

    assert row.action == "problem"
    assert ("budget", HELD_BUDGET) in row.problems
    assert any(name == "currency" and "Stays EUR" in why for name, why in row.problems)
    same = [table[0], ["HARB", str(Project.objects.get(code="HARB").budget), "EUR"]]
    (row,) = check_rows(Register(cast.femi.actor(), cast.office), job, same)
    assert row.problems == []
