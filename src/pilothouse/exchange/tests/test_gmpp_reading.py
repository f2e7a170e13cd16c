# SPDX-License-Identifier: Apache-2.0
"""Cells, layouts and matches of published portfolios that come in every shape."""

import io
from datetime import date
from decimal import Decimal

import pytest
import xlsxwriter

from pilothouse.exchange.gmpp.departments import department_of, related
from pilothouse.exchange.gmpp.layout import meaning
from pilothouse.exchange.gmpp.matching import Identity, Matcher, core, former_names
from pilothouse.exchange.gmpp.reading import Notice, Published, read_report, status_date_of
from pilothouse.exchange.gmpp.values import (
    Rating,
    Read,
    header_unit,
    read_date,
    read_money,
    read_rating,
)
from pilothouse.exchange.tables import read_table

MILLION = 1_000_000


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2014-03-31", date(2014, 3, 31), date(2014, 3, 31)),
        ("2014-03-31 00:00:00", date(2014, 3, 31), date(2014, 3, 31)),
        ("31/03/2014", date(2014, 3, 31), date(2014, 3, 31)),
        ("31.03.14", date(2014, 3, 31), date(2014, 3, 31)),
        ("01.04.98", date(1998, 4, 1), date(1998, 4, 1)),
        ("31.12.40", date(2040, 12, 31), date(2040, 12, 31)),
        ("Mar-14", date(2014, 3, 1), date(2014, 3, 31)),
        ("February 2024", date(2024, 2, 1), date(2024, 2, 29)),
        ("3rd Sept 2016", date(2016, 9, 3), date(2016, 9, 3)),
        ("41729", date(2014, 3, 31), date(2014, 3, 31)),
    ],
)
def test_dates_are_read_in_every_published_form(text, start, end):
    assert read_date(text, end=False).value == start
    assert read_date(text, end=True).value == end


@pytest.mark.parametrize(
    "text", ["1/012/2014", "03/31/2014", "31/02/2014", "soon", "01/01/1066", "32.01.2020"]
)
def test_what_is_no_date_is_a_problem_and_never_guessed(text):
    answer = read_date(text, end=False)

    assert answer.value is None
    assert text in answer.problem


@pytest.mark.parametrize(
    ("text", "pounds"),
    [
        ("£12,343.96", "12343960000.00"),
        ("5609.46", "5609460000.00"),
        ("-£9.9", "-9900000.00"),
        ("(12.5)", "-12500000.00"),
        ("£1.2bn", "1200000000.00"),
        ("£450k", "450000.00"),
        ("12,5", "12500000.00"),
        ("1.234,56", "1234560000.00"),
        ("0", "0.00"),
    ],
)
def test_money_in_millions_becomes_pounds(text, pounds):
    assert read_money(text, MILLION).value == Decimal(pounds)


@pytest.mark.parametrize("text", ["about 12", "£10-£12", "1,23,4", "12 to 15", "9" * 30])
def test_what_is_no_amount_is_a_problem_and_never_guessed(text):
    answer = read_money(text, MILLION)

    assert answer.value is None
    assert answer.problem


@pytest.mark.parametrize(
    "text",
    [
        "Exempt under Section 43 of the Freedom of Information Act 2000 (Commercial Interests)",
        "N/A",
        "#N/A",
        "TBC",
        "Data Not Provided",
        "Reset",
        "Either zero or no Baseline and/or Forecast",
        "Early planning GMPP project \n\n(The project has not yet passed SOC)",
    ],
)
def test_a_stated_absence_keeps_its_words_and_is_no_problem(text):
    words = " ".join(text.split())

    assert read_money(text, MILLION) == Read(absent=words)
    assert read_date(text, end=True) == Read(absent=words)


