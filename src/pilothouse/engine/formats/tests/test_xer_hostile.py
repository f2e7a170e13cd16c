# SPDX-License-Identifier: Apache-2.0
"""Primavera files that are damaged, hostile or contradictory: refused with place and reason."""

from __future__ import annotations

import random
from io import BytesIO

import pytest

from pilothouse.engine.errors import EngineError, FormatError
from pilothouse.engine.formats.tests import xer_files as xer
from pilothouse.engine.formats.xer import Limits, read_xer

GOOD = xer.document(
    xer.task(1),
    xer.task(2, status_code="TK_Active", act_start_date="2027-02-26 08:00"),
    more=[
        ("TASKPRED", xer.link(1, 2, lag=4)),
        ("RSRC", {"rsrc_id": 3, "rsrc_name": "Mason", "clndr_id": 1}),
        ("TASKRSRC", {"taskrsrc_id": 1, "task_id": 1, "proj_id": 7, "rsrc_id": 3}),
    ],
)

LESS = " Leave out what is not planned, or split the plan."
"""What is said to do about what exceeds a bound."""


def refusal(text, **options):
    limits = Limits(**options.pop("limits", {}))
    raw = text if isinstance(text, bytes) else text.encode("cp1252")
    with pytest.raises(FormatError) as caught:
        read_xer(BytesIO(raw), limits=limits, **options)
    return caught.value


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "empty"),
        (b"a plan in words", "not_xer"),
        (b"<Project/>", "not_xer"),
        (GOOD.encode("utf-16"), "encoding"),
        (GOOD.encode().replace(b"%E", b""), "truncated"),
        (b"ERMHDR\t20.12\r\n%E\r\n", "no_project"),
        (b"ERMHDR\t20.12\r\n%T\tTASK\r\n%R\t1\r\n%E\r\n", "fields"),
        (b"ERMHDR\t20.12\r\n%T\tTASK\r\n%F\ttask_id\ttask_id\r\n%E\r\n", "fields"),
        (b"ERMHDR\t20.12\r\n%T\tTASK\r\n%F\ttask_id\r\n%R\t1\r\n%E\r\n", "fields"),
    ],
)
def test_what_is_no_project_is_refused_by_its_kind(raw, code):
    error = refusal(raw)

    assert error.code == f"xer.{code}"
    assert error.message.endswith(".")


def test_an_encoding_that_is_not_known_or_is_no_text_is_refused():
    for name in ("klingon", "base64"):
        assert refusal(GOOD, encoding=name).code == "xer.encoding"


def test_several_projects_are_listed():
    other = {**xer.PROJECT, "proj_id": 8, "proj_short_name": "PIER"}
    text = xer.document(xer.task(1), projects=(xer.PROJECT, other))

    error, lost = refusal(text), refusal(text, project="9")

    assert error.code == "xer.projects"
    assert error.message == (
        "The file holds 2 projects; name the one to read. It holds 7 (QUAY), 8 (PIER)."
    )
    assert error.places == ("7", "8")
    assert lost.message == ("There is no project ‘9’ in the file. It holds 7 (QUAY), 8 (PIER).")


def test_two_projects_of_the_same_number_are_refused():
    error = refusal(xer.document(xer.task(1), projects=(xer.PROJECT, xer.PROJECT)))

    assert error.code == "xer.duplicate"
    assert error.message == (
        "Line 5, project 7 ‘QUAY’: proj_id 7 is taken by another project. "
        "Give each row a number of its own."
    )


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        ({"bytes": 100}, "larger than"),
        ({"record_bytes": 200}, "longer than 200"),
        ({"rows": 3}, "more than 3 rows"),
        ({"columns": 5}, "has 7 columns"),
        ({"tasks": 1}, "more than 1 tasks"),
        ({"links": 0}, "more than 0 links"),
        ({"assignments": 0}, "more than 0 assignments"),
        ({"calendars": 0}, "more than 0 calendars"),
        ({"wbs": 0}, "more than 0 wbs"),
        ({"name_length": 3}, "clndr_name has 9 characters; 3 may be"),
    ],
)
def test_limits_hold(limits, words):
    assert words in refusal(GOOD, limits=limits).message


