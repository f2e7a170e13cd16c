# SPDX-License-Identifier: Apache-2.0
"""What is remembered of a plan between edits is what its rows hold, whoever wrote them."""

from __future__ import annotations

from datetime import date
from random import Random

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from pilothouse.delivery.planning import bridge, services
from pilothouse.delivery.planning.memory import Memory, baselines_of, counting, state_of
from pilothouse.delivery.planning.models import BaselineTask, PlanBaseline, ProjectPlan, Task
from pilothouse.delivery.planning.queries import facts
from pilothouse.delivery.planning.services import stored as remembering
from pilothouse.delivery.planning.tests.files import QUAY, upload
from pilothouse.foundation.core.errors import PilothouseError

TODAY = date(2026, 3, 10)


def edit(cast, *steps):
    return services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=steps)


def put(uid, field, value):
    return {"do": "set", "uid": uid, "field": field, "value": value}


def bring(cast):
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(QUAY), file_name="quay.xml"
    )


def forget():
    """As in another process of the server."""
    remembering._PLANS.clear()
    facts._TALLIES.clear()


def read_anew():
    """What stands in the rows, as a process that knows nothing of the plan reads it."""
    row = ProjectPlan.objects.get()
    return remembering._read(row, baselines_of(row))


def proof_of(row):
    return (*state_of(row), baselines_of(row))


def remembered_as_stored(cast):
    """What is remembered now is word for word what is stored."""
    row = ProjectPlan.objects.get()
    known, read = remembering._PLANS.get(row.pk, proof_of(row)), read_anew()
    assert known is not None
    assert known.scheduled.plan == read.scheduled.plan
    assert dict(known.scheduled.result.tasks) == dict(read.scheduled.result.tasks)
    assert known.scheduled.result.finish == read.scheduled.result.finish
    assert (known.held, known.promised, known.differing) == (
        read.held,
        read.promised,
        read.differing,
    )
    tally = facts._TALLIES.get(row.pk, (*state_of(row), counting(baselines_of(row))))
    assert tally == facts._read_tally(row)
    assert sorted(known.told) == sorted(
        Task.objects.filter(active=True, summary=False).values_list("uid", flat=True)
    )
    health = facts.plan_facts(cast.harbour.pk, TODAY)
    facts._TALLIES.clear()
    assert health == facts.plan_facts(cast.harbour.pk, TODAY)
    for task in Task.objects.filter(plan=row):
        dates = read.scheduled.result.tasks[task.uid]
        assert (task.start, task.finish, task.reason, task.driving) == (
            bridge.kept(dates.start),
            bridge.kept(dates.finish),
            dates.reason,
            list(dates.driving),
        )


def random_step(random):
    """One step on any row; many are refused."""
    uids = list(Task.objects.order_by("position").values_list("uid", flat=True))
    if len(uids) < 4:
        return {"do": "add", "after": None, "tasks": [{"name": "Again", "duration": "2d"}] * 3}
    uid, other = random.choice(uids), random.choice(uids)
    number = random.randrange(1, 20)
    return random.choice(
        (
            put(uid, "duration", f"{number}d"),
            put(uid, "duration", f"{number}.37ed"),
            put(uid, "name", f"Step {number}"),
            put(uid, "percent_complete", round(random.random() * 100, 4)),
            put(uid, "physical_percent", 33.3333),
            put(uid, "start", f"2026-03-{number:02}T09:30:27"),
            put(uid, "constraint", {"type": "fnlt", "date": f"2026-04-{number:02}"}),
            put(uid, "constraint", {"type": "alap"}),
            put(uid, "deadline", f"2026-03-{number:02}"),
            put(uid, "manual", random.random() < 0.5),
            put(uid, "active", random.random() < 0.7),
            put(uid, "milestone", random.random() < 0.5),
            put(uid, "work_minutes", f"{number}.77h"),
            put(uid, "wbs", f"W{number}"),
            put(uid, "notes", "Ask first."),
            put(uid, "predecessors", f"{other}SS+{number}.333%"),
            put(uid, "predecessors", f"{other};{random.choice(uids)}FF-1d"),
            {"do": "link", "predecessor": uid, "successor": other, "lag": f"{number}h"},
            {"do": "link", "predecessor": uid, "successor": other, "type": "ff"},
            {"do": "unlink", "predecessor": uid, "successor": other},
            {"do": "add", "after": uid, "tasks": [{"name": f"New {number}"}]},
            {"do": "delete", "uids": [uid]},
            {"do": "indent", "uids": [uid]},
            {"do": "outdent", "uids": [uid]},
            {"do": "move", "uids": [uid], "after": other},
            {"do": "assign", "uid": uid, "resource": 1, "units": "0.33333"},
            {"do": "units", "assignment": random.choice((1, 2, 3)), "value": "1.66666"},
            {"do": "unassign", "assignment": random.choice((1, 2, 3))},
        )
    )


