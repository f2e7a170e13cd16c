# SPDX-License-Identifier: Apache-2.0
"""Tables of tasks: columns in several languages, outline, links, dates, and every mistake told."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from time import process_time

import pytest

from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec, compile_calendars
from pilothouse.engine.editing import Amount, Measures
from pilothouse.engine.formats.plan_table import (
    Column,
    TableEdit,
    apply_edits,
    cells,
    guess_columns,
    header_line,
    read_plan_table,
)
from pilothouse.engine.network.plan import (
    ConstraintType,
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
)

EMPTY = Plan("P", datetime(2026, 3, 2, 8), (CalendarSpec(1, "Standard", STANDARD_WEEK),), 1, ())
HOURS = compile_calendars(EMPTY.calendars)[1]


def read(text, present=EMPTY, **more):
    rows = [line.split("|") for line in text.strip("\n").splitlines()]
    return read_plan_table(rows, guess_columns(rows[0]), head=1, present=present, **more)


def problems(text, **more):
    return [(item.row, item.field, item.reason) for item in read(text, **more).problems]


def test_headers_are_known_in_several_languages():
    german = ["Nr.", "Vorgangsname", "Dauer", "Anfang", "Ende", "Vorgänger", "Ressourcennamen"]
    french = ["N°", "Nom de la tâche", "Durée", "Début", "Fin", "Prédécesseurs", "Noms ressources"]
    wanted = ["number", "name", "duration", "start", "finish", "predecessors", "resources"]

    assert [guess_columns(german)[place].value for place in range(7)] == wanted
    assert [guess_columns(french)[place].value for place in range(7)] == wanted


def test_what_was_chosen_before_goes_before_what_a_name_says():
    headers = ["Task", "Work package", "Start"]

    found = guess_columns(headers, {"work package": "name", "task": ""})

    assert found == {1: Column.NAME, 2: Column.START}


def test_the_row_of_headers_is_found_below_a_title():
    assert header_line([["Plan of the quay"], [], ["Task", "Start", "Finish"], ["Dredge"]]) == 3


def test_the_outline_comes_from_levels_codes_or_blanks():
    levels = read("Task|Level\nA|0\nB|1\nC|2\nD|0")
    codes = read("WBS|Task\n1|A\n1.1|B\n1.1.4|C\n2|D")
    blanks = read("Task\nA\n  B\n      C\nD")

    for found in (levels, codes, blanks):
        assert [task.outline_level for task in found.plan.tasks] == [1, 2, 3, 1]
        assert [task.summary for task in found.plan.tasks] == [True, True, False, False]
        assert found.problems == ()


def test_predecessors_name_rows_by_their_number_or_place():
    placed = read("Task|Predecessors\nA|\nB|1FS+2d\nC|1;2SS-50%")
    numbered = read("ID|Task|Predecessors\n10|A|\n20|B|10\n|C|20FF")

    assert placed.plan.links[0] == Link(-1, -2, LinkType.FS, 960)
    assert [link.predecessor for link in placed.plan.links] == [-1, -1, -2]
    assert [(link.predecessor, link.type) for link in numbered.plan.links] == [
        (-1, LinkType.FS),
        (-2, LinkType.FF),
    ]


@pytest.mark.parametrize(
    "text",
    [
        *(
            "2026-03-14",
            "2026-03-14 00:00:00",
            "14.03.2026",
            "14. 3. 2026",
            "14/03/26",
            "14-3-2026",
        ),
        *("14 Mar 2026", "Sat 14 Mar 26", "14. März 2026", "14 mars 2026", "March 14, 2026"),
        *("46095", "2026/3/14"),
    ],
)
def test_a_day_is_read_in_many_spellings(text):
    found = cells.read_moment(text, HOURS, month_first=False, end=False)

    assert found.date() == datetime(2026, 3, 14).date()


def test_a_day_alone_is_its_working_time_and_a_time_stays():
    monday, when = "2026-03-02", "2026-03-02 10:30"

    assert cells.read_moment(monday, HOURS, month_first=False, end=False).hour == 8
    assert cells.read_moment(monday, HOURS, month_first=False, end=True).hour == 17
    assert cells.read_moment(when, HOURS, month_first=False, end=True).minute == 30
    assert cells.read_moment("3/2/2026 2:15 PM", HOURS, month_first=True, end=True) == datetime(
        2026, 3, 2, 14, 15
    )
    assert cells.read_moment("NA", HOURS, month_first=True, end=True) is None


def test_the_order_of_day_and_month_is_told_by_a_date_that_can_only_be_one():
    assert cells.month_is_first(["03/14/2026", "01/02/2026"]) is True
    assert cells.month_is_first(["14/03/2026"]) is False
    assert cells.month_is_first(["03/04/2026"]) is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("5d", Amount(2400)),
        ("5 Tage?", Amount(2400, False, True)),
        ("2,5 jours", Amount(1200)),
        ("3 Std", Amount(180)),
        ("2 semanas", Amount(4800)),
        ("4", Amount(1920)),
        ("3ed", Amount(4320, True)),
    ],
)
def test_durations_are_read_in_several_languages(text, amount):
    assert cells.read_span(text, Measures(), alone="d") == amount


def test_percent_may_stand_as_shares_of_one():
    shares = read("Task|% complete\nA|0.5\nB|1\nC|0")
    whole = read("Task|% complete\nA|50\nB|1 %\nC|100%")

    assert [edit.value for edit in shares.edits] == ["50.0", "100", "0"]
    assert [edit.value for edit in whole.edits] == ["50", "1", "100"]


def test_a_duration_follows_from_start_and_finish():
    found = read("Task|Start|Finish\nA|2026-03-02|2026-03-06")

    assert found.plan.tasks[0].duration_minutes == 2400
    assert [(edit.field, edit.value) for edit in found.edits] == [
        ("duration", [2400, False, False]),
        ("start", ["2026-03-02T08:00:00", True]),
    ]


def test_a_date_behind_links_or_beside_a_constraint_is_only_compared():
    linked = read("Task|Start|Predecessors\nA||\nB|2026-03-09|1")
    bound = read("Task|Start|Constraint|Constraint date\nA|2026-03-09|FNLT|2026-04-01")

    assert linked.edits == bound.edits == ()
    assert linked.plan.tasks[1].stored.start == datetime(2026, 3, 9, 8)
    assert (bound.plan.tasks[0].constraint, bound.plan.tasks[0].constraint_date) == (
        ConstraintType.FNLT,
        datetime(2026, 4, 1, 17),
    )


def test_every_mistake_is_told_by_row_and_field():
    text = """
