# SPDX-License-Identifier: Apache-2.0
"""A plan comes into a project whole or not at all."""

from __future__ import annotations

import random
import zlib
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from io import BytesIO

import pytest

from pilothouse.delivery.planning import bridge, services
from pilothouse.delivery.planning.models import (
    BaselineTask,
    PlanAssignment,
    PlanCalendar,
    PlanEvent,
    PlanResource,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.planning.tests.files import (
    OTHER_HOSTILE,
    QUAY,
    TWO_PROJECTS,
    as_json,
    as_xer,
    document,
    link,
    task,
    upload,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.formats.mspdi import read_mspdi
from pilothouse.engine.formats.plan_json import write_plan_json
from pilothouse.engine.formats.tests.fuzzing import spoil
from pilothouse.engine.formats.xer import read_xer
from pilothouse.engine.network.plan import (
    CriticalKind,
    EnteredText,
    FloatKind,
    LagCalendar,
    LagOrigin,
    PercentType,
    ProgressMode,
    ResourceRate,
    ScheduleRules,
)
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent

ROWS = (
    ProjectPlan,
    PlanCalendar,
    Task,
    BaselineTask,
    TaskLink,
    PlanResource,
    PlanAssignment,
    PlanEvent,
    AuditEvent,
    PerformanceSnapshot,
)


def bring(cast, text=QUAY, by=None, name="quay.xml"):
    return services.import_plan(
        actor=(by or cast.piet).actor(),
        project=cast.harbour,
        source=upload(text),
        file_name=name,
    )


def digest():
    return {model.__name__: list(model.objects.order_by("pk").values()) for model in ROWS}


def at(day, hour, month=3):
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_a_plan_is_stored_scheduled_and_compared(cast):
    outcome = bring(cast)

    assert outcome.plan_version == 1
    assert outcome.finish_after == date(2026, 3, 12)
    assert outcome.counts == {
        "tasks": 5,
        "links": 3,
        "calendars": 1,
        "resources": 1,
        "assignments": 1,
        "baselines": 1,
        "compared": 4,
        "differing": 1,
        "notices": 0,
    }
    piles = Task.objects.get(uid=3)
    assert (piles.start, piles.finish) == (at(10, 8), at(12, 17))
    assert (piles.critical, piles.total_float_minutes, piles.driving) == (True, 0, [2])
    assert piles.difference == (
        "Start 1 day later: 10 Mar 2026 08:00, file 9 Mar 2026 08:00. "
        "Finish 1 day later: 12 Mar 2026 17:00, file 11 Mar 2026 17:00."
    )
    assert Task.objects.get(uid=4).total_float_minutes == 8 * 480
    assert Task.objects.get(uid=1).summary
    event = AuditEvent.objects.get(action="plan.imported")
    assert (event.actor_id, event.after["tasks"], event.after["file"]) == (
        cast.piet.pk,
        5,
        "quay.xml",
    )


def test_health_knows_the_new_plan_at_once(cast):
    bring(cast)

    snapshot = PerformanceSnapshot.objects.filter(project=cast.harbour).latest("pk")
    assert snapshot.plan_version == 1


def test_a_second_import_replaces_the_first_under_the_same_id(cast):
    first = bring(cast)

    second = bring(cast, document(task(9, "Only one")), name="again.xml")

    assert second.plan.pk == first.plan.pk
    assert (second.plan_version, second.finish_before) == (2, date(2026, 3, 12))
    assert list(Task.objects.values_list("uid", flat=True)) == [9]
    assert TaskLink.objects.count() == BaselineTask.objects.count() == 0


def test_undo_brings_back_what_was_there(cast):
    bring(cast)
    before = list(Task.objects.values("uid", "name", "start", "finish", "difference", "stored"))
    links = list(TaskLink.objects.values("predecessor_uid", "successor_uid", "lag_minutes"))
    bring(cast, document(task(9, "Only one")))

    outcome = services.undo(actor=cast.piet.actor(), project=cast.harbour)

    assert outcome.plan_version == 3
    assert (
        list(Task.objects.values("uid", "name", "start", "finish", "difference", "stored"))
        == before
    )
    assert list(TaskLink.objects.values("predecessor_uid", "successor_uid", "lag_minutes")) == links
    assert ProjectPlan.objects.get().source_name == "quay.xml"
    with pytest.raises(Invalid, match="no import or deletion to undo"):
        services.undo(actor=cast.piet.actor(), project=cast.harbour)


def test_undo_of_the_first_import_leaves_no_plan(cast):
    bring(cast)

    outcome = services.undo(actor=cast.piet.actor(), project=cast.harbour)

    assert outcome.plan is None
    assert ProjectPlan.objects.count() == Task.objects.count() == 0


def test_a_deleted_plan_comes_back_by_undo_with_a_higher_version(cast):
    bring(cast)

    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Wrong file")

    assert ProjectPlan.objects.count() == 0
    assert AuditEvent.objects.get(action="plan.deleted").reason == "Wrong file"
    outcome = services.undo(actor=cast.piet.actor(), project=cast.harbour)
    assert (outcome.plan_version, Task.objects.count()) == (3, 5)


def test_a_plan_is_not_deleted_without_a_reason(cast):
    bring(cast)
    before = digest()

    with pytest.raises(Invalid, match="Say why"):
        services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="  ")

    assert digest() == before


def test_rescheduling_moves_unfinished_work_to_the_status_date(cast):
    plan = bring(cast).plan

    outcome = services.reschedule(
        actor=cast.piet.actor(),
        project=cast.harbour,
        status_date=at(16, 8),
        version=plan.version,
    )

    assert Task.objects.get(uid=2).start == at(16, 8)
    assert outcome.counts == {"tasks_moved": 5}
    assert (outcome.plan_version, outcome.finish_after) == (2, date(2026, 3, 26))


def test_the_stored_plan_is_the_plan_of_the_file(cast):
    plan = bring(cast).plan

    again = bridge.load_plan(plan)

    original = read_mspdi(upload())
    assert again.links == original.links
    assert again.calendars == original.calendars
    assert again.assignments == original.assignments
    leaves = [item for item in original.tasks if not item.summary]
    assert [item for item in again.tasks if not item.summary] == leaves


@pytest.mark.parametrize("name", ["ada", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_only_the_project_manager_imports_deletes_and_undoes(cast, name):
    bring(cast)
    before = digest()
    actor = cast.people[name].actor()

    for call in (
        lambda: bring(cast, by=cast.people[name]),
        lambda: services.delete_plan(actor=actor, project=cast.harbour, reason="because"),
        lambda: services.undo(actor=actor, project=cast.harbour),
        lambda: services.reschedule(
            actor=actor, project=cast.harbour, status_date=None, version=None
        ),
    ):
        with pytest.raises(NotAllowed):
            call()

    assert digest() == before


def test_the_plan_of_a_closed_project_does_not_change(cast):
    Project.objects.filter(pk=cast.harbour.pk).update(state="closed")
    cast.harbour.refresh_from_db()
    before = digest()

    with pytest.raises(Invalid, match="no longer changes"):
        bring(cast)

    assert digest() == before


def test_without_a_plan_there_is_nothing_to_delete(cast):
    with pytest.raises(NotFound):
        services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="because")


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ("no plan at all", "files.unknown", "Known are: Primavera XER, plan as JSON, Micros"),
        (QUAY[: len(QUAY) // 2], "mspdi.truncated", "ends in the middle"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Project/>', "mspdi.doctype", "document type"),
        (
            document(task(1, "Dig", more=link(2)) + task(2, "Pour", more=link(1))),
            "schedule.cycle",
            "Pour",
        ),
        (document(task(1, "Dig", more=link(1))), "network.self_link", "waits for itself"),
        (document(task(1, "Dig", more=link(8))), "mspdi.dangling_link", "names task 8"),
        (
            document(task(1, "Dig", more="<CalendarUID>5</CalendarUID>")),
            "mspdi.missing_calendar",
            "no such calendar",
        ),
        (
            document(task(1, "Dig", start="2400-01-01T08:00:00")),
            "mspdi.date_range",
            "task 1 ‘Dig’: Start is 2400",
        ),
        (document(task(1, "Dig") + task(1, "Dug")), "mspdi.duplicate", "taken by task 1 ‘Dig’"),
        (
            document(task(1, "Dig") + task(2, "Pour", more=link(1, lag=900000000))),
            None,
            "",
        ),
    ],
)
def test_a_bad_file_leaves_everything_as_it_was(cast, text, code, words):
    bring(cast)
    before = digest()

    with pytest.raises(Invalid) as caught:
        bring(cast, text)

    assert code is None or caught.value.code == code
    assert words in caught.value.message
    assert digest() == before


def test_damaged_files_are_read_or_refused_but_never_half_stored(cast):
    chance = random.Random(7)
    good = QUAY.encode()

    for _ in range(60):
        data = bytearray(good)
        for _ in range(3):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        before = digest()
        try:
            outcome = bring(cast, bytes(data))
        except Invalid as error:
            assert error.message.endswith((".", ")"))
            assert digest() == before
        else:
            assert Task.objects.count() == outcome.counts["tasks"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ('"><img src=x onerror=alert(1)>.xml', '"><img src=x onerror=alert(1)>.xml'),
        ("..\\..\\windows\\plan.xml", "plan.xml"),
        ("a\r\nb\u202e.xml", "ab.xml"),
        ("x" * 255, "x" * 200),
        ("/", "plan"),
    ],
)
def test_file_names_are_kept_as_harmless_text(cast, name, expected):
    assert bring(cast, name=name).plan.source_name == expected


@pytest.mark.shared_data
def test_every_real_file_comes_into_a_project(cast, shared_data):
    for path in sorted((shared_data / "msproject" / "mspdi").glob("*.xml")):
        with path.open("rb") as source:
            outcome = services.import_plan(
                actor=cast.piet.actor(),
                project=cast.harbour,
                source=source,
                file_name=path.name,
            )

        assert Task.objects.count() == outcome.counts["tasks"], path.name


def test_undo_brings_back_a_rescheduled_plan_as_rescheduled(cast):
    plan = bring(cast).plan
    services.reschedule(
        actor=cast.piet.actor(), project=cast.harbour, status_date=at(16, 8), version=plan.version
    )
    before = list(Task.objects.values("uid", "start", "finish", "total_float_minutes"))
    bring(cast, document(task(9, "Only one")))
    assert PlanEvent.objects.latest("pk").counts["before_rescheduled"] is True

    services.undo(actor=cast.piet.actor(), project=cast.harbour)

    restored = ProjectPlan.objects.get()
    assert (restored.work_after_status_date, restored.status_date) == (True, at(16, 8))
    assert list(Task.objects.values("uid", "start", "finish", "total_float_minutes")) == before


def test_undo_of_a_deletion_brings_back_a_rescheduled_plan_as_rescheduled(cast):
    plan = bring(cast).plan
    services.reschedule(
        actor=cast.piet.actor(), project=cast.harbour, status_date=at(16, 8), version=plan.version
    )
    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Wrong file")

    services.undo(actor=cast.piet.actor(), project=cast.harbour)

    assert ProjectPlan.objects.get().work_after_status_date is True
    assert Task.objects.get(uid=2).start == at(16, 8)


def test_who_saw_an_older_plan_neither_replaces_nor_deletes_nor_undoes_the_new_one(cast):
    seen = bring(cast).plan.version
    bring(cast, document(task(9, "Only one")))
    before = digest()
    here = {"actor": cast.piet.actor(), "project": cast.harbour, "version": seen}

    for call in (
        lambda: services.import_plan(**here, source=upload(), file_name="late.xml"),
        lambda: services.delete_plan(**here, reason="because"),
        lambda: services.undo(**here),
        lambda: services.reschedule(**here, status_date=at(16, 8)),
    ):
        with pytest.raises(Conflict, match="was changed by Piet Example in the meantime"):
            call()

    assert digest() == before


def test_who_saw_no_plan_or_a_deleted_one_does_not_replace_what_came_since(cast):
    seen = bring(cast).plan.version
    services.delete_plan(actor=cast.piet.actor(), project=cast.harbour, reason="Wrong file")
    here = {"actor": cast.piet.actor(), "project": cast.harbour}
    with pytest.raises(Conflict, match="deleted in the meantime"):
        services.undo(**here, version=seen)
    bring(cast, document(task(9, "Only one")))
    before = digest()

    for version in (0, seen):
        with pytest.raises(Conflict):
            services.import_plan(**here, source=upload(), file_name="late.xml", version=version)

    assert digest() == before


@pytest.mark.parametrize("write", [as_xer, as_json])
def test_other_formats_give_the_same_dates(cast, write):
    bring(cast)
    leaves = Task.objects.filter(summary=False)
    names = ("name", "start", "finish", "total_float_minutes", "critical")
    before = list(leaves.order_by("uid").values(*names))

    outcome = bring(cast, write(), name="quay.bin")

    assert outcome.counts["differing"] == 1
    assert list(leaves.order_by("uid").values(*names)) == before


def test_a_primavera_plan_keeps_what_only_primavera_says(cast):
    original = replace(
        read_xer(BytesIO(as_xer())),
        imposed_finish=datetime(2026, 4, 1, 17),
        lag_calendar=LagCalendar.PROJECT,
        rules=ScheduleRules(
            ProgressMode.PROGRESS_OVERRIDE,
            FloatKind.FINISH,
            CriticalKind.LONGEST_PATH,
            open_ends_critical=True,
            start_lag_from=LagOrigin.EARLY_START,
            expected_finishes=True,
            external_dates=False,
        ),
    )
    tasks = [
        replace(
            item,
            level_of_effort=not item.summary,
            percent_type=PercentType.PHYSICAL,
            entered=EnteredText("Soon", ""),
            expected_finish=datetime(2026, 3, 20, 17),
            external_early_start=datetime(2026, 3, 2, 8),
            external_late_finish=datetime(2026, 4, 2, 17),
            stored=replace(item.stored, longest_path=True),
        )
        for item in original.tasks
    ]
    original = replace(original, tasks=tuple(tasks))

    row = bring(cast, write_plan_json(original)).plan

    again = bridge.load_plan(row)
    assert (row.source, again.source) == ("Primavera XER", "Primavera XER")
    assert (again.imposed_finish, again.lag_calendar) == (
        original.imposed_finish,
        LagCalendar.PROJECT,
    )
    assert again.rules == original.rules
    assert [item for item in again.tasks if not item.summary] == [
        item for item in tasks if not item.summary
    ]
    bring(cast)
    services.undo(actor=cast.piet.actor(), project=cast.harbour)
    assert replace(bridge.load_plan(ProjectPlan.objects.get()), finish=None) == replace(
        again, finish=None
    )


def test_a_plan_that_was_kept_as_microsoft_project_xml_comes_back(cast):
    bring(cast)
    bring(cast, document(task(9, "Only one")))
    PlanEvent.objects.filter(plan_version=2).update(before=zlib.compress(QUAY.encode()))

    services.undo(actor=cast.piet.actor(), project=cast.harbour)

    assert Task.objects.count() == 5
    assert ProjectPlan.objects.get().source == "Microsoft Project XML"


def test_a_plan_that_was_kept_is_not_held_to_the_bound_of_uploads(cast, settings):
    bring(cast)
    bring(cast, document(task(9, "Only one")))
    settings.PILOTHOUSE_UPLOAD_MAX_BYTES = 100

    services.undo(actor=cast.piet.actor(), project=cast.harbour)

    assert Task.objects.count() == 5


def test_lags_run_by_the_rules_of_the_tool_that_the_plan_comes_from(cast):
    plan = read_mspdi(upload())
    nights = CalendarSpec(9, "Nights", (((1200, 1440),),) * 7)
    tasks = [replace(item, calendar_uid=9) if item.uid == 3 else item for item in plan.tasks]
    plan = replace(plan, calendars=(*plan.calendars, nights), tasks=tuple(tasks))

    starts = []
    for source in ("Microsoft Project XML", "Primavera XER"):
        bring(cast, write_plan_json(replace(plan, source=source)))
        starts.append(Task.objects.get(uid=3).start)
        services.reschedule(
            actor=cast.piet.actor(), project=cast.harbour, status_date=None, version=None
        )
        assert Task.objects.get(uid=3).start == starts[-1]

    assert starts[0] != starts[1]


def test_one_of_several_projects_is_taken_by_its_name(cast):
    with pytest.raises(Invalid, match="1 \\(Quay 7\\), 8 \\(Pier 8\\)"):
        bring(cast, TWO_PROJECTS)

    for name in ("1", "Quay 7"):
        outcome = services.import_plan(
            actor=cast.piet.actor(),
            project=cast.harbour,
            source=BytesIO(TWO_PROJECTS),
            file_name="two.xer",
            file_project=name,
        )
        assert outcome.counts["tasks"] == 5


def test_rates_are_left_out_with_a_notice(cast):
    plan = read_mspdi(upload())
    rate = ResourceRate(datetime(2026, 1, 1), Decimal(90))
    priced = replace(plan, resources=(replace(plan.resources[0], rates=(rate,)),))

    row = bring(cast, write_plan_json(priced)).plan

    assert row.notices[-1]["message"] == "The rates of 1 resources are left out."


@pytest.mark.parametrize("kind", OTHER_HOSTILE)
def test_hostile_files_of_other_formats_leave_everything_as_it_was(cast, kind):
    bring(cast)
    before = digest()
    data, code = OTHER_HOSTILE[kind]

    with pytest.raises(Invalid) as caught:
        bring(cast, data)

    assert caught.value.code.startswith(code)
    assert digest() == before


def test_own_formats_ask_nothing_of_other_programs(cast, monkeypatch):
    monkeypatch.setattr("subprocess.Popen", lambda *_, **__: pytest.fail("started"))

    for data in (data for data, code in OTHER_HOSTILE.values() if code != "mpxj."):
        with pytest.raises(Invalid):
            bring(cast, data, name="quay.bin")


@pytest.mark.parametrize("write", [as_xer, as_json])
def test_damaged_files_of_other_formats_are_read_or_refused_but_never_half_stored(cast, write):
    chance = random.Random(7)
    good = write()

    for _ in range(60):
        data = spoil(good, chance)
        before = digest()
        try:
            outcome = bring(cast, data)
        except Invalid:
            assert digest() == before
        else:
            assert Task.objects.count() == outcome.counts["tasks"]
