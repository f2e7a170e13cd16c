# SPDX-License-Identifier: Apache-2.0
"""The content chooses the reader; the ending of the name chooses the writer."""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import fields, replace
from datetime import datetime
from decimal import Decimal
from io import BytesIO

import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats import files
from pilothouse.engine.formats.files import format_of, read_plan_file, write_plan_file
from pilothouse.engine.formats.mspdi import write_mspdi
from pilothouse.engine.formats.plan_json import write_plan_json
from pilothouse.engine.formats.tests import xer_files
from pilothouse.engine.formats.tests.test_xer import whole_plan
from pilothouse.engine.formats.xer import write_xer
from pilothouse.engine.network.plan import (
    ConstraintType,
    EnteredText,
    PercentType,
    Plan,
    PlanTask,
    TaskStep,
    WorkType,
)

PLAN = whole_plan()


@pytest.mark.parametrize("name", ["", "plan.xml", "plan.xer", "plan.json", "plan.mpp", "x"])
@pytest.mark.parametrize("write", [write_mspdi, write_xer, write_plan_json])
def test_the_content_decides_whatever_the_name(write, name):
    plan = read_plan_file(BytesIO(write(PLAN)), name)

    assert [task.name for task in plan.tasks] == [task.name for task in PLAN.tasks]


def test_marks_blanks_and_other_encodings_are_seen_through():
    json, xml = write_plan_json(PLAN), write_mspdi(PLAN)
    late = xml.replace(b"?>", b"?><!-- <project> --><?x <a>?>", 1)
    wide = xml.decode().replace("UTF-8", "UTF-16").encode("utf-16")

    assert read_plan_file(BytesIO(b"\xef\xbb\xbf \n" + json)) == PLAN
    assert read_plan_file(BytesIO(late)).name == PLAN.name
    assert read_plan_file(BytesIO(wide)).name == PLAN.name
    assert read_plan_file(BytesIO(b"\xef\xbb\xbf" + write_xer(PLAN))).name == PLAN.name


@pytest.mark.parametrize(
    ("head", "name", "expected"),
    [
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "plan.xml", True),
        (b"MPX,Microsoft Project,4.0", "", True),
        (b'<?xml version="1.0"?><APIBusinessObjects/>', "", True),
        (b'<p6:APIBusinessObjects xmlns:p6="x"/>', "", True),
        (b'<project name="x">', "plan.gan", True),
        (b"anything", "plan.pod", True),
        (b"anything", "plan.txt", False),
        (b"<Project/>", "plan.mpp", False),
        (b"PK\x03\x04", "plan.xlsx", False),
    ],
)
def test_what_goes_to_mpxj(head, name, expected, monkeypatch):
    asked = []

    def read(source, suffix):
        asked.append((source.read(), suffix))
        return PLAN

    monkeypatch.setattr(files, "read_by_mpxj", read)
    with suppress(FormatError):
        read_plan_file(BytesIO(head), name)

    assert bool(asked) is expected
    assert all(content == head for content, _ in asked)


def test_xml_that_declares_a_document_type_never_reaches_mpxj(monkeypatch):
    monkeypatch.setattr(files, "read_by_mpxj", lambda source, suffix: pytest.fail("read"))
    text = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><APIBusinessObjects/>'

    with pytest.raises(FormatError) as caught:
        read_plan_file(BytesIO(text), "plan.pmxml")

    assert caught.value.code == "mspdi.doctype"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "files.empty"),
        (b"\r\n ", "files.empty"),
        (b"a plan in words", "files.unknown"),
        (b"PK\x03\x04", "mspdi.zip"),
        (b"<svg/>", "mspdi.not_a_plan"),
        (b"<!-- only", "mspdi.not_xml"),
        (b"{}", "planjson.not_a_plan"),
        (b"ERMHDR", "xer.truncated"),
    ],
)
def test_what_is_no_plan_is_refused(data, code):
    with pytest.raises(FormatError) as caught:
        read_plan_file(BytesIO(data), "plan.txt")

    assert caught.value.code == code


def test_a_stream_that_cannot_go_back_is_read_too():
    class Pipe(io.BytesIO):
        def seekable(self):
            return False

    assert read_plan_file(Pipe(write_plan_json(PLAN))) == PLAN


def test_one_project_of_several_is_named():
    other = {**xer_files.PROJECT, "proj_id": 8, "proj_short_name": "PIER"}
    text = xer_files.document(xer_files.task(1), projects=(xer_files.PROJECT, other))

    assert len(read_plan_file(BytesIO(text.encode()), project="QUAY").tasks) == 1


@pytest.mark.parametrize("suffix", [".xml", ".xer", ".json", ".JSON"])
def test_a_file_is_written_by_its_ending_and_read_back(tmp_path, suffix):
    path = tmp_path / f"plan{suffix}"
    path.write_text("before")

    told = write_plan_file(PLAN, path)
    again = read_plan_file(str(path))

    assert [task.name for task in again.tasks] == [task.name for task in PLAN.tasks]
    assert [item.name for item in tmp_path.iterdir()] == [path.name]
    assert bool(told) is (suffix == ".xml")


def test_what_a_format_cannot_hold_is_told():
    plan = replace(PLAN, tasks=(*PLAN.tasks, PlanTask(9, "Watch", level_of_effort=True)))
    target = BytesIO()

    told = write_plan_file(plan, target, "plan.xml")

    assert [(notice.field, notice.message.split(" in all")[0]) for notice in told] == [
        ("level_of_effort", "Left out, 1"),
        ("percent_type", "Left out, 1"),
        ("expected_finish", "Left out, 1"),
        ("external_dates", "Left out, 1"),
        ("longest_path", "Left out, 1"),
        ("rates", "Left out, 1"),
        ("imposed_finish", "Left out, 1"),
        ("lag_calendar", "Left out, 1"),
        ("rules", "Left out, 1"),
    ]
    assert len(read_plan_file(BytesIO(target.getvalue())).tasks) == 5