def test_days_of_all_calendars_are_counted_together():
    days = "".join(f"(0||{n}(d|{46380 + n})())" for n in range(30))
    calendars = tuple(
        {**xer.CALENDAR, "clndr_id": uid, "clndr_data": xer.data(exceptions=days)} for uid in (1, 2)
    )

    error = refusal(xer.document(xer.task(1), calendars=calendars), limits={"exceptions": 50})

    assert error.message == "The file has more than 50 exceptions." + LESS


def test_a_hundred_thousand_columns_and_a_row_without_end_are_refused():
    columns = "\t".join(f"c{n}" for n in range(100_000))
    endless = b"ERMHDR\t20.12\r\n%T\tTASK\r\n%F\ttask_id\r\n%R\t1" + b"x\n" * 3_000

    many = refusal(f"ERMHDR\t20.12\r\n%T\tTASK\r\n%F\t{columns}\r\n%E\r\n")

    assert many.message == ("Line 3: table TASK has 100,000 columns; export the project once more.")
    assert refusal(endless, limits={"record_bytes": 5_000}).code == "xer.limit"


def test_more_fields_than_columns_are_refused_and_fewer_are_empty():
    wide = GOOD.replace("Task 1\t8\t8", "Task 1\t8\t8" + "\t" * 30 + "x")
    narrow = GOOD.replace("Task 1\t8\t8", "Task 1")

    assert refusal(wide).code == "xer.columns"
    assert read_xer(BytesIO(narrow.encode())).tasks[0].duration_minutes == 0


@pytest.mark.parametrize(
    ("field", "value", "code", "words"),
    [
        ("task_id", "", "missing", "task_id is missing; every row needs one"),
        ("task_id", "9999999999", "value", "which is no whole number in range"),
        ("wbs_id", "55", "dangling_wbs", "wbs_id is 55, but there is no such element"),
        ("clndr_id", "9", "missing_calendar", "clndr_id is 9, but there is no such calendar"),
        ("task_type", "TT_Wish", "value", "task_type is ‘TT_Wish’, which is not known"),
        ("status_code", "", "value", "status_code is ‘’, which is not known"),
        ("status_code", "TK_Active", "missing", "act_start_date is missing, but the task has"),
        ("status_code", "TK_Complete", "missing", "act_end_date is missing, but the task is"),
        ("remain_drtn_hr_cnt", "-8", "value", "is -8 hours; a duration is 0 or more"),
        ("remain_drtn_hr_cnt", "1e99", "value", "remain_drtn_hr_cnt is 1e99, which is out"),
        ("remain_drtn_hr_cnt", "NaN", "value", "is ‘NaN’, which is no number"),
        ("remain_drtn_hr_cnt", "9999999", "value", "9999999 hours, which is out of range"),
        ("early_start_date", "03/01/2027", "date", "is ‘03/01/2027’, which is no date such"),
        ("early_start_date", "2027-02-30 08:00", "date", "is ‘2027-02-30 08:00’, which is no date"),
        ("early_start_date", "9999-01-01 08:00", "date_range", "(1950 to 2199)"),
        ("phys_complete_pct", "101", "value", "is 101, which is not between 0 and 100"),
    ],
)
def test_a_bad_value_is_named_with_line_row_and_column(field, value, code, words):
    error = refusal(xer.document(xer.task(1, **{field: value})))

    assert error.code == f"xer.{code}"
    assert error.message.startswith("Line 13, task A1 ‘Task 1’: ")
    assert words in error.message
    assert error.places == ("task A1 ‘Task 1’",)


