# SPDX-License-Identifier: Apache-2.0
"""Orders: placed within the funding, changed, received, closed and cancelled."""

from datetime import date
from decimal import Decimal

import pytest

from cast import make_project
from pilothouse.delivery.finance.models import (
    Commitment,
    CommitmentLine,
    ExchangeRate,
    FinancePolicy,
    Receipt,
)
from pilothouse.delivery.finance.queries.available import available
from pilothouse.delivery.finance.queries.orders import figures_of
from pilothouse.delivery.finance.rates import Rates
from pilothouse.delivery.finance.services.orders import (
    cancel_order,
    change_lines,
    close_order,
)
from pilothouse.delivery.finance.services.receipts import NewReceipt, receive
from pilothouse.delivery.finance.tests.orders import TODAY, Desk, line
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.planning.services import begin_plan, edit_plan
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")


@pytest.fixture
def desk(cast):
    made = Desk(cast)
    made.release(1000)
    return made


def figures(desk, order):
    order = Commitment.objects.select_related("currency", "project__currency").get(pk=order.pk)
    return figures_of([order], Rates(desk.office), TODAY)[0]


def told(desk, order):
    found = figures(desk, order)
    return tuple(map(int, (found.ordered, found.received, found.invoiced, found.open)))


def rate(desk, kind, value):
    ExchangeRate.objects.create(
        office=desk.office,
        kind=kind,
        from_currency_id="USD",
        to_currency_id="EUR",
        rate=Decimal(value),
        valid_from=date(2026, 1, 1),
    )


def test_an_order_is_open_by_what_did_not_come(desk):
    """O-FCT-1: ordered 100, received 60, invoiced 45: 40 are open."""
    order = desk.order(100)
    desk.receive(order, 60)
    desk.actual(45, order)

    assert told(desk, order) == (100, 60, 45, 40)


def test_without_receipts_an_order_is_open_by_what_was_not_invoiced(desk):
    order = desk.order(100, receipts_kept=False)
    desk.actual(45, order)

    assert told(desk, order) == (100, 0, 45, 55)
    with pytest.raises(Invalid, match="Receipts are not kept"):
        desk.receive(order, 60)


def test_what_came_beyond_one_line_leaves_the_others_open(desk):
    order = desk.order(60, 40)
    desk.receive(order, 70, text="Ten more piles")

    assert told(desk, order) == (100, 70, 0, 40)


def test_more_is_invoiced_than_ordered_and_nothing_is_open(desk):
    order = desk.order(100, receipts_kept=False)
    desk.actual(130, order)

    assert told(desk, order) == (100, 0, 130, 0)


def test_invoices_that_came_before_the_order_are_its_own(desk):
    desk.actual(45, po_no="PO-1")
    desk.actual(10, po_no="PO-2")

    assert told(desk, desk.order(100, receipts_kept=False)) == (100, 0, 45, 55)


def test_an_order_above_what_is_available_is_refused_with_the_figures(cast):
    """O-BUD-2: released 300, 30 are free: 35 is refused, 30 goes."""
    desk = Desk(cast)
    desk.release(300)
    desk.actual(200)
    desk.order(70)

    with pytest.raises(Invalid) as refused:
        desk.order(35, number="PO-2")
    assert "35.00 is above the EUR 30.00" in refused.value.message
    assert Commitment.objects.count() == 1

    desk.order(30, number="PO-2")
    assert available(desk.project, TODAY).available == 0