@pytest.mark.parametrize(
    ("text", "rating"),
    [
        ("Amber/Green", Rating("amber", "Amber/Green")),
        ("Amber/ Red", Rating("amber", "Amber/Red")),
        ("RED ", Rating("red", "Red")),
        ("Reset", Rating("grey", "Reset")),
        ("No DCA", Rating("grey", "No rating")),
        (
            "Exempt under Sections 24 and 31(1) of the Freedom of Information Act (2000)",
            Rating("grey", "Exempt (FOI sections 24, 31)"),
        ),
        ("Early planning GMPP project", Rating("grey", "Early planning")),
    ],
)
def test_ratings_keep_their_published_label(text, rating):
    assert read_rating(text).value == rating


def test_an_unknown_rating_is_a_problem():
    assert read_rating("Blue").problem == "“Blue” is no rating that is known"


@pytest.mark.parametrize(
    ("header", "field"),
    [
        (
            "MPA RAG rating\n(A Delivery Confidence Assessment of the project at a fixed point)",
            "rating",
        ),
        ("IPA Delivery Confidence Assessment", "rating"),
        ("colour_rating", "rating"),
        (
            "Departmental commentary on actions planned or taken on the IPA RAG rating",
            "rating_comment",
        ),
        ("Project - Start Date\n(Latest approved start date)", "start"),
        ("Project - End Date (Latest approved end date)", "end"),
        ("Baseline End Date", "end_baseline"),
        ("2013/2014 Budget (£million)", "year_budget"),
        ("2016/17 TOTAL Forecast £m\n(including Non-Government costs)", "year_forecast"),
        ("2013/2014 Variance %age", "year_variance_pct"),
        ("Total budgeted whole life costs (£million)", "wlc"),
        ("wlc_baseline_incl_NCG", "wlc"),
        ("Whole Life Cost TOTAL Forecast (£m)", "wlc_forecast"),
        ("Departmental narrative on budgeted whole life costs", "wlc_comment"),
        ("TOTAL Baseline Benefits (£m)", "benefits"),
        ("benefits_comment", "benefits_comment"),
        ("GMPP ID Number", "number"),
        ("project_number", "number"),
        ("Department", "department"),
        ("report_category", "category"),
        ("Description / Aims", "description"),
        ("Major Projects ID", "number"),
        ("Financial Year Variance (%)", "year_variance_pct"),
        ("Financial Year Baseline (£m)", "year_budget"),
        ("In Year Variance Narrative", "variance_comment"),
        ("Costs Narrative", "wlc_comment"),
        ("Departmental Commentary on Delivery Confidence Assessment Rating", "rating_comment"),
        ("Project Description", "description"),
        ("Telephone", ""),
    ],
)
def test_headers_of_all_years_are_understood(header, field):
    assert meaning(header) == field


def test_the_unit_of_money_stands_in_the_header():
    assert header_unit("2013/2014 Budget (£million)") == 1_000_000
    assert header_unit("Whole Life Cost £m") == 1_000_000
    assert header_unit("Cost (£000s)") == 1_000
    assert header_unit("Cost (£bn)") == 1_000_000_000
    assert header_unit("wlc_baseline_incl_NCG") is None


def test_departments_merge_by_spelling_only():
    assert department_of("MoJ").code == "MOJ"
    assert department_of("DoH") is department_of("DH")
    assert department_of("Ministry of Defence (MOD)").code == "MOD"
    assert department_of("NS&I").code == "NSI"
    assert department_of("DoH Non Capital").code == "DH"
    assert department_of("DoH Capital").code == "DH"
    assert department_of("BIS") is not department_of("BEIS")
    assert department_of("Department of Magic") is None
    assert related("DECC", "DESNZ")
    assert related("BIS", "DBT")
    assert not related("NCA", "HO")


def rows_of(*lines):
    return [line.split("|") for line in lines]


PLAIN = rows_of(
    "Major projects, provisional|||||||",
    "|||||||",
    "Dept|Project title|Whole Life Cost (£bn)|RAG|Finish|Start|Telephone|GMPP ID Number",
    "HO|Emergency Network|1.5|Red|Mar-30|01/02/2015|0117|HO_0001_1112-Q1",
    "Ministry of Magic|Owls|lots|Blue|31/31/2020|02/02/2020||",
    "* Figures are provisional|||||||",
)