@pytest.mark.parametrize(
    ("table", "row", "code"),
    [
        ("TASKPRED", xer.link(99, 1), "dangling_link"),
        ("TASKPRED", xer.link(1, 2, "PR_XX"), "value"),
        ("TASKPRED", xer.link(1, 2, lag="many"), "value"),
        ("TASKRSRC", {"taskrsrc_id": 1, "task_id": 99, "proj_id": 7}, "dangling_assignment"),
        (
            "TASKRSRC",
            {"taskrsrc_id": 1, "task_id": 1, "proj_id": 7, "rsrc_id": 5},
            "dangling_assignment",
        ),
        ("TASK", xer.task(1), "duplicate"),
        ("CALENDAR", xer.CALENDAR, "duplicate"),
        ("PROJWBS", xer.ROOT, "duplicate"),
    ],
)
def test_rows_that_contradict_each_other_are_refused(table, row, code):
    error = refusal(xer.document(xer.task(1), xer.task(2), more=[(table, row)]))

    assert error.code == f"xer.{code}"


def test_actual_dates_that_do_not_fit_the_state_are_left_out_or_refused():
    waiting = xer.read(xer.document(xer.task(1, act_start_date="2027-02-26 08:00")))
    backwards = refusal(
        xer.document(
            xer.task(
                1,
                status_code="TK_Complete",
                act_start_date="2027-02-26 08:00",
                act_end_date="2027-02-25 08:00",
            )
        )
    )

    assert waiting.tasks[0].actual_start is None
    assert [n.field for n in waiting.notices] == ["act_start_date"]
    assert backwards.code == "xer.date"


def test_wbs_elements_in_a_circle_are_refused():
    loop = (
        {**xer.ROOT, "wbs_id": 101, "parent_wbs_id": 102},
        {**xer.ROOT, "wbs_id": 102, "parent_wbs_id": 101},
    )

    error = refusal(xer.document(xer.task(1), wbs=(xer.ROOT, *loop)))

    assert error.code == "xer.wbs_cycle"


def test_a_wbs_deeper_than_any_is_refused_and_so_is_a_chain_of_calendars():
    deep = tuple(
        {**xer.ROOT, "wbs_id": 100 + n, "parent_wbs_id": 99 + n if n else ""} for n in range(200)
    )
    chain = tuple(
        {**xer.CALENDAR, "clndr_id": n, "base_clndr_id": n - 1 if n > 1 else ""}
        for n in range(1, 1500)
    )

    error = refusal(xer.document(xer.task(1, wbs_id=299), wbs=deep))

    assert error.message.endswith("wbs_id lies more than 100 deep." + LESS)
    assert refusal(xer.document(xer.task(1), calendars=chain)).code == "xer.calendar_base_depth"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("(0||CalendarData()(", "ends in the middle"),
        ("(0||" * 1000, "cannot be read at ‘(0||(0||"),
        ("(0||a()(" * 20 + "))" * 20, "is nested more than 8 deep"),
        (xer.data().replace("08:00", "25:00"), "has the time ‘25:00’"),
        (xer.data().replace("08:00", "late"), "has the time ‘late’"),
        (xer.data(exceptions="(0||0(d|9999999)())"), "has an exception on day ‘9999999’"),
        (xer.data(exceptions="(0||0(d|x)())"), "has an exception on day ‘x’"),
        ("stray" + xer.data(), "cannot be read at ‘stray"),
        (xer.data() + "))", "cannot be read at ‘))’"),
    ],
)
def test_a_malformed_calendar_is_refused(text, words):
    error = refusal(xer.document(calendars=({**xer.CALENDAR, "clndr_data": text},)))

    assert error.code == "xer.calendar"
    assert f"clndr_data {words}" in error.message


def test_characters_that_cannot_be_printed_do_not_come_through():
    plan = xer.read(xer.document(xer.task(1, task_name="Pour\x00 \x01slab\x7f")))

    assert plan.tasks[0].name == "Pour slab"


def test_a_file_cut_anywhere_is_refused():
    data = GOOD.encode()

    codes = {refusal(data[:cut]).code for cut in range(0, len(data) - 4, 7)}

    assert codes == {"xer.truncated", "xer.empty"}


def test_a_file_with_flipped_bits_never_breaks_the_reader():
    good, chance, outcomes = GOOD.encode(), random.Random(2027), set()
    for _ in range(1500):
        data = bytearray(good)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        try:
            read_xer(BytesIO(bytes(data)))
            outcomes.add("read")
        except EngineError as error:
            assert isinstance(error, FormatError), error.code
            outcomes.add("refused")

    assert outcomes == {"read", "refused"}