def test_an_order_is_refused_on_the_day_on_which_its_funding_has_lapsed(cast):
    desk = Desk(cast)
    desk.release(300, last=date(2026, 3, 30))

    with pytest.raises(Invalid) as refused:
        desk.order(30)

    assert refused.value.code == "finance.not_released"
    assert not Commitment.objects.exists()


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"amount": "9000000000000"}, "comes to more than EUR 10,000,000,000,000"),
        ({"amount": "1e30"}, "is no amount to order"),
        ({"amount": "NaN"}, "is no amount to order"),
        ({"wbs": "1" * 41}, "at most 40 characters"),
        ({"text": "x" * 201}, "at most 200 characters"),
        ({"expected_on": date(9000, 1, 1)}, "9000"),
    ],
)
def test_a_line_that_cannot_be_kept_is_refused_by_its_number(desk, values, told):
    rate(desk, "actual", "2")
    lines = [line(1), line(values.pop("amount", 1), **values)]

    with pytest.raises(Invalid) as refused:
        desk.order(currency="USD", lines=lines)

    assert refused.value.code == "finance.order_line"
    assert list(refused.value.fields) == ["line2"]
    assert refused.value.message.startswith("Line 2: ")
    assert told in refused.value.message
    assert not Commitment.objects.exists()


def planned(desk):
    """A plan with the tasks 1.1 Piles, 1.2 Quay and 2.7 Crane."""
    begin_plan(actor=SYSTEM, project=desk.project, start=date(2026, 1, 5))
    names = {"Piles": "1.1", "Quay": "1.2", "Crane": "2.7"}
    tasks = [{"name": name, "duration": "4d"} for name in names]
    steps = [{"do": "add", "after": None, "tasks": tasks}]
    edit_plan(actor=SYSTEM, project=desk.project, steps=steps)
    for name, code in names.items():
        Task.objects.filter(name=name).update(wbs=code)


def test_a_code_that_the_plan_does_not_have_is_refused_with_those_that_are_like_it(desk):
    planned(desk)

    with pytest.raises(Invalid) as refused:
        desk.order(lines=[line(1), line(1, wbs="1.3")])

    assert refused.value.code == "finance.order_code"
    assert list(refused.value.fields) == ["line2.wbs"]
    assert refused.value.message.startswith("Line 2: the plan has no task with the WBS code ‘1.3’.")
    assert "1.1 Piles" in refused.value.message and "2.7" not in refused.value.message
    assert not Commitment.objects.exists()
    desk.order(lines=[line(1, wbs=" 1.2 "), line(1, wbs="")])


def test_without_a_plan_every_code_is_taken(desk):
    assert desk.order(lines=[line(1, wbs="9.9")]).lines.get().wbs == "9.9"


def test_a_code_that_an_order_has_stays_when_its_lines_change(desk):
    order = desk.order(lines=[line(1, wbs="9.9")])
    planned(desk)
    change = {"actor": desk.actor(), "order": order, "today": TODAY}

    change_lines(**change, lines=[line(2, wbs="9.9")], version=1)
    with pytest.raises(Invalid, match=r"‘8\.8’\. Leave it empty"):
        change_lines(**change, lines=[line(2, wbs="8.8")], version=2)

    assert order.lines.get().amount == 2


def test_where_the_policy_warns_an_order_above_is_flagged(desk):
    FinancePolicy.objects.create(office=desk.office, funding_check="warn")

    assert not desk.order(1000).above_funding
    assert desk.order(1, number="PO-2").above_funding


def test_nothing_is_ordered_before_funding_is_released(cast):
    desk = Desk(cast)
    FinancePolicy.objects.create(office=desk.office, funding_check="warn")

    with pytest.raises(Invalid, match="No funding of project HARB is released yet"):
        desk.order(1)

    assert not Commitment.objects.exists()


@pytest.mark.parametrize(
    "values, field",
    [
        ({"lines": [line("-5")]}, "line1"),
        ({"lines": [line("5"), line("0")]}, "line2"),
        ({"lines": [line("5.005")]}, "line1"),
        ({"lines": [line("5", category="guess")]}, "line1"),
        ({"lines": [line("5", expected_on=date(2026, 3, 1))]}, "line1"),
        ({"lines": []}, "lines"),
        ({"ordered_on": date(2025, 12, 31)}, "period"),
        ({"ordered_on": date(2026, 4, 1)}, "ordered_on"),
        ({"currency": "USD"}, "currency"),
        ({"number": " "}, "number"),
        ({"supplier": ""}, "supplier"),
    ],
)
def test_what_no_order_is_is_refused_at_its_place(desk, values, field):
    with pytest.raises(Invalid) as refused:
        desk.order(*(() if "lines" in values else (5,)), **values)

    assert set(refused.value.fields) == {field}
    assert not Commitment.objects.exists()
    assert not CommitmentLine.objects.exists()


