# SPDX-License-Identifier: Apache-2.0
"""Files that Microsoft Project 2002 to 2019 wrote (data/msproject/mspdi)."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest

from pilothouse.engine.formats.mspdi import read_mspdi, write_mspdi
from pilothouse.engine.network.plan import EnteredText, LinkType

pytestmark = pytest.mark.shared_data


def read(folder, name):
    with (folder / "msproject" / "mspdi" / f"{name}.xml").open("rb") as source:
        return read_mspdi(source)


def test_every_file_is_read_and_written_back_the_same(shared_data):
    files = sorted((shared_data / "msproject" / "mspdi").glob("*.xml"))

    assert len(files) == 30
    for path in files:
        plan = read(shared_data, path.stem)
        again = read_mspdi(BytesIO(write_mspdi(plan)))
        for field in ("name", "start", "calendars", "tasks", "links", "resources", "assignments"):
            assert getattr(again, field) == getattr(plan, field), (path.stem, field)


@pytest.mark.parametrize("year", [2003, 2007, 2010, 2016])
def test_all_four_link_types_with_their_lags(shared_data, year):
    plan = read(shared_data, f"task-links-project{year}-mspdi")

    assert [(link.type, link.lag_minutes) for link in plan.links] == [
        (LinkType.FS, 0),
        (LinkType.FS, 480),
        (LinkType.FS, 960),
        (LinkType.FS, 2400),
        (LinkType.FS, 4800),
        (LinkType.SF, 960),
        (LinkType.SS, 960),
        (LinkType.FF, 960),
    ]


@pytest.mark.parametrize("year", [2007, 2010, 2016])
def test_recurrence_gives_the_days_that_project_wrote_out_itself(shared_data, year):
    name = f"calendar-recurring-exceptions-project{year}-mspdi"
    text = (shared_data / "msproject" / "mspdi" / f"{name}.xml").read_text("utf-8")
    before, _, rest = text.partition("<Exceptions>")
    old_form = before + rest.partition("</Exceptions>")[2]

    new = read(shared_data, name).calendars[0]
    old = read_mspdi(BytesIO(old_form.encode())).calendars[0]

    assert days_of(new) == days_of(old)
    assert len(days_of(new)) == 140
    working = [item for item in new.exceptions if item.intervals]
    assert [item.first for item in working] == [
        date(2010, 1, 2),
        date(2010, 2, 6),
        date(2010, 3, 6),
    ]
    assert working[0].intervals == ((540, 780), (840, 1020))
    assert {item.name for item in working} == {"Recurring Working"}


def days_of(calendar):
    found = {}
    for item in calendar.exceptions:
        for offset in range((item.last - item.first).days + 1):
            found[item.first + timedelta(days=offset)] = item.intervals
    return found


@pytest.mark.parametrize("year", [2010, 2016])
def test_text_entered_by_hand_makes_placeholders(shared_data, year):
    plan = read(shared_data, f"task-textvalues-project{year}-mspdi")

    assert [task.entered for task in plan.tasks] == [
        EnteredText("AAA", "", ""),
        EnteredText("", "BBB", ""),
        EnteredText("", "", "CCC"),
    ]
    assert all(task.placeholder for task in plan.tasks)


def test_ten_baselines_of_one_task(shared_data):
    (task,) = read(shared_data, "baselines").tasks

    assert [item.number for item in task.baselines] == list(range(1, 11))
    assert [item.cost for item in task.baselines] == [Decimal(n) for n in range(1, 11)]
    assert [item.work_minutes for item in task.baselines] == [60 * n for n in range(1, 11)]
    assert [item.duration_minutes for item in task.baselines] == [450 * n for n in range(1, 11)]


def test_empty_rows_and_deadlines(shared_data):
    empty = read(shared_data, "mspdinulltasks")
    sample = read(shared_data, "sample1")

    assert len(empty.tasks) == 5
    assert sum(task.deadline is not None for task in sample.tasks) == 22
