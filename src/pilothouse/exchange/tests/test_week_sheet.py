# SPDX-License-Identifier: Apache-2.0
"""The week as a spreadsheet: filled in by somebody, read back row by row, sent whole or not."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from python_calamine import CalamineWorkbook

from permissions.walking import form_values
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.queries import week_of
from pilothouse.delivery.progress.tests.harbour import WEDNESDAY, lay_plan
from pilothouse.exchange.services import read_week_sheet, release_held_sheet, week_sheet
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.tables import write_csv
from pilothouse.foundation.scanning.models import IncomingFile

PERCENT, LEFT, STARTED, FINISH, REMARK, HELP, KEY, BEFORE = range(5, 13)


@pytest.fixture
def uids(cast):
    return lay_plan(cast)


def cells(body):
    """The sheet as rows of text, the header first."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(body))
    return [[str(cell) for cell in row] for row in book.get_sheet_by_index(0).to_python()]


def sent_out(cast, today=WEDNESDAY, who="tess"):
    person = getattr(cast, who)
    return cells(week_sheet(person, week_of(person.actor(), today))[1])


def back(rows):
    return write_csv(rows[1:], rows[0])


def read(cast, rows, who="tess", person=None, project=None, today=WEDNESDAY):
    by = getattr(cast, who)
    return read_week_sheet(
        actor=by.actor(),
        person=person or by,
        file_name="week.csv",
        data=back(rows),
        today=today,
        project=project,
    )


def test_a_sheet_holds_the_week_and_only_what_is_asked_can_be_typed_in(cast, uids):
    name, body = week_sheet(cast.tess, week_of(cast.tess.actor(), WEDNESDAY))

    rows = cells(body)
    assert name == f"week-2026-03-11-{cast.tess.pk}.xlsx"
    assert [row[:3] for row in rows[1:]] == [
        ["HARB", "Dredge", "Quay"],
        ["HARB", "Pour", "Quay"],
        ["HARB", "Cure", "Quay"],
    ]
    page = zipfile.ZipFile(io.BytesIO(body)).read("xl/worksheets/sheet1.xml").decode()
    assert "<sheetProtection " in page
    hidden = re.findall(r'<col min="(\d+)" max="(\d+)"[^>]*hidden="1"', page)
    assert {number for pair in hidden for number in pair} == {"12", "13"}


def test_a_sheet_that_comes_back_as_it_went_says_nothing_new(cast, uids):
    found = read(cast, sent_out(cast))

    assert (found.changed, found.wrong, len(found.week.rows)) == (0, {}, 3)


def test_what_was_typed_in_a_workbook_is_read(cast, uids):
    body = week_sheet(cast.tess, week_of(cast.tess.actor(), WEDNESDAY))[1]

    found = read_week_sheet(
        actor=cast.tess.actor(),
        person=cast.tess,
        file_name="week.xlsx",
        data=body,
        today=WEDNESDAY,
    )

    assert (found.changed, found.wrong) == (0, {})


def test_changed_rows_are_told_apart_and_nothing_is_kept(cast, uids):
    rows = sent_out(cast)
    rows[1][PERCENT], rows[1][REMARK], rows[1][HELP] = "60 %", "=Rock", "Yes"
    rows[2][FINISH] = "2026-03-27"

    found = read(cast, rows[:1] + rows[:0:-1])

    key = f"{cast.harbour.pk}.{uids['Dredge']}"
    assert (found.changed, found.wrong) == (2, {})
    assert (found.values[f"{key}.percent"], found.values[f"{key}.remark"]) == ("60 %", "=Rock")
    assert found.values[f"{key}.help"] == "on"
    assert TaskUpdate.objects.count() == 0


@pytest.mark.parametrize(
    ("column", "text", "field"),
    [
        (PERCENT, "most", "percent"),
        (LEFT, "soon", "remaining"),
        (FINISH, "1983-12-31", "finish"),
        (FINISH, "2101-01-01", "finish"),
        (STARTED, "31.12.2026", "started"),
    ],
)
def test_a_mistake_stands_at_its_row_and_field(cast, uids, column, text, field):
    rows = sent_out(cast)
    rows[2][column] = text

    found = read(cast, rows)

    assert {key: list(wrong) for key, wrong in found.wrong.items()} == {
        f"{cast.harbour.pk}.{uids['Pour']}": [field]
    }


def test_percent_and_work_left_that_contradict_each_other_are_told(cast, uids):
    rows = sent_out(cast)
    rows[1][PERCENT], rows[1][LEFT] = "100", "2d"

    found = read(cast, rows)

    (wrong,) = found.wrong.values()
    assert wrong == {
        "remaining": "100 % done and work left contradict each other; correct one of them."
    }


def keys_changed(cast, uids, how, rows):
    if how == "changed":
        rows[2][KEY] = rows[2][KEY].replace(f".{uids['Pour']}:", f".{uids['Survey']}:")
    elif how == "missing":
        rows[2][KEY] = ""
    elif how == "of another row":
        rows[2][KEY] = rows[1][KEY]
    elif how == "of somebody else":
        rows[2][KEY] = sent_out(cast, who="piet")[1][KEY]
    return rows


