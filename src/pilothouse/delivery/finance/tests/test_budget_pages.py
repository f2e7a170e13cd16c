# SPDX-License-Identifier: Apache-2.0
"""The pages of a budget: seen, written in a grid, pasted, decided on, compared, out and back."""

from __future__ import annotations

import io
import json
import zipfile
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cast import SYSTEM, appoint
from pilothouse.delivery.finance.lines import Key, SheetRow
from pilothouse.delivery.finance.models import Budget
from pilothouse.delivery.finance.queries.budgets import totals_of
from pilothouse.delivery.finance.services.budget_lines import set_lines
from pilothouse.delivery.finance.services.budgets import begin_budget
from pilothouse.delivery.finance.tests.budgeting import CREW, PILES, approved, draft
from pilothouse.delivery.finance.tests.desk import months
from pilothouse.delivery.planning.services import begin_plan, edit_plan
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.exchange.services import take_held_budget
from pilothouse.exchange.tables import read_table
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.scanning.models import IncomingFile

pytestmark = pytest.mark.django_db


@pytest.fixture
def year(cast):
    return months(cast.office, 2026)


@pytest.fixture
def as_(client, cast):
    def become(who):
        client.force_login(cast.people[who])
        return client

    return become


def html(response, status=200):
    assert response.status_code == status, response.content.decode()[:2000]
    return response.content.decode()


def page(cast, **query):
    address = reverse("finance:budget", args=[cast.harbour.pk])
    return address + "?" + "&".join(f"{name}={value}" for name, value in query.items())


def of(name, row):
    return reverse(f"finance:budget-{name}", args=[row.pk])


def test_a_project_without_a_budget_says_what_to_do(cast, as_):
    assert "Begin a budget" in html(as_("piet").get(page(cast)))
    text = html(as_("sam").get(page(cast)))
    assert "has no budget yet" in text
    assert "Begin a budget" not in text


def test_the_page_shows_what_the_version_comes_to_and_how(cast, year, as_):
    approved(cast, year, undistributed=Decimal(50), contingency=Decimal(60))

    text = html(as_("piet").get(page(cast)))

    assert "900.00 + 50.00 + 0.00 = 950.00" in text
    assert "950.00 + 60.00 + 0.00 = 1,010.00" in text
    assert "is EUR 1,010.00 above the funding of EUR 0.00" in text
    assert ">700.00<" in text
    assert "New version" in text


def test_the_page_makes_few_queries_whatever_the_number_of_lines(cast, year, as_):
    budget = draft(cast, year)
    client = as_("piet")
    client.get(page(cast))
    with CaptureQueriesContext(connection) as few:
        client.get(page(cast))
    rows = [
        SheetRow(n, PILES._replace(wbs=f"2.{n}"), {year[5].pk: Decimal(n)}) for n in range(1, 90)
    ]
    set_lines(actor=cast.piet.actor(), budget=budget, rows=rows, version=None)
    with CaptureQueriesContext(connection) as many:
        text = html(client.get(page(cast, page=2)))

    assert len(many) == len(few) == 24
    assert "Page 2 of 3" in text


def test_codes_that_the_plan_does_not_have_are_told(cast, year, as_):
    begin_plan(actor=SYSTEM, project=cast.harbour, start=year[3].first)
    tasks = [{"name": "Piles", "duration": "4d"}]
    edit_plan(
        actor=SYSTEM,
        project=cast.harbour,
        steps=[{"do": "add", "after": None, "tasks": tasks}],
    )
    draft(cast, year, SheetRow(1, PILES._replace(wbs="1"), {year[3].pk: Decimal(1)}))
    assert "no task with these WBS codes" not in html(as_("piet").get(page(cast)))

    Budget.objects.update(state="withdrawn")
    draft(cast, year)
    text = html(as_("piet").get(page(cast)))
    assert "no task with these WBS codes: 1.1, 1.2." in text


