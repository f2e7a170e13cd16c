# SPDX-License-Identifier: Apache-2.0
"""Arrays in, arrays out: what a notebook uses."""

import os
import subprocess
import sys
from datetime import datetime

import numpy as np
import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec, compile_calendars
from pilothouse.engine.calendars.tables import CalendarTables
from pilothouse.engine.errors import CycleFound, InvalidInput
from pilothouse.engine.network.topology import build_topology
from pilothouse.engine.schedule import schedule_plan
from pilothouse.engine.schedule.arrays import UNDEFINED, ScheduleColumns, schedule_arrays
from pilothouse.engine.testing import plan_chart

OFFICE = compile_calendars([CalendarSpec(1, "Standard", STANDARD_WEEK)])[1]
START = OFFICE.position(datetime(2025, 3, 3, 8))
DAY = 480


def columns(rows, links, **more):
    given = {
        "start": START,
        "duration": np.full(rows, DAY),
        "calendar": np.zeros(rows, int),
        "link_type": np.zeros(links, int),
    }
    return ScheduleColumns(**{**given, **more})


def days(position):
    return OFFICE.diff_at(START, int(position)) / DAY


def test_rows_get_dates_floats_and_their_driving_links():
    shape = build_topology([-1, -1, -1, -1], predecessor=[0, 0, 1, 2], successor=[1, 2, 3, 3])

    found = schedule_arrays(
        shape, CalendarTables([OFFICE]), columns(4, 4, duration=DAY * np.array([1, 3, 1, 2]))
    )

    assert list(map(days, found.early_finish)) == [1, 4, 2, 6]
    assert (found.total_float // DAY).tolist() == [0, 0, 2, 0]
    assert found.critical.tolist() == found.longest_path.tolist() == [True, True, False, True]
    assert found.driving_link.tolist() == [-1, 0, 1, 2]


def test_a_summary_spans_its_children_and_what_is_complete_has_no_float():
    shape = build_topology([-1, 0, 0], predecessor=[1], successor=[2])

    found = schedule_arrays(
        shape,
        CalendarTables([OFFICE]),
        columns(
            3,
            1,
            state=np.array([0, 2, 0]),
            actual_start=np.array([0, START, 0]),
            actual_finish=np.array([0, OFFICE.add_at(START, 2 * DAY), 0]),
        ),
    )

    assert days(found.finish[0]) == 3
    assert found.duration[0] == 3 * DAY
    assert found.total_float[1] == UNDEFINED


@pytest.mark.parametrize(
    "more",
    [
        {"duration": np.array([1, -1])},
        {"duration": np.array([1, 1, 1])},
        {"calendar": np.array([0, 1])},
        {"link_type": np.array([4])},
        {"lag": np.array([1 << 41])},
    ],
)
def test_columns_that_do_not_fit_are_refused_by_name(more):
    shape = build_topology([-1, -1], predecessor=[0], successor=[1])

    with pytest.raises(InvalidInput) as refused:
        schedule_arrays(shape, CalendarTables([OFFICE]), columns(2, 1, **more))

    assert (refused.value.code, refused.value.places) == ("schedule.columns", tuple(more))


@pytest.mark.parametrize(
    ("predecessor", "successor", "code"),
    [([0], [9], "network.dangling_link"), ([1], [1], "network.self_link")],
)
def test_links_that_mean_nothing_are_refused(predecessor, successor, code):
    with pytest.raises(InvalidInput) as refused:
        build_topology([-1, -1], predecessor, successor)

    assert refused.value.code == code


def test_a_circle_is_refused_with_its_rows():
    with pytest.raises(CycleFound) as found:
        build_topology([-1, -1, -1], [0, 1], [1, 0])

    assert found.value.places == ("in row 0", "in row 1")


CHART = """
    status 2
    Phase     |
      A 4     | | started 0, left 3
      B 2     | | A SS+1, snet 3
    C 3       | | Phase FS+50%
    D 1       | | C FF-1, deadline 4
    Lead 1    | | A SS, C FF, loe
    E 1       | | D, manual 1-2
"""


def test_without_a_compiler_the_same_dates_and_reasons_come_out():
    words = (
        "import sys\n"
        "from pilothouse.engine._compile import run_uncompiled\n"
        "from pilothouse.engine.schedule import schedule_plan\n"
        "from pilothouse.engine.testing import plan_chart\n"
        "run_uncompiled()\n"
        "print(*schedule_plan(plan_chart(sys.stdin.read()).plan).tasks.values(), sep='\\n')\n"
        "assert 'numba' not in sys.modules"
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}

    done = subprocess.run(
        [sys.executable, "-c", words],
        input=CHART,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )

    expected = schedule_plan(plan_chart(CHART).plan).tasks.values()
    assert done.stdout.splitlines() == [str(dates) for dates in expected]


def test_what_memory_held_before_does_not_matter(monkeypatch):
    expected = schedule_plan(plan_chart(CHART).plan)
    blank = np.empty

    def soiled(*args, **kwargs):
        made = blank(*args, **kwargs)
        made.fill(np.iinfo(made.dtype).max if made.dtype.kind in "iu" else 1)
        return made

    monkeypatch.setattr(np, "empty", soiled)

    assert schedule_plan(plan_chart(CHART).plan).tasks == expected.tasks