def as_csv(rows, delimiter=","):
    return "\r\n".join(delimiter.join(f'"{cell}"' for cell in row) for row in rows)


def as_xlsx(rows):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        page = book.add_worksheet("Data")
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    return out.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        as_csv(PLAIN).encode("utf-8-sig"),
        as_csv(PLAIN, ";").encode("cp1252"),
        as_csv(PLAIN, "\t").encode("utf-16"),
        as_xlsx(PLAIN),
    ],
    ids=["comma", "semicolon cp1252", "tab utf-16", "xlsx"],
)
def test_an_unseen_layout_is_read_and_what_is_not_understood_is_named(data):
    report = read_report(read_table(data), file_name="projects 2021.csv", data=data)

    network, owls = report.records
    assert (network.name, network.department.code, network.number) == (
        "Emergency Network",
        "HO",
        "HO_0001_1112-Q1",
    )
    assert (network.wlc, network.start, network.end) == (
        Decimal("1500000000.00"),
        date(2015, 2, 1),
        date(2030, 3, 31),
    )
    assert network.comments == {"Telephone": "0117"}
    assert (owls.wlc, owls.rating, owls.end) == (None, None, None)
    assert owls.absent == {"wlc": "lots", "rating": "Blue", "end": "31/31/2020"}
    assert report.year == 2021
    assert set(report.notices) >= {
        Notice("row 1", "", "left out, above the header: Major projects, provisional"),
        Notice("row 6", "", "left out, without a project: * Figures are provisional"),
        Notice("header", "Telephone", "not known; its texts are kept as comments"),
        Notice("row 4", "Finish", "“Mar-30” read as its last day"),
        Notice(
            "row 5",
            "Dept",
            "“Ministry of Magic” is not in the table of departments; kept as it is",
        ),
        Notice("row 5", "Whole Life Cost (£bn)", "“lots” is no amount of money"),
        Notice("row 5", "RAG", "“Blue” is no rating that is known"),
        Notice("row 5", "Finish", "“31/31/2020” is no date in the order day, month, year"),
    }


def test_a_transposed_file_gives_the_same_records():
    turned = [list(column) for column in zip(*PLAIN[2:5], strict=True)]
    data = as_csv(turned).encode()

    report = read_report(read_table(data), file_name="projects 2021.csv", data=data)

    assert report.transposed
    assert [(row.place, row.name) for row in report.records] == [
        ("column B", "Emergency Network"),
        ("column C", "Owls"),
    ]


def test_two_rating_columns_are_one_rating_unless_they_contradict():
    rows = rows_of(
        "name|department|colour_rating|colour_rating|year",
        "A|HO||Red|2022",
        "B|HO|Amber||2022",
        "C|HO|Green|Red|2022",
    )
    data = as_csv(rows).encode()

    report = read_report(read_table(data), file_name="x.csv", data=data)

    assert [row.rating.label for row in report.records] == ["Red", "Amber", "Green"]
    assert Notice("row 4", "colour_rating", "two ratings, Green and Red; took the first") in (
        report.notices
    )


def test_the_status_date_is_the_quarter_that_the_comments_name():
    assert status_date_of(2014) == date(2013, 9, 30)
    assert status_date_of(2020) == date(2019, 9, 30)
    assert status_date_of(2021) == date(2021, 3, 31)


def test_a_row_that_stands_twice_counts_once_and_says_where():
    row = "G-1,Pier,MOD,Green\n"
    data = ("project_number,project_name,department,rating\n" + row + row.lower()).encode()

    report = read_report(read_table(data), file_name="gmpp_2022.csv", data=data)

    assert [record.name for record in report.records] == ["Pier"]
    assert Notice("row 3", "", "left out, the same project stands at row 2") in report.notices


