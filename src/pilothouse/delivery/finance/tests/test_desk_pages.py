# SPDX-License-Identifier: Apache-2.0
"""The pages of the finance desk, as Femi uses them and as others may read them."""

import html
import re
from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pilothouse.delivery.finance.models import (
    AccountRule,
    CodeRule,
    CostRate,
    ExchangeRate,
    FinancePolicy,
    FiscalPeriod,
)
from pilothouse.delivery.finance.tests.orders import Desk
from pilothouse.foundation.core.tables import write_csv, write_xlsx
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db


@pytest.fixture
def as_(client, cast):
    def become(who):
        client.force_login(cast.people[who])
        return client

    return become


@pytest.fixture
def office(cast):
    Currency.objects.get_or_create(code="USD", defaults={"name": "US dollar"})
    return cast.office


def post(client, name, *arguments, **values):
    return client.post(reverse(f"finance:{name}", args=arguments), values)


def text(response):
    return response.content.decode()


def test_the_page_of_a_close_shows_the_accruals_with_their_rate(cast, as_):
    desk = Desk(cast)
    desk.release(1000)
    desk.receive(desk.order(100), 60)
    FiscalPeriod.objects.filter(pk__in=[desk.months[1].pk, desk.months[2].pk]).update(
        state="closed"
    )

    page = text(as_("femi").get(reverse("finance:period-close", args=[desk.months[3].pk])))

    assert "PO-1" in page
    assert "EUR 60.00" in page


def test_a_year_is_opened_and_its_first_period_closed(as_, office):
    femi = as_("femi")
    empty = text(femi.get(reverse("finance:periods", args=[office.pk])))
    assert "No fiscal year is open yet" in empty

    assert post(femi, "year-open", office.pk, year="2026").status_code == 302
    first = FiscalPeriod.objects.get(number=1)
    page = text(femi.get(reverse("finance:period-close", args=[first.pk])))
    assert "Nothing that came is without its invoice" in page
    assert post(femi, "period-close", first.pk, version="1").status_code == 302

    first.refresh_from_db()
    assert not first.is_open
    listed = text(femi.get(reverse("finance:periods", args=[office.pk])))
    assert "Reopen 2026-01" in listed and "Close 2026-02" in listed
    again = post(femi, "period-reopen", first.pk, version="2", reason="A late invoice")
    assert again.status_code == 302


def test_a_year_that_overlaps_comes_back_with_the_message_at_the_field(as_, office):
    femi = as_("femi")
    post(femi, "year-open", office.pk, year="2026")

    answer = post(femi, "year-open", office.pk, year="2026")

    assert answer.status_code == 422
    assert "lie in periods that are open already" in text(answer)
    assert FiscalPeriod.objects.count() == 12


def test_a_close_that_is_refused_says_why_and_changes_nothing(as_, cast):
    desk = Desk(cast)
    desk.actual(5, state="suspense", period=None, month=1)
    femi = as_("femi")

    late = post(femi, "period-close", desk.months[2].pk, version="1")
    waiting = post(femi, "period-close", desk.months[1].pk, version="1")

    assert late.status_code == waiting.status_code == 422
    assert "Period 2026-01 is still open" in text(late)
    assert "1 row of the ledger of 2026-01" in text(waiting)
    assert not FiscalPeriod.objects.filter(state="closed").exists()


def test_the_policy_is_changed_by_finance_and_read_by_the_director(as_, office):
    url = reverse("finance:policy", args=[office.pk])
    values = {
        "funding_check": "warn",
        "pm_contingency_pct": "30",
        "year_begins": "4",
        "actual_rate": "month",
        "variance_pct": "5",
        "variance_amount": "1,000",
        "version": "1",
    }
    assert as_("femi").post(url, values).status_code == 302
    assert FinancePolicy.objects.get().year_begins == 4

    ada = as_("ada")
    page = text(ada.get(url))
    assert "April" in page and "Save the policy" not in page
    assert ada.post(url, values).status_code == 403


def test_a_rate_is_entered_listed_by_kind_and_void(as_, office):
    femi = as_("femi")
    new = {
        "kind": "actual",
        "from_currency": "EUR",
        "to_currency": "USD",
        "rate": "1.0857",
        "valid_from": "2026-01-01",
    }
    assert post(femi, "exchange-new", office.pk, **new).status_code == 302
    again = post(femi, "exchange-new", office.pk, **new)
    assert again.status_code == 422 and "overlaps" in text(again)

    url = reverse("finance:exchange", args=[office.pk])
    assert "1.0857" in text(femi.get(url, {"kind": "actual", "currency": "USD"}))
    assert "No rate is of this kind" in text(femi.get(url, {"kind": "closing"}))

    row = ExchangeRate.objects.get()
    void = {"version": "1", "reason": "A slip"}
    assert post(femi, "exchange-void", row.pk, **void).status_code == 302
    assert "1.0857" not in text(femi.get(url))
    assert "A slip" in text(femi.get(url, {"void": "yes"}))