def test_a_version_goes_its_way_on_pages(cast, year, as_):
    client = as_("piet")
    new = reverse("finance:budget-new", args=[cast.harbour.pk])
    assert "With the budget of the register" in html(client.get(new))
    made = client.post(new, {"start": "copy", "name": "First", "reason": "The case"})
    budget = Budget.objects.get()
    assert made["Location"] == page(cast, version=1)
    assert "1,200,000.00" in html(client.get(made["Location"]))

    sent = {"name": "First", "undistributed": "5", "contingency": "-1", "version": "1"}
    text = html(client.post(of("header", budget), sent), 422)
    assert "At least 0" in text
    sent |= {"contingency": "60", "management_reserve": "1,040.50", "reason": "The case"}
    client.post(of("header", budget), sent)
    client.post(of("submit", budget), {"version": "2"})
    text = html(as_("femi").get(of("endorse", budget)))
    assert "EUR 1,105.50" in text
    client.post(of("endorse", budget), {"version": "3", "note": "Sound"})
    text = html(as_("sam").get(of("approve", budget)))
    assert "above the funding of EUR 0.00" in text
    client.post(of("approve", budget), {"version": "4"})

    budget.refresh_from_db()
    assert (budget.state, budget.management_reserve) == ("approved", Decimal("1040.50"))
    cast.harbour.refresh_from_db()
    assert cast.harbour.budget == Decimal("1105.50")


def test_a_step_without_its_reason_or_at_the_wrong_time_comes_back(cast, year, as_):
    budget = draft(cast, year)
    client = as_("piet")

    text = html(client.post(of("withdraw", budget), {"version": str(budget.version)}), 422)
    assert "Needed." in text
    client.post(of("submit", budget), {"version": str(budget.version)})
    text = html(client.post(of("submit", budget), {"version": str(budget.version + 1)}), 422)
    assert "only a draft is changed" in text
    assert as_("piet").get(of("endorse", budget)).status_code == 403
    text = html(as_("femi").post(of("return", budget), {"version": "9", "reason": "x"}), 409)
    assert "in the meantime" in text
    budget.refresh_from_db()
    assert budget.state == "submitted"


def grid(budget, *rows, **more):
    """What the grid sends: each row a key, whether it was, and cells by period."""
    sent = {"version": str(budget.version)} | more
    for place, (was, key, cells) in enumerate(rows):
        sent |= {f"number{place}": str(place + 1), f"was{place}": json.dumps(was) if was else ""}
        sent |= {f"{name}{place}": value for name, value in key._asdict().items()}
        sent |= {f"p{place}_{period}": text for period, text in cells.items()}
    return sent


def test_the_grid_is_typed_in_and_saved(cast, year, as_):
    budget = draft(cast, year)
    client = as_("piet")
    text = html(client.get(of("lines", budget)))
    assert f'name="p0_{year[3].pk}" value="400"' in text
    assert 'name="was6"' in text

    done = client.post(
        of("lines", budget),
        grid(
            budget,
            (PILES, PILES, {year[3].pk: "1,400.50", year[4].pk: ""}),
            (CREW, CREW._replace(text="Team"), {year[3].pk: "300"}),
            (None, Key("2", "travel", "opex", "", ""), {year[12].pk: "7"}),
            (None, Key("", "", "", "EUR", ""), {}),
        ),
    )

    assert done["Location"] == page(cast, version=1) + "&year=2026"
    found = budget.lines.order_by("wbs").values_list("wbs", "text", "period__name", "amount")
    assert list(found) == [
        ("1.1", "", "2026-03", Decimal("1400.50")),
        ("1.2", "Team", "2026-03", 300),
        ("2", "", "2026-12", 7),
    ]


def test_a_removed_row_of_the_grid_is_gone_in_all_years(cast, year, as_):
    later = months(cast.office, 2027)
    budget = draft(
        cast,
        year,
        SheetRow(1, PILES, {year[3].pk: Decimal(1), later[3].pk: Decimal(2)}),
        SheetRow(2, CREW, {year[3].pk: Decimal(3)}),
    )

    as_("piet").post(
        of("lines", budget), grid(budget, (PILES, PILES, {year[3].pk: "1"}), gone0="on")
    )

    assert totals_of([budget])[budget.pk].distributed == 3


def test_the_grid_comes_back_with_what_was_typed_and_the_reason_at_the_row(cast, year, as_):
    budget = draft(cast, year)

    text = html(
        as_("piet").post(
            of("lines", budget),
            grid(
                budget,
                (PILES, PILES, {year[3].pk: "1250,50"}),
                (None, Key("9", "", "opex", "EUR", ""), {year[3].pk: "1"}),
            ),
        ),
        422,
    )

    assert 'value="1250,50"' in text
    assert "Row 1: ‘1250,50’ is no amount; write it as 1,250.50." in text
    assert "Row 2: ‘’ is no category" in text
    assert totals_of([budget])[budget.pk].distributed == 900


