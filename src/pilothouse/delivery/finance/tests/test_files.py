# SPDX-License-Identifier: Apache-2.0
"""Money that leaves as files: rows of the ledger, a forecast, a portfolio."""

import csv
import io
import zipfile
from decimal import Decimal

import pytest
from asgiref.sync import async_to_sync
from django.urls import reverse
from python_calamine import CalamineWorkbook

from cast import appoint, make_project
from pilothouse.delivery.finance import ledger_export
from pilothouse.delivery.finance.models import Actual, ExchangeRate
from pilothouse.delivery.finance.queries.forecasts import Part
from pilothouse.delivery.finance.services.forecasts import begin_forecast, set_variance_reasons
from pilothouse.delivery.finance.services.streams import restream
from pilothouse.delivery.finance.tests.books import DAY, Books
from pilothouse.delivery.finance.tests.ledgers import keep_rules, post, row
from pilothouse.delivery.finance.tests.test_forecasts import Desk, write
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core import tables

pytestmark = pytest.mark.django_db


@pytest.fixture
def ledger(cast):
    """Three rows of Harbour, one that waits, and one of a project out of Femi's sight."""
    keep_rules(cast)
    rows = [
        row(1, "1250.50", text="=1+1", po_no="PO-7", wbs_code="1.2"),
        row(2, "-7.00", account="7000", supplier="+Dredgers"),
        row(3, "5.00", posting_date="2026-04-01"),
        row(4, "9.00", project_code="X9"),
    ]
    post(cast, rows)
    return cast


def get(client, user, name, *args, **asked):
    client.force_login(user)
    return client.get(reverse(name, args=args), asked)


def table(answer):
    assert answer.status_code == 200
    text = b"".join(answer).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def sheets(answer):
    assert answer.status_code == 200
    data = b"".join(answer)
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        xml = parts.read("xl/worksheets/sheet1.xml").decode()
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}, xml


def test_the_rows_of_a_project_leave_as_the_page_narrows_them(ledger, client):
    place = ("finance:ledger-export", ledger.harbour.pk, "csv")

    whole = table(get(client, ledger.piet, *place))
    some = table(get(client, ledger.piet, *place, account="61*", order="PO-7"))

    assert [row["Document"] for row in whole] == ["1", "2", "3"]
    (only,) = some
    assert only["Amount"] == "1250.50"
    assert only["In the project's currency"] == "1250.50"
    assert (only["Posting date"], only["Period"]) == ("2026-03-16", "2026-03")
    assert (only["Category"], only["Nature"], only["State"]) == ("Services", "Opex", "Mapped")
    assert (only["Text"], whole[1]["Supplier"]) == ("'=1+1", "'+Dredgers")
    assert whole[1]["Amount"] == "-7.00"


def test_a_workbook_of_rows_holds_texts_as_texts_and_says_what_it_is(ledger, client):
    found, xml = sheets(
        get(client, ledger.piet, "finance:ledger-export", ledger.harbour.pk, "xlsx")
    )

    head, first, *_ = found["Ledger"]
    assert first[head.index("Text")] == "=1+1"
    assert first[head.index("Amount")] == 1250.5
    assert "<f" not in xml
    assert found["About"][0][0].startswith("3 rows of the ledger of HARB")


def test_the_rows_of_an_office_leave_without_those_of_projects_out_of_sight(ledger, client):
    Project.objects.filter(pk=ledger.harbour.pk).update(classification="confidential")
    place = ("finance:ledger-export-office", ledger.office.pk, "csv")

    rows = table(get(client, ledger.femi, *place))

    assert [row["Document"] for row in rows] == ["4"]
    assert rows[0]["Why it waits"] != ""
    assert get(client, ledger.piet, *place).status_code == 403


def test_a_batch_leaves_by_itself(ledger, client):
    post(ledger, [row(9, "1.00")], name="April")
    place = ("finance:ledger-export-office", ledger.office.pk, "csv")
    batch = Actual.objects.get(document_no="9").batch_id

    rows = table(get(client, ledger.femi, *place, batch=batch))

    assert [row["Document"] for row in rows] == ["9"]


def test_rows_are_read_in_one_query_and_given_in_parts(
    ledger, client, django_assert_num_queries, monkeypatch
):
    monkeypatch.setattr(tables, "PART_ROWS", 2)
    answer = get(client, ledger.piet, "finance:ledger-export", ledger.harbour.pk, "csv")

    with django_assert_num_queries(1):
        parts = list(answer)

    assert len(parts) == 2
    assert parts[0].count(b"\r\n") == 3