@pytest.mark.parametrize("seed", range(12))
def test_after_any_edits_what_is_remembered_is_what_is_stored(cast, seed):
    random = Random(seed)
    bring(cast)
    actor = cast.piet.actor()
    taken = 0
    while taken < 12:
        kind = random.random()
        try:
            if kind < 0.8:
                steps = [random_step(random) for _ in range(random.choice((1, 1, 2)))]
                if not edit(cast, *steps).delta:
                    continue
            elif kind < 0.9:
                services.undo_edit(actor=actor, project=cast.harbour)
            else:
                services.redo_edit(actor=actor, project=cast.harbour)
        except PilothouseError:
            continue
        taken += 1
        remembered_as_stored(cast)


def test_an_edit_rolled_back_is_not_remembered(cast):
    bring(cast)
    edit(cast, put(2, "duration", "6d"))
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        edit(cast, put(2, "duration", "9d"))
        1 / 0  # noqa: B018

    edit(cast, put(3, "name", "Pour"))

    assert Task.objects.get(uid=2).duration_minutes == 6 * 480
    remembered_as_stored(cast)


def test_what_another_process_wrote_is_read(cast):
    bring(cast)
    edit(cast, put(2, "duration", "6d"))
    row = ProjectPlan.objects.get()
    before = remembering._PLANS.get(row.pk, proof_of(row))
    proof = proof_of(row)
    forget()
    edit(cast, put(2, "duration", "8d"))
    forget()
    remembering._PLANS.put(row.pk, proof, len(before.held), before)

    edit(cast, put(3, "name", "Pour"))

    assert Task.objects.get(uid=2).duration_minutes == 8 * 480
    remembered_as_stored(cast)


def test_an_import_a_reschedule_and_an_undo_of_an_import_are_read(cast):
    actor = cast.piet.actor()
    bring(cast)
    edit(cast, put(2, "duration", "6d"))
    bring(cast)
    edit(cast, put(3, "name", "Pour"))
    remembered_as_stored(cast)

    services.undo(actor=actor, project=cast.harbour)
    edit(cast, put(3, "name", "Pour it"))
    assert Task.objects.get(uid=2).duration_minutes == 6 * 480
    remembered_as_stored(cast)

    services.reschedule(
        actor=actor, project=cast.harbour, status_date=services.evening_of(TODAY), version=None
    )
    edit(cast, put(3, "name", "Pour it now"))
    remembered_as_stored(cast)


def test_another_baseline_that_counts_is_read(cast):
    bring(cast)
    edit(cast, put(2, "duration", "6d"))
    PlanBaseline.objects.filter(is_pmb=True).update(is_pmb=False)
    baseline = PlanBaseline.objects.create(
        project=cast.harbour,
        number=3,
        name="Third",
        kind=PlanBaseline.Kind.REBASELINE,
        is_pmb=True,
        taken_on=TODAY,
        taken_label="Ada",
        plan_version=1,
    )
    BaselineTask.objects.create(baseline=baseline, uid=2, position=1, name="Dredge")

    row = ProjectPlan.objects.get()

    assert remembering._PLANS.get(row.pk, proof_of(row)) is None
    edit(cast, put(3, "name", "Pour"))
    row = ProjectPlan.objects.get()
    assert remembering._PLANS.get(row.pk, proof_of(row)).promised == {2: (None, None)}