def test_a_stale_grid_is_refused_and_keeps_what_was_typed(cast, year, as_):
    budget = draft(cast, year)

    sent = grid(budget, (PILES, PILES, {year[3].pk: "77"})) | {"version": "1"}
    text = html(as_("piet").post(of("lines", budget), sent), 409)

    assert 'value="77"' in text
    assert totals_of([budget])[budget.pk].distributed == 900


def test_cells_are_pasted(cast, year, as_):
    budget = draft(cast, year)
    client = as_("piet")
    assert "Cells from a spreadsheet" in html(client.get(of("paste", budget)))
    sent = {
        "version": str(budget.version),
        "lines": "\tother\topex\tEUR\tFees\t1.000,50\t\r\n2\ttravel\topex\t\t\t\t5",
        "first": str(year[2].pk),
        "mark": "comma",
        "whole": "on",
    }

    wrong = sent | {"mark": "point"}
    assert "‘1.000,50’ is no amount" in html(client.post(of("paste", budget), wrong), 422)
    client.post(of("paste", budget), sent)

    found = budget.lines.order_by("wbs").values_list("wbs", "text", "period__name", "amount")
    assert list(found) == [
        ("", "Fees", "2026-02", Decimal("1000.50")),
        ("2", "", "2026-03", 5),
    ]


def test_finance_changes_a_nature_on_its_page(cast, year, as_):
    budget = approved(cast, year)
    client = as_("femi")
    assert "1.2, Internal labour, opex, EUR, Crew" in html(client.get(of("nature", budget)))

    client.post(
        of("nature", budget),
        {"version": str(budget.version), "row": "1", "reason": "The audit says so"},
    )

    assert budget.lines.get(wbs="1.2").nature == "capex"
    assert as_("piet").get(of("nature", budget)).status_code == 403


def test_two_versions_are_held_side_by_side(cast, year, as_):
    approved(cast, year)
    second = begin_budget(actor=cast.piet.actor(), project=cast.harbour)
    rows = [SheetRow(1, PILES, {year[3].pk: Decimal(500)})]
    set_lines(actor=cast.piet.actor(), budget=second, rows=rows, version=None)
    address = reverse("finance:budget-compare", args=[cast.harbour.pk])

    text = html(as_("sam").get(f"{address}?one=1&other=2"))

    assert "+100.00" in text
    assert "1 row is the same" in text
    assert as_("sam").get(f"{address}?one=1&other=7").status_code == 404


def test_the_workbook_sums_by_formulas_and_goes_back_in(cast, year, as_):
    odd = SheetRow(3, Key("", "other", "opex", "EUR", "=1+1"), {year[5].pk: Decimal("0.10")})
    rows = [
        SheetRow(1, PILES, {year[3].pk: Decimal(400), year[4].pk: Decimal(200)}),
        SheetRow(2, CREW, {year[3].pk: Decimal(300)}),
        odd,
    ]
    budget = draft(cast, year, *rows)
    client = as_("piet")
    address = reverse("finance:budget-export", args=[cast.harbour.pk, "xlsx"]) + "?version=1"

    data = client.get(address).content

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>SUM(F3:H3)</f>" in sheet
    assert "<f>SUMIF($D$2:$D$4,$D5,F$2:F$4)</f><v>700" in sheet
    table = read_table(data).rows
    assert table[0][5:] == ["2026-03", "2026-04", "2026-05", "Sum"]
    assert table[1][4] == "=1+1"
    assert table[-1] == ["Sum", "", "", "EUR", "", "700", "200", "0.1", "900.1"]
    read = reverse("exchange:budget-read", args=[budget.pk])
    set_lines(
        actor=cast.piet.actor(),
        budget=budget,
        rows=[SheetRow(1, PILES, {year[3].pk: Decimal(1)})],
        version=None,
    )
    budget.refresh_from_db()
    file = SimpleUploadedFile("budget.xlsx", data)
    done = client.post(read, {"version": str(budget.version), "file": file, "whole": "on"})
    assert done.status_code == 302, done.content.decode()[:3000]
    assert totals_of([budget])[budget.pk].distributed == Decimal("900.10")
    assert budget.lines.get(wbs="").text == "=1+1"


