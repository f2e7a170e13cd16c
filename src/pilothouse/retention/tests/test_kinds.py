# SPDX-License-Identifier: Apache-2.0
"""Imports, plans and daily figures: what goes of each, and what always stays."""

from datetime import UTC, date, datetime
from io import BytesIO

import pytest
from django.utils import timezone

from cast import SYSTEM, make_project
from pilothouse.delivery.planning import services as planning
from pilothouse.delivery.planning.models import PlanEvent, Sandbox
from pilothouse.delivery.planning.tests.files import QUAY
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.services import forget_updates
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import (
    Publication,
    facts_of,
    forget_snapshots,
    publish_history,
    refresh_performance,
)
from pilothouse.exchange.models import ImportFile, ImportJob, ImportRow
from pilothouse.exchange.services import (
    Reading,
    apply_import,
    check_import,
    forget_imports,
    start_import,
    undo_import,
)
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.organisation.queries import Memory
from pilothouse.foundation.organisation.services import begin_later
from pilothouse.retention.models import Kind
from pilothouse.retention.tests.nights import apply_rules

TODAY = date(2036, 3, 15)
OLD, YOUNG = datetime(2035, 3, 14, 23, tzinfo=UTC), datetime(2035, 3, 15, tzinfo=UTC)


def plan_events(project, *instants):
    """The history of a plan with these instants, oldest first."""
    for _ in instants:
        planning.import_plan(
            actor=SYSTEM, project=project, source=BytesIO(QUAY.encode()), file_name="quay.xml"
        )
    keys = list(
        PlanEvent.objects.filter(project=project).order_by("pk").values_list("pk", flat=True)
    )
    for key, instant in zip(keys, instants, strict=True):
        PlanEvent.objects.filter(pk=key).update(at=instant)
    return keys


def test_of_a_plan_the_latest_entry_stays_with_the_step_that_can_be_undone(cast, rule):
    first, second, third = plan_events(cast.harbour, OLD, OLD, OLD)
    rule(12, Kind.PLANS)

    apply_rules(today=TODAY)

    assert list(PlanEvent.objects.values_list("pk", flat=True)) == [third]
    undone = planning.undo(actor=SYSTEM, project=cast.harbour)
    assert undone.plan_version == 4
    assert {first, second} & set(PlanEvent.objects.values_list("pk", flat=True)) == set()


def test_entries_of_the_first_day_and_of_what_is_held_stay(cast, rule, hold):
    crane = make_project(cast.portfolio, "CRANE", "Crane")
    gone, kept, _ = plan_events(cast.harbour, OLD, YOUNG, YOUNG)
    held, _ = plan_events(crane, OLD, OLD)
    hold("project", crane)
    rule(12, Kind.PLANS)

    done = apply_rules(today=TODAY)

    left = set(PlanEvent.objects.values_list("pk", flat=True))
    assert {kept, held} <= left and gone not in left
    assert [dict(row.counts) for row in done] == [{Kind.PLANS: 1}]


def test_closed_sandboxes_go_after_their_term_and_open_or_held_ones_stay(cast, rule, hold):
    crane = make_project(cast.portfolio, "CRANE", "Crane")
    rows = {}
    for project, name in ((cast.harbour, "Gone"), (cast.harbour, "Open"), (crane, "Held")):
        if not rows or project == crane:
            plan_events(project, YOUNG)
        rows[name] = planning.make_sandbox(actor=SYSTEM, project=project, name=name)
    for name in ("Gone", "Held"):
        planning.discard_sandbox(
            actor=SYSTEM, project=rows[name].project, sandbox=rows[name], reason="", version=None
        )
        Sandbox.objects.filter(pk=rows[name].pk).update(closed_at=OLD)
    hold("project", crane)
    rule(12, Kind.SANDBOXES)

    apply_rules(today=TODAY)

    assert set(Sandbox.objects.values_list("name", flat=True)) == {"Open", "Held"}