def test_a_plan_that_changes_while_it_is_read_without_a_lock_is_not_remembered(cast, monkeypatch):
    bring(cast)
    row = ProjectPlan.objects.get()
    forget()
    read = remembering._read

    def disturbed(plan, baselines):
        found = read(plan, baselines)
        monkeypatch.setattr(remembering, "_read", read)
        edit(cast, put(2, "duration", "9d"))
        forget()
        return found

    monkeypatch.setattr(remembering, "_read", disturbed)
    remembering.as_stored(row)

    assert remembering._PLANS.get(row.pk, proof_of(row)) is None
    assert remembering._PLANS.get(row.pk, proof_of(ProjectPlan.objects.get())) is None


def test_the_memory_holds_the_plans_used_last_and_never_another_state():
    memory = Memory[str](most_rows=100)
    memory.put(1, (1,), 60, "one")
    memory.put(2, (1,), 40, "two")
    assert memory.get(1, (1,)) == "one"

    memory.put(3, (1,), 40, "three")

    assert (memory.get(1, (1,)), memory.get(2, (1,)), memory.get(3, (1,))) == (
        "one",
        None,
        "three",
    )
    assert memory.get(1, (2,)) is None
    memory.put(1, (2,), 500, "one again")
    assert (memory.get(1, (2,)), memory.get(3, (1,))) == ("one again", None)


def test_a_second_edit_reads_no_row_below_the_plan(cast):
    bring(cast)
    edit(cast, put(3, "name", "Pour"))

    with CaptureQueriesContext(connection) as seen:
        edit(cast, put(3, "duration", "7d"))

    read = [query["sql"] for query in seen if query["sql"].startswith("SELECT")]
    tables = (
        "planning_task",
        "planning_tasklink",
        "planning_plancalendar",
        "planning_baselinetask",
    )
    assert not [sql for sql in read if any(f'FROM "{table}"' in sql for table in tables)]
    assert len(seen) == 23


def test_an_edit_that_moves_nothing_writes_one_cell(cast):
    bring(cast)
    edit(cast, put(3, "name", "Pour"))

    with CaptureQueriesContext(connection) as seen:
        edit(cast, put(3, "notes", "Ask the pilot first."))

    written = [query["sql"] for query in seen if 'UPDATE "planning_task"' in query["sql"]]
    assert [sql.split(" SET ")[1] for sql in written] == ['"notes" = %s WHERE "id" = %s']


def test_rows_that_only_move_up_or_down_are_written_by_one_statement(cast):
    bring(cast)
    names = [{"name": f"Row {number}"} for number in range(300)]
    edit(cast, {"do": "add", "after": None, "tasks": names})
    last = Task.objects.order_by("-position")[0]

    with CaptureQueriesContext(connection) as seen:
        edit(cast, {"do": "move", "uids": [last.uid], "after": None, "level": 1})

    moved = [query["sql"] for query in seen if '"position" = ' in query["sql"]]
    assert len(moved) == 1
    remembered_as_stored(cast)


def test_rows_put_into_another_order_altogether_are_written_one_by_one(cast):
    bring(cast)
    edit(cast, {"do": "add", "after": None, "tasks": [{"name": str(row)} for row in range(120)]})
    uids = list(Task.objects.order_by("position").values_list("uid", flat=True))[:120]

    # Every second row goes to the top: none moves as far as the one beside it.
    edit(cast, {"do": "move", "uids": uids[1::2], "after": None, "level": 1})

    now = list(Task.objects.order_by("position").values_list("uid", flat=True))
    assert now[:120] == [*uids[1::2], *uids[::2]]
    assert list(Task.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, len(now) + 1)
    )
    remembered_as_stored(cast)
