# SPDX-License-Identifier: Apache-2.0
"""Posting rows of the ledger: what is placed, what waits, what is refused (DOMAIN 6.6)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from cast import make_project
from pilothouse.delivery.finance.ledger_effect import Posting
from pilothouse.delivery.finance.ledger_rows import COLUMNS, Form
from pilothouse.delivery.finance.models import (
    Actual,
    Commitment,
    CostTotal,
    ExchangeRate,
    FinancePolicy,
    FiscalPeriod,
    LedgerBatch,
)
from pilothouse.delivery.finance.services.ledger import dry_run, post_rows
from pilothouse.delivery.finance.tests.ledgers import keep_rules, live, post, row
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.models import Currency

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def office(cast):
    keep_rules(cast)
    Currency.objects.get_or_create(code="USD", defaults={"name": "Dollar", "minor_units": 2})
    return cast.office


def rate(cast, kind, value, first=date(2026, 1, 1)):
    ExchangeRate.objects.create(
        office=cast.office,
        kind=kind,
        from_currency_id="USD",
        to_currency_id="EUR",
        rate=Decimal(value),
        valid_from=first,
    )


def one(document="1", line="1"):
    return Actual.objects.exclude(state="rolled_back").get(document_no=document, line_no=line)


def refused(cast, rows, **told):
    before = Actual.objects.count(), LedgerBatch.objects.count(), CostTotal.objects.count()
    with pytest.raises(Invalid) as caught:
        post(cast, rows, **told)

    after = Actual.objects.count(), LedgerBatch.objects.count(), CostTotal.objects.count()
    assert (caught.value.code, after) == ("finance.ledger_rows", before)
    return caught.value.fields


def test_ten_rows_of_a_thousand_agree_to_the_cent(cast):
    """O-LED-1."""
    post(cast, [row("again", "50.00")])
    amounts = ["100.00"] * 6 + ["200.00"]
    rows = [row(number, amount) for number, amount in enumerate(amounts)]
    rows += [row("s1", "90.00", project_code="NOWHERE"), row("s2", "60.00", account="9999")]
    rows += [row("again", "50.00")]

    effect = post(cast, rows)

    assert effect.totals == {
        "EUR": {
            "imported": [10, Decimal("1000.00")],
            "mapped": [7, Decimal("800.00")],
            "suspense": [2, Decimal("150.00")],
            "held": [0, Decimal(0)],
            "skipped": [1, Decimal("50.00")],
        }
    }
    batch = LedgerBatch.objects.get(pk=effect.batch.pk)
    assert (batch.state, batch.number) == ("with_suspense", 2)
    assert batch.totals[0]["suspense"] == {"rows": 2, "amount": "150"}
    assert live(cast) == {"EUR": Decimal("1000.00")}


def test_a_row_finds_its_project_by_code_rule_and_its_purpose_by_the_longest_beginning(cast):
    post(
        cast,
        [
            row(1, "10", project_code="4711", account="6105"),
            row(2, "20", account="6900"),
            row(3, "30", account="7000", wbs_code="2.1", supplier="=HYPERLINK(1)"),
        ],
    )

    assert [(r.project_id, r.wbs, r.category, r.nature) for r in Actual.objects.order_by("pk")] == [
        (cast.harbour.pk, "1.2", "services", "opex"),
        (cast.harbour.pk, "", "other", "opex"),
        (cast.harbour.pk, "2.1", "hardware", "capex"),
    ]
    assert one("3").supplier == "=HYPERLINK(1)"
    assert list(
        CostTotal.objects.values_list("period__name", "category", "actual", "constant", "rows")
    ) == [
        ("2026-03", "hardware", Decimal(30), Decimal(30), 1),
        ("2026-03", "other", Decimal(20), Decimal(20), 1),
        ("2026-03", "services", Decimal(10), Decimal(10), 1),
    ]


def test_an_amount_is_kept_at_the_actual_and_at_the_budget_rate(cast):
    rate(cast, "actual", "1.15")
    rate(cast, "budget", "1.10")

    post(cast, [row(1, "100000", currency="usd")])

    assert (one().own_amount, one().constant_amount, one().rate) == (
        Decimal(115_000),
        Decimal(110_000),
        Decimal("1.15"),
    )


def test_the_mean_of_the_month_holds_where_the_office_says_so(cast):
    rate(cast, "actual", "1.00")
    rate(cast, "actual", "2.00", date(2026, 4, 16))
    rate(cast, "budget", "1.10")
    FinancePolicy.objects.create(office=cast.office, actual_rate="month")

    post(cast, [row(1, "100", currency="USD", posting_date="2026-04-01")])

    assert one().own_amount == Decimal(150)


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        (
            {"posting_date": "2025-12-31"},
            "No fiscal period holds 2025-12-31.",
        ),
        ({"posting_date": "2026-01-05"}, "Period 2026-01 is closed."),
        ({"project_code": "OLD"}, "Project OLD is closed."),
        (
            {"currency": "USD"},
            "There is no actual rate from USD to EUR for 2026-03-16. "
            "There is no budget rate from USD to EUR for 2026-03-16.",
        ),
        ({"nature": "capex"}, "The row says capex, the rule of account 6100 says opex."),
    ],
)
def test_a_row_is_held_for_finance_and_says_why(cast, cells, reason):
    FiscalPeriod.objects.filter(name="2026-01").update(state="closed")
    make_project(cast.portfolio, "OLD", "Old pier", state="closed")

    effect = post(cast, [row(1, "10", **cells)])

    assert (one().state, one().state_reason) == ("held", reason)
    assert (one().own_amount, effect.batch.state) == (None, "with_suspense")
    assert not CostTotal.objects.exists()


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"project_code": "NOWHERE"}, "No project has the code NOWHERE."),
        ({"project_code": "SECRET"}, "No project has the code SECRET."),
        ({"project_code": ""}, "The row names no project."),
        ({"account": "9999"}, "No rule says what account 9999 is for."),
        (
            {"account": "9999", "project_code": "X"},
            "No project has the code X. No rule says what account 9999 is for.",
        ),
    ],
)
def test_a_row_that_no_rule_places_stands_in_suspense(cast, cells, reason):
    post(cast, [row(1, "10", **cells)])

    assert (one().state, one().state_reason) == ("suspense", reason)


def test_a_row_that_is_there_already_is_skipped_however_it_is_written(cast):
    post(cast, [row(1, "1000.00")])

    effect = post(cast, [row(1, " 1,000.0 ")])

    assert effect.totals["EUR"]["skipped"] == [1, Decimal(1000)]
    assert Actual.objects.count() == 1


def test_a_changed_row_under_the_same_key_is_refused(cast):
    post(cast, [row(1, "10")])

    assert refused(cast, [row(1, "11"), row(2, "5")]) == {
        "row 2 line_no": "SAP 1/1 is there already and says something else. A change is posted as "
        "a row that reverses it, and one with a line of its own."
    }


@pytest.mark.parametrize(
    ("cells", "field", "reason"),
    [
        ({"posting_date": "31.03.2026"}, "posting_date", "is no date written as 2026-03-31"),
        ({"posting_date": "2026-02-30"}, "posting_date", "is no day of the calendar"),
        ({"posting_date": "1926-03-31"}, "posting_date", "The year 1926 is out of range"),
        ({"amount": "1250,50"}, "amount", "‘1250,50’ is no amount with a decimal point"),
        ({"amount": "1.250,50"}, "amount", "‘1.250,50’ is no amount with a decimal point"),
        ({"amount": "=1+1"}, "amount", "‘=1+1’ is no amount with a decimal point"),
        ({"amount": "1e3"}, "amount", "is no amount"),
        ({"amount": "NaN"}, "amount", "is no amount"),
        ({"amount": "10.005"}, "amount", "has more decimals than EUR, which has 2"),
        ({"amount": "10000000000001"}, "amount", "is out of range"),
        ({"amount": ""}, "amount", "Needed."),
        ({"currency": "XXQ"}, "currency", "‘XXQ’ is no currency that is kept here"),
        ({"period": "2026-04"}, "period", "2026-03-16 lies in 2026-03, not in 2026-04."),
        ({"nature": "both"}, "nature", "‘both’ is neither capex nor opex."),
        ({"account": "6" * 41}, "account", "At most 40 characters; these are 41."),
        ({"reverses": "4711"}, "reverses", "Name the row that is turned back as document/line"),
        ({"reverses": "1/9"}, "reverses", "There is no row 1/9 of SAP to turn back."),
    ],
)
def test_a_file_with_a_wrong_row_is_refused_as_a_whole(cast, cells, field, reason):
    rows = [row(1, "10"), {**row(2, "10"), **cells}]

    fields = refused(cast, rows)

    assert list(fields) == [f"row 3 {field}"]
    assert reason in fields[f"row 3 {field}"]


def test_a_period_is_named_by_its_name_or_by_year_and_number(cast):
    names = ["2026-03", "202603", "2026/03"]

    post(cast, [row(number, "1", period=name) for number, name in enumerate(names)])

    assert Actual.objects.filter(state="mapped").count() == 3


def test_the_first_two_hundred_wrong_rows_are_told_and_all_are_counted(cast):
    with pytest.raises(Invalid) as caught:
        post(cast, [row(number, "x") for number in range(300)])

    assert len(caught.value.fields) == 200
    assert caught.value.message.startswith("300 entries are wrong, so nothing was posted. Row 2, ")


def test_the_same_document_and_line_twice_in_a_file_is_refused(cast):
    assert refused(cast, [row(1, "10"), row(1, "10")]) == {
        "row 3 line_no": "Row 2 has the same document and line."
    }


def test_mixed_thousands_are_refused(cast):
    """With a decimal comma in mind ``12,500`` is twelve and a half."""
    fields = refused(cast, [row(1, "1250.50"), row(2, "12,500")])

    assert "mixes decimal marks" in fields["row 3 amount"]


def test_other_marks_and_forms_of_dates_are_read_as_told(cast):
    rows = [
        row(1, "1.250,50", posting_date="31.03.2026"),
        row(2, "-7,5", posting_date="1/4/2026"),
    ]

    post(cast, rows, form=Form(",", "day_first"))

    assert [(r.amount, r.posting_date) for r in Actual.objects.order_by("pk")] == [
        (Decimal("1250.50"), date(2026, 3, 31)),
        (Decimal("-7.5"), date(2026, 4, 1)),
    ]


def test_a_stated_control_total_must_be_what_the_rows_come_to(cast):
    total = {**row("Total", "31.00"), "line_no": "", "account": ""}

    fields = refused(cast, [row(1, "10"), row(2, "20"), total])
    assert fields == {
        "row 1 amount": "The rows in EUR come to 30.00; the stated control total is 31.00."
    }

    post(cast, [row(1, "10"), row(2, "20"), {**total, "amount": "30.00"}])
    assert live(cast) == {"EUR": Decimal(30)}
    assert refused(cast, [row(3, "1")], stated={"EUR": Decimal(2)})


def test_a_file_without_a_needed_column_or_without_a_row_is_refused(cast):
    fields = refused(cast, [row(1, "10")], columns=[c for c in COLUMNS if c != "account"])
    assert fields == {"row 1 account": "No column holds it."}
    assert refused(cast, []) == {"row 1 file": "It holds no row."}


def test_an_order_is_linked_by_its_number_and_one_that_is_not_known_is_a_warning(cast):
    order = Commitment.objects.create(
        project=cast.harbour,
        office_id=cast.office.pk,
        number="PO-1",
        supplier="Dredgers",
        currency_id="EUR",
        ordered_on=date(2026, 1, 5),
    )

    effect = post(cast, [row(1, "10", po_no="PO-1"), row(2, "20", po_no="PO-9")])

    assert (one("1").commitment, one("2").commitment) == (order, None)
    assert (one("2").state, one("2").state_reason) == ("mapped", "Order PO-9 is not known here.")
    assert effect.warnings == {"Order PO-9 is not known here.": 1}


def test_a_reversal_stands_where_the_row_stood_that_it_turns_back(cast):
    rate(cast, "actual", "1.15")
    rate(cast, "actual", "1.30", date(2026, 4, 1))
    rate(cast, "budget", "1.10")
    post(cast, [row(1, "100", currency="USD", project_code="4711")])

    post(
        cast,
        [
            row(
                *(2, "-100"),
                currency="USD",
                project_code="ELSE",
                reverses="1/1",
                posting_date="2026-04-02",
            )
        ],
    )

    back = one("2")
    assert (back.reverses, back.project, back.wbs) == (one("1"), cast.harbour, "1.2")
    assert (back.own_amount, back.constant_amount, back.period.name) == (-115, -110, "2026-04")


def test_a_row_and_its_reversal_can_come_in_one_file(cast):
    post(cast, [row(1, "10"), row(2, "-10", reverses="1/1")])

    assert one("2").reverses == one("1")
    assert sum(total.actual for total in CostTotal.objects.all()) == 0


@pytest.mark.parametrize(
    ("amount", "currency", "reason"),
    [
        ("-9", "EUR", "Row 1/1 is EUR 10.00; what turns it back has the opposite amount."),
        ("10", "EUR", "Row 1/1 is EUR 10.00; what turns it back has the opposite amount."),
        ("-10", "USD", "Row 1/1 is EUR 10.00; what turns it back has the opposite amount."),
    ],
)
def test_a_reversal_has_the_opposite_amount(cast, amount, currency, reason):
    post(cast, [row(1, "10")])

    assert refused(cast, [row(2, amount, currency=currency, reverses="1/1")]) == {
        "row 2 reverses": reason
    }


def test_a_row_is_turned_back_once(cast):
    post(cast, [row(1, "10"), row(2, "-10", reverses="1/1")])
    again = {"row 2 reverses": "Row 1/1 was turned back already."}

    assert refused(cast, [row(3, "-10", reverses="1/1")]) == again
    twice = [row(4, "5"), row(5, "-5", reverses="4/1"), row(6, "-5", reverses="4/1")]
    assert refused(cast, twice) == {"row 4 reverses": "Row 4/1 was turned back already."}


def test_a_dry_run_shows_the_effect_and_writes_nothing(cast):
    rows = [row(1, "10"), row(2, "20", project_code="X"), row(3, "30", posting_date="2025-01-01")]
    told = {"actor": cast.femi.actor(), "office": cast.office, "posting": Posting("March")}
    events = AuditEvent.objects.count()

    would = dry_run(rows=enumerate(rows, start=2), **told)

    assert not Actual.objects.exists()
    assert not LedgerBatch.objects.exists()
    assert AuditEvent.objects.count() == events
    did = post_rows(rows=enumerate(rows, start=2), **told)
    assert (would.totals, would.waiting) == (did.totals, did.waiting)


def test_a_dry_run_tells_what_is_wrong(cast):
    effect = dry_run(
        actor=cast.femi.actor(),
        office=cast.office,
        rows=enumerate([row(1, "x"), row(2, "5")], start=2),
        posting=Posting("March"),
    )

    assert [problem.sentence for problem in effect.problems] == [
        "Row 2, amount: ‘x’ is no amount with a decimal point."
    ]


def test_the_same_key_posts_once(cast):
    first = post(cast, [row(1, "10")], key="2026-03/1", digest="a")
    second = post(cast, [row(1, "10")], key="2026-03/1", digest="a")

    assert (second.batch, second.again) == (first.batch, True)
    with pytest.raises(Conflict) as caught:
        post(cast, [row(2, "10")], key="2026-03/1", digest="b")
    assert caught.value.code == "finance.key_used"
    assert Actual.objects.count() == 1


@pytest.mark.parametrize("who", ["ada", "piet", "sam", "tess", "rosa", "otto", "nia"])
def test_only_finance_posts(cast, who):
    with pytest.raises(NotAllowed):
        post(cast, [row(1, "10")], who=who)

    assert not LedgerBatch.objects.exists()


def test_the_number_of_questions_does_not_grow_with_the_rows(cast, django_assert_num_queries):
    post(cast, [row("warm", "1")])

    with django_assert_num_queries(49) as few:
        post(cast, [row(f"a{n}", "1", po_no=str(n)) for n in range(3)])
    chunks = 300 // 30
    with django_assert_num_queries(len(few) + chunks, exact=False):
        post(cast, [row(f"b{n}", "1", po_no=str(n)) for n in range(300)])
