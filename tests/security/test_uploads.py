# SPDX-License-Identifier: Apache-2.0
"""Files that are made to do harm, through every door that takes one (ASVS 1.5.1, 5.2, 5.3, 5.4)."""

from __future__ import annotations

import io
import zipfile

import pytest
import walking
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from python_calamine import CalamineWorkbook

from pilothouse.delivery.planning.tests.files import QUAY
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.services import refresh_performance
from pilothouse.exchange.tests.test_hostile_tables import SHEET, rows, workbook

pytestmark = pytest.mark.django_db

DOORS = {
    "plan page": ("piet", "/plans/{project_id}/import/", {"version": "1"}),
    "plan api": ("piet", "/api/v1/projects/{project_id}/plan", {}),
    "table page": ("ada", "/imports/new/", {"place": "office-{office_id}"}),
    "table api": ("ada", "/api/v1/imports", {"office_id": "{office_id}"}),
}
PLAN = '<Project xmlns="http://schemas.microsoft.com/project">{}</Project>'
LAUGHS = "".join(
    f'<!ENTITY l{number} "{f"&l{number - 1};" * 10 if number else "ha"}">' for number in range(10)
)
FILES = {
    "nothing": b"",
    "picture": b"\x89PNG\r\n\x1a\n" + b"\x00" * 2000,
    "program": b"\x7fELF" + b"\x00" * 2000,
    "page": b"<!doctype html><script>alert(1)</script>",
    "drawing": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "billion laughs": f"<!DOCTYPE x [{LAUGHS}]>{PLAN.format('&l9;')}".encode(),
    "external entity": (
        '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>' + PLAN.format("<Name>&e;</Name>")
    ).encode(),
    "external DTD": b'<!DOCTYPE x SYSTEM "http://127.0.0.1:9/x.dtd">' + PLAN.format("").encode(),
    "include": PLAN.format(
        '<xi:include xmlns:xi="http://www.w3.org/2001/XInclude" href="file:///etc/passwd"/>'
    ).encode(),
    "UTF-7": b'<?xml version="1.0" encoding="UTF-7"?>' + PLAN.format("").encode(),
    "nested 10 MB deep": b"<a>" * 1_700_000 + b"</a>" * 1_200_000,
    "cut short": QUAY.encode()[: len(QUAY) // 2],
    "cut archive": b"PK\x03\x04" + b"\x00" * 50,
    "bomb of rows": workbook(SHEET.format("", rows(300_000))),
    "last cell": workbook(
        SHEET.format("", '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>')
    ),
    "NUL": b"Code,Name\nP-1,a\x00b\n",
    "50,000 rows": b"Code,Name\n" + b"P,x\n" * 50_000,
    "wide": b",".join([b"a"] * 100_000) + b"\n",
    "open quote": b'Code,Name\n"' + b"x" * 1_000_000,
}
TABLE_READS = {"cut short"}
"""What a table may take for text; it still has no column that means anything."""


def send(house, door, data, name="upload.bin"):
    who, url, more = DOORS[door]
    form = {key: value.format(**house.own) for key, value in more.items()}
    return house.browser(who).post(
        url.format(**house.own),
        {"file": SimpleUploadedFile(name, data), **form},
        headers={"If-Match": '"v1"'} if "api" in door else {},
    )


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("what", FILES)
def test_a_harmful_file_is_refused_in_words_and_leaves_nothing(house, door, what):
    if door.startswith("table") and what in TABLE_READS:
        return
    with walking.taken_back():
        before = walking.digest()
        answer = send(house, door, FILES[what])
        assert answer.status_code in (413, 422), answer.content[:400]
        assert walking.digest() == before
    text = answer.content.decode()
    assert "root:" not in text
    assert "Traceback" not in text and "/site-packages/" not in text
    if "api" in door:
        problem = answer.json()
        assert answer["Content-Type"] == "application/problem+json"
        assert problem["detail"].endswith(".")
    else:
        assert "ph-" in text


@pytest.mark.parametrize("door", ["plan page", "plan api"])
def test_a_plan_that_is_too_large_is_refused(house, door, settings):
    settings.PILOTHOUSE_UPLOAD_MAX_BYTES = 1000
    with walking.taken_back():
        answer = send(house, door, QUAY.encode())

    assert answer.status_code == 422
    assert "larger than" in answer.content.decode()


@pytest.mark.parametrize("door", ["table page", "table api"])
def test_a_table_that_is_too_large_is_refused(house, door):
    with walking.taken_back():
        answer = send(house, door, b"Code,Name\n" + b"x" * (20 * 2**20))

    assert answer.status_code in (413, 422)


@pytest.mark.parametrize(
    "name",
    [
        "../../../etc/passwd",
        "..\\..\\windows\\system32\\x",
        "/etc/cron.d/x",
        "a\r\nSet-Cookie: x=1.xml",
        'x"; filename="evil.html',
        "\u202egpj.exe",
        "CON.xml",
        "x" * 300 + ".xml",
        '"><img src=x onerror=alert(1)>.xml',
        "a\x00b.xml",
    ],
)
@pytest.mark.parametrize("door", ["plan api", "table api"])
def test_the_name_of_a_file_is_text_and_no_path(house, door, name):
    """Nothing is stored under it, and it comes back without control and direction characters."""
    data = QUAY.encode() if door == "plan api" else b"Code,Name\nN-1,New\n"
    with walking.taken_back():
        answer = send(house, door, data, name)
        assert answer.status_code == 201, answer.content
        told = house.browser("ada").get(
            "/plans/{project_id}/".format(**house.own)
            if door == "plan api"
            else f"/imports/{answer.json()['id']}/columns/"
        )
    page = told.content.decode()
    assert told.status_code == 200
    assert "onerror=alert(1)>" not in page
    assert "\u202e" not in page and "\x00" not in page
    assert "/etc/passwd" not in page and "system32\\" not in page
    assert "Set-Cookie" not in told.headers


FORMULAS = (
    '=HYPERLINK("http://evil.example","x")',
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(1)",
    "\t=1+1",
    "\uff1d1+1",
)


def test_what_came_as_text_leaves_as_text(house):
    """A formula in a name is a name: on the way in, and in each file on the way out."""
    with walking.taken_back():
        for number, formula in enumerate(FORMULAS):
            Project.objects.filter(pk=house.own["project_id"]).update(name=formula)

            refresh_performance(project_id=house.own["project_id"], today=timezone.localdate())
            ada = house.browser("ada")
            for address in ("/export/?format=", "/api/v1/projects/export?format="):
                text = ada.get(f"{address}csv").content.decode("utf-8-sig")
                workbook = ada.get(f"{address}xlsx").content
                book = CalamineWorkbook.from_filelike(io.BytesIO(workbook))
                cells = [
                    str(cell) for line in book.get_sheet_by_index(0).to_python() for cell in line
                ]
                assert formula in cells, number
                with zipfile.ZipFile(io.BytesIO(workbook)) as parts:
                    sheets = [parts.read(f"xl/worksheets/sheet{n}.xml") for n in (1, 2)]
                assert all(b"<f>" not in sheet and b"<f " not in sheet for sheet in sheets)
                assert all(
                    part.startswith("'")
                    for line in text.splitlines()
                    for part in line.strip('"').split('","')
                    if formula.strip().replace('"', '""') in part
                )


def test_a_workbook_with_paths_is_not_unpacked_anywhere(house, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("../../escaped.txt", "x")
        archive.writestr("/tmp/escaped-absolute.txt", "x")  # noqa: S108
    with walking.taken_back():
        assert send(house, "table api", out.getvalue()).status_code == 422

    assert list(tmp_path.iterdir()) == []
