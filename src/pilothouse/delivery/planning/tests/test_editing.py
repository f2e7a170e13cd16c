# SPDX-License-Identifier: Apache-2.0
"""Editing a plan: one schedule for all steps, only what moved is written, and all goes back."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from django.utils import timezone

from cast import appoint
from pilothouse.delivery.planning import bridge, queries, services
from pilothouse.delivery.planning.models import (
    BaselineTask,
    PlanAssignment,
    PlanEdit,
    PlanEvent,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.tests.files import QUAY, upload
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent


def edit(cast, *steps, by=None):
    return services.edit_plan(actor=(by or cast.piet).actor(), project=cast.harbour, steps=steps)


def bring(cast):
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(QUAY), file_name="quay.xml"
    )


@pytest.fixture
def tess(cast):
    """A second manager of the project."""
    scopes = project_scopes(cast.harbour)
    appoint(cast.tess, Role.PM, ("project", cast.harbour.pk), cast.office.pk, scopes)
    return cast.tess


def begin(cast, *rows):
    """An empty plan from Monday 2 March 2026 on, and rows of a name and a duration."""
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2026, 3, 2))
    if rows:
        tasks = [dict(zip(("name", "duration", "level"), row, strict=False)) for row in rows]
        edit(cast, {"do": "add", "after": None, "tasks": tasks})


def put(uid, field, value, **seen):
    return {"do": "set", "uid": uid, "field": field, "value": value, **seen}


def rows():
    return [
        (task.uid, task.name, task.outline_level, f"{task.start:%d %H}", f"{task.finish:%d %H}")
        for task in Task.objects.order_by("position")
    ]


def everything():
    """All that is stored of the plan but its numbers of versions."""
    plan = ProjectPlan.objects.get()
    skipped = {"id", "version", "plan_version", "updated_at", "updated_by_id", "last_task_uid"}
    return (
        {
            name: value
            for name, value in plan.__dict__.items()
            if name[0] != "_" and name not in skipped
        },
        list(
            Task.objects.order_by("position").values_list(
                *(f.attname for f in Task._meta.concrete_fields if f.name != "id")
            )
        ),
        sorted(
            TaskLink.objects.values_list("predecessor_uid", "successor_uid", "type", "lag_minutes")
        ),
        sorted(PlanAssignment.objects.values_list("uid", "task_uid", "units", "work_minutes")),
        sorted(BaselineTask.objects.values_list("uid", "baseline__number", "start", "finish")),
    )


def stored_as_scheduled():
    """What stands in the rows is what the engine makes of the stored plan, whole."""
    row = ProjectPlan.objects.get()
    scheduled = bridge.schedule(
        bridge.load_plan(row), work_after_status_date=row.work_after_status_date
    )
    comparison = bridge.compare(scheduled, bridge.promised(row))
    for position, task in enumerate(scheduled.plan.tasks, 1):
        kept = Task.objects.get(plan=row, uid=task.uid)
        made = bridge.task_row(row, position, task, scheduled.result.tasks[task.uid], comparison)
        for field in Task._meta.concrete_fields:
            if field.name not in ("id", "difference", "stored"):
                assert getattr(kept, field.attname) == getattr(made, field.attname), field.name
    assert row.finish.replace(tzinfo=None) == scheduled.result.finish


def test_a_plan_begins_empty_and_grows_row_by_row(cast):
    begin(cast, ("Site", "1d"), ("Dredge", "5d", 2), ("Pour", "3d", 2), ("Open", "0d", 1))

    outcome = edit(
        cast,
        put(3, "predecessors", "2"),
        put(4, "predecessors", "3FS+1d"),
    )

    assert rows() == [
        (1, "Site", 1, "02 08", "11 17"),
        (2, "Dredge", 2, "02 08", "06 17"),
        (3, "Pour", 2, "09 08", "11 17"),
        (4, "Open", 1, "12 17", "12 17"),
    ]
    assert [task.wbs for task in Task.objects.order_by("position")] == ["1", "1.1", "1.2", "2"]
    assert (outcome.finish_before, outcome.finish_after) == (date(2026, 3, 6), date(2026, 3, 12))
    stored_as_scheduled()
    assert PlanEvent.objects.get().kind == "begun"


def test_an_answer_says_what_moved_and_why(cast):
    begin(cast, ("Dredge", "5d"), ("Pour", "3d"), ("Apart", "1d"))
    edit(cast, put(2, "predecessors", "1"))

    outcome = edit(cast, put(1, "duration", "8d", was="5d"))

    assert [item.name for item in outcome.moved] == ["Dredge", "Pour"]
    pour = outcome.moved[1]
    assert (pour.start_before, pour.start) == (datetime(2026, 3, 9, 8), datetime(2026, 3, 12, 8))
    assert "Dredge" in pour.reason
    assert (outcome.words, outcome.tasks_moved) == ("‘Dredge’: duration", 2)


def test_only_what_changed_or_moved_is_written(cast, django_assert_max_num_queries):
    begin(cast, *((f"T{number}", "1d") for number in range(40)))
    before = {task.uid: task for task in Task.objects.all()}

    with django_assert_max_num_queries(60):
        edit(cast, put(7, "name", "Seven"))

    after = {task.uid: task for task in Task.objects.all()}
    changed = [
        uid
        for uid, task in after.items()
        if any(
            getattr(task, f.attname) != getattr(before[uid], f.attname)
            for f in Task._meta.concrete_fields
        )
    ]
    assert changed == [7]


def test_an_edit_refreshes_the_health_of_the_project(cast):
    begin(cast, ("Dredge", "5d"))

    edit(cast, put(1, "duration", "20d"))

    snapshot = PerformanceSnapshot.objects.filter(project=cast.harbour).latest("pk")
    assert snapshot.plan_version == ProjectPlan.objects.get().plan_version


def test_an_imported_plan_is_edited_with_what_the_file_said_kept(cast):
    bring(cast)
    differences = dict(Task.objects.values_list("uid", "difference"))
    stored = dict(Task.objects.values_list("uid", "stored"))
    last = Task.objects.order_by("-position")[0]

    edit(
        cast,
        put(last.uid, "notes", "Looked at"),
        {"do": "add", "after": last.uid, "tasks": [{"name": "More"}]},
    )

    for task in Task.objects.exclude(name="More"):
        assert (task.difference, task.stored) == (differences[task.uid], stored[task.uid])
    stored_as_scheduled()


STEPS = [
    [put(2, "duration", "8d")],
    [put(2, "name", "Dredge the basin"), put(3, "percent_complete", "50")],
    [put(3, "start", "2026-03-16")],
    [put(3, "manual", True), put(2, "duration", "9d")],
    [put(3, "constraint", {"type": "mso", "date": "2026-03-20", "hard": True})],
    [put(3, "predecessors", "")],
    [
        {
            "do": "add",
            "after": 2,
            "tasks": [{"name": "Survey", "duration": "2d"}, {"name": "Report"}],
        }
    ],
    [
        {
            "do": "add",
            "after": 5,
            "tasks": [{"name": "Yard", "level": 1}, {"name": "Rails", "level": 2}],
        }
    ],
    [{"do": "indent", "uids": [4]}],
    [{"do": "delete", "uids": [1]}],
    [{"do": "delete", "uids": [3]}],
    [{"do": "move", "uids": [1], "after": 5, "level": 1}],
    [{"do": "outdent", "uids": [3]}],
    [{"do": "link", "predecessor": 2, "successor": 4, "type": "ss", "lag": "-1d"}],
    [{"do": "link", "predecessor": 2, "successor": 3, "lag": "+2ed"}],
    [{"do": "link", "predecessor": 2, "successor": 3, "lag": "50%"}],
    [{"do": "stretch", "uid": 2, "finish": "2026-03-20"}],
    [{"do": "unlink", "predecessor": 2, "successor": 3}],
    [{"do": "assign", "uid": 4, "resource": 1, "units": "0.5"}],
    [{"do": "units", "assignment": 1, "value": "2", "was": "1"}],
    [{"do": "work", "assignment": 1, "value": "80h"}],
    [{"do": "unassign", "assignment": 1}],
    [put(4, "duration", "0"), put(4, "deadline", "2026-03-13"), put(2, "priority", 900)],
]


EACH = pytest.mark.parametrize("steps", STEPS, ids=[str(number) for number in range(len(STEPS))])


@EACH
def test_every_kind_of_edit_is_taken_back_and_made_again_to_the_letter(cast, steps):
    bring(cast)
    edit(cast, put(1, "notes", "Ours"))
    before = everything()

    edit(cast, *steps)
    after = everything()
    stored_as_scheduled()
    assert after != before

    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert everything() == before
    services.redo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert everything() == after
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert everything() == before


def sheet(cast):
    return asdict(queries.sheet_of(cast.piet.actor(), cast.harbour.pk)[1])


def put_into(sheet, changes):
    """The sheet after an edit, as a browser puts it together from what the edit changed."""
    tasks = {cells[0]: cells for cells in sheet["tasks"]}
    tasks |= {cells[0]: cells for cells in changes["tasks"]}
    order = changes["order"] or [cells[0] for cells in sheet["tasks"]]
    gone = {*changes["removed"]}
    links = [row for row in sheet["links"] if row[0] not in {*changes["linked"]} | gone]
    people = [row for row in sheet["assignments"] if row[1] not in {*changes["assigned"]} | gone]
    return sheet | {
        "head": changes["head"],
        "tasks": [tasks[uid] for uid in order],
        "links": sorted(links + changes["links"]),
        "assignments": sorted(people + changes["assignments"]),
    }


@EACH
def test_what_an_edit_tells_of_the_sheet_makes_the_whole_sheet_of_the_one_before(cast, steps):
    bring(cast)
    before = sheet(cast)

    outcome = edit(cast, *steps)

    told = queries.changes_of(cast.piet.actor(), outcome.plan, outcome.touched, outcome.delta)
    after = sheet(cast)
    after["links"].sort()
    after["assignments"].sort()
    assert put_into(before, asdict(told)) == after

    back = services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    told = queries.changes_of(cast.piet.actor(), back.plan, back.touched, back.delta)
    first = sheet(cast)
    first["links"].sort()
    first["assignments"].sort()
    assert put_into(after, asdict(told)) == first
    assert {**first, "head": None} == {
        **before,
        "head": None,
        "links": sorted(before["links"]),
        "assignments": sorted(before["assignments"]),
    }


def test_the_sheet_writes_the_wall_clock_of_the_plan_and_flags_as_bits(cast):
    begin(cast, ("Dredge", "5d?"), ("Pour", "0d"))
    edit(cast, put(2, "predecessors", "1FS+50%"), put(1, "percent_complete", "40"))

    found = sheet(cast)

    columns, flags = queries.COLUMNS, queries.FLAGS
    dredge, pour = (dict(zip(columns, cells, strict=True)) for cells in found["tasks"])
    assert (dredge["start"], dredge["finish"]) == ("2026-03-02 08:00", "2026-03-06 17:00")
    assert Decimal(dredge["percent_complete"]) == 40
    assert (dredge["deadline"], dredge["cost"]) == (None, None)
    on = {name for bit, name in enumerate(flags) if dredge["flags"] >> bit & 1}
    assert on == {"active", "estimated", "critical", "longest_path"}
    on = {name for bit, name in enumerate(flags) if pour["flags"] >> bit & 1}
    assert on == {"active", "milestone", "critical", "longest_path"}
    ((*link, percent),) = found["links"]
    assert (link, Decimal(percent)) == ([2, 1, "fs", 0, "percent"], 50)


def test_the_sheet_is_read_in_few_queries_whatever_its_length(cast, django_assert_num_queries):
    begin(cast, *[(f"Task {number}", "1d") for number in range(300)])
    with django_assert_num_queries(11):
        sheet(cast)


def test_rows_that_an_edit_adds_are_filled_in_by_the_same_edit(cast):
    begin(cast, ("Dredge", "5d"))

    outcome = edit(
        cast,
        {"do": "add", "after": 1, "tasks": [{"name": "Pour"}, {"name": "Open", "duration": "0d"}]},
        {"do": "set", "new": 0, "field": "duration", "value": "3d"},
        {"do": "set", "new": 0, "field": "predecessors", "value": "1", "rows": {"1": 1}},
        {"do": "set", "new": 1, "field": "predecessors", "value": "2"},
    )

    assert outcome.added == (2, 3)
    assert rows() == [
        (1, "Dredge", 1, "02 08", "06 17"),
        (2, "Pour", 1, "09 08", "11 17"),
        (3, "Open", 1, "11 17", "11 17"),
    ]
    with pytest.raises(Invalid, match="is no row that this edit added"):
        edit(cast, {"do": "set", "new": 0, "field": "name", "value": "Nobody"})


def test_row_numbers_mean_the_rows_that_stood_under_them_when_they_were_typed(cast, tess):
    begin(cast, ("Dredge", "5d"), ("Pour", "3d"), ("Open", "0d"))
    edit(cast, {"do": "add", "after": None, "tasks": [{"name": "Survey"}]}, by=tess)

    edit(cast, put(3, "predecessors", "2", was="", rows={"2": 2}))

    assert TaskLink.objects.get().predecessor_uid == 2
    edit(cast, {"do": "delete", "uids": [2]}, by=tess)
    with pytest.raises(Conflict, match="Row 2 was deleted in the meantime"):
        edit(cast, put(3, "predecessors", "2", rows={"2": 2}))
    for wrong in ({"x": 1}, {"0": 1}, {"1": "1"}, [1]):
        with pytest.raises(Invalid, match="‘rows’ is needed as row numbers"):
            edit(cast, put(3, "predecessors", "2", rows=wrong))


def test_an_edit_that_changes_nothing_is_none(cast):
    begin(cast, ("Dredge", "5d"))
    before = ProjectPlan.objects.values().get()

    outcome = edit(cast, put(1, "duration", "5d"), put(1, "name", "Dredge"))

    assert (outcome.words, outcome.tasks_moved, outcome.touched) == ("", 0, frozenset())
    assert ProjectPlan.objects.values().get() == before
    assert PlanEdit.objects.count() == 1


def test_a_bar_is_not_stretched_from_where_it_no_longer_ends(cast, tess):
    begin(cast, ("Dredge", "5d"))
    edit(cast, put(1, "duration", "9d"), by=tess)

    step = {"do": "stretch", "uid": 1, "finish": "2026-03-10", "was": "2026-03-06T17:00"}
    with pytest.raises(Conflict, match="Somebody changed finish of ‘Dredge’"):
        edit(cast, step)
    edit(cast, step | {"was": "2026-03-12T17:00"})
    assert Task.objects.get().duration_minutes == 7 * 480


def test_fifty_edits_go_back_one_by_one_and_forth_again(cast):
    begin(cast, ("Dredge", "1d"))
    for days in range(2, 56):
        edit(cast, put(1, "duration", f"{days}d"))
    actor = cast.piet.actor()

    for days in range(54, 0, -1):
        services.undo_edit(actor=actor, project=cast.harbour)
        assert Task.objects.get().duration_minutes == days * 480
    for days in range(2, 30):
        services.redo_edit(actor=actor, project=cast.harbour)
        assert Task.objects.get().duration_minutes == days * 480
    edit(cast, put(1, "name", "Other"))
    with pytest.raises(Invalid, match="taken nothing back"):
        services.redo_edit(actor=actor, project=cast.harbour)


def test_everybody_takes_back_their_own_edits(cast, tess):
    begin(cast, ("Dredge", "5d"), ("Pour", "3d"))
    edit(cast, put(1, "name", "By Tess"), by=tess)
    edit(cast, put(2, "name", "By Piet"))

    services.undo_edit(actor=tess.actor(), project=cast.harbour)

    assert [task.name for task in Task.objects.order_by("position")] == ["Dredge", "By Piet"]


def test_what_others_changed_since_is_not_taken_back(cast, tess):
    begin(cast, ("Dredge", "5d"))
    edit(cast, put(1, "name", "By Piet"))
    edit(cast, put(1, "name", "By Tess"), by=tess)
    before = everything()

    with pytest.raises(Conflict, match="was changed"):
        services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)

    assert everything() == before
    assert not PlanEdit.objects.filter(taken_back=True).exists()


def pass_over(cast, version, by=None):
    actor = (by or cast.piet).actor()
    return services.pass_over_edit(actor=actor, project=cast.harbour, plan_version=version)


def test_what_cannot_be_taken_back_is_passed_over_and_the_edit_before_it_goes_back(cast, tess):
    begin(cast, ("Dredge", "5d"), ("Pour", "3d"))
    edit(cast, put(2, "name", "Pour deck"))
    edit(cast, put(1, "name", "By Piet"))
    edit(cast, put(1, "name", "By Tess"), by=tess)
    with pytest.raises(Conflict) as refused:
        services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    [(place, words)] = refused.value.fields.items()
    plan_before = ProjectPlan.objects.get().plan_version

    passed = pass_over(cast, int(place.removeprefix("edits.")))

    assert (passed.words, words) == ("‘By Piet’: name", "‘By Piet’: name")
    assert ProjectPlan.objects.get().plan_version == plan_before
    told = AuditEvent.objects.latest("pk")
    assert (told.action, told.reason) == ("plan.passed_over", "‘By Piet’: name")
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert [task.name for task in Task.objects.order_by("position")] == ["By Tess", "Pour"]
    services.redo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert [task.name for task in Task.objects.order_by("position")] == ["By Tess", "Pour deck"]


def test_only_the_own_last_edit_is_passed_over(cast, tess):
    begin(cast, ("Dredge", "5d"))
    first = edit(cast, put(1, "name", "First")).plan.plan_version
    edit(cast, put(1, "name", "Second"))
    theirs = edit(cast, put(1, "name", "By Tess"), by=tess).plan.plan_version
    before = everything()

    for version in (first, theirs, 10_000):
        with pytest.raises(Conflict, match="‘Second’: name"):
            pass_over(cast, version)

    assert everything() == before
    assert not PlanEdit.objects.filter(taken_back=True).exists()


def test_who_made_no_edit_passes_none_over(cast, tess):
    begin(cast, ("Dredge", "5d"))

    with pytest.raises(Invalid, match="no edit of this plan"):
        pass_over(cast, 1, by=tess)


def test_an_import_ends_the_edits_before_it(cast):
    begin(cast, ("Dredge", "5d"))
    bring(cast)

    with pytest.raises(Invalid, match="no edit of this plan"):
        services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)


def test_numbers_of_rows_never_come_again(cast):
    begin(cast, ("Dredge", "5d"), ("Pour", "3d"))
    edit(cast, {"do": "delete", "uids": [2]})

    outcome = edit(cast, {"do": "add", "after": 1, "tasks": [{"name": "Deck"}]})

    assert outcome.added == (3,)


@pytest.mark.parametrize(
    ("steps", "code", "words"),
    [
        ([], "planning.steps", "1 to 2,000 steps"),
        ([put(1, "name", "x")] * 2001, "planning.steps", "has 2,001"),
        (
            [{"do": "add", "after": 1, "tasks": [{"name": "x"}] * 20_000}],
            "planning.steps",
            "5,000 rows at most; this one has 20,000",
        ),
        ([{"do": "fly"}], "editing.step", "‘do’ is none of add"),
        ([{}], "editing.step", "‘do’ is needed"),
        ([put("1", "name", "x")], "editing.step", "‘uid’ is needed as a whole number"),
        ([put(1, "cost", "x")], "editing.step", "no cell that can be edited"),
        ([put(1, "name", 5)], "editing.step", "‘value’ is needed as text"),
        ([put(1, "manual", "yes")], "editing.step", "true or false"),
        ([put(1, "duration", "many")], "editing.amount", "such as 5d"),
        ([put(1, "duration", "-5d")], "editing.amount", "such as 5d"),
        ([put(1, "start", "soon")], "editing.step", "no date such as"),
        ([put(1, "start", "1983-01-01")], "editing.value", "1984 to 2100"),
        ([put(1, "start", "2026-03-02T08:00+02:00")], "editing.value", "is a date from"),
        ([put(1, "percent_complete", "NaN")], "editing.step", "needed as a number"),
        ([put(1, "percent_complete", "1e9999999")], "editing.step", "needed as a number"),
        ([{**put(2, "predecessors", "1"), "rows": {"9" * 5000: 1}}], "editing.step", "row numbers"),
        ([put(1, "work_type", "lazy")], "editing.step", "is none of fixed_units"),
        ([put(1, "constraint", "snet")], "editing.step", "as an object"),
        (
            [put(2, "predecessors", "9")],
            "editing.predecessors",
            "row 9, but the plan has rows 1 to 2",
        ),
        (
            [put(2, "predecessors", "1"), put(1, "predecessors", "2")],
            "schedule.cycle",
            "wait for each other",
        ),
        ([{"do": "add", "after": 1, "tasks": []}], "editing.step", "list of rows"),
        ([{"do": "add", "after": 1, "tasks": [{"name": ""}]}], "editing.value", "cannot be empty"),
        ([{"do": "delete", "uids": "1"}], "editing.step", "list of numbers"),
        ([{"do": "assign", "uid": 1, "resource": 5}], "editing.gone", "no resource 5"),
    ],
)
def test_a_wrong_step_is_named_and_nothing_is_written(cast, steps, code, words):
    begin(cast, ("Dredge", "5d"), ("Pour", "3d"))
    before, edits, events = everything(), PlanEdit.objects.count(), AuditEvent.objects.count()

    with pytest.raises((Invalid, Conflict), match=words) as refused:
        edit(cast, put(1, "notes", "first"), *steps) if 0 < len(steps) < 9 else edit(cast, *steps)

    assert refused.value.code == code
    assert (everything(), PlanEdit.objects.count(), AuditEvent.objects.count()) == (
        before,
        edits,
        events,
    )


def test_the_refusal_names_the_step(cast):
    begin(cast, ("Dredge", "5d"))

    with pytest.raises(Invalid) as refused:
        edit(cast, put(1, "notes", "x"), put(1, "duration", "many"))

    assert list(refused.value.fields) == ["steps.1"]


def test_who_saw_another_value_or_a_row_that_is_gone_is_told_so(cast, tess):
    begin(cast, ("Dredge", "5d"), ("Pour", "3d"))
    edit(cast, put(1, "duration", "6d"), {"do": "delete", "uids": [2]}, by=tess)

    with pytest.raises(Conflict, match="Somebody changed duration of ‘Dredge’"):
        edit(cast, put(1, "duration", "7d", was="5d"))
    with pytest.raises(Conflict, match="somebody deleted it"):
        edit(cast, put(2, "name", "Cure"))
    assert Task.objects.get().duration_minutes == 6 * 480


@pytest.mark.parametrize("who", ["sam", "femi", "rosa"])
def test_who_may_not_change_a_plan_may_not_edit_it(cast, who):
    begin(cast, ("Dredge", "5d"))
    before = everything()
    stranger = getattr(cast, who).actor()

    for write in (
        lambda: services.edit_plan(
            actor=stranger, project=cast.harbour, steps=[put(1, "name", "x")]
        ),
        lambda: services.undo_edit(actor=stranger, project=cast.harbour),
        lambda: services.redo_edit(actor=stranger, project=cast.harbour),
    ):
        with pytest.raises(NotAllowed):
            write()
    assert everything() == before


def test_a_plan_begins_once_and_only_where_there_is_none(cast):
    with pytest.raises(NotFound):
        edit(cast, put(1, "name", "x"))
    with pytest.raises(Invalid, match="out of range"):
        services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(1983, 1, 1))
    begin(cast)
    with pytest.raises(Invalid, match="has a plan already"):
        begin(cast)
    assert ProjectPlan.objects.count() == 1


def test_the_trail_says_who_changed_which_cell(cast, tess):
    begin(cast, ("Dredge", "5d"))

    edit(cast, put(1, "duration", "6d"), by=tess)

    event = AuditEvent.objects.latest("id")
    assert (event.action, event.actor_id, event.reason) == (
        "plan.edit",
        tess.pk,
        "‘Dredge’: duration",
    )
    assert event.before["1 ‘Dredge’ duration minutes"] == 2400
    assert event.after["1 ‘Dredge’ duration minutes"] == 2880


def test_summaries_show_how_much_of_them_is_done(cast):
    begin(cast, ("Site", "1d"), ("Dredge", "10d", 2), ("Pour", "5d", 2))

    edit(cast, put(2, "percent_complete", "50"), put(3, "percent_complete", "100"))

    assert Task.objects.get(uid=1).percent_complete == Decimal("66.67")


def test_dates_by_hand_stay_after_the_plan_is_read_again(cast):
    begin(cast, ("Dredge", "5d"), ("Pour", "3d"))
    edit(cast, put(2, "manual", True), put(2, "start", "2026-03-16"))

    edit(cast, put(1, "duration", "30d"))

    pour = Task.objects.get(uid=2)
    assert pour.start == datetime(2026, 3, 16, 8, tzinfo=UTC)
    assert pour.stored["start"] == "2026-03-16T08:00"


def test_the_pages_show_a_plan_that_began_here(client, cast):
    client.force_login(cast.piet)
    begin(cast)
    address = f"/plans/{cast.harbour.pk}/"
    page = client.get(address).content.decode()
    assert "The plan has no tasks yet" in page
    for of_a_file in (
        "Reconciliation with the file",
        "Import again",
        "<dt>File</dt>",
        "of the file",
    ):
        assert of_a_file not in page
    assert ProjectPlan.objects.get().notices == []

    edit(cast, {"do": "add", "after": None, "tasks": [{"name": "Dredge", "duration": "5d"}]})

    page = client.get(address).content.decode()
    assert "Dredge" in page and "Source: the rows of this plan" in page
    undo = client.get(f"{address}undo/").content.decode()
    assert "There was no plan before it. One edit made since then goes with it." in undo
    for name in ("reconciliation/", "tasks/1/why/", "download/"):
        assert client.get(f"{address}{name}").status_code == 200, name


def test_steps_of_a_task_are_kept_measured_and_taken_back(cast):
    begin(cast, ("Dredge", "5d"))
    steps = [{"name": "Sound", "weight": "1"}, {"name": "Dig", "weight": "3", "done": True}]

    edit(cast, put(1, "steps", steps), put(1, "percent_type", "steps"))

    task = Task.objects.get(uid=1)
    assert task.steps == [["Sound", "1.00", False], ["Dig", "3.00", True]]
    assert (task.percent_type, task.physical_percent) == ("steps", Decimal("75.00"))
    ProjectPlan.objects.update(updated_at=timezone.now())  # so that it is read again
    ticked = [{**steps[0], "done": True}, steps[1]]
    edit(cast, put(1, "steps", ticked, was=steps))
    assert Task.objects.get(uid=1).physical_percent == 100
    with pytest.raises(Conflict):
        edit(cast, put(1, "steps", [], was=steps))
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    task = Task.objects.get(uid=1)
    assert (task.steps, task.percent_type, task.physical_percent) == ([], "duration", None)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Dig", "is needed as a list of rows"),
        ([{"weight": "2"}], "is needed as text"),
        ([{"name": "Dig", "weight": "much"}], "is needed as a number"),
        ([{"name": "Dig", "done": "yes"}], "is needed as true or false"),
        ([{"name": "Dig", "weight": "0.001"}], "weigh more than 0"),
    ],
)
def test_steps_that_cannot_be_are_refused_at_their_step(cast, value, said):
    begin(cast, ("Dredge", "5d"))

    with pytest.raises(Invalid) as refused:
        edit(cast, put(1, "steps", value))

    assert said in refused.value.fields["steps.0"]
    assert Task.objects.get(uid=1).steps == []