def test_decided_updates_go_after_their_term_and_waiting_or_held_ones_stay(cast, rule, hold):
    crane = make_project(cast.portfolio, "CRANE", "Crane")
    state = TaskUpdate.State
    for name, project, day, found in (
        ("gone", cast.harbour, OLD, state.CONFIRMED),
        ("replaced", cast.harbour, OLD, state.SUPERSEDED),
        ("young", cast.harbour, YOUNG, state.CONFIRMED),
        ("waiting", cast.harbour, OLD, state.SUBMITTED),
        ("held", crane, OLD, state.REJECTED),
    ):
        TaskUpdate.objects.create(
            project=project,
            task_uid=1,
            task_name=name,
            person=cast.tess,
            entered_by=cast.tess,
            day=day.date(),
            door=TaskUpdate.Door.PAGE,
            state=found,
        )
    hold("project", crane)
    rule(12, Kind.UPDATES)

    done = apply_rules(today=TODAY)

    left = set(TaskUpdate.objects.values_list("task_name", flat=True))
    assert left == {"young", "waiting", "held"}
    assert [dict(row.counts) for row in done] == [{Kind.UPDATES: 2}]
    with pytest.raises(NotAllowed):
        forget_updates(actor=cast.ada.actor(), updates=[])


@pytest.fixture
def snapshots(cast):
    """A project of which a snapshot was computed on four days and published on one."""

    def at(project, *days, kind="live"):
        today = refresh_performance(project_id=project.pk, today=timezone.localdate())
        PerformanceSnapshot.objects.filter(project=project).delete()
        rows = []
        for day, until in zip(days, [*days[1:], None], strict=True):
            today.pk, today._state.adding = None, True
            today.status_date, today.valid_to, today.kind = day, until, kind
            today.save()
            rows.append(today.pk)
        return rows

    return at


def left():
    """Keys of the snapshots of this office, oldest first."""
    rows = PerformanceSnapshot.objects.filter(project__code__in=["HARB", "CRANE"])
    return list(rows.order_by("pk").values_list("pk", flat=True))


DAYS = (date(2034, 1, 1), date(2035, 3, 14), date(2035, 3, 15), date(2035, 6, 1))


def test_computed_figures_go_that_no_longer_held_on_the_first_day(cast, rule, snapshots):
    rows = snapshots(cast.harbour, *DAYS)
    rule(12, Kind.SNAPSHOTS)

    apply_rules(today=TODAY)

    assert left() == rows[2:]
    cast.office.refresh_from_db()
    assert (cast.office.snapshots_from, cast.office.trail_from) == (date(2035, 3, 15), None)


def test_the_figures_that_held_on_the_first_day_stay_though_they_are_older(cast, rule, snapshots):
    rows = snapshots(cast.harbour, date(2034, 1, 1), date(2034, 5, 1), date(2035, 6, 1))
    rule(12, Kind.SNAPSHOTS)

    apply_rules(today=TODAY)

    assert left() == rows[1:]


def test_published_figures_and_those_of_what_is_held_stay(cast, rule, hold, snapshots):
    crane = make_project(cast.portfolio, "CRANE", "Crane")
    published = snapshots(cast.harbour, *DAYS, kind="published")
    held = snapshots(crane, *DAYS)
    hold("project", crane)
    rule(12, Kind.SNAPSHOTS)

    assert apply_rules(today=TODAY) == []
    assert left() == [*published, *held]
    assert forget_snapshots(actor=SYSTEM, snapshots=published) == 0
    cast.office.refresh_from_db()
    assert cast.office.snapshots_from is None


def test_what_is_published_later_fits_into_what_is_left(cast, rule, snapshots):
    rows = snapshots(cast.harbour, *DAYS)
    rule(12, Kind.SNAPSHOTS)
    apply_rules(today=TODAY)
    project = Project.objects.get(pk=cast.harbour.pk)
    day = date(2034, 6, 1)

    publish_history(
        actor=SYSTEM,
        publications=[Publication(project, facts_of(project, day, None), day, "Report", {})],
    )

    chain = PerformanceSnapshot.objects.filter(project=project).order_by("status_date")
    assert list(chain.values_list("status_date", "valid_to")) == [
        (day, DAYS[2]),
        (DAYS[2], DAYS[3]),
        (DAYS[3], None),
    ]
    assert len(rows) == 4