def test_a_number_is_used_once_in_an_office(desk):
    other = make_project(desk.cast.portfolio, "CRANE", "Crane")
    order = desk.order(5)
    order.state = "cancelled"
    order.save()

    with pytest.raises(Invalid, match="already an order PO-1"):
        desk.order(5)
    with pytest.raises(Invalid, match="already an order PO-1"):
        desk.order(5, project=other)

    assert Commitment.objects.count() == 1


@pytest.mark.parametrize("who", ["ada", "piet", "rosa", "sam", "tess", "otto", "nia"])
def test_only_finance_orders_receives_and_ends(desk, who):
    order = desk.order(100)
    with pytest.raises(NotAllowed):
        desk.order(5, who=who, number="PO-2")
    with pytest.raises(NotAllowed):
        desk.receive(order, 5, who=who)
    for end in (close_order, cancel_order):
        with pytest.raises(NotAllowed):
            end(actor=desk.actor(who), order=order, version=1, reason="x")
    with pytest.raises(NotAllowed):
        change_lines(actor=desk.actor(who), order=order, lines=[line(5)], version=1, today=TODAY)

    assert told(desk, order) == (100, 0, 0, 100)


def test_an_order_of_a_project_that_is_over_is_refused(desk):
    desk.project.state = "closed"
    desk.project.save()

    with pytest.raises(Invalid, match="its money no longer changes"):
        desk.order(5)


def test_an_order_in_another_currency_is_open_at_the_closing_rate(desk):
    rate(desk, "actual", "0.9")
    order = desk.order(100, currency="USD")
    assert figures(desk, order).problem.startswith("There is no closing rate from USD to EUR")

    rate(desk, "closing", "0.8")
    found = figures(desk, order)

    assert (found.own_ordered, found.own_open, found.problem) == (90, 80, "")


def test_lines_are_replaced_while_nothing_came(desk):
    order = desk.order(100)
    made = change_lines(
        actor=desk.actor(), order=order, lines=[line(40), line(30)], version=1, today=TODAY
    )

    assert told(desk, order) == (70, 0, 0, 70)
    assert made.version == 2
    event = AuditEvent.objects.filter(action="commitment.lines").first()
    assert [row["amount"] for row in event.before["lines"]] == ["100.0000"]
    with pytest.raises(Conflict):
        change_lines(actor=desk.actor(), order=order, lines=[line(1)], version=1, today=TODAY)

    desk.receive(order, 5)
    with pytest.raises(Invalid, match="Something of order PO-1 came already"):
        change_lines(actor=desk.actor(), order=order, lines=[line(1)], version=3, today=TODAY)
    assert told(desk, order) == (70, 5, 0, 65)


def test_lines_that_cost_more_are_held_against_the_funding(desk):
    order = desk.order(900)

    with pytest.raises(Invalid, match=r"101.00 is above the EUR 100.00"):
        change_lines(actor=desk.actor(), order=order, lines=[line(1001)], version=1, today=TODAY)
    change_lines(actor=desk.actor(), order=order, lines=[line(1000)], version=1, today=TODAY)
    assert told(desk, order) == (1000, 0, 0, 1000)


def test_what_goes_back_is_below_zero_and_never_more_than_came(desk):
    order = desk.order(100)
    desk.receive(order, 60)
    desk.receive(order, -20)

    with pytest.raises(Invalid, match=r"EUR 40.00 came; no more can go back"):
        desk.receive(order, -41)
    assert told(desk, order) == (100, 40, 0, 60)