Task|UID|Level|Duration|Start|% complete|Predecessors|Priority|Deadline
A|1|1|five|2026-02-30|150|9|2000|1/1/1950
|1|3|5d||half||x|
"""
    assert problems(text) == [
        (3, "name", "a name is needed"),
        (3, "uid", "1 stands in row 2 too"),
        (3, "level", "3 follows 1; a row lies one level deeper at most"),
        (2, "predecessors", "‘9’ names row 9, but the plan has rows 1 to 2"),
        (2, "start", "‘2026-02-30’ is no day of the calendar"),
        (2, "deadline", "the year 1950 is out of range (1984 to 2100)"),
        (2, "priority", "‘2000’ is no whole number from 0 to 1,000"),
        (3, "priority", "‘x’ is no number"),
        (3, "percent", "‘half’ is no number"),
    ]


def test_a_table_without_names_or_with_too_many_rows_is_refused():
    assert problems("Start|Finish\n2026-03-02|")[0][1] == "name"
    many = "Task\n" + "\n".join(f"T{number}" for number in range(20_001))
    assert "at most 20,000" in problems(many)[0][2]


def test_names_become_resources_once_and_shares_are_kept():
    present = Plan(
        **{name: getattr(EMPTY, name) for name in ("name", "start", "calendars", "tasks")},
        default_calendar_uid=1,
        resources=(PlanResource(4, "Ada"),),
    )

    found = read("Task|Resources\nA|ada; Piet [50%]\nB|Piet (25 %)", present)

    assert [(row.uid, row.name) for row in found.plan.resources] == [(4, "Ada"), (5, "Piet")]
    assert [edit.value for edit in found.edits] == [[[4, "1"], [5, "0.5"]], [[5, "0.25"]]]


def test_cells_that_say_what_the_plan_says_change_nothing():
    plan = Plan(
        **{name: getattr(EMPTY, name) for name in ("name", "start", "calendars")},
        default_calendar_uid=1,
        tasks=(PlanTask(1, "A", duration_minutes=480, work_minutes=481),),
        resources=(PlanResource(4, "Ada"),),
        assignments=(PlanAssignment(1, 1, 4, work_minutes=481),),
    )
    dates = {1: (datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 17))}
    same = [
        TableEdit(2, 1, "duration", [480, False, False]),
        TableEdit(2, 1, "people", [[4, "1"]]),
        TableEdit(2, 1, "work", 480),
        TableEdit(2, 1, "start", ["2026-03-02T09:00:00", True]),
        TableEdit(2, 1, "percent", "0"),
    ]

    assert apply_edits(plan, dates, same, {1: 1}, {4: 4}) == plan
    half = apply_edits(plan, dates, [TableEdit(2, 1, "percent", "50")], {1: 1}, {4: 4})
    assert half.tasks[0].percent_complete == Decimal(50)
    assert half.tasks[0].actual_start == datetime(2026, 3, 2, 8)


@pytest.mark.parametrize("text", ["1e300000", "-1e300000", "1e-300000", "1e999999999"])
def test_a_number_beyond_all_bounds_is_refused_without_being_written_out(text):
    before = process_time()

    with pytest.raises(ValueError, match="is no "):
        cells.read_whole(text, 0, 1000)

    assert process_time() - before < 0.5


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,234.5", "1234.5"),
        ("1.234,5", "1234.5"),
        ("1,234,567", "1234567"),
        ("33,333 %", "33.333"),
        ("0,125", "0.125"),
    ],
)
def test_a_sign_between_thousands_is_told_from_one_before_decimals(text, value):
    assert cells.read_number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["1,234,5", "1,23,456", "1,,000"])
def test_signs_that_stand_in_no_order_make_no_number(text):
    with pytest.raises(ValueError, match="is no number"):
        cells.read_number(text)


@pytest.mark.parametrize("text", ["1,000", "1.000"])
def test_a_whole_number_that_may_be_a_thousand_or_one_is_refused(text):
    with pytest.raises(ValueError, match="may be 1 or 1000; write it without a sign"):
        cells.read_whole(text, 0, 1000)

    assert (cells.read_whole("1.0", 0, 9), cells.read_whole("1,234,567", 1, 10**7)) == (1, 1234567)


def test_people_of_one_cell_are_limited_and_told_apart():
    names = [f"P{place}" for place in range(700)]

    assert [name for name, _ in cells.read_people(";".join(names))] == names
    with pytest.raises(ValueError, match="‘p7’ stands there twice"):
        cells.read_people(";".join([*names, "p7"]))
    with pytest.raises(ValueError, match="the names take more than 4,000 characters"):
        cells.read_people(";".join(names * 2))
    with pytest.raises(ValueError, match="is longer than 200 characters"):
        cells.read_people("a" + " " * 3_000 + "b")


def test_a_cell_of_one_value_is_limited():
    assert problems("Name|Start\nA|2026" + " " * 300 + "03") == [
        (2, "start", "the cell holds more than 200 characters")
    ]


def test_new_people_get_numbers_above_those_that_are_there():
    present = replace(EMPTY, resources=(PlanResource(7, "Ada"), PlanResource(3, "Piet")))

    found = read("Name|Resources\nA|Rosa; Ada\nB|Tess; rosa", present)

    assert {row.name: row.uid for row in found.plan.resources} == {
        "Ada": 7,
        "Piet": 3,
        "Rosa": 8,
        "Tess": 9,
    }


ONE = "0AB9133E-A09A-9648-B98A-B2384894AC44"


def test_a_row_that_is_known_for_good_has_its_number_whatever_the_table_numbers():
    tasks = (PlanTask(1, "Dredge", guid=ONE), PlanTask(2, "Survey"), PlanTask(7, "Paint"))
    present = replace(EMPTY, tasks=tasks)

    found = read(f"UID|GUID|Task\n2|{{{ONE.lower()}}}|Dig\n1||Soundings\n7||Paint", present=present)

    assert found.problems == ()
    assert [(task.uid, task.name) for task in found.plan.tasks] == [
        (1, "Dig"),
        (-2, "Soundings"),
        (7, "Paint"),
    ]
    assert [task.guid for task in found.plan.tasks] == [ONE, "", ""]
    assert "guid" in found.holds.tasks


def test_a_key_that_is_no_guid_stands_for_the_row_all_the_same():
    first = read("Issue key|Task\nQUAY-17|Dredge\nQUAY-18|Survey")
    again = read("Issue key|Task\nQUAY-18|Soundings\nQUAY-17|Dig", present=first.plan)

    assert [task.uid for task in again.plan.tasks] == [task.uid for task in first.plan.tasks][::-1]
    assert problems("GUID|Task\nQ|A\nQ|B") == [(3, "guid", "it stands in row 2 too")]
