# SPDX-License-Identifier: Apache-2.0
"""``pilothouse import``: what it brings in, what it refuses, and its exit codes."""

import pytest

from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.tests.files import OTHER_HOSTILE, QUAY, TWO_PROJECTS
from pilothouse.delivery.projects.models import Project
from pilothouse.exchange.models import ImportJob, PublishedFile
from pilothouse.faces.cli import main as cli


def run(*words):
    return cli.main([str(word) for word in words])


@pytest.fixture
def file(tmp_path):
    def write(name, text):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_table_comes_in_and_a_second_time_changes_nothing(cast, file, capsys):
    path = file("projects.csv", "Code,Name\nP-9,Pier\n")
    words = ("import", "portfolio", "--portfolio", "QUAY", "--as", cast.ada.email, path)

    assert (run(*words), run(*words)) == (0, 0)

    told = capsys.readouterr().out
    assert "1 new, 0 changed, 0 unchanged." in told
    assert "0 new, 0 changed, 1 unchanged." in told
    assert Project.objects.get(code="P-9").portfolio == cast.portfolio


def test_a_table_with_problems_names_row_and_reason_and_the_next_file_comes_in(cast, file, capsys):
    wrong = file("wrong.csv", "Code,Name,Finish\nP-1,A,31/31/2027\nP-2,B,\n")
    right = file("right.csv", "Code,Name\nP-9,Pier\n")

    code = run("import", "portfolio", "--portfolio", "QUAY", "--as", cast.ada.email, wrong, right)

    assert code == 1
    told = capsys.readouterr().err
    assert "1 row has problems; nothing was brought in." in told
    assert "row 2, Planned finish: “31/31/2027” is no date" in told
    codes = Project.objects.filter(code__startswith="P-").values_list("code", flat=True)
    assert list(codes) == ["P-9"]
    assert set(ImportJob.objects.values_list("stage", flat=True)) == {"discarded", "applied"}


@pytest.mark.parametrize(
    ("who", "portfolio", "sentence"),
    [
        ("nobody@example.org", "QUAY", "Nobody with the address"),
        ("otto@example.org", "QUAY", "No portfolio in sight has the code QUAY"),
        ("ada@example.org", "RUNW", "No portfolio in sight has the code RUNW"),
    ],
)
def test_who_may_not_is_refused_and_nothing_changes(cast, file, capsys, who, portfolio, sentence):
    path = file("projects.csv", "Code,Name\nP-9,Pier\n")

    assert run("import", "portfolio", "--portfolio", portfolio, "--as", who, path) == 1

    assert sentence in capsys.readouterr().err
    assert not Project.objects.filter(code="P-9").exists()


def test_a_missing_file_and_one_that_is_no_plan_exit_with_1(cast, file, capsys):
    words = ("import", "plan", "--project", "HARB", "--as", cast.ada.email)

    assert run(*words, "absent.xml") == 1
    assert run(*words, file("plan.xml", "no plan at all")) == 1

    told = capsys.readouterr().err
    assert "absent.xml: No such file or directory.\n" in told
    assert "plan.xml: " in told
    assert run("import", "gmpp", "absent.csv") == 1
    assert capsys.readouterr().err == "pilothouse import: absent.csv: No such file or directory.\n"


def test_a_plan_comes_in_and_the_command_says_what_and_until_when(cast, file, capsys):
    path = file("plan.xml", QUAY)

    assert run("import", "plan", "--project", "harb", "--as", cast.piet.email, path) == 0

    told = capsys.readouterr().out
    assert told == (
        f"{path}: 5 tasks, 3 links, 1 calendars, 1 resources, 1 assignments, 1 baselines, "
        "4 compared, 1 differing, 0 notices; finish 2026-03-12.\n"
    )
    plan = ProjectPlan.objects.get(project=cast.harbour)
    assert list(plan.task_set.order_by("position").values_list("name", flat=True)) == [
        "Quay wall",
        "Dredge",
        "Drive piles",
        "Survey",
        "Quay ready",
    ]


def test_a_project_of_a_primavera_file_comes_in_and_hostile_files_do_not(cast, tmp_path, capsys):
    words = ("import", "plan", "--project", "HARB", "--as", cast.piet.email)
    two = tmp_path / "two.xer"
    two.write_bytes(TWO_PROJECTS)

    assert run(*words, str(two)) == 1
    assert "name the one to read" in capsys.readouterr().err
    assert run(*words, "--file-project", "Quay 7", str(two)) == 0
    assert "finish 2026-03-12." in capsys.readouterr().out
    for kind, (data, _) in OTHER_HOSTILE.items():
        two.write_bytes(data)
        assert run(*words, str(two)) == 1, kind
        assert capsys.readouterr().err.startswith(f"{two}: "), kind
    assert ProjectPlan.objects.get(project=cast.harbour).plan_version == 1


def test_published_years_are_loaded_once(db, file, capsys):
    text = "project_name,department,colour_rating,year\nHarbour,MOD,Amber,2022\n"
    path = file("gmpp_2022.csv", text)

    assert (run("import", "gmpp", path), run("import", "gmpp", path)) == (0, 0)

    told = capsys.readouterr().out
    assert "UK Government 2022: 1 projects new" in told
    assert "gmpp_2022.csv: already loaded, passed over." in told
    assert PublishedFile.objects.count() == 1


def test_a_file_that_is_no_published_year_exits_with_1_and_loads_nothing(db, file, capsys):
    assert run("import", "gmpp", file("notes.csv", "a,b\n1,2\n")) == 1

    assert "notes.csv: no column for name and department" in capsys.readouterr().err
    assert PublishedFile.objects.count() == 0