def test_more_than_was_ordered_needs_a_word(desk):
    order = desk.order(100)

    with pytest.raises(Invalid, match=r"EUR 101.00 came of EUR 100.00"):
        desk.receive(order, 101)
    desk.receive(order, 101, text="One more pile")
    desk.receive(order, -1)

    assert told(desk, order) == (100, 100, 0, 0)


@pytest.mark.parametrize(
    "values, field",
    [
        ({"day": date(2026, 3, 1)}, "day"),
        ({"day": date(2026, 4, 1)}, "day"),
        ({"amount": Decimal(0)}, "amount"),
        ({"amount": Decimal("1.001")}, "amount"),
        ({"position": 2}, "position"),
    ],
)
def test_what_no_receipt_is_is_refused_at_its_field(desk, values, field):
    order = desk.order(100)
    new = NewReceipt(**({"position": 1, "day": date(2026, 3, 20), "amount": Decimal(5)} | values))

    with pytest.raises(Invalid) as refused:
        receive(actor=desk.actor(), order=order, new=new, version=1, today=TODAY)

    assert set(refused.value.fields) == {field}
    assert not Receipt.objects.exists()


def test_nothing_is_received_into_a_closed_period(desk):
    order = desk.order(100)
    period = desk.months[3]
    period.state = "closed"
    period.save()

    with pytest.raises(Invalid, match="Period 2026-03 is closed"):
        desk.receive(order, 5)

    assert not Receipt.objects.exists()


def test_a_receipt_is_entered_from_the_version_that_was_seen(desk):
    order = desk.order(100)
    new = NewReceipt(1, date(2026, 3, 20), Decimal(5))
    receive(actor=desk.actor(), order=order, new=new, version=1, today=TODAY)

    with pytest.raises(Conflict):
        receive(actor=desk.actor(), order=order, new=new, version=1, today=TODAY)
    assert Receipt.objects.count() == 1


def test_the_rest_of_a_closed_order_is_let_go(desk):
    order = desk.order(100)
    desk.receive(order, 60)
    with pytest.raises(Invalid, match="Say why"):
        close_order(actor=desk.actor(), order=order, version=2, reason="")
    close_order(actor=desk.actor(), order=order, version=2, reason="No more piles")

    assert told(desk, order) == (100, 60, 0, 0)
    with pytest.raises(Invalid, match="PO-1 is closed"):
        desk.receive(order, 5)


def test_an_order_is_cancelled_only_while_nothing_came(desk):
    one, two, three = (desk.order(100, number=f"PO-{n}") for n in (1, 2, 3))
    cancel_order(actor=desk.actor(), order=one, version=1, reason="Another supplier")
    desk.receive(two, 1)
    desk.actual(1, three)

    assert told(desk, one) == (100, 0, 0, 0)
    for order, version in ((two, 2), (three, 1)):
        with pytest.raises(Invalid, match="came already; close the order"):
            cancel_order(actor=desk.actor(), order=order, version=version, reason="x")
    assert available(desk.project, TODAY).commitments == 99 + 100


def test_a_line_keeps_its_rate_at_ten_decimals_and_its_amount_from_the_whole_rate(desk):
    values = {"from_currency_id": "EUR", "to_currency_id": "USD", "rate": Decimal("1.2")}
    rate(desk, "actual", "1")
    ExchangeRate.objects.update(**values)

    kept = desk.order("0.03", currency="USD").lines.get()

    assert (kept.rate, kept.own_amount) == (Decimal("0.8333333333"), Decimal("0.03"))


def test_many_orders_cost_as_few_queries_as_one(desk, django_assert_num_queries):
    for number in range(5):
        desk.receive(desk.order(10, 10, number=f"PO-{number}"), 5)
    rows = list(Commitment.objects.select_related("currency", "project__currency"))
    rates = Rates(desk.office)

    with django_assert_num_queries(3):
        assert [int(row.open) for row in figures_of(rows, rates, TODAY)] == [15] * 5