def test_a_pasted_table_is_checked_before_it_is_taken(as_, office):
    femi = as_("femi")
    table = "Kind\tFrom\tTo\tDate\tRate\nactual\tEUR\tUSD\t2026-01-01\t1.10\n"

    checked = post(femi, "exchange-paste", office.pk, lines=table, step="check")
    assert "1 rates to take" in text(checked) and "Take the rates" in text(checked)
    assert not ExchangeRate.objects.exists()

    wrong = table + "actual\tEUR\tXYZ\t2026-01-01\t1.10\n"
    checked = text(post(femi, "exchange-paste", office.pk, lines=wrong, step="check"))
    assert "Line 3: There is no currency ‘XYZ’" in checked
    assert "Take the rates" not in checked
    refused = post(femi, "exchange-paste", office.pk, lines=wrong, step="take")
    assert refused.status_code == 422
    for sent in (
        table + 'actual\tEUR\tUSD\t2026-01-02\t"' + "1" * 140_000,
        table.replace("1.10", "1e999999"),
    ):
        answer = post(femi, "exchange-paste", office.pk, lines=sent, step="take")
        assert answer.status_code == 422 and len(answer.content) < 500_000
    headless = post(femi, "exchange-paste", office.pk, lines="1;2", step="check")
    assert "The first row names the columns" in text(headless)
    assert not ExchangeRate.objects.exists()

    assert post(femi, "exchange-paste", office.pk, lines=table, step="take").status_code == 302
    assert ExchangeRate.objects.get().rate == Decimal("1.10")


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_a_file_is_read_into_the_rows_and_checked(as_, office, kind):
    femi = as_("femi")
    head = ("kind", "from", "to", "valid from", "rate")
    row = ("actual", "EUR", "USD", date(2026, 1, 1), Decimal("1.10"))
    data = (write_csv if kind == "csv" else write_xlsx)([row], head)
    file = SimpleUploadedFile(f"rates.{kind}", data)

    checked = post(femi, "exchange-paste", office.pk, file=file, step="take")

    assert checked.status_code == 200 and "1 rates to take" in text(checked)
    assert not ExchangeRate.objects.exists()
    rows = html.unescape(re.search(r"<textarea[^>]*>(.*?)</textarea>", text(checked), re.S)[1])
    assert post(femi, "exchange-paste", office.pk, lines=rows, step="take").status_code == 302
    assert ExchangeRate.objects.get().rate == Decimal("1.10")


def test_a_file_that_is_none_is_refused_in_words(as_, office):
    femi = as_("femi")

    for data in (b"", b"\x89PNG" + b"\0" * 2000, b"PK\x03\x04" + b"\0" * 50):
        answer = post(femi, "exchange-paste", office.pk, file=SimpleUploadedFile("a.csv", data))
        assert answer.status_code == 422

    assert not ExchangeRate.objects.exists()


def test_cost_rates_are_kept_by_finance_and_hidden_from_the_manager(as_, cast, office):
    femi = as_("femi")
    new = {
        "person": str(cast.tess.pk),
        "kind": "standard",
        "amount": "75.00",
        "currency": "EUR",
        "valid_from": "2025-01-01",
    }
    assert post(femi, "cost-rate-new", office.pk, **new).status_code == 302
    row = CostRate.objects.get()
    url = reverse("finance:cost-rates", args=[office.pk])
    assert "75.00" in text(femi.get(url))
    ended = post(femi, "cost-rate-end", row.pk, version="1", valid_to="2025-06-30")
    assert ended.status_code == 302
    assert "75.00" in text(as_("ada").get(url))
    for who in ("piet", "sam", "tess"):
        answer = as_(who).get(url)
        assert answer.status_code == 403 and "75" not in text(answer)

    femi = as_("femi")
    assert post(femi, "cost-rate-void", row.pk, version="2", reason="Gone").status_code == 302
    assert "75.00" not in text(femi.get(url))


def test_rules_of_accounts_and_codes_are_kept(as_, cast, office):
    femi = as_("femi")
    account = {"account": "6*", "category": "services", "nature": "opex"}
    assert post(femi, "account-rule-new", office.pk, **account).status_code == 302
    rule = AccountRule.objects.get()
    changed = post(femi, "account-rule", rule.pk, **(account | {"nature": "capex", "version": "1"}))
    assert changed.status_code == 302
    stale = post(femi, "account-rule", rule.pk, **(account | {"version": "1"}))
    assert stale.status_code == 409

    code = {"code": "P-77", "project": "harb", "wbs": "1.2"}
    assert post(femi, "code-rule-new", office.pk, **code).status_code == 302
    assert CodeRule.objects.get().project == cast.harbour
    wrong = post(femi, "code-rule-new", office.pk, code="P-78", project="SECRET")
    assert wrong.status_code == 422 and "no project SECRET" in text(wrong)

    for name, row in (("account-rule-void", rule), ("code-rule-void", CodeRule.objects.get())):
        row.refresh_from_db()
        gone = post(femi, name, row.pk, version=str(row.version), reason="Not used")
        assert gone.status_code == 302
    assert "No rule yet" in text(femi.get(reverse("finance:code-rules", args=[office.pk])))


def test_the_desk_is_reached_from_the_settings(as_, office):
    url = reverse("finance:periods", args=[office.pk])
    costs = reverse("finance:cost-rates", args=[office.pk])

    assert costs in text(as_("rosa").get(reverse("organisation:settings")))
    assert costs not in text(as_("piet").get(reverse("organisation:settings")))
    assert url in text(as_("femi").get(reverse("organisation:settings")))
    assert url not in text(as_("tess").get(reverse("organisation:settings")))


def test_a_long_list_of_rates_costs_as_few_queries_as_a_short_one(
    as_, office, django_assert_max_num_queries
):
    ExchangeRate.objects.bulk_create(
        ExchangeRate(
            office=office,
            kind="actual",
            from_currency_id="EUR",
            to_currency_id="USD",
            rate=Decimal("1.1"),
            valid_from=date(2026, 1, day),
        )
        for day in range(1, 29)
    )
    femi = as_("femi")
    url = reverse("finance:exchange", args=[office.pk])
    femi.get(url)

    with django_assert_max_num_queries(8):
        assert "28" in text(femi.get(url))
