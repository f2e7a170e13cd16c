# SPDX-License-Identifier: Apache-2.0
"""Versions of a budget: written by the manager, endorsed by finance, approved by the sponsor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from cast import appoint
from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import (
    AccountRule,
    Budget,
    BudgetLine,
    ContingencyDraw,
    ExchangeRate,
)
from pilothouse.delivery.finance.queries.budgets import (
    budget_totals,
    totals_of,
)
from pilothouse.delivery.finance.services.budget_lines import reclassify, set_lines, take_lines
from pilothouse.delivery.finance.services.budget_states import (
    approve_budget,
    endorse_budget,
    return_budget,
    submit_budget,
    withdraw_budget,
)
from pilothouse.delivery.finance.services.budgets import Start, begin_budget, change_budget
from pilothouse.delivery.finance.tests.budgeting import CREW, PILES, approved, draft, released
from pilothouse.delivery.finance.tests.desk import months
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db
FAR = date(2099, 12, 31)


@pytest.fixture
def year(cast):
    """The periods of 2026 by month."""
    return months(cast.office, 2026)


def sheet(*rows):
    return [SheetRow(number, key, cells) for number, (key, cells) in enumerate(rows, start=1)]


def lines(budget):
    """(WBS, period, amount) of every line."""
    rows = budget.lines.order_by("wbs", "period__first")
    return list(rows.values_list("wbs", "period__name", "amount"))


def test_a_budget_is_bac_contingency_and_management_reserve(cast, year):
    budget = draft(
        cast,
        year,
        undistributed=Decimal(50),
        contingency=Decimal(60),
        management_reserve=Decimal(40),
    )

    totals = totals_of([budget])[budget.pk]

    assert (totals.distributed, totals.undistributed, totals.bac) == (900, 50, 950)
    assert (totals.contingency_left, totals.reserve_left, totals.total) == (60, 40, 1050)


def test_a_first_version_begins_with_the_budget_of_the_register(cast):
    budget = begin_budget(actor=cast.piet.actor(), project=cast.harbour)

    assert (budget.number, budget.state, budget.undistributed) == (1, "draft", 1_200_000)
    assert budget.currency_id == "EUR"


def test_only_one_version_is_open_at_a_time(cast):
    begin_budget(actor=cast.piet.actor(), project=cast.harbour)

    with pytest.raises(Invalid, match="Budget 1 of project HARB is draft") as caught:
        begin_budget(actor=cast.piet.actor(), project=cast.harbour)

    assert caught.value.code == "finance.budget_open"
    assert Budget.objects.count() == 1


def test_the_way_of_a_budget_ends_in_the_register(cast, year):
    budget = approved(cast, year, contingency=Decimal(60), management_reserve=Decimal(40))

    assert budget.state == "approved"
    assert budget.submitted_by == cast.piet
    assert budget.endorsed_by == cast.femi
    assert budget.approved_by == cast.sam
    assert Project.objects.get(pk=cast.harbour.pk).budget == 1000
    event = AuditEvent.objects.filter(action="project.budget").get()
    assert event.actor == cast.sam
    assert event.reason == "Budget 1 approved. As the case says"
    actions = AuditEvent.objects.filter(object_type="budget").values_list("action", flat=True)
    assert list(actions) == [
        "budget.approved",
        "budget.endorsed",
        "budget.submitted",
        "budget.lines",
        "budget.update",
        "budget.create",
    ]


def test_approving_refreshes_the_health_of_the_project(cast, year):
    PerformanceSnapshot.objects.all().delete()

    approved(cast, year)

    assert PerformanceSnapshot.objects.filter(project=cast.harbour).exists()


def test_a_new_version_supersedes_the_one_before(cast, year):
    first = approved(cast, year)
    second = begin_budget(
        actor=cast.piet.actor(), project=cast.harbour, reason="Steel became dearer"
    )
    set_lines(
        actor=cast.piet.actor(),
        budget=second,
        rows=sheet((PILES, {year[3].pk: Decimal(500)})),
        version=None,
    )
    submit_budget(actor=cast.piet.actor(), budget=second, version=None)
    endorse_budget(actor=cast.femi.actor(), budget=second, version=None)
    approve_budget(actor=cast.sam.actor(), budget=second, version=None)

    first.refresh_from_db()
    assert (first.number, first.state) == (1, "superseded")
    assert lines(first)[0] == ("1.1", "2026-03", 400)
    assert Project.objects.get(pk=cast.harbour.pk).budget == 1000
    assert budget_totals([cast.harbour.pk])[cast.harbour.pk].total == 1000


@pytest.mark.parametrize("who", ["piet", "femi", "ada", "tess", "otto", "nia", "rosa"])
def test_only_those_of_the_business_approve(cast, year, who):
    budget = draft(cast, year)
    submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    endorse_budget(actor=cast.femi.actor(), budget=budget, version=None)

    with pytest.raises(NotAllowed) as caught:
        approve_budget(actor=cast.people[who].actor(), budget=budget, version=None)

    assert caught.value.code == "finance.approve_budget"
    budget.refresh_from_db()
    assert budget.state == "endorsed"
    assert Project.objects.get(pk=cast.harbour.pk).budget == 1_200_000


@pytest.mark.parametrize("who", ["piet", "sam", "ada", "tess", "otto", "nia"])
def test_only_finance_endorses(cast, year, who):
    budget = draft(cast, year)
    submit_budget(actor=cast.piet.actor(), budget=budget, version=None)

    with pytest.raises(NotAllowed) as caught:
        endorse_budget(actor=cast.people[who].actor(), budget=budget, version=None)

    assert caught.value.code == "finance.endorse"
    budget.refresh_from_db()
    assert budget.state == "submitted"


def test_whoever_endorsed_approves_only_with_a_role_of_the_business(cast, year):
    on_project = (cast.office.pk, project_scopes(cast.harbour))
    appoint(cast.femi, Role.PFM, ("project", cast.harbour.pk), *on_project)
    budget = draft(cast, year)
    submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    endorse_budget(actor=cast.femi.actor(), budget=budget, version=None)

    approve_budget(actor=cast.femi.actor(), budget=budget, version=None)

    budget.refresh_from_db()
    assert budget.approved_by == cast.femi


def test_a_submitter_who_is_also_of_the_business_does_not_approve(cast, year):
    budget = draft(cast, year)
    submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    endorse_budget(actor=cast.femi.actor(), budget=budget, version=None)
    Budget.objects.filter(pk=budget.pk).update(submitted_by=cast.sam)

    with pytest.raises(NotAllowed):
        approve_budget(actor=cast.sam.actor(), budget=budget, version=None)


def test_where_nobody_else_is_left_the_director_approves(cast, year):
    budget = draft(cast, year)
    submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    endorse_budget(actor=cast.femi.actor(), budget=budget, version=None)
    Budget.objects.filter(pk=budget.pk).update(submitted_by=cast.sam)

    approve_budget(actor=cast.ada.actor(), budget=budget, version=None)

    budget.refresh_from_db()
    assert budget.approved_by == cast.ada


@pytest.mark.parametrize(
    ("step", "state"),
    [(submit_budget, "submitted"), (endorse_budget, "draft"), (approve_budget, "submitted")],
)
def test_no_step_is_left_out(cast, year, step, state):
    budget = draft(cast, year)
    if state == "submitted":
        submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    who = {submit_budget: cast.piet, endorse_budget: cast.femi, approve_budget: cast.sam}[step]

    with pytest.raises(Invalid) as caught:
        step(actor=who.actor(), budget=budget, version=None)

    assert caught.value.code in ("finance.budget_state", "finance.budget_not_draft")
    budget.refresh_from_db()
    assert budget.state == state


def test_an_empty_budget_and_one_without_a_reason_are_not_submitted(cast, year):
    budget = begin_budget(actor=cast.piet.actor(), project=cast.harbour, start=Start.EMPTY)
    with pytest.raises(Invalid) as caught:
        submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    assert caught.value.code == "finance.budget_empty"

    change_budget(
        actor=cast.piet.actor(), budget=budget, values={"contingency": Decimal(1)}, version=None
    )
    with pytest.raises(Invalid) as caught:
        submit_budget(actor=cast.piet.actor(), budget=budget, version=None)
    assert caught.value.code == "finance.budget_reason"


def test_a_returned_budget_is_a_draft_again_and_says_why(cast, year):
    budget = draft(cast, year)
    submit_budget(actor=cast.piet.actor(), budget=budget, version=None)

    with pytest.raises(Invalid, match="Say why the budget is returned"):
        return_budget(actor=cast.femi.actor(), budget=budget, version=None, reason=" ")
    return_budget(actor=cast.femi.actor(), budget=budget, version=None, reason="Travel is missing")

    budget.refresh_from_db()
    assert (budget.state, budget.submitted_by) == ("draft", None)
    assert budget.returned_reason == "Travel is missing"


def test_a_withdrawn_version_makes_room_for_another(cast, year):
    budget = draft(cast, year)

    withdraw_budget(actor=cast.piet.actor(), budget=budget, version=None, reason="Begun too early")
    again = begin_budget(actor=cast.piet.actor(), project=cast.harbour)

    assert again.number == 2
    assert Budget.objects.get(pk=budget.pk).state == "withdrawn"


def test_a_budget_above_the_funding_is_approved_with_a_warning_that_is_kept(cast, year):
    released(cast, 700, last=FAR)

    budget = approved(cast, year)

    assert budget.warning == (
        "The budget of EUR 900.00 is EUR 200.00 above the funding of EUR 700.00 "
        "that is released or approved."
    )


def test_a_budget_within_the_funding_is_approved_without_a_word(cast, year):
    released(cast, 900, last=FAR)

    assert approved(cast, year).warning == ""


def test_a_stale_version_is_refused(cast, year):
    budget = draft(cast, year)

    with pytest.raises(Conflict):
        change_budget(
            actor=cast.piet.actor(),
            budget=budget,
            values={"name": "Second"},
            version=budget.version - 1,
        )

    assert Budget.objects.get(pk=budget.pk).name == "First"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("undistributed", Decimal(-1)),
        ("contingency", Decimal("0.001")),
        ("management_reserve", Decimal(10) ** 14),
    ],
)
def test_reserves_that_cannot_be_are_refused(cast, year, name, value):
    budget = draft(cast, year)

    with pytest.raises(Invalid) as caught:
        change_budget(actor=cast.piet.actor(), budget=budget, values={name: value}, version=None)

    assert name in caught.value.fields
    assert getattr(Budget.objects.get(pk=budget.pk), name) == 0


def test_an_approved_budget_is_not_written_in(cast, year):
    budget = approved(cast, year)

    for change in (
        lambda: change_budget(
            actor=cast.piet.actor(), budget=budget, values={"name": "x"}, version=None
        ),
        lambda: set_lines(
            actor=cast.piet.actor(),
            budget=budget,
            rows=sheet((PILES, {year[3].pk: Decimal(1)})),
            version=None,
        ),
    ):
        with pytest.raises(Invalid) as caught:
            change()
        assert caught.value.code == "finance.budget_not_draft"
    assert budget_totals([cast.harbour.pk])[cast.harbour.pk].total == 900


def test_the_budget_of_a_closed_project_stays(cast, year):
    budget = draft(cast, year)
    Project.objects.filter(pk=cast.harbour.pk).update(state="closed")

    with pytest.raises(Invalid) as caught:
        submit_budget(actor=cast.piet.actor(), budget=budget, version=None)

    assert caught.value.code == "finance.project_not_open"


def test_the_sheet_replaces_exactly_the_cells_that_it_names(cast, year):
    budget = draft(cast, year)

    done = set_lines(
        actor=cast.piet.actor(),
        budget=budget,
        rows=sheet((PILES, {year[4].pk: Decimal(250), year[5].pk: Decimal("10.50")})),
        version=budget.version,
    )

    assert lines(budget) == [
        ("1.1", "2026-03", 400),
        ("1.1", "2026-04", 250),
        ("1.1", "2026-05", Decimal("10.50")),
        ("1.2", "2026-03", 300),
    ]
    assert (done.cells, done.total_before, done.total_after) == (2, 900, Decimal("960.50"))
    event = AuditEvent.objects.filter(action="budget.lines").first()
    assert event.after["cells"] == [
        ["1.1", "services", "capex", "EUR", "", year[4].pk, "250"],
        ["1.1", "services", "capex", "EUR", "", year[5].pk, "10.50"],
    ]


def test_an_emptied_cell_takes_its_line_away(cast, year):
    budget = draft(cast, year)

    set_lines(
        actor=cast.piet.actor(),
        budget=budget,
        rows=sheet((PILES, {year[4].pk: Decimal(0)})),
        version=None,
    )

    assert lines(budget) == [("1.1", "2026-03", 400), ("1.2", "2026-03", 300)]


def test_a_whole_sheet_takes_away_what_it_does_not_name(cast, year):
    budget = draft(cast, year)

    set_lines(
        actor=cast.piet.actor(),
        budget=budget,
        rows=sheet((CREW, {year[5].pk: Decimal(7)})),
        version=None,
        whole=True,
    )

    assert lines(budget) == [("1.2", "2026-05", 7)]


def test_a_row_that_goes_takes_all_its_cells_along(cast, year):
    budget = draft(cast, year)

    set_lines(
        actor=cast.piet.actor(),
        budget=budget,
        rows=[SheetRow(1, PILES, {year[3].pk: Decimal(5)}, gone=True)],
        version=None,
    )

    assert lines(budget) == [("1.2", "2026-03", 300)]


def test_a_row_keeps_its_other_cells_when_it_is_renamed(cast, year):
    budget = draft(cast, year)
    key = PILES._replace(wbs="1.9", text="Steel")

    set_lines(
        actor=cast.piet.actor(),
        budget=budget,
        rows=[SheetRow(1, key, {year[4].pk: Decimal(1)}, PILES)],
        version=None,
    )

    assert lines(budget) == [
        ("1.2", "2026-03", 300),
        ("1.9", "2026-03", 400),
        ("1.9", "2026-04", 1),
    ]


def test_a_row_is_not_renamed_to_one_that_is_there(cast, year):
    budget = draft(cast, year)

    with pytest.raises(Invalid, match="Row 1: there is such a line already"):
        set_lines(
            actor=cast.piet.actor(),
            budget=budget,
            rows=[SheetRow(1, CREW, {}, PILES)],
            version=None,
        )

    assert totals_of([budget])[budget.pk].distributed == 900


def test_a_closed_period_may_be_budgeted_for_nothing_is_posted_by_a_plan(cast, year):
    year[1].state = "closed"
    year[1].save()
    budget = draft(cast, year)

    set_lines(
        actor=cast.piet.actor(),
        budget=budget,
        rows=sheet((PILES, {year[1].pk: Decimal(5)})),
        version=None,
    )

    assert ("1.1", "2026-01", 5) in lines(budget)


WRONG = [
    (PILES, Decimal("-0.01"), "the amount of 2026-03 is below 0"),
    (PILES, Decimal("NaN"), "the amount of 2026-03 is below 0"),
    (PILES, Decimal(10) ** 13 + 1, "the amount of 2026-03 is above 10,000,000,000,000"),
    (PILES, Decimal("0.001"), "has more than 2 decimals"),
    (PILES._replace(category="beer"), Decimal(1), "‘beer’ is no category"),
    (PILES._replace(nature="both"), Decimal(1), "‘both’ is no nature"),
    (PILES._replace(currency="XXX"), Decimal(1), "‘XXX’ is no currency that is kept here"),
    (
        PILES._replace(currency="USD"),
        Decimal(1),
        "there is no budget rate from USD to EUR for 2026-01-01",
    ),
    (PILES._replace(wbs="1" * 41), Decimal(1), "a WBS code has at most 40 characters"),
]


@pytest.mark.parametrize(("key", "amount", "told"), WRONG)
def test_a_row_that_cannot_be_leaves_all_as_it_was(cast, year, key, amount, told):
    Currency.objects.get_or_create(code="USD", defaults={"name": "Dollar"})
    budget = draft(cast, year)

    with pytest.raises(Invalid) as caught:
        set_lines(
            actor=cast.piet.actor(),
            budget=budget,
            rows=sheet((CREW, {year[3].pk: Decimal(1)}), (key, {year[3].pk: amount})),
            version=None,
        )

    assert caught.value.code == "finance.lines"
    assert f"Row 2: {told}" in caught.value.message or told in caught.value.message
    assert set(caught.value.fields) == {"lines", "row_2"}
    assert totals_of([budget])[budget.pk].distributed == 900
    assert Budget.objects.get(pk=budget.pk).version == budget.version


def test_a_period_of_another_office_is_none_of_this_one(cast, year):
    theirs = months(cast.other_office, 2026)
    budget = draft(cast, year)

    with pytest.raises(Invalid, match="its period is none of this office"):
        set_lines(
            actor=cast.piet.actor(),
            budget=budget,
            rows=sheet((PILES, {theirs[3].pk: Decimal(1)})),
            version=None,
        )


def test_two_rows_of_one_line_are_refused(cast, year):
    budget = draft(cast, year)

    with pytest.raises(Invalid, match="Row 2: it is the same line as row 1"):
        set_lines(
            actor=cast.piet.actor(),
            budget=budget,
            rows=sheet((PILES, {year[3].pk: Decimal(1)}), (PILES, {year[4].pk: Decimal(1)})),
            version=None,
        )


def test_another_currency_counts_at_the_budget_rate_of_the_first_day_of_the_year(cast, year):
    """O-FX-1: 95 000 at 1.10 are 104 500."""
    Currency.objects.get_or_create(code="USD", defaults={"name": "Dollar"})
    for first, rate in ((date(2026, 1, 1), "1.10"), (date(2026, 2, 1), "1.20")):
        ExchangeRate.objects.create(
            office=cast.office,
            kind="budget",
            from_currency_id="USD",
            to_currency_id="EUR",
            rate=Decimal(rate),
            valid_from=first,
        )
    key = PILES._replace(currency="USD")

    budget = draft(cast, year, SheetRow(1, key, {year[3].pk: Decimal(95_000)}))

    line = budget.lines.get()
    assert (line.amount, line.rate, line.own_amount) == (95_000, Decimal("1.1"), 104_500)
    assert totals_of([budget])[budget.pk].bac == 104_500


TABLE = """WBS\tCategory\tCapex/Opex\tText\t2026-03\t2026-04\tSum
1.1\tServices\tCapex\t\t1,250.50\t\t1,250.50
1.2\tInternal labour\tOPEX\tCrew\t\t300
Sum\t\t\t\t1,250.50\t300\t
"""


def cells(text):
    return {n: line.split("\t") for n, line in enumerate(text.splitlines(), start=1)}


def test_a_table_is_pasted_with_its_head_and_its_sums_are_passed_over(cast, year):
    budget = draft(cast, year)

    take_lines(actor=cast.piet.actor(), budget=budget, table=cells(TABLE), version=None)

    assert lines(budget) == [
        ("1.1", "2026-03", Decimal("1250.50")),
        ("1.2", "2026-04", 300),
    ]


def test_a_block_without_a_head_begins_at_the_chosen_period(cast, year):
    budget = draft(cast, year)
    block = "2.1\thardware\tcapex\tEUR\tCrane\t1.250,50\t2.000"

    take_lines(
        actor=cast.piet.actor(),
        budget=budget,
        table=cells(block),
        version=None,
        decimal_comma=True,
        first=year[6],
        whole=True,
    )

    assert lines(budget) == [("2.1", "2026-06", Decimal("1250.50")), ("2.1", "2026-07", 2000)]


def test_a_table_with_a_row_for_each_period_is_read_too(cast, year):
    budget = draft(cast, year)
    table = (
        "Period\tWBS\tCategory\tNature\tAmount\n"
        "2026-03\t1\tTravel\topex\t10\n2026-04\t1\tTravel\topex\t20"
    )

    take_lines(actor=cast.piet.actor(), budget=budget, table=cells(table), version=None, whole=True)

    assert lines(budget) == [("1", "2026-03", 10), ("1", "2026-04", 20)]


def test_every_row_that_cannot_be_read_is_told(cast, year):
    budget = draft(cast, year)
    table = (
        "WBS\tCategory\tNature\t2026-03\n"
        "1\tServices\tcapex\t1250,50\n"
        "2\tBeer\tcapex\t1\n"
        "3\tServices\tcapex\t=1+1\n"
        "4\tServices\tcapex\t10"
    )

    with pytest.raises(Invalid) as caught:
        take_lines(actor=cast.piet.actor(), budget=budget, table=cells(table), version=None)

    assert caught.value.message == (
        "Row 2: ‘1250,50’ is no amount; write it as 1,250.50. "
        "Row 3: ‘Beer’ is no category; write one of Internal labour, External labour, Hardware, "
        "Software, Services, Travel, Other. "
        "Row 4: ‘=1+1’ is no amount; write it as 1,250.50. "
        "Nothing was saved; mend the rows and send them again."
    )
    assert totals_of([budget])[budget.pk].distributed == 900


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("Category\tNature\t2027-01", "the column ‘2027-01’ is neither a period"),
        ("Category\tNature\t2026-01\t2026-01", "two columns are called ‘2026-01’"),
        ("Category\tNature\tPeriod", "a column Period needs a column Amount"),
    ],
)
def test_a_head_that_is_not_understood_is_told(cast, year, head, told):
    budget = draft(cast, year)

    with pytest.raises(Invalid, match=told) as caught:
        take_lines(
            actor=cast.piet.actor(),
            budget=budget,
            table=cells(f"{head}\nTravel\topex\t1"),
            version=None,
        )

    assert caught.value.code == "finance.lines_head"


def test_text_that_looks_like_a_formula_is_kept_as_text(cast, year):
    budget = draft(
        cast, year, SheetRow(1, Key("", "other", "opex", "EUR", "=1+1"), {year[1].pk: Decimal(1)})
    )

    assert budget.lines.get().text == "=1+1"


def test_nature_against_the_account_rule_is_set_by_finance_alone(cast, year):
    AccountRule.objects.create(office=cast.office, account="6*", category="services", nature="opex")
    rows = sheet((PILES, {year[3].pk: Decimal(1)}))
    budget = begin_budget(actor=cast.piet.actor(), project=cast.harbour, start=Start.EMPTY)

    with pytest.raises(Invalid, match="the account rules put services under opex"):
        set_lines(actor=cast.piet.actor(), budget=budget, rows=rows, version=None)
    set_lines(actor=cast.femi.actor(), budget=budget, rows=rows, version=None)

    assert budget.lines.get().nature == "capex"


def test_finance_puts_lines_of_an_approved_budget_under_another_nature(cast, year):
    both = SheetRow(3, CREW._replace(nature="capex"), {year[3].pk: Decimal(11)})
    other = SheetRow(4, CREW, {year[3].pk: Decimal(300), year[4].pk: Decimal(5)})
    budget = approved(cast, year, both, other)

    reclassify(
        actor=cast.femi.actor(),
        budget=budget,
        key=CREW,
        nature="capex",
        version=budget.version,
        reason="The audit says so",
    )

    assert sorted(budget.lines.values_list("nature", "period__name", "amount")) == [
        ("capex", "2026-03", 311),
        ("capex", "2026-04", 5),
    ]
    assert budget_totals([cast.harbour.pk])[cast.harbour.pk].total == 316
    assert (
        AuditEvent.objects.filter(action="budget.reclassified").get().after["amount"] == "305.0000"
    )


@pytest.mark.parametrize("who", ["piet", "sam", "ada", "tess"])
def test_nobody_else_puts_lines_under_another_nature(cast, year, who):
    budget = approved(cast, year)

    with pytest.raises(NotAllowed) as caught:
        reclassify(
            actor=cast.people[who].actor(),
            budget=budget,
            key=CREW,
            nature="capex",
            version=None,
            reason="Why not",
        )

    assert caught.value.code == "finance.reclassify"
    assert budget.lines.filter(wbs="1.2").get().nature == "opex"


def test_many_projects_are_asked_in_a_few_queries(cast, year, django_assert_num_queries):
    approved(cast, year)
    ids = [cast.harbour.pk, cast.foreign.pk]

    with django_assert_num_queries(3):
        assert set(budget_totals(ids)) == {cast.harbour.pk}


def test_a_sheet_of_many_cells_is_written_in_few_queries(cast, year, django_assert_max_num_queries):
    budget = draft(cast, year)
    rows = sheet(
        *(
            (PILES._replace(wbs=str(n)), {period.pk: Decimal(n) for period in year.values()})
            for n in range(1, 41)
        )
    )

    with django_assert_max_num_queries(40):
        set_lines(actor=cast.piet.actor(), budget=budget, rows=rows, version=None)

    assert BudgetLine.objects.count() == 483
    assert not ContingencyDraw.objects.exists()
