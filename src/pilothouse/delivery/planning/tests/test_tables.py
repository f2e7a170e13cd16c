# SPDX-License-Identifier: Apache-2.0
"""Spreadsheets as plans: guessed, mapped, refused by row and field, and read back as they left."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import (
    PlanArrival,
    PlanAssignment,
    PlanColumn,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.tests.files import QUAY, upload
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.tables import write_xlsx

LIST = """Vorgangsname;Dauer;Anfang;Vorgänger;Ressourcennamen
Kaimauer;;;;
  Baggern;5 Tage;02.03.2026;;Bagger
  Pfähle rammen;3t;;2EA+1t;
"""
GERMAN = LIST.replace("2EA+1t", "2FS+1d")


def bring(cast, text=QUAY, name="quay.xml"):
    return services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(text), file_name=name
    )


def look(cast, text, name="plan.csv", **more):
    return services.look_at_file(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(text), file_name=name, **more
    )


def leaving(cast, kind):
    return services.plan_file(actor=cast.piet.actor(), project=cast.harbour, kind=kind)[1]


def edit(cast, *steps):
    return services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=steps)


def test_a_list_becomes_a_first_plan(cast):
    outcome = bring(cast, GERMAN, "liste.csv")

    assert outcome.counts["tasks"] == 3
    rows = Task.objects.order_by("position").values_list("name", "outline_level", "wbs", "summary")
    assert list(rows) == [
        ("Kaimauer", 1, "1", True),
        ("Baggern", 2, "1.1", False),
        ("Pfähle rammen", 2, "1.2", False),
    ]
    piles = Task.objects.get(name="Pfähle rammen")
    assert (piles.start, piles.finish) == (
        datetime(2026, 3, 10, 8, tzinfo=UTC),
        datetime(2026, 3, 12, 17, tzinfo=UTC),
    )
    assert PlanAssignment.objects.get().work_minutes == 2400
    assert ProjectPlan.objects.get().start == datetime(2026, 3, 2, 8, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["xlsx", "csv"])
def test_what_left_as_a_table_comes_back_without_any_mapping_and_changes_nothing(cast, kind):
    bring(cast)
    edit(cast, {"do": "set", "uid": 2, "field": "percent_complete", "value": "40"})
    edit(cast, {"do": "set", "uid": 4, "field": "deadline", "value": "2026-04-01"})

    found = look(cast, leaving(cast, kind), f"plan.{kind}")

    assert found.recognised == {"guid": 5}
    assert not found.differences, found.differences
    assert found.differences.counts["dates"] == 0


def test_a_row_that_was_renamed_and_renumbered_in_a_table_is_the_same_task(cast):
    bring(cast)
    text = leaving(cast, "csv").decode("utf-8-sig")
    text = text.replace('"4","4"', '"4","44"').replace('"Survey"', '"Soundings at night"')

    found = look(cast, text)

    assert found.recognised == {"guid": 5}
    assert (found.differences.counts["added"], found.differences.counts["removed"]) == (0, 0)
    bring(cast, text, "plan.csv")
    assert Task.objects.get(uid=4).name == "Soundings at night"


def test_a_row_of_another_tool_is_known_by_its_key(cast):
    bring(cast, "Issue key,Task,Duration\nQUAY-1,Dredge,5d\nQUAY-2,Survey,2d", "list.csv")
    before = dict(Task.objects.values_list("uid", "guid"))

    bring(cast, "Issue key,Task,Duration\nQUAY-2,Soundings,2d\nQUAY-1,Dig,5d", "list.csv")

    assert dict(Task.objects.values_list("uid", "guid")) == before
    names = Task.objects.order_by("position").values_list("uid", "name")
    assert list(names) == [(2, "Soundings"), (1, "Dig")]


def test_cells_that_were_changed_are_typed_in(cast):
    bring(cast)
    text = leaving(cast, "csv").decode("utf-8-sig")
    text = text.replace('"5d"', '"8d"').replace('"Survey"', '"Soundings"')

    bring(cast, text, "plan.csv")

    dredge = Task.objects.get(uid=2)
    assert (dredge.duration_minutes, dredge.name) == (8 * 480, "Dredge")
    assert Task.objects.get(uid=4).name == "Soundings"
    assert Task.objects.get(uid=3).start == datetime(2026, 3, 13, 8, tzinfo=UTC)
    assert PlanAssignment.objects.get().work_minutes == 8 * 480


def test_progress_of_a_table_follows_the_rules_of_the_schedule_screen(cast):
    bring(cast)
    bring(
        cast,
        "UID,Task,% complete\n1,Quay wall,\n2,Dredge,50\n3,Drive piles,\n4,Survey,100\n"
        "5,Quay ready,\n",
        "week.csv",
    )

    dredge, survey = Task.objects.get(uid=2), Task.objects.get(uid=4)
    assert (dredge.percent_complete, dredge.remaining_minutes) == (Decimal(50), 1200)
    assert (survey.actual_finish, TaskLink.objects.count()) == (
        datetime(2026, 3, 2, 17, tzinfo=UTC),
        3,
    )


def test_a_table_leaves_baselines_links_and_people_that_it_does_not_name(cast):
    bring(cast)

    bring(
        cast,
        "Task,Notes\nQuay wall,\n  Dredge,Mind the eels\n  Drive piles,\n  Survey,\nQuay ready,\n",
        "notes.csv",
    )

    assert Task.objects.get(uid=2).notes == "Mind the eels"
    assert Task.objects.get(uid=3).baseline_finish == datetime(2026, 3, 11, 17, tzinfo=UTC)
    assert (TaskLink.objects.count(), PlanAssignment.objects.count()) == (3, 1)
    assert PlanResource.objects.get().name == "Dredger"


def test_every_cell_that_cannot_be_read_is_named_and_nothing_is_written(cast):
    bring(cast)
    before = list(Task.objects.order_by("pk").values())

    with pytest.raises(Invalid) as caught:
        bring(cast, "Task,Duration,Start\nDredge,long,2026-02-30\nSurvey,1d,1/1/1970\n", "bad.csv")

    assert caught.value.code == "planning.table"
    assert list(caught.value.fields) == ["row 2, start", "row 2, duration", "row 3, start"]
    assert list(Task.objects.order_by("pk").values()) == before


def test_a_cell_that_the_plan_refuses_is_named_by_its_row(cast):
    bring(cast)

    with pytest.raises(Invalid, match="Row 3, actual finish"):
        look(
            cast,
            "UID,Task,Actual start,Actual finish\n1,Quay wall,,\n2,Dredge,2026-03-04,2026-03-02\n",
            "bad.csv",
        )


def test_a_ring_of_links_is_refused_with_its_names(cast):
    with pytest.raises(Invalid, match="Dredge"):
        look(cast, "Task,Predecessors\nDredge,2\nPiles,1\n")


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"PK\x03\x04xl/ broken", "plan.xlsx", "exchange."),
        (b"", "plan.csv", "exchange.empty"),
        (b"a,b\n\x00,1", "plan.csv", "exchange.nul"),
        (b"Start,Finish\n2026-03-02,2026-03-03\n", "plan.csv", "planning.table"),
        (b"Task\n" + b"T\n" * 20_001, "plan.csv", "planning.table"),
    ],
)
def test_what_is_no_table_of_tasks_is_refused(cast, data, name, code):
    with pytest.raises(Invalid) as caught:
        look(cast, data, name)

    assert caught.value.code.startswith(code)


def test_headers_may_be_named(cast):
    text = "Work package,Ready by\nDredge,2026-03-06\n"

    found = look(cast, text, columns={"Work package": "name", "Ready by": "deadline"})

    assert [line.name for line in found.differences.tasks] == ["Dredge"]


# Pages


def at(cast, page):
    return reverse(f"planning:{page}", args=[cast.harbour.pk])


@pytest.fixture
def piet(client, cast):
    client.force_login(cast.piet)
    return client


def send(client, cast, data, name="plan.csv"):
    file = SimpleUploadedFile(name, data if isinstance(data, bytes) else data.encode())
    return client.post(at(cast, "import"), {"version": "0", "file": file}, follow=True)


def say(client, cast, page, form):
    """Send a page of the file that waits, as it stands there."""
    seen = services.seen_of(PlanArrival.objects.get())
    return client.post(at(cast, page), {"seen": seen, **form})


def test_a_known_table_is_looked_at_at_once(piet, cast):
    page = send(piet, cast, GERMAN)

    assert page.redirect_chain[-1][0] == at(cast, "arrival")
    assert "the file becomes its first one" in page.content.decode()
    assert at(cast, "arrival-columns") in page.content.decode()
    assert say(piet, cast, "arrival-accept", {"version": "0"}).status_code == 302
    assert Task.objects.count() == 3


def test_an_unknown_table_asks_for_its_columns_and_the_office_remembers_them(piet, cast):
    text = "Work package,Ready by,Remark to self\nDredge,2026-03-06,x\n"
    page = send(piet, cast, text)
    assert page.redirect_chain[-1][0] == at(cast, "arrival-columns")
    assert "Work package" in page.content.decode()

    answer = say(
        piet,
        cast,
        "arrival-columns",
        {"head": "1", "dates": "", "column-0": "name", "column-1": "deadline", "column-2": ""},
    )

    assert answer["Location"] == at(cast, "arrival")
    assert dict(PlanColumn.objects.values_list("header", "field")) == {
        "work package": "name",
        "ready by": "deadline",
        "remark to self": "",
    }
    assert send(piet, cast, text).redirect_chain[-1][0] == at(cast, "arrival")


def test_cells_that_cannot_be_read_stand_on_the_page(piet, cast):
    send(piet, cast, "Task,Duration\nDredge,long\n")

    page = piet.get(at(cast, "arrival-columns")).content.decode()

    assert "‘long’ is no duration" in page
    assert piet.get(at(cast, "arrival"))["Location"] == at(cast, "arrival-columns")
    again = {"head": "1", "dates": "", "column-0": "name", "column-1": "duration"}
    assert say(piet, cast, "arrival-columns", again).status_code == 422
    assert say(piet, cast, "arrival-columns", again | {"column-1": ""}).status_code == 302


@pytest.mark.parametrize(
    "wrong",
    [
        {"column-0": "name", "column-1": "name"},
        {"column-0": "nonsense"},
        {"head": "99"},
        {"head": "none"},
    ],
)
def test_columns_that_cannot_be_are_refused_at_their_place(piet, cast, wrong):
    send(piet, cast, "Work,Duration\nDredge,5d\n")

    answer = say(piet, cast, "arrival-columns", {"head": "1", "dates": "", **wrong})

    assert answer.status_code == 422
    assert PlanColumn.objects.count() == 0


def test_another_sheet_of_a_workbook_can_be_chosen(piet, cast):
    rows = [["Dredge", "5d"]]
    book = write_xlsx(rows, ["Task", "Duration"], sheet="Plan", notes=["About"])

    send(piet, cast, book, "plan.xlsx")
    page = piet.get(at(cast, "arrival-columns")).content.decode()
    assert "About" in page

    answer = say(piet, cast, "arrival-columns", {"head": "1", "dates": "", "sheet": "About"})
    assert answer.status_code == 422
    assert PlanArrival.objects.get().columns["sheet"] == "About"


def test_a_formula_or_markup_in_a_table_stays_text(piet, cast):
    page = send(piet, cast, "Task\n<script>alert(1)</script>\n=1+1\n").content.decode()

    assert "<script>alert(1)" not in page
    assert "=1+1" in page


def test_twenty_thousand_rows_are_read(cast):
    rows = "".join(f"Task {number},1d\n" for number in range(20_000))

    found = look(cast, "Task,Duration\n" + rows)

    assert found.tasks == 20_000
    assert found.differences.finish.date() > date(2026, 1, 1)


def test_a_table_of_too_many_columns_is_refused_and_blank_ones_are_passed_over(cast):
    wide = ",".join(f"C{place}" for place in range(200))

    with pytest.raises(Invalid, match="The table has 201 columns; at most 200 are read") as caught:
        look(cast, f"Task,{wide}\nDredge\n")
    found = look(cast, f"Task{',' * 300}\nDredge,{',' * 299}\n")

    assert (caught.value.code, found.tasks) == ("planning.columns", 1)


def test_columns_that_were_chosen_for_another_table_are_not_taken_over(piet, cast):
    send(piet, cast, "Task,X\nDredge,1\n")
    seen = services.seen_of(PlanArrival.objects.get())
    send(piet, cast, "X,Task\n1,Dredge\n")

    form = {"head": "1", "column-0": "name", "column-1": "", "seen": seen}
    refused = piet.post(at(cast, "arrival-columns"), form)

    assert refused.status_code == 409
    assert "Another file of yours waits by now" in refused.content.decode()
    assert PlanArrival.objects.get().columns["mapping"] == {"1": "name"}
    assert PlanColumn.objects.count() == 0