TABLE = "Code,Project,Portfolio\nPIER,New pier,QUAY\n"


@pytest.fixture
def brought(cast):
    """An import that was applied, and one that was left open, both untouched since an instant."""

    def at(instant):
        jobs = []
        for name in ("pier.csv", "open.csv"):
            jobs.append(
                start_import(
                    actor=cast.ada.actor(), office=cast.office, file_name=name, data=TABLE.encode()
                )
            )
        job = jobs[0]
        reading = Reading(
            mapping={int(column): name for column, name in job.mapping.items()},
            encoding=job.encoding,
            delimiter=job.delimiter,
            sheet=job.sheet,
            header_row=job.header_row,
            month_first=False,
            decimal_comma=False,
            portfolio=None,
        )
        actor = cast.ada.actor()
        job = check_import(actor=actor, job_id=job.pk, version=job.version, reading=reading)
        apply_import(actor=actor, job_id=job.pk, version=job.version)
        ImportJob.objects.update(updated_at=instant)
        return [ImportJob.objects.get(pk=row.pk) for row in jobs]

    return at


def test_of_an_import_only_who_when_and_how_many_stays(cast, rule, brought):
    applied, open_one = brought(OLD)
    rule(12, Kind.IMPORTS)

    done = apply_rules(today=TODAY)

    assert [dict(row.counts) for row in done] == [{Kind.IMPORTS: 2}]
    assert not ImportRow.objects.exists() and not ImportFile.objects.exists()
    applied.refresh_from_db()
    open_one.refresh_from_db()
    assert (applied.stage, applied.columns, applied.counts) == ("applied", [], {"create": 1})
    assert applied.updated_by == cast.ada
    assert open_one.stage == "discarded"
    assert AuditEvent.objects.filter(action="importjob.forget").count() == 2
    assert apply_rules(today=TODAY) == []


def test_an_import_that_was_emptied_says_why_it_cannot_be_undone(client, cast, rule, brought):
    applied, _ = brought(OLD)
    rule(12, Kind.IMPORTS)
    apply_rules(today=TODAY)
    applied.refresh_from_db()

    with pytest.raises(Invalid) as refused:
        undo_import(actor=cast.ada.actor(), job_id=applied.pk, version=applied.version)

    assert refused.value.code == "exchange.forgotten"
    assert Project.objects.filter(code="PIER").exists()
    client.force_login(cast.ada)
    page = client.get(f"/imports/{applied.pk}/").content.decode()
    assert "rule of retention removed what the file held" in page
    assert f"/imports/{applied.pk}/undo/" not in page
    assert client.get(f"/imports/{applied.pk}/undo/").status_code == 422


def test_an_import_whose_trail_is_gone_cannot_be_undone_either(cast, rule, brought):
    applied, _ = brought(timezone.now())
    AuditEvent.objects.update(at=OLD)
    rule(12, Kind.TRAIL)
    apply_rules(today=TODAY)

    with pytest.raises(Invalid) as refused:
        undo_import(actor=cast.ada.actor(), job_id=applied.pk, version=applied.version)

    assert refused.value.code == "exchange.forgotten"


def test_imports_of_the_first_day_and_of_what_is_held_stay(cast, rule, hold, brought):
    applied, open_one = brought(OLD)
    ImportJob.objects.filter(pk=open_one.pk).update(updated_at=YOUNG)
    hold("project", Project.objects.get(code="PIER"))
    rule(12, Kind.IMPORTS)

    assert apply_rules(today=TODAY) == []
    assert ImportRow.objects.filter(job=applied).exists()
    assert ImportFile.objects.filter(job=open_one).exists()


def test_only_the_system_removes(cast):
    ada = cast.ada.actor()
    for remove in (
        lambda: planning.forget_events(actor=ada, events=[]),
        lambda: forget_snapshots(actor=ada, snapshots=[]),
        lambda: forget_imports(actor=ada, jobs=[]),
        lambda: begin_later(actor=ada, office=cast.office, memory=Memory.TRAIL, first=TODAY),
    ):
        with pytest.raises(NotAllowed):
            remove()
