# SPDX-License-Identifier: Apache-2.0
import csv
import io
import zipfile
from datetime import date
from decimal import Decimal

import pytest
from python_calamine import CalamineWorkbook

from pilothouse.foundation.core.tables import neutral, original, write_csv, write_xlsx

HOSTILE = [
    '=HYPERLINK("http://x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "＝1",
    "  =1",
    "\u00a0=1",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_that_could_calculate_is_led_by_an_apostrophe_and_comes_back_whole(text):
    shown = neutral(text)

    assert shown == "'" + text
    assert original(shown) == text


@pytest.mark.parametrize("text", ["'=1", "''=1", "'  =1", "'" * 9 + "@x", "'-", "'-1"])
def test_a_text_that_begins_with_an_apostrophe_of_its_own_comes_back_whole(text):
    assert original(neutral(text)) == text


@pytest.mark.parametrize("text", ["Harbour", "-", "", "it's", "'quoted'", "a=b"])
def test_a_harmless_text_stays_as_it_is(text):
    assert neutral(text) == text
    assert original(text) == text


def test_csv_quotes_every_text_and_leaves_numbers_and_dates_plain():
    data = write_csv(
        [
            ["a;=1", Decimal("-5.20"), date(2026, 2, 28), None, True],
            ['say "hi"', 3, None, "=1", False],
        ],
        ["Name", "Slip", "Finish", "Note", "Critical"],
    )

    assert data == (
        b'\xef\xbb\xbf"Name","Slip","Finish","Note","Critical"\r\n'
        b'"a;=1",-5.20,"2026-02-28","","Yes"\r\n'
        b'"say ""hi""",3,"","\'=1","No"\r\n'
    )


def test_no_cell_of_a_csv_begins_with_a_trigger_whatever_the_separator_of_the_reader():
    data = write_csv([[text] for text in HOSTILE], ["=Header"]).decode("utf-8-sig")

    for delimiter in ",;\t":
        for row in csv.reader(io.StringIO(data, newline=""), delimiter=delimiter):
            assert all(cell[:1] not in "=+-@\t\r\n＝" or not cell for cell in row)


def test_a_workbook_keeps_types_and_holds_no_formula():
    data = write_xlsx(
        [["Harbour", Decimal("12.5"), date(2026, 2, 28), None], ["=1+1", -3, None, True]],
        ["Name", "Cost", "Finish", "Critical"],
        notes=["Open Government Licence v3.0"],
    )

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    assert book.sheet_names == ["Table", "About"]
    assert book.get_sheet_by_name("Table").to_python() == [
        ["Name", "Cost", "Finish", "Critical"],
        ["Harbour", 12.5, date(2026, 2, 28), ""],
        ["=1+1", -3.0, "", "Yes"],
    ]
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        sheet = parts.read("xl/worksheets/sheet1.xml")
    assert b"<f" not in sheet


@pytest.mark.parametrize("text", HOSTILE)
def test_a_text_of_a_workbook_is_a_cell_of_text_as_it_is(text):
    data = write_xlsx([[text]], [text], notes=[text])

    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    for sheet in ("Table", "About"):
        assert {row[0] for row in book.get_sheet_by_name(sheet).to_python()} == {text}
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        assert all(b"<f" not in parts.read(f"xl/worksheets/sheet{n}.xml") for n in (1, 2))
        assert b'quotePrefix="1"' in parts.read("xl/styles.xml")