@pytest.mark.parametrize("how", ["changed", "missing", "of another row", "of somebody else"])
def test_a_row_whose_key_does_not_hold_keeps_all_out_and_is_named(cast, uids, how):
    rows = keys_changed(cast, uids, how, sent_out(cast))

    with pytest.raises(Invalid) as refused:
        read(cast, rows)

    assert refused.value.code == "exchange.week_rows"
    assert refused.value.message.startswith("Row 3: ")
    assert "Nothing was read." in refused.value.message


def test_a_sheet_without_its_columns_says_which(cast, uids):
    rows = [row[:11] for row in sent_out(cast)]

    with pytest.raises(Invalid) as refused:
        read(cast, rows)

    assert "The column “Key” is missing" in refused.value.message


def test_a_task_that_left_the_plan_is_named(cast, uids):
    rows = sent_out(cast)
    cast.harbour.plan.task_set.filter(name="Pour").delete()

    with pytest.raises(Invalid) as refused:
        read(cast, rows)

    assert "Row 3: its task is nobody’s to report on here" in refused.value.message


def test_what_is_no_table_is_refused(cast, uids):
    for data in (b"", b"\x89PNG", b"PK\x03\x04 no workbook", b"x" * (2 * 1024 * 1024 + 1)):
        with pytest.raises(Invalid):
            read_week_sheet(
                actor=cast.tess.actor(),
                person=cast.tess,
                file_name="x.xlsx",
                data=data,
                today=WEDNESDAY,
            )


@pytest.fixture
def now(cast):
    """The plan around the real today, for pages ask the clock."""
    return lay_plan(cast, clock.today())


def upload(client, url, rows):
    return client.post(url, {"file": SimpleUploadedFile("week.csv", back(rows))})


def test_a_returned_sheet_is_looked_at_in_the_form_and_then_sent(cast, now, client):
    client.force_login(cast.tess)
    rows = cells(client.get("/imports/week/sheet/").content)
    rows[1][PERCENT] = "60"

    answer = upload(client, "/imports/week/read/", rows)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "1 row(s) of the sheet say something new." in page
    assert TaskUpdate.objects.count() == 0
    form = {
        name: value
        for name, value in form_of(page).items()
        if name.startswith(str(cast.harbour.pk)) or name == "door"
    }
    assert client.post("/my/week/", form).status_code == 302
    row = TaskUpdate.objects.get()
    assert (row.task_name, row.percent, row.door) == ("Dredge", 60, "sheet")


def form_of(page):
    """The form of the week, which names where it goes."""
    return form_values(page.replace(' action="/my/week/"', ""))


def test_a_wrong_sheet_comes_back_with_its_reason(cast, now, client):
    client.force_login(cast.tess)
    rows = cells(client.get("/imports/week/sheet/").content)
    rows[1][KEY] = "x"

    answer = upload(client, "/imports/week/read/", rows)

    assert answer.status_code == 422
    assert "Row 2: its hidden key was changed or is missing." in answer.content.decode()


def test_a_manager_sends_the_sheet_out_and_reads_it_back(cast, now, client):
    client.force_login(cast.piet)
    place = f"{cast.harbour.pk}/{cast.tess.pk}"
    rows = cells(client.get(f"/imports/week/{place}/sheet/").content)
    rows[1][PERCENT] = "60"

    page = upload(client, f"/imports/week/{place}/read/", rows).content.decode()
    action = f"/plans/{cast.harbour.pk}/updates/people/{cast.tess.pk}/"
    form = form_values(page.replace(f' action="{action}"', ""))
    client.post(action, form)

    row = TaskUpdate.objects.get()
    assert (row.person, row.entered_by, row.percent, row.state, row.door) == (
        cast.tess,
        cast.piet,
        60,
        "confirmed",
        "sheet",
    )


@pytest.mark.parametrize(("who", "status"), [("tess", 403), ("ada", 403), ("otto", 404)])
def test_nobody_else_gets_the_sheet_of_a_person(cast, now, client, who, status):
    client.force_login(getattr(cast, who))
    place = f"{cast.harbour.pk}/{cast.tess.pk}"

    assert client.get(f"/imports/week/{place}/sheet/").status_code == status
    assert upload(client, f"/imports/week/{place}/read/", [["x"]]).status_code == status
    assert (
        client.get(f"/plans/{cast.harbour.pk}/updates/people/{cast.tess.pk}/").status_code == status
    )


def test_a_sheet_waits_for_the_scanner_and_is_then_read_again(cast, now, client, settings):
    client.force_login(cast.tess)
    rows = cells(client.get("/imports/week/sheet/").content)
    settings.PILOTHOUSE_SCANNER = "clamd:///nowhere/clamd.ctl"

    answer = upload(client, "/imports/week/read/", rows)

    held = IncomingFile.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/files/{held.pk}/")
    assert (held.door, held.state, held.office, held.created_by) == (
        "week",
        "held",
        cast.office,
        cast.tess,
    )
    assert "Weekly update" in client.get(answer["Location"]).content.decode()
    with pytest.raises(Invalid) as refused:
        release_held_sheet(cast.tess.actor(), held, b"", lambda pk: None)
    assert refused.value.code == "exchange.sheet_again"
    assert TaskUpdate.objects.count() == 0


def test_who_is_in_no_plan_reads_no_sheet(cast, now, client):
    client.force_login(cast.otto)

    answer = upload(client, "/imports/week/read/", [["x"]])

    assert answer.status_code == 422
    assert TaskUpdate.objects.count() == 0
