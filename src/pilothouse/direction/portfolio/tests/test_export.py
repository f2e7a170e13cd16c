# SPDX-License-Identifier: Apache-2.0
import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from cast import make_project
from pilothouse.foundation.organisation.models import CustomField

DAY = date(2023, 3, 31)


def as_csv(client, query=""):
    response = client.get(f"/export/?format=csv{query}")
    assert response.status_code == 200
    text = response.content.decode("utf-8-sig")
    header, *rows = csv.reader(io.StringIO(text))
    assert {len(row) for row in rows} <= {len(header)}
    assert header[-1] == "Source"
    return header[:-1], [row[:-1] for row in rows]


def about(client, query=""):
    response = client.get(f"/export/?{query}")
    book = CalamineWorkbook.from_filelike(io.BytesIO(response.content))
    return [row[0] for row in book.get_sheet_by_name("About").to_python()]


def test_the_file_is_what_the_page_shows(client, cast, names_for):
    for number in range(60):
        make_project(
            cast.portfolio, f"N{number:02d}", f"Number {number:02d}", budget=Decimal(number)
        )
    query = "&q=number&sort=budget&columns=phase,budget"
    pages = names_for(cast.ada, f"?{query}") + names_for(cast.ada, f"?{query}&page=2")

    header, rows = as_csv(client, query)
    notes = about(client, query)

    assert header == [
        "Code",
        "Project",
        "Portfolio",
        "Manager",
        "Manager until",
        "Phase",
        "Standing",
        "Budget",
        "Currency",
    ]
    assert [row[1] for row in rows] == pages
    assert rows[0] == [
        "N59",
        "Number 59",
        "Quayside",
        "",
        "",
        "Initiation",
        "Authorised",
        "59.00",
        "EUR",
    ]
    assert "Rows: 60" in notes
    assert "Filters: Text = number" in notes
    assert (
        "EUR: budget 1770.00 (60 projects), forecast not known (0), difference not known (0 with both)"
        in notes
    )


def test_the_notes_name_the_filters_in_words(client, cast):
    CustomField.objects.create(office=cast.office, key="depth", label="Depth", kind="number")
    client.force_login(cast.ada)
    asked = f"&portfolio={cast.portfolio.pk}&phase=all&stated=green&attention=late"

    assert (
        "Filters: Portfolio = Quayside, Phase = All, closed ones too, Stated = Green, "
        "Attention = Late, Depth from 3"
    ) in about(client, asked + "&custom.depth.min=3")


def test_the_workbook_holds_the_same_rows_and_the_source(client, cast):
    cast.office.attribution = "Open licence 3.0"
    cast.office.save()
    client.force_login(cast.ada)
    header, rows = as_csv(client)

    response = client.get("/export/")

    book = CalamineWorkbook.from_filelike(io.BytesIO(response.content))
    table = book.get_sheet_by_name("Projects").to_python()
    assert table[0] == header
    assert [row[1] for row in table[1:]] == [row[1] for row in rows] == ["Harbour"]
    assert table[1][header.index("Budget")] == 1_200_000.0
    assert "Port: Open licence 3.0" in about(client)
    assert "Source: Computed from the register and the plan: 1 project" in about(client)


def test_a_source_is_named_once_and_its_place_stays_with_the_project(client, cast, publish):
    for number in range(3):
        project = make_project(cast.portfolio, f"N{number}", f"Number {number}")
        publish(project, DAY, source=f"Report 2023 (report.csv, row {number}), Open Licence 3")
    client.force_login(cast.ada)
    query = f"as_of={DAY}"

    page = client.get(f"/?{query}").content.decode()
    figures = client.get(f"/api/v1/projects/figures?{query}").json()
    file = client.get(f"/export/?format=csv&{query}").content.decode("utf-8-sig").splitlines()

    assert "<p>Report 2023: 3 projects</p>" in page
    assert "on that day. Report 2023: 3 projects." in page
    assert "row 1" not in page
    assert figures["sources"] == [{"text": "Report 2023", "count": 3}]
    assert [note for note in about(client, query) if "Report" in note] == [
        "Source: Report 2023: 3 projects"
    ]
    assert file[2].endswith('"Report 2023 (report.csv, row 1), Open Licence 3"')


@pytest.mark.parametrize(
    "name",
    [
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        '=HYPERLINK("http://x")',
    ],
)
def test_no_name_becomes_a_formula(client, cast, name):
    CustomField.objects.create(office=cast.office, key="note", label="=Note", kind="text")
    make_project(cast.portfolio, "BAD", name, project_type=name[:80], custom={"note": name})
    client.force_login(cast.ada)

    header, rows = as_csv(client, "&columns=type,custom.note&q=bad")
    sheet = CalamineWorkbook.from_filelike(
        io.BytesIO(client.get("/export/?columns=type,custom.note&q=bad").content)
    ).get_sheet_by_name("Projects")

    assert header[-1] == "'=Note"
    for cell in (rows[0][1], rows[0][-2], rows[0][-1]):
        assert cell.lstrip()[0] == "'"
    assert sheet.to_python()[1][1] == name
    assert sheet.to_python()[0][-1] == "=Note"


def test_groups_stand_in_a_column_of_their_own(client, cast):
    client.force_login(cast.ada)

    header, rows = as_csv(client, "&group=programme")

    assert (header[0], rows[0][0]) == ("Group", "Deep water")


def test_the_file_is_named_by_its_day_and_turns_to_it(client, cast):
    client.force_login(cast.ada)

    response = client.get("/export/?format=csv&as_of=2019-09-30")

    assert (
        response.headers["Content-Disposition"] == 'attachment; filename="projects-2019-09-30.csv"'
    )
    assert "Harbour" not in response.content.decode()
    assert client.get("/export/?format=pdf").status_code == 422


def test_a_stranger_exports_an_empty_table(client, cast):
    client.force_login(cast.otto)

    assert as_csv(client)[1] == []
