# SPDX-License-Identifier: Apache-2.0
"""The engine on files: what is printed, and what is said of files that cannot be read."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from pathlib import Path

import pytest

from pilothouse.engine.formats.mspdi import write_mspdi
from pilothouse.engine.formats.patterson import read_patterson
from pilothouse.engine.formats.plan_json import write_plan_json
from pilothouse.engine.levelling import level
from pilothouse.engine.network.plan import ConstraintType, Notice, PlanAssignment, PlanResource
from pilothouse.engine.testing import plan_chart
from pilothouse.faces.cli import levelling, plans
from pilothouse.faces.cli import main as cli
from pilothouse.faces.cli.main import main
from pilothouse.faces.cli.output import tell

N1 = """
    start 2025-03-03; off 2025-03-14
    A 5 | #####          |
    B 4 | .....####      | A
    C 6 | ..######       | A SS+2
    D 3 | ........###    | B FF+1, C
    E 2 | ............## | D FS+1
    F 4 | ......####     | C FS-2
    H 3 | ..........###  | E SF+1
    G 0 | .............◆ | E, F, H
"""
MONTHS = """period,pv,ev,ac
1,5,0,0
2,12,0,0
3,22,30,33
4,35,38,43
5,50,46,52
6,65,54,62
7,78,,
8,88,,
9,95,,
10,100,,
"""


@pytest.fixture(autouse=True)
def compiled(monkeypatch):
    """A command leaves its process without the compiler; the tests after it need theirs."""
    monkeypatch.setattr(plans, "run_uncompiled", lambda: None)


@pytest.fixture
def plan_file(tmp_path):
    path = tmp_path / "n1.xml"
    path.write_bytes(write_mspdi(plan_chart(N1).plan))
    return str(path)


@pytest.fixture
def money_file(tmp_path):
    path = tmp_path / "money.csv"
    path.write_text(MONTHS)
    return str(path)


def printed(capsys, *words):
    assert main(words) == 0
    return capsys.readouterr().out


def document(capsys, *words):
    return json.loads(printed(capsys, *words, "--json"))


def test_schedule_gives_the_dates_of_every_task(capsys, plan_file):
    found = document(capsys, "schedule", plan_file, "--dialect", "standard")

    assert found["schema"] == "pilothouse.schedule/1"
    assert found["project"] == {"start": "2025-03-03T08:00", "finish": "2025-03-21T17:00"}
    tasks = {task["name"]: task for task in found["tasks"]}
    assert list(tasks) == list("ABCDEFHG")
    assert tasks["B"] == {
        "uid": tasks["B"]["uid"],
        "name": "B",
        "early_start": "2025-03-10T08:00",
        "early_finish": "2025-03-13T17:00",
        "late_start": "2025-03-11T08:00",
        "late_finish": "2025-03-17T17:00",
        "total_float_minutes": 480,
        "free_float_minutes": 480,
        "critical": False,
        "driving": [tasks["A"]["uid"]],
    }


def test_schedule_for_people_is_a_table(capsys, plan_file):
    lines = printed(capsys, "schedule", plan_file).splitlines()

    assert lines[0].split()[:3] == ["UID", "Early", "start"]
    assert lines[-1] == "2025-03-03 08:00 to 2025-03-21 17:00, 8 tasks."


def test_a_status_date_moves_what_is_not_done(capsys, plan_file):
    found = document(capsys, "schedule", plan_file, "--status-date", "2025-03-05")

    assert found["tasks"][0]["early_start"] == "2025-03-06T08:00"


@pytest.mark.parametrize(
    ("source", "start"),
    [
        ("", "2025-03-06T08:00"),
        ("Primavera XER", "2025-03-06T08:00"),
        ("Microsoft Project XML", "2025-03-03T08:00"),
        ("GAN by MPXJ", "2025-03-03T08:00"),
    ],
)
def test_the_plans_own_status_date_moves_work_unless_its_tool_leaves_it(
    capsys, tmp_path, source, start
):
    """R-PRG-02; Microsoft Project moves work only when told to."""
    plan = replace(plan_chart(N1).plan, source=source, status_date=datetime(2025, 3, 5, 17))
    path = tmp_path / "plan.json"
    path.write_bytes(write_plan_json(plan))
    file, first = str(path), str(plan.tasks[0].uid)
    moved = start != "2025-03-03T08:00"

    dates = document(capsys, "schedule", file)
    steps = document(capsys, "explain", file, first)["steps"]
    points = {point["number"]: point for point in document(capsys, "assess", file)["points"]}
    levelled = document(capsys, "level", file, "--time-limit", "1")
    simulated = document(capsys, "simulate", file, "--iterations", "20")

    finish = dates["project"]["finish"]
    assert dates["tasks"][0]["early_start"] == start
    assert steps[-1]["start"] == start
    assert (9, points[9]["passed"]) == (9, moved)
    assert levelled["makespan"] == finish
    assert simulated["finish"]["deterministic_date"] == finish
    again = document(capsys, "schedule", file, "--status-date", "2025-03-05T17:00")
    assert again["tasks"][0]["early_start"] == "2025-03-06T08:00"


def test_compare_tells_which_dates_are_not_those_of_the_file(capsys, shared_data):
    path = str(shared_data / "msproject" / "mspdi" / "mspdiduration.xml")

    found = document(capsys, "schedule", path, "--compare")["agreement"]

    assert (found["compared"], found["agreeing"]) == (10, 6)
    assert {item["field"] for item in found["differences"]} == {
        "late_start",
        "late_finish",
        "total_float_minutes",
        "free_float_minutes",
    }
    assert "tasks agree with the file" in printed(capsys, "schedule", path, "--compare")


def test_explain_gives_the_chain_of_reasons(capsys, plan_file):
    tasks = document(capsys, "schedule", plan_file)["tasks"]
    uid = str(tasks[3]["uid"])

    found = document(capsys, "explain", plan_file, uid)

    assert [step["task"] for step in found["steps"]] == ["4 ‘D’", "3 ‘C’", "1 ‘A’"]
    assert found["steps"][0]["cause"] == "link"
    assert [step["task"] for step in found["late"]] == ["4 ‘D’", "5 ‘E’", "8 ‘G’"]
    [bound] = found["late"][0]["bounds"]
    assert (bound["kind"], bound["uid"], bound["link_type"]) == ("link", 5, "fs")
    assert (bound["lag_minutes"], bound["end"]) == (480, "finish")
    assert (bound["date"], bound["holder_date"]) == ("2025-03-18T17:00", "2025-03-20T08:00")
    assert (found["total_float"]["kind"], found["total_float"]["uid"]) == ("plan_finish", 8)
    assert (found["free_float"]["minutes"], found["free_float"]["uid"]) == (0, 5)
    text = printed(capsys, "explain", plan_file, uid)
    assert text.startswith("4 ‘D’, Thu 13 Mar 2025 08:00")
    assert text.endswith("Free float 0 days: any delay moves 5 ‘E’ (FS + 1 day).\n")


@pytest.fixture
def odd_plan(tmp_path):
    """Work out of sequence, a link that a hard constraint breaks, a deadline that is missed."""
    plan = plan_chart("start 2025-03-03\nA 3 | ### |\nB 2 | ...## | A\nC 1 | .....# | B").plan
    first, second, third = plan.tasks
    begun = replace(second, actual_start=datetime(2025, 3, 4, 8), remaining_minutes=480)
    held = replace(
        third,
        constraint=ConstraintType.MSO,
        constraint_date=datetime(2025, 3, 5, 8),
        constraint_hard=True,
    )
    late = replace(first, deadline=datetime(2025, 3, 4, 17), constraint=ConstraintType.SNET)
    told = Notice("row 1", "Name", "It was cut.")
    path = tmp_path / "odd.json"
    path.write_bytes(write_plan_json(replace(plan, tasks=(late, begun, held), notices=(told,))))
    return str(path)


NOTICES = [
    {"place": "row 1", "field": "Name", "message": "It was cut."},
    {
        "place": "1 ‘A’",
        "field": "constraint_date",
        "message": "The constraint SNET has no date and was left out; give it one.",
    },
]


def test_schedule_tells_what_it_found_beside_the_dates(capsys, odd_plan):
    found = document(capsys, "schedule", odd_plan)

    (gap,), (conflict,), (missed,) = (
        found[name] for name in ("out_of_sequence", "logic_conflicts", "missed_deadlines")
    )
    assert {key: gap[key] for key in ("predecessor", "successor", "type")} == {
        "predecessor": 1,
        "successor": 2,
        "type": "fs",
    }
    assert (conflict["predecessor"], conflict["successor"], conflict["minutes"]) == (2, 3, 960)
    assert (missed["uid"], missed["deadline"], missed["finish"], missed["minutes"]) == (
        1,
        "2025-03-04T17:00",
        "2025-03-05T17:00",
        480,
    )
    assert all(row["message"].endswith(".") for row in (gap, conflict, missed))
    critical = {task["uid"] for task in found["tasks"] if task["critical"]}
    assert {uid for path in found["critical_paths"] for uid in path} <= critical
    assert found["critical_paths"]
    assert found["notices"] == NOTICES


@pytest.mark.parametrize(
    "words", [["schedule"], ["assess"], ["level", "--time-limit", "1"], ["simulate"]]
)
def test_notices_are_in_the_document_and_on_standard_error(capsys, odd_plan, words):
    command, *more = words
    if command == "simulate":
        more = ["--iterations", "20"]

    found = document(capsys, command, odd_plan, *more)
    assert main([command, odd_plan, *more]) == 0
    told = capsys.readouterr()

    assert [row for row in found["notices"] if row in NOTICES] == NOTICES
    assert told.err.splitlines() == [
        f"{row['place']}, {row['field']}: {row['message']}" for row in found["notices"]
    ]


def test_of_many_notices_twenty_are_told_and_the_rest_is_counted(capsys, plan_file):
    tell([Notice("row", str(number), "It was cut.") for number in range(25)], 20)

    told = capsys.readouterr().err.splitlines()
    assert len(told) == 21
    assert told[-1] == "5 more notices; --json has them all."


def test_convert_keeps_the_dates(capsys, plan_file, tmp_path):
    before = document(capsys, "schedule", plan_file, "--dialect", "standard")
    for ending in ("xer", "json", "xml"):
        target = str(tmp_path / f"other.{ending}")
        assert printed(capsys, "convert", plan_file, target) == f"{target}: 8 tasks, 10 links.\n"

        after = document(capsys, "schedule", target, "--dialect", "standard")

        dates = [(task["name"], task["early_start"]) for task in after["tasks"]]
        assert dates == [(task["name"], task["early_start"]) for task in before["tasks"]]


def test_a_format_that_is_not_written_is_told(capsys, plan_file, tmp_path):
    told = refused(capsys, "convert", plan_file, str(tmp_path / "plan.mpp"))

    assert "No plan can be written as ‘.mpp’" in told
    assert not (tmp_path / "plan.mpp").exists()


def test_an_error_is_told_with_its_code(capsys, plan_file, tmp_path):
    target = tmp_path / "none" / "plan.xml"

    assert refused(capsys, "convert", plan_file, str(target)) == (
        f"pilothouse convert: The folder ‘{target.parent}’ is not there; make it or choose "
        "another one. [files.no_folder]\n"
    )


def test_convert_counts_what_it_wrote(capsys, plan_file, tmp_path):
    target = str(tmp_path / "plan.xer")

    found = document(capsys, "convert", plan_file, target)

    notices = found.pop("notices")
    assert found == {
        "schema": "pilothouse.convert/1",
        "read": "Microsoft Project XML",
        "written": "Primavera XER",
        "tasks": 8,
        "links": 10,
        "resources": 0,
        "assignments": 0,
        "calendars": 1,
    }
    assert all(set(notice) == {"place", "field", "message"} for notice in notices)
    main(["convert", plan_file, target])
    plain = capsys.readouterr()
    assert [f"{row['place']}, {row['field']}: {row['message']}" for row in notices] == (
        plain.err.splitlines()
    )


def test_assess_gives_the_fourteen_points(capsys, plan_file):
    found = document(capsys, "assess", plan_file)

    assert [point["number"] for point in found["points"]] == list(range(1, 15))
    assert [p["number"] for p in found["points"] if p["passed"] is False] == [1, 2, 3, 4]
    assert printed(capsys, "assess", plan_file).endswith("5 of 9 points pass.\n")


def test_evm_gives_every_figure_with_its_formula(capsys, money_file):
    found = document(capsys, "evm", money_file, "--eac", "110")

    assert round(found["figures"]["eac"]["value"], 2) == 114.81
    assert round(found["figures"]["tcpi_eac"]["value"], 4) == 0.9583
    assert found["figures"]["eac"]["formula"] == "AC + (BAC − EV) / CPI"
    assert found["figures"]["eac"]["inputs"]["BAC"] == 100
    assert found["figures"]["eac_bottom_up"]["value"] is None
    assert "EAC₂        114.8148" in printed(capsys, "evm", money_file)


PROBLEM = "4 1\n1\n0 0 2 2 3\n3 1 1 4\n2 1 1 4\n0 0 0\n"
"""Two tasks of 3 and 2 periods that need the same one."""


def test_level_keeps_the_capacity_of_a_problem(capsys, tmp_path):
    path = tmp_path / "two.rcp"
    path.write_text(PROBLEM)

    found = document(capsys, "level", str(path), "--time-limit", "5")

    assert (found["status"], found["makespan"], found["lower_bound"]) == ("optimal", 5, 5)
    spans = {task["uid"]: (task["start"], task["finish"]) for task in found["tasks"]}
    assert sorted([spans[2], spans[3]]) in ([(0, 2), (2, 5)], [(0, 3), (3, 5)])
    assert printed(capsys, "level", str(path)).endswith("5 periods, at least 5: optimal.\n")


def test_level_proposes_delays_for_a_plan(capsys, tmp_path):
    plan = plan_chart("start 2025-03-03\nA 3 | ### |\nB 2 | ## |\nC 1 | ...# | A").plan
    staffed = replace(
        plan,
        resources=(PlanResource(1, "Crane"),),
        assignments=tuple(
            PlanAssignment(number, task.uid, 1) for number, task in enumerate(plan.tasks[:2], 1)
        ),
    )
    path = tmp_path / "crane.xml"
    path.write_bytes(write_mspdi(staffed))

    found = document(capsys, "level", str(path), "--time-limit", "1")

    starts = {task["uid"]: task["start"] for task in found["tasks"]}
    first, second, third = (task.uid for task in plan.tasks)
    assert (starts[first], starts[second]) == ("2025-03-03T08:00", "2025-03-06T08:00")
    assert starts[third] == "2025-03-06T08:00"
    assert (found["makespan"], found["lower_bound"]) == ("2025-03-07T17:00", "2025-03-07T17:00")
    assert (found["status"], found["overloads"]) == ("optimal", [])
    assert "1 tasks move" in printed(capsys, "level", str(path), "--time-limit", "1")
    ways = ("--rule", "priority", "--scheme", "parallel")
    other = document(capsys, "level", str(path), *ways, "--time-limit", "1")
    assert other["tasks"] == found["tasks"]
    within = document(capsys, "level", str(path), "--within-float", "--time-limit", "1")
    assert within["makespan"] == "2025-03-06T17:00"
    assert [task["uid"] for task in within["tasks"] if task["unresolved"]] == [second]
    assert within["overloads"]


def test_level_keeps_deadlines_unless_they_are_given_up(capsys, tmp_path):
    plan = plan_chart("start 2025-03-03\nA 2 | ## |\nB 2 | ## |").plan
    first, second = plan.tasks
    dated = (
        replace(first, priority=600),
        replace(second, deadline=datetime(2025, 3, 4, 17)),
    )
    staffed = replace(
        plan,
        tasks=dated,
        resources=(PlanResource(1, "Crane"),),
        assignments=(PlanAssignment(1, first.uid, 1), PlanAssignment(2, second.uid, 1)),
    )
    path = tmp_path / "dated.xml"
    path.write_bytes(write_mspdi(staffed))
    words = ("level", str(path), "--rule", "priority", "--time-limit", "1", "--within-float")

    kept = document(capsys, "level", str(path), "--time-limit", "1")
    past = document(capsys, *words[:-1], "--past-dates")

    assert kept["missed_deadlines"] == []
    assert (kept["makespan"], past["makespan"]) == ("2025-03-06T17:00", "2025-03-06T17:00")
    assert [(row["uid"], row["minutes"]) for row in past["missed_deadlines"]] == [(second.uid, 960)]
    told = printed(capsys, *words[:-1], "--past-dates")
    assert past["missed_deadlines"][0]["message"] in told
    # What is urgent by rule keeps its place, and the other stays with its deadline.
    strict = document(capsys, *words)
    assert [row["uid"] for row in strict["tasks"] if row["unresolved"]] == [second.uid]


def test_simulate_gives_the_percentiles_of_the_finish(capsys, plan_file):
    words = ("simulate", plan_file, "--iterations", "500", "--seed", "7")

    found = document(capsys, *words)

    assert (found["seed"], found["iterations"]) == (7, 500)
    assert found["finish"]["p5"] < found["finish"]["mean"] < found["finish"]["p95"]
    assert found["cost"] is None
    assert {task["name"] for task in found["tasks"]} <= set("ABCDEFHG")
    assert all(0 <= task["criticality"] <= 1 for task in found["tasks"])
    assert document(capsys, *words) == found
    assert "The plan says 2025-03-21 17:00" in printed(capsys, *words)


def test_simulate_reads_risks(capsys, plan_file, tmp_path):
    path = tmp_path / "risks.json"
    path.write_text('{"version": 1, "template": {"low_pct": 0, "high_pct": 0}}')

    found = document(capsys, "simulate", plan_file, "--risks", str(path), "--iterations", "50")

    assert found["finish"]["sd"] == 0
    assert found["finish"]["p5"] == found["finish"]["p95"] == found["finish"]["deterministic"]
    path.write_text("[]")
    assert "pilothouse simulate: " in refused(capsys, "simulate", plan_file, "--risks", str(path))


def test_simulate_gives_all_that_the_engine_knows(capsys, plan_file, tmp_path):
    uids = [task["uid"] for task in document(capsys, "schedule", plan_file)["tasks"]]
    risks = tmp_path / "risks.json"
    spread = {"type": "uniform", "low": 1, "high": 9}
    rows = [[1, 0.9, -0.9], [0.9, 1, 0.9], [-0.9, 0.9, 1]]
    risks.write_text(
        json.dumps(
            {
                "version": 1,
                "estimates": [{"task": uid, "duration": spread} for uid in uids[:3]],
                "costs": [{"id": "crane", "name": "Crane", "amount": spread}],
                "correlation_matrices": [{"name": "soil", "tasks": uids[:3], "rows": rows}],
            }
        )
    )
    words = ("simulate", plan_file, "--risks", str(risks), "--iterations", "400")

    found = document(capsys, *words, "--milestone", str(uids[-1]))

    finish, cost = found["finish"], found["cost"]
    for outcome in (finish, cost):
        histogram, curve = outcome["histogram"], outcome["s_curve"]
        assert (len(histogram["edges"]), len(histogram["counts"])) == (41, 40)
        assert sum(histogram["counts"]) == 400
        assert [row["percent"] for row in curve] == list(range(101))
        assert curve[80]["value"] == outcome["p80"]
        assert outcome["deterministic_percentile"] <= 100
    assert finish["contingency_days"]["p80"] == pytest.approx(
        (finish["p80"] - finish["deterministic"]) / 480
    )
    assert cost["contingency"]["p80"] == cost["p80"] - cost["deterministic"]
    (milestone,) = found["milestones"]
    assert (milestone["uid"], milestone["name"]) == (uids[-1], "G")
    assert milestone["dates"] == finish["dates"]
    joint = {row["percent"]: row for row in found["joint_confidence"]}
    assert list(joint) == [10, 20, 50, 80, 90]
    assert joint[80]["finish"] == finish["dates"]["p80"]
    assert joint[80]["cost"] == cost["p80"]
    assert 0.6 < joint[80]["share"] < 0.8
    (repair,) = found["repairs"]
    assert repair["name"] == "soil"
    assert repair["largest_change"] > 0.1
    told = printed(capsys, *words, "--milestone", str(uids[-1]))
    assert f"{uids[-1]} ‘G’: P10 " in told
    assert "The correlations of soil contradicted themselves" in told


def candidates(budget):
    rows = (("P1", 60, 20), ("P2", 20, 40), ("P3", 50, 30), ("P4", 45, 50))
    return json.dumps(
        {
            "format": "pilothouse.selection",
            "version": 1,
            "periods": 1,
            "budget": [budget],
            "candidates": [
                {"code": code, "value": value, "cost": [cost], "mandatory": code == "P2"}
                for code, value, cost in rows
            ],
        }
    )


def test_select_gives_value_bound_and_gap(capsys, tmp_path):
    path = tmp_path / "candidates.json"
    path.write_text(candidates(90))

    found = document(capsys, "select", str(path), "--time-limit", "20")

    assert (found["status"], found["value"], found["bound"], found["gap"]) == (
        "optimal", 130, 130, 0,
    )  # fmt: skip
    assert [(item["code"], item["start"]) for item in found["selected"]] == [
        ("P1", 1),
        ("P2", 1),
        ("P3", 1),
    ]
    assert "Value 130, at most 130" in printed(capsys, "select", str(path), "--time-limit", "20")


def test_select_says_what_to_relax(capsys, tmp_path):
    path = tmp_path / "candidates.json"
    path.write_text(candidates(30))

    assert main(["select", str(path), "--json", "--time-limit", "20"]) == 1

    found = json.loads(capsys.readouterr().out)
    assert found["status"] == "infeasible"
    assert [(row["kind"], row["amount"]) for row in found["relaxations"]] == [("budget", 10)]

    assert main(["select", str(path), "--time-limit", "20"]) == 1
    assert capsys.readouterr().err == (
        "pilothouse select: No selection keeps all limits; relax them as it says beside.\n"
    )


def test_level_says_that_it_found_nothing_in_the_time(capsys, tmp_path, monkeypatch):
    path = tmp_path / "two.rcp"
    path.write_text(PROBLEM)
    nothing = replace(level(read_patterson(BytesIO(PROBLEM.encode()))), schedule=None)
    monkeypatch.setattr(levelling, "level", lambda *_, **__: nothing)

    assert main(["level", str(path), "--json"]) == 1

    told = capsys.readouterr()
    assert json.loads(told.out)["makespan"] is None
    assert told.err == (
        "pilothouse level: No schedule was found in the time; give more with --time-limit.\n"
    )


def refused(capsys, *words):
    assert main(words) == 1
    told = capsys.readouterr()
    assert told.out == ""
    return told.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "The file is empty; "),
        ("period,pv,ev\n1,2,3\n", "it must name each of period, pv, ev, ac once"),
        ("period,pv,ev,ac\n", "no period below its first row"),
        ("period,pv,ev,ac\n1,x,,\n", "Row 2 has ‘x’, which is no amount in pv"),
        ("period,pv,ev,ac\n1,1e99,,\n", "Row 2 has ‘1e99’"),
        ("period,pv,ev,ac\n1,1e999999999,,\n", "Row 2 has ‘1e999999999’"),
        ("period,pv,ev,ac\n1,5,NaN,1\n", "Row 2 has ‘NaN’"),
        ("period,pv,ev,ac\n1,5,4,\n", "Row 2 has nothing in ac"),
        ("period,pv,ev,ac\n1,,4,1\n", "Row 2 has nothing in pv"),
        ("period,pv,ev,ac\n1,5,,\n2,9,3,3\n", "Row 2 has no earned value or no actual cost"),
        ("period;pv;ev;ac\n1;5;;\n", "There is no earned value yet"),
        ("period;pv;ev;ac\n1;5;6;6\n", "exceeds the budget"),
        ("period,pv,ev,ac\n1,1,1,\0", "no text"),
        ("period,pv,ev,ac\n" + "\n" * 5_000_000, "more than 5000000 bytes"),
        ("period,pv,ev,ac\n" + "x" * 200_000, "The file is no table"),
        ("period,pv,ev,ac\n" + "1,1,1,1\n" * 10_001, "more than 10000 periods"),
    ],
)
def test_a_table_that_cannot_be_read_is_told_by_row_and_column(capsys, tmp_path, text, told):
    path = tmp_path / "money.csv"
    path.write_text(text)

    assert told in refused(capsys, "evm", str(path))


def test_a_table_in_another_encoding_is_told(capsys, tmp_path):
    path = tmp_path / "money.csv"
    path.write_bytes("period,pv,ev,ac\nJänner,1,1,1\n".encode("cp1252"))

    assert "not in UTF-8" in refused(capsys, "evm", str(path))


def test_what_is_no_plan_or_no_task_is_told(capsys, tmp_path, plan_file):
    path = tmp_path / "letter.txt"
    path.write_text("Dear all,")

    assert refused(capsys, "schedule", str(path)).startswith("pilothouse schedule: ")
    assert "No such file" in refused(capsys, "assess", str(tmp_path / "none.xml"))
    assert "no task with the uid 99" in refused(capsys, "explain", plan_file, "99")


@pytest.mark.parametrize(
    "words",
    [
        ["schedule"],
        ["schedule", "plan.xml", "--status-date", "soon"],
        ["schedule", "plan.xml", "--status-date", "2025-03-14T12:00+01:00"],
        ["schedule", "plan.xml", "--status-date", "9999-12-31"],
        ["simulate", "plan.xml", "--status-date", "2200-01-01"],
        ["level", "plan.xml", "--status-date", "0001-01-01"],
        ["evm", "money.csv", "--at", "1e999999999"],
        ["evm", "money.csv", "--eac", "much"],
        ["evm", "money.csv", "--at", "NaN"],
        ["explain", "plan.xml", "first"],
        ["level", "plan.xml", "--time-limit", "0"],
        ["simulate", "plan.xml", "--iterations", "-1"],
        ["select", "candidates.json", "--seed", "x"],
    ],
)
def test_wrong_words_are_a_wrong_call(capsys, words):
    with pytest.raises(SystemExit) as stopped:
        main(words)

    assert stopped.value.code == 2


def test_no_database_and_no_settings_are_needed(plan_file, tmp_path):
    kept = {key: value for key, value in os.environ.items() if not key.startswith("PILOTHOUSE_")}
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    kept |= {"PYTHONPATH": str(Path(cli.__file__).parents[3]), "PILOTHOUSE_DATABASE": "nonsense://"}
    words = (
        "import sys; from pilothouse.faces.cli.main import main; code = main(sys.argv[1:]); "
        "assert not {'django', 'numba', 'ortools'} & set(sys.modules); sys.exit(code)"
    )

    done = subprocess.run(
        [sys.executable, "-c", words, "assess", plan_file],
        env=kept, cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == [Path(plan_file)]


def test_a_status_date_without_a_time_is_the_end_of_its_day():
    assert cli.status_date("2025-03-14") == datetime(2025, 3, 15)
    assert cli.status_date("2025-03-14T12:00") == datetime(2025, 3, 14, 12)
