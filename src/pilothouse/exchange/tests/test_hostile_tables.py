# SPDX-License-Identifier: Apache-2.0
"""Files that are made to break the reader; each ends in one sentence within its limits."""

import io
import zipfile

import pytest
import xlsxwriter

from pilothouse.exchange import sandbox
from pilothouse.exchange.sandbox import read_untrusted
from pilothouse.exchange.services import plain_name
from pilothouse.exchange.tables import read_table
from pilothouse.foundation.core.errors import Invalid

SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/'
    '2006/main">{}<sheetData>{}</sheetData></worksheet>'
)


def workbook(sheet, compression=zipfile.ZIP_DEFLATED, **extra):
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        book.add_worksheet("Data").write_string(0, 0, "Code")
    result = io.BytesIO()
    with zipfile.ZipFile(out) as source, zipfile.ZipFile(result, "w", compression) as target:
        for name in source.namelist():
            data = source.read(name)
            target.writestr(name, sheet if name == "xl/worksheets/sheet1.xml" else data)
        for name, data in extra.items():
            target.writestr(name, data)
    return result.getvalue()


def rows(count):
    return "".join(f'<row r="{n}"><c r="A{n}"><v>1</v></c></row>' for n in range(1, count + 1))


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"", "The file is empty"),
        (b"\xef\xbb\xbf\r\n\r\n", "The file is empty"),
        (b"Code,Name\nP-1,a\x00b\n", "Line 2 holds a NUL byte"),
        (
            b'Code,Name\nP-1,"never closed\n' + b"x" * 1000,
            "A quotation mark opened in or after line 2",
        ),
        (b'Code\n"' + b"x" * 1_000_000, "longer than 200,000 characters"),
        (b",".join([b"a"] * 100_000) + b"\n", "has 100,000 columns; at most 2,000"),
        (b"a\n" * 100_002, "more than 100,000 rows"),
        (b"%PDF-1.7 ...", "This is a PDF file"),
        (b"<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>", "XML or HTML file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1rest", "before 2007 or one with a password"),
        (b"PK\x03\x04 cut short", "cut short or damaged"),
        (b"\xff\xfeC\x00o", "looks like UTF-16 but is damaged"),
    ],
    ids=[
        "empty",
        "only a mark",
        "NUL",
        "unclosed quote",
        "endless cell",
        "1e5 columns",
        "too many rows",
        "PDF",
        "XML",
        "old Excel",
        "broken archive",
        "broken UTF-16",
    ],
)
def test_a_hostile_text_is_refused_in_words(data, sentence):
    with pytest.raises(Invalid, match=sentence):
        read_untrusted(data)