def test_the_csv_keeps_formulas_as_text_and_goes_back_in(cast, year, as_):
    budget = draft(
        cast, year, SheetRow(1, Key("=2", "other", "opex", "EUR", "+x"), {year[5].pk: Decimal(9)})
    )
    client = as_("piet")
    address = reverse("finance:budget-export", args=[cast.harbour.pk, "csv"]) + "?version=1"
    read = reverse("exchange:budget-read", args=[budget.pk])

    data = client.get(address).content
    assert b"'=2" in data
    text = html(client.post(read, {"version": str(budget.version)}), 422)
    assert "Choose the table." in text
    broken = SimpleUploadedFile("b.csv", b"Category,Nature,2026-01\nTravel,opex,1.2.3\n")
    text = html(client.post(read, {"version": str(budget.version), "file": broken}), 422)
    assert "Row 2: ‘1.2.3’ is no amount" in text
    file = SimpleUploadedFile("b.csv", data)
    client.post(read, {"version": str(budget.version), "file": file})

    assert budget.lines.get().wbs == "=2"


def test_a_decimal_comma_of_a_file_is_found_out(cast, year, as_):
    budget = draft(cast, year)
    data = "WBS;Category;Nature;2026-01;2026-02\n1;Travel;opex;1.250,50;2,5\n"

    as_("piet").post(
        reverse("exchange:budget-read", args=[budget.pk]),
        {"version": str(budget.version), "file": SimpleUploadedFile("b.csv", data.encode())},
    )

    found = budget.lines.filter(wbs="1").values_list("amount", flat=True).order_by("amount")
    assert list(found) == [Decimal("2.5"), Decimal("1250.50")]


def test_a_file_waits_for_the_scanner_and_is_then_taken_over(cast, year, as_, settings):
    settings.PILOTHOUSE_SCANNER = "clamd:///nowhere/clamd.ctl"
    budget = draft(cast, year)
    data = b"WBS,Category,Nature,2026-01\n1,Travel,opex,7\n"
    sent = {"version": str(budget.version), "file": SimpleUploadedFile("b.csv", data)}

    answer = as_("piet").post(
        reverse("exchange:budget-read", args=[budget.pk]), {**sent, "whole": "on"}
    )

    held = IncomingFile.objects.get()
    assert answer["Location"] == reverse("scanning:file", args=[held.pk])
    assert totals_of([budget])[budget.pk].distributed == 900
    done = []
    take_held_budget(cast.piet.actor(), held, data, done.append)
    assert done == [budget.pk]
    assert totals_of([budget])[budget.pk].distributed == 7
    IncomingFile.objects.update(state="released", result_id=budget.pk)
    assert of("lines", budget) in html(as_("piet").get(answer["Location"]))


def test_a_budget_out_of_sight_is_not_found(cast, year, as_):
    budget = draft(cast, year)

    for who, status in (("nia", 404), ("otto", 404), ("tess", 403)):
        client = as_(who)
        assert client.get(page(cast)).status_code == status
        assert client.get(of("lines", budget)).status_code == status
        export = reverse("finance:budget-export", args=[cast.harbour.pk, "csv"])
        assert client.get(export).status_code == status


def test_the_home_page_of_the_project_leads_to_its_money(cast, as_):
    address = reverse("portfolio:project", args=[cast.harbour.pk])

    assert reverse("finance:money", args=[cast.harbour.pk]) in html(as_("piet").get(address))
    assert reverse("finance:money", args=[cast.harbour.pk]) not in html(as_("tess").get(address))


def test_who_may_not_read_the_funding_is_not_told_of_it_by_a_budget(cast, year, as_):
    done = approved(cast, year)
    waiting = begin_budget(actor=cast.piet.actor(), project=cast.harbour, reason="More")
    here = (cast.office.pk, project_scopes(cast.harbour))
    appoint(cast.otto, Role.WSL, ("project", cast.harbour.pk), *here)

    for row in (done, waiting):
        address = f"/api/v1/budgets/{row.pk}"
        told = as_("piet").get(address).json()["notes"]
        assert any("above the funding" in note for note in told)
        answer = as_("otto").get(address).json()
        assert (answer["warning"], answer["notes"]) == ("", [])
        assert "above the funding" not in html(as_("otto").get(page(cast, version=row.number)))
    listed = as_("otto").get(f"/api/v1/projects/{cast.harbour.pk}/budgets").json()["items"]
    assert {row["warning"] for row in listed} == {""}