def test_an_end_before_the_start_is_left_out_with_a_notice():
    rows = rows_of("name|department|start|end|year", "A|HO|20.02.2023|20.01.2023|2023")
    data = as_csv(rows).encode()

    report = read_report(read_table(data), file_name="x.csv", data=data)

    assert (report.records[0].start, report.records[0].end) == (date(2023, 2, 20), None)
    assert report.notices == [
        Notice("header", "", "no column for the delivery confidence was found"),
        Notice("header", "", "no column for the whole-life cost was found"),
        Notice("row 2", "end", "the end 2023-01-20 lies before the start 2023-02-20; left out"),
    ]


def known(name, department="HO", **values):
    identity = Identity(0)
    identity.learn(published(name, department, year=2019, **values))
    return identity


def published(name, department="HO", year=2020, number="", **values):
    return Published(year, "row 2", number, name, department_of(department), **values)


START = date(2015, 4, 1)


@pytest.mark.parametrize(
    ("identity", "row", "method"),
    [
        (known("Old name", number="HO_1"), published("New name", number="ho-1"), "number"),
        (known("Smart & Safe"), published("smart and safe"), "name"),
        (
            known("Smart Meters", "DECC"),
            published("Smart meters", "BEIS"),
            "name, successor department",
        ),
        (
            known("Land charges", "BIS", start=START),
            published("Land Charges", "HMRC", start=START),
            "name, other department",
        ),
        (known("Land charges", "BIS"), published("Land Charges", "HMRC"), "new"),
        (
            known("UKCMRI Project"),
            published("The Crick Institute (formerly UKCMRI)"),
            "former name",
        ),
        (known("Crossrail"), published("Crossrail Programme (CRL)"), "name without abbreviations"),
        (
            known("Great Western Modernisation", start=START),
            published("Great Western Route Modernisation", start=START),
            "similar name",
        ),
        (known("Prison Places Tier 2", start=START), published("Prison Places Tier 3"), "new"),
        (known("IT Transformation", "NCA"), published("ESR Transformation"), "new"),
    ],
)
def test_a_project_is_recognised_by_the_surest_sign(identity, row, method):
    (match,) = Matcher([identity]).run([row])

    assert match.method == method
    assert (match.identity is identity) is (method != "new")


def test_two_equally_similar_projects_are_left_unmatched_and_listed():
    one, other = (
        known("Prison Expiry Tranche", start=START),
        known("Prisons Expiry Tranche", start=START),
    )
    other.key = 1
    matcher = Matcher([one, other])

    (match,) = matcher.run([published("Prison Expiry Tranches", start=START)])

    assert match.identity is None
    assert [(miss.title, miss.reason) for miss in matcher.near] == [
        ("Prison Expiry Tranche", "names 98% alike, same start, but another fits as well"),
        ("Prisons Expiry Tranche", "names 95% alike, same start, but another fits as well"),
    ]


def test_names_lose_fillers_and_abbreviations_but_keep_their_numbers():
    assert core("The Enterprise Security Programme ESP") == "enterprise security"
    assert core("Lightning II Programme") == "lightning 2"
    assert core("10k Additional Places (APP)") == core("10,000 additional places")
    assert former_names("Crick (formerly UKCMRI)") == ["UKCMRI"]
    assert former_names("NICTS (formally part of Quantum)") == []


@pytest.mark.parametrize("order", [(7, 2, 0, 5, 1, 6, 3, 4), (1, 3, 5, 7, 0, 2, 4, 6)])
def test_columns_in_any_order_give_the_same_records(order):
    plain = as_csv(PLAIN[2:5]).encode()
    shuffled = as_csv([[row[place] for place in order] for row in PLAIN[2:5]]).encode()

    one = read_report(read_table(plain), file_name="projects 2021.csv", data=plain)
    other = read_report(read_table(shuffled), file_name="projects 2021.csv", data=shuffled)

    assert other.records == one.records