def test_parts_are_given_to_a_server_that_asks_for_them_one_by_one():
    from pilothouse.foundation.core.pages import streamed

    async def read():
        return [part async for part in streamed("a.csv", "text/csv", iter([b"1", b"2"]))]

    assert async_to_sync(read)() == [b"1", b"2"]


def test_more_rows_than_a_workbook_holds_are_refused_with_what_to_do(ledger, client, monkeypatch):
    monkeypatch.setattr(ledger_export, "MOST_IN_WORKBOOK", 2)

    answer = get(client, ledger.piet, "finance:ledger-export", ledger.harbour.pk, "xlsx")

    assert answer.status_code == 422
    assert "Narrow them, or take them as CSV." in answer.content.decode()
    assert (
        get(client, ledger.piet, "finance:ledger-export", ledger.harbour.pk, "ods").status_code
        == 404
    )


@pytest.fixture
def forecast(cast):
    """120 to come in May, 40 ordered of which nothing came, and 66 spent in March."""
    desk = Desk(cast)
    desk.release(10_000)
    desk.order(40)
    desk.actual(66)
    found = begin_forecast(actor=desk.actor("piet"), project=desk.project)
    write(desk, found, 120, month=12)
    part = Part("1.1", "services", "opex")
    set_variance_reasons(
        actor=desk.actor("piet"), forecast=found, reasons={part: "=Rock"}, version=None
    )
    return found


def test_a_forecast_leaves_with_sums_that_compute(cast, forecast, client):
    found, xml = sheets(get(client, cast.piet, "finance:forecast-export", forecast.pk, "xlsx"))

    head, line, total = found["Forecast 1"]
    assert head == [
        *("WBS", "Category", "Nature", "Budget", "Spent", "Of orders", "2026-12"),
        *("To complete", "EAC", "Off budget", "Reason"),
    ]
    assert line == ["1.1", "Services", "opex", 0, 66, 40, 120, 120, 226, 226, "=Rock"]
    assert total[3:10] == [0, 66, 40, 120, 120, 226, 226]
    for formula in ("=G2", "E2+F2+H2", "I2-D2", "SUM(E$2:E$2)", "E3+F3+H3"):
        assert f"<f>{formula.lstrip('=')}</f>" in xml


def test_who_does_not_see_cost_gets_a_forecast_without_it(cast, forecast, client):
    on_it = ("project", cast.harbour.pk)
    appoint(cast.otto, Role.FOW, on_it, cast.office.pk, project_scopes(cast.harbour))

    (line,) = table(get(client, cast.otto, "finance:forecast-export", forecast.pk, "csv"))

    assert list(line) == ["WBS", "Category", "Nature", "Budget", "2026-12", "To complete", "Reason"]
    assert (line["To complete"], line["Reason"]) == ("120.0000", "'=Rock")


def test_a_portfolio_leaves_with_its_projects_summed_for_each_currency(cast, client):
    cast.office.default_currency_id = "EUR"
    cast.office.save()
    books = Books(cast)
    books.budget(1000, month=3)
    books.actual(1200)
    crane = make_project(cast.portfolio, "CRANE", "Crane")
    books.budget(500, month=3, project=crane)
    restream([cast.harbour.pk, crane.pk], DAY)
    assert not ExchangeRate.objects.exists()

    found, xml = sheets(
        get(client, cast.femi, "finance:portfolio-export", cast.portfolio.pk, "xlsx")
    )

    head, *lines, total = found["Projects"]
    whole = dict(zip(head, total, strict=True))
    assert [line[0] for line in lines] == ["HARB", "CRANE"]
    assert (whole["Code"], whole["Currency"], whole["Budget at completion"]) == ("Sum", "EUR", 1500)
    assert (whole["Actual"], whole["Over budget"]) == (1200, whole["Outlook"] - 1500)
    assert whole["Outlook / budget"] == pytest.approx(whole["Outlook"] / 1500)
    assert "SUMIF($C$2:$C$3,$C4,D$2:D$3)" in xml
    assert "IF(D4=0" in xml
    assert found["By month"][1][:2] == ["2026-03", 1500]
    rows = table(get(client, cast.ada, "finance:portfolio-export", cast.portfolio.pk, "csv"))
    assert [row["Code"] for row in rows] == ["HARB", "CRANE"]
    assert Decimal(rows[0]["Outlook / budget"]) > 1