def test_an_ending_that_is_not_written_is_refused_and_changes_nothing(tmp_path):
    for name in ("plan.mpp", "plan", "plan.pmxml"):
        with pytest.raises(FormatError) as caught:
            write_plan_file(PLAN, tmp_path / name)
        assert caught.value.code == "files.not_written"

    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_named_and_not_the_file_beside(tmp_path):
    with pytest.raises(FormatError) as caught:
        write_plan_file(PLAN, tmp_path / "none" / "plan.xml")

    assert caught.value.code == "files.no_folder"
    assert caught.value.message == (
        f"The folder ‘{tmp_path / 'none'}’ is not there; make it or choose another one."
    )


def test_a_file_that_cannot_be_put_in_place_is_named_and_nothing_stays_beside(tmp_path):
    target = tmp_path / "plan.xml"
    target.mkdir()

    with pytest.raises(OSError, match="Is a directory") as caught:
        write_plan_file(PLAN, target)

    assert caught.value.filename == str(target)
    assert [item.name for item in tmp_path.iterdir()] == ["plan.xml"]


FULL = PlanTask(
    uid=2,
    name="Pour",
    outline_level=1,
    wbs="W-7",
    duration_minutes=960,
    elapsed_duration=True,
    estimated=True,
    calendar_uid=2,
    ignore_resource_calendar=True,
    constraint=ConstraintType.FNLT,
    constraint_date=datetime(2026, 3, 20, 17),
    constraint_hard=True,
    deadline=datetime(2026, 4, 1, 17),
    manual=True,
    active=True,
    external=False,
    level_of_effort=True,
    priority=700,
    work_type=WorkType.FIXED_WORK,
    effort_driven=True,
    work_minutes=960,
    actual_work_minutes=240,
    cost=Decimal(90),
    percent_complete=Decimal(25),
    physical_percent=Decimal(30),
    actual_start=datetime(2026, 3, 2, 8),
    actual_duration_minutes=240,
    remaining_minutes=720,
    stop=datetime(2026, 3, 2, 12),
    resume=datetime(2026, 3, 3, 8),
    leveling_delay_minutes=60,
    notes="Mind the eels",
    percent_type=PercentType.PHYSICAL,
    entered=EnteredText(start="soon"),
    expected_finish=datetime(2026, 3, 9, 17),
    external_early_start=datetime(2026, 3, 2, 8),
    external_late_finish=datetime(2026, 5, 2, 17),
    steps=(TaskStep("Form", Decimal(1), True),),
    custom=(("berth", "4"),),
)
NOT_SHOWN = {"uid", "outline_level", "summary", "milestone", "stored", "baselines"}
"""Told by other tests, or by the rows around."""


@pytest.mark.parametrize("name", ["p.xml", "p.json"])
def test_a_field_that_a_format_is_said_to_hold_comes_back(name):
    calendars = (
        CalendarSpec(1, "Standard", STANDARD_WEEK),
        CalendarSpec(2, "Night", STANDARD_WEEK),
    )
    plan = Plan("P", datetime(2026, 3, 2, 8), calendars, 1, (FULL,))
    target = BytesIO()
    write_plan_file(plan, target, name)
    holds = format_of(BytesIO(target.getvalue()), name).holds

    (again,) = read_plan_file(BytesIO(target.getvalue()), name).tasks

    usual = PlanTask(0, "")
    lost = {
        item.name
        for item in fields(PlanTask)
        if item.name not in NOT_SHOWN
        and getattr(FULL, item.name) != getattr(usual, item.name)
        and getattr(again, item.name) != getattr(FULL, item.name)
    }
    assert lost & holds.tasks == set()
    assert lost == {item.name for item in fields(PlanTask)} - holds.tasks - {"active", "external"}


def test_what_primavera_cannot_say_is_not_said_to_be_held():
    calendars = (
        CalendarSpec(1, "Standard", STANDARD_WEEK),
        CalendarSpec(2, "Night", STANDARD_WEEK),
    )
    plan = Plan("P", datetime(2026, 3, 2, 8), calendars, 1, (FULL,))
    target = BytesIO()
    write_plan_file(plan, target, "p.xer")
    holds = format_of(BytesIO(target.getvalue()), "p.xer").holds

    (again,) = [
        task
        for task in read_plan_file(BytesIO(target.getvalue()), "p.xer").tasks
        if task.name == "Pour"
    ]

    usual = PlanTask(0, "")
    gone = {
        item.name
        for item in fields(PlanTask)
        if item.name not in NOT_SHOWN
        and getattr(FULL, item.name) != getattr(usual, item.name)
        and getattr(again, item.name) == getattr(usual, item.name)
    }
    # Of these Primavera says what follows from the kind of the constraint, and from the links.
    assert gone & holds.tasks == {"constraint_hard", "level_of_effort"}


@pytest.mark.parametrize("write", [write_mspdi, write_xer])
def test_a_file_that_has_no_place_for_fields_of_the_office_says_so(write):
    notices = []

    write(
        replace(PLAN, tasks=tuple(replace(t, custom=(("crew", "1"),)) for t in PLAN.tasks)), notices
    )

    told = [notice.message for notice in notices if notice.field == "custom"]
    assert len(told) == 1
    assert str(len(PLAN.tasks)) in told[0]