def test_a_value_in_the_last_cell_of_the_sheet_is_refused_before_the_parser():
    sheet = SHEET.format("", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')

    with pytest.raises(Invalid, match="A value stands in cell XFD1048576"):
        read_untrusted(workbook(sheet))


def test_a_false_dimension_does_no_harm():
    sheet = SHEET.format('<dimension ref="A1:XFD1048576"/>', rows(2))

    assert read_untrusted(workbook(sheet)).rows == [["1"], ["1"]]


def test_eight_million_rows_in_a_megabyte_are_refused():
    row = b'<row><c t="n"><v>1</v></c></row>'
    head, tail = SHEET.format("", "|").encode().split(b"|")

    with pytest.raises(Invalid, match=r"more than 2,000,000 cells|unpacks to more than 300 MB"):
        read_untrusted(workbook(head + row * 8_000_000 + tail))


def test_an_archive_with_too_many_parts_or_too_much_inside_is_refused():
    many = workbook(SHEET.format("", rows(1)), **{f"xl/x{n}": b"" for n in range(2_100)})
    big = workbook(SHEET.format("", rows(1)), **{"xl/media/bomb": b"\0" * (310 * 2**20)})

    with pytest.raises(Invalid, match="parts; at most 2,000"):
        read_untrusted(many)
    with pytest.raises(Invalid, match="unpacks to more than 300 MB"):
        read_untrusted(big)


def test_one_cell_of_310_megabytes_is_refused_before_the_time_is_up():
    head, tail = SHEET.format("", '<row><c t="inlineStr"><is><t>|</t></is></c></row>').split("|")
    sheet = (head + "A" * (310 * 2**20) + tail).encode()

    with pytest.raises(Invalid, match="unpacks to more than 300 MB"):
        read_untrusted(workbook(sheet))


def test_an_archive_that_is_no_workbook_is_refused_and_nothing_is_unpacked():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../etc/passwd", "x")
        archive.writestr("C:\\CON", "x")

    with pytest.raises(Invalid, match=r"no Excel workbook"):
        read_untrusted(out.getvalue())


FORMULAS = (
    '<row r="1"><c r="A1" t="inlineStr"><is><t>Code</t></is></c></row>'
    '<row r="3"><c r="A3"><f>1+1</f><v>2</v></c><c r="C3"><f>5*5</f><v></v></c>'
    '<c><f t="shared" si="0"/></c><c t="str"><f>""</f><v></v></c></row>'
    '<row><c><v>7</v></c></row><row><c r="B5"><f>DATE(2027,1,&#x31;)</f></c></row>'
)


def test_a_formula_without_a_saved_value_keeps_its_place_and_is_told():
    table = read_untrusted(workbook(SHEET.format("", FORMULAS)))

    assert [
        (n, m, cell) for n, row in enumerate(table.rows) for m, cell in enumerate(row) if cell
    ] == [
        (0, 0, "Code"),
        (2, 0, "2"),
        (2, 2, "\0=5*5"),
        (2, 3, "\0="),
        (3, 0, "7"),
        (4, 1, "\0=DATE(2027,1,1)"),
    ]
    assert table.notices == [
        "2 cells hold formulas; the values that were saved with them were read.",
        "3 cells hold formulas without a saved value; "
        "open the file in a spreadsheet program and save it.",
    ]


def test_one_formula_is_told_in_the_singular():
    cells = '<row r="1"><c r="A1"><v>1</v></c><c r="B1"><f>5*5</f><v>{}</v></c></row>'

    saved = read_untrusted(workbook(SHEET.format("", cells.format(25))))
    alone = read_untrusted(workbook(SHEET.format("", cells.format(""))))

    assert saved.notices == ["1 cell holds a formula; the value that was saved with it was read."]
    assert alone.notices == [
        "1 cell holds a formula without a saved value; "
        "open the file in a spreadsheet program and save it."
    ]


def test_a_formula_in_a_row_that_no_sheet_has_is_refused():
    row = '<row r="{}"><c><f>5*5</f></c></row>'.format("9" * 12)

    with pytest.raises(Invalid, match="a formula stands in row 999999999999"):
        read_untrusted(workbook(SHEET.format("", rows(1) + row)))


def test_a_workbook_of_nothing_but_formulas_without_values_says_so():
    sheet = SHEET.format("", '<row r="1"><c r="A1"><f>5*5</f></c></row>')

    with pytest.raises(Invalid, match="anything but formulas without a saved value; open the file"):
        read_untrusted(workbook(sheet))


def test_a_sheet_with_formulas_that_declares_a_document_type_is_refused():
    sheet = SHEET.format("", FORMULAS).replace("?>", "?><!DOCTYPE x [<!ENTITY a 'b'>]>", 1)

    with pytest.raises(Invalid, match="damaged or not an Excel file"):
        read_untrusted(workbook(sheet))


def test_a_reader_that_hits_a_limit_of_the_system_is_a_sentence_too(monkeypatch):
    monkeypatch.setattr(sandbox, "MEMORY", 20 * 2**20)

    with pytest.raises(Invalid, match="needs more than 20 MB of memory"):
        read_untrusted(b"Code\n" + b"P-1\n" * 90_000)


@pytest.mark.parametrize(
    ("data", "encoding", "delimiter"),
    [
        ("Code;Größe\nP-1;1,5\n".encode(), "utf-8", ";"),
        ("Code;Größe\nP-1;1,5\n".encode("utf-8-sig"), "utf-8", ";"),
        (b"\xef\xbb\xbf" + "Code;Größe\nP-1;1,5\n".encode("utf-8-sig"), "utf-8", ";"),
        ("Code;Größe\r\nP-1;1,5\r".encode("cp1252"), "cp1252", ";"),
        ("Code\tGröße\nP-1\t1,5\n".encode("utf-16"), "utf-16", "\t"),
        ("Code|Größe\nP-1|1,5\n".encode("utf-16-be"), "utf-16", "|"),
    ],
)
def test_encoding_and_separator_are_found_out(data, encoding, delimiter):
    table = read_table(data)

    assert table.rows == [["Code", "Größe"], ["P-1", "1,5"]]
    assert (table.encoding, table.delimiter) == (encoding, delimiter)


def test_a_wrong_choice_of_encoding_names_the_line():
    with pytest.raises(Invalid, match="Line 2 is not UTF-8"):
        read_untrusted("Code\nGröße\n".encode("cp1252"), encoding="utf-8")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\plan.csv", "plan.csv"),
        ("a\r\nSet-Cookie: x.csv", "aSet-Cookie: x.csv"),
        ("evil\u202evsc.exe", "evilvsc.exe"),
        ("plan.csv.", "plan.csv"),
        ("é.csv", "é.csv"),
        ("x" * 300, "x" * 200),
        ("...", "file"),
    ],
)
def test_file_names_are_shown_without_tricks(name, shown):
    assert plain_name(name) == shown
