# SPDX-License-Identifier: Apache-2.0
"""The pages of orders and accruals of a project, as finance and the project manager use them."""

import pytest
from django.urls import reverse

from pilothouse.delivery.finance.models import Accrual, Commitment, Receipt
from pilothouse.delivery.finance.services.periods import open_year
from pilothouse.delivery.finance.tests.orders import Desk
from pilothouse.foundation.core import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client, cast):
    def become(who):
        client.force_login(cast.people[who])
        return client

    return become


@pytest.fixture
def desk(cast):
    made = Desk(cast)
    made.release(1000)
    for year in range(2027, clock.today().year + 2):
        open_year(actor=made.actor(), office=cast.office, year=year)
    return made


def post(client, name, *arguments, **values):
    return client.post(reverse(f"finance:{name}", args=arguments), values)


def text(response):
    return response.content.decode()


def today():
    return clock.today().isoformat()


def typed(number="1", amount="100", **values):
    return {
        f"amount{number}": amount,
        f"category{number}": "services",
        f"nature{number}": "opex",
        f"wbs{number}": "1.1",
        f"expected{number}": "2099-01-01",
    } | values


ORDER = {"number": "PO-9", "supplier": "Dredgers Ltd", "currency": "EUR", "receipts_kept": "on"}


def test_an_order_goes_from_its_entry_over_receipts_to_its_close(as_, desk):
    femi = as_("femi")
    new = ORDER | {"ordered_on": today()} | typed() | typed("2", "50")
    assert "Nothing is ordered yet" in text(
        femi.get(reverse("finance:orders", args=[desk.project.pk]))
    )
    answer = post(femi, "order-new", desk.project.pk, **new)
    assert answer.status_code == 302
    order = Commitment.objects.get()
    assert [line.amount for line in order.lines.all()] == [100, 50]

    came = {"position": "1", "day": today(), "amount": "60", "version": "1"}
    assert post(femi, "order-receive", order.pk, **came).status_code == 302
    desk.actual(45, order)
    page = text(femi.get(reverse("finance:order", args=[order.pk])))
    assert "40.00 + 50.00 = 90.00" in page and "SAP" in page
    listed = text(femi.get(reverse("finance:orders", args=[desk.project.pk])))
    assert "90.00" in listed and "850.00" in listed

    closed = post(femi, "order-close", order.pk, version="2", reason="No more piles")
    assert closed.status_code == 302
    page = text(femi.get(reverse("finance:order", args=[order.pk])))
    assert "No more piles" in page and "Receive</a>" not in page


def test_lines_are_changed_and_an_order_cancelled_while_nothing_came(as_, desk):
    order = desk.order(100)
    femi = as_("femi")
    url = reverse("finance:order-lines", args=[order.pk])
    assert 'value="100"' in text(femi.get(url))

    changed = post(femi, "order-lines", order.pk, version="1", **typed("1", "80"))
    assert changed.status_code == 302
    assert order.lines.get().amount == 80
    stale = post(femi, "order-lines", order.pk, version="1", **typed("1", "70"))
    assert stale.status_code == 409
    assert order.lines.get().amount == 80

    gone = post(femi, "order-cancel", order.pk, version="2", reason="Another supplier")
    assert gone.status_code == 302
    order.refresh_from_db()
    assert order.state == "cancelled"


@pytest.mark.parametrize(
    "values, message",
    [
        (typed("1", "1001"), "1,001.00 is above the EUR 1,000.00"),
        (typed("1", "-5"), "-5 is no amount to order"),
        (typed("3", "0", amount1="5", category1="services", nature1="opex"), "Choose a day."),
        (typed() | typed("3", "0"), "Line 2: 0 is no amount to order"),
        (typed("1", "5,00"), "is no number"),
        ({}, "Needed."),
    ],
)
def test_an_order_that_is_refused_comes_back_as_it_was_typed(as_, desk, values, message):
    femi = as_("femi")

    answer = post(femi, "order-new", desk.project.pk, **(ORDER | {"ordered_on": today()} | values))

    assert answer.status_code == 422
    assert message in text(answer) and "Dredgers Ltd" in text(answer)
    assert not Commitment.objects.exists()


def test_a_receipt_that_is_refused_changes_nothing(as_, desk):
    order = desk.order(100)
    femi = as_("femi")

    much = post(
        femi, "order-receive", order.pk, position="1", day=today(), amount="101", version="1"
    )
    early = post(
        femi, "order-receive", order.pk, position="1", day="2026-03-01", amount="5", version="1"
    )

    assert much.status_code == early.status_code == 422
    assert "Say why in the text" in text(much)
    assert "Nothing came before 2026-03-02" in text(early)
    assert not Receipt.objects.exists()


def test_a_manager_reads_orders_and_changes_none(as_, desk):
    order = desk.order(100)
    piet = as_("piet")

    page = text(piet.get(reverse("finance:order", args=[order.pk])))
    assert "Dredgers Ltd" in page and "Close</a>" not in page
    for name in ("order-lines", "order-receive", "order-close", "order-cancel"):
        assert piet.get(reverse(f"finance:{name}", args=[order.pk])).status_code == 403
    assert as_("rosa").get(reverse("finance:order", args=[order.pk])).status_code == 403
    assert as_("nia").get(reverse("finance:order", args=[order.pk])).status_code == 404


def test_a_manager_proposes_an_accrual_that_finance_posts(as_, desk):
    piet = as_("piet")
    values = {
        "period": str(desk.months[3].pk),
        "amount": "500",
        "currency": "EUR",
        "category": "services",
        "nature": "opex",
        "wbs": "1.2",
        "basis": "Divers in March",
    }
    refused = post(piet, "accrual-new", desk.project.pk, **(values | {"amount": "0"}))
    assert refused.status_code == 422 and "is above 0" in text(refused)
    assert post(piet, "accrual-new", desk.project.pk, **values).status_code == 302
    row = Accrual.objects.get()
    url = reverse("finance:accruals", args=[desk.project.pk])
    assert "Divers in March" in text(piet.get(url)) and "Post<" not in text(piet.get(url))
    assert post(piet, "accrual-post", row.pk, version="1").status_code == 403

    femi = as_("femi")
    assert "Post<" in text(femi.get(url))
    assert post(femi, "accrual-post", row.pk, version="9").status_code == 409
    assert post(femi, "accrual-post", row.pk, version="1").status_code == 302
    row.refresh_from_db()
    assert row.state == "posted"
    assert "2026-04" in text(femi.get(url))
    late = post(femi, "accrual-reject", row.pk, version="2", reason="Too late")
    assert late.status_code == 422


def test_an_accrual_is_rejected_with_the_reason(as_, desk):
    piet = as_("piet")
    values = {
        "period": str(desk.months[3].pk),
        "amount": "500",
        "currency": "EUR",
        "category": "services",
        "nature": "opex",
        "basis": "Divers in March",
    }
    post(piet, "accrual-new", desk.project.pk, **values)
    row = Accrual.objects.get()

    femi = as_("femi")
    answer = post(femi, "accrual-reject", row.pk, version="1", reason="It is invoiced")

    assert answer.status_code == 302
    page = text(as_("piet").get(reverse("finance:accruals", args=[desk.project.pk])))
    assert "It is invoiced" in page


def test_a_list_of_orders_costs_as_few_queries_however_long(
    as_, desk, django_assert_max_num_queries
):
    for number in range(8):
        desk.order(10, 10, number=f"PO-{number}")
    femi = as_("femi")
    url = reverse("finance:orders", args=[desk.project.pk])
    femi.get(url)

    with django_assert_max_num_queries(27):
        assert "PO-7" in text(femi.get(url))
