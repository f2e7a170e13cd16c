# SPDX-License-Identifier: Apache-2.0
"""Baselines: taken by the manager, decided on by others, kept for ever (R-BAS-01, R-GEN-08)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from cast import appoint
from pilothouse.delivery.planning import queries, services
from pilothouse.delivery.planning.models import BaselineTask, PlanBaseline, ProjectPlan, Task
from pilothouse.delivery.planning.services import Asked
from pilothouse.delivery.planning.tests.files import BASELINE, QUAY, upload
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.queries import events_of

FIRST = Asked("first", "Gate 3")
REPLAN = Asked("replan", "After the piles", "Old timber piles", "CR-7")


def edit(cast, *steps):
    return services.edit_plan(actor=cast.piet.actor(), project=cast.harbour, steps=steps)


def put(uid, field, value):
    return {"do": "set", "uid": uid, "field": field, "value": value}


def bring(cast, text=QUAY):
    return services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(text), file_name="quay.xml"
    )


def take(cast, asked=FIRST, by=None, **more):
    actor = (by or cast.piet).actor()
    return services.take_baseline(actor=actor, project=cast.harbour, asked=asked, **more)


def approve(cast, baseline, by=None, **more):
    return services.approve_baseline(
        actor=(by or cast.sam).actor(), baseline=baseline, version=baseline.version, **more
    )


def approved(cast, asked=FIRST):
    return approve(cast, take(cast, asked))


@pytest.fixture
def plan(cast):
    """Dredge ten days, then pour four: it finishes on the evening of the fourteenth day."""
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2026, 3, 2))
    tasks = [
        {"name": "Works", "duration": "1d", "level": 1},
        {"name": "Dredge", "duration": "10d", "level": 2},
        {"name": "Pour", "duration": "4d", "level": 2},
        {"name": "Ready", "duration": "0d", "level": 1},
    ]
    edit(cast, {"do": "add", "after": None, "tasks": tasks})
    edit(cast, put(3, "predecessors", "2"), put(4, "predecessors", "3"))
    return ProjectPlan.objects.get()


def rows(baseline):
    return [
        (row.name, f"{row.start:%d %b %H}", f"{row.finish:%d %b %H}", row.carried)
        for row in baseline.rows.order_by("position")
    ]


def variances():
    return dict(Task.objects.order_by("position").values_list("name", "finish_variance_minutes"))


def test_a_baseline_holds_the_plan_as_it_stands_and_waits(cast, plan):
    baseline = take(cast, Asked("first", " Gate 3 ", "The plan of the gate", "G3"))

    assert (baseline.name, baseline.kind, baseline.state) == ("Gate 3", "first", "proposed")
    assert (baseline.number, baseline.is_pmb, baseline.taken_by) == (None, False, cast.piet)
    assert (baseline.plan_version, baseline.tasks) == (3, 3)
    assert rows(baseline) == [
        ("Works", "02 Mar 08", "19 Mar 17", False),
        ("Dredge", "02 Mar 08", "13 Mar 17", False),
        ("Pour", "16 Mar 08", "19 Mar 17", False),
        ("Ready", "19 Mar 17", "19 Mar 17", False),
    ]
    assert set(variances().values()) == {None}
    event = events_of(baseline)[0]
    assert (event.actor, event.after["name"], event.reason) == (
        cast.piet,
        "Gate 3",
        "The plan of the gate",
    )


def test_an_approved_first_baseline_is_number_0_and_what_everything_is_measured_by(cast, plan):
    baseline = approved(cast)

    assert (baseline.number, baseline.state, baseline.is_pmb) == (0, "approved", True)
    assert (baseline.decided_by, baseline.decided_on) == (cast.sam, clock.today())
    assert set(variances().values()) == {0}
    project = Project.objects.get(pk=cast.harbour.pk)
    assert (project.baseline_start, project.baseline_finish) == (
        date(2026, 3, 2),
        date(2026, 3, 19),
    )
    assert "Baseline 0 ‘Gate 3’ approved." in events_of(project)[0].reason
    snapshot = PerformanceSnapshot.objects.get(project=project, valid_to=None)
    assert snapshot.baseline_finish == date(2026, 3, 19)
    assert queries.plan_facts(project.pk, date(2026, 3, 1)).baseline_finish == date(2026, 3, 19)


def test_variance_follows_each_edit_and_is_positive_if_late(cast, plan):
    approved(cast)

    edit(cast, put(2, "duration", "12d"))

    assert variances() == {"Works": 960, "Dredge": 960, "Pour": 960, "Ready": 960}


def test_a_replan_measures_the_rest_anew_and_the_original_promise_stays(cast, plan):
    """Finish offset 14 was promised and 19 comes: 0 against baseline 1, +5 days against 0."""
    first = approved(cast)
    edit(cast, put(2, "duration", "15d"))

    second = approved(cast, REPLAN)

    first.refresh_from_db()
    assert (first.state, first.is_pmb, first.number) == ("superseded", False, 0)
    assert (second.number, second.reference, second.is_pmb) == (1, "CR-7", True)
    page = queries.baselines_page(cast.piet.actor(), cast.harbour.pk)
    assert (page.pmb, page.original) == (second, first)
    assert (page.plan_against_pmb_days, page.plan_against_original_days) == (0, 5)
    assert rows(first)[1] == ("Dredge", "02 Mar 08", "13 Mar 17", False)
    assert page.rows[0].against_original_days == 5


def test_a_replan_keeps_the_values_of_finished_tasks_and_their_variance(cast, plan):
    approved(cast)
    edit(cast, put(2, "duration", "12d"))
    edit(cast, put(2, "percent_complete", 100), put(3, "percent_complete", 50))

    baseline = approved(cast, REPLAN)

    assert rows(baseline) == [
        ("Works", "02 Mar 08", "23 Mar 17", False),
        ("Dredge", "02 Mar 08", "13 Mar 17", True),
        ("Pour", "16 Mar 08", "23 Mar 17", False),
        ("Ready", "23 Mar 17", "23 Mar 17", False),
    ]
    pour = baseline.rows.get(name="Pour")
    assert pour.duration_minutes == 6 * 480
    assert variances() == {"Works": 0, "Dredge": 960, "Pour": 0, "Ready": 0}


def test_a_rebaseline_resets_everything_and_archives_what_was(cast, plan):
    first = approved(cast)
    edit(cast, put(2, "duration", "12d"))
    edit(cast, put(2, "percent_complete", 100))

    approved(cast, Asked("rebaseline", "New start", "The old one says nothing", "EX-1"))

    assert variances() == {"Works": 0, "Dredge": 0, "Pour": 0, "Ready": 0}
    first.refresh_from_db()
    assert (first.state, first.rows.count()) == ("superseded", 4)


def test_a_task_added_later_has_no_variance_and_is_counted_as_unbaselined(cast, plan):
    approved(cast)

    edit(cast, {"do": "add", "after": 4, "tasks": [{"name": "Survey", "duration": "1d"}]})

    assert variances()["Survey"] is None
    page = queries.baselines_page(cast.piet.actor(), cast.harbour.pk)
    assert page.unbaselined == 1


def test_an_inactive_task_is_no_part_of_what_is_promised(cast, plan):
    edit(cast, put(3, "active", False))

    assert [row[0] for row in rows(take(cast))] == ["Works", "Dredge", "Ready"]


def test_rows_outlive_their_task_and_come_back_with_it(cast, plan):
    baseline = approved(cast)
    edit(cast, put(2, "duration", "12d"))

    edit(cast, {"do": "delete", "uids": [3]})

    assert baseline.rows.get(uid=3).name == "Pour"
    facts = queries.plan_facts(cast.harbour.pk, date(2026, 3, 1))
    assert facts.baseline_finish == date(2026, 3, 19)
    services.undo_edit(actor=cast.piet.actor(), project=cast.harbour)
    assert variances()["Pour"] == 960


def test_what_is_approved_outlives_import_deletion_and_undo(cast, plan):
    baseline = approved(cast)
    before = list(baseline.rows.order_by("pk").values())

    bring(cast)
    services.delete_plan(
        actor=cast.piet.actor(), project=cast.harbour, reason="Wrong file", version=None
    )
    services.undo(actor=cast.piet.actor(), project=cast.harbour)

    assert list(baseline.rows.order_by("pk").values()) == before
    assert ProjectPlan.objects.get().source_name == "quay.xml"
    # Row 2 of the file is another task than row 2 of the plan: its name says so.
    assert variances()["Dredge"] is None


def test_the_number_0_of_a_file_counts_until_one_is_approved_here(cast):
    bring(cast)

    page = queries.baselines_page(cast.piet.actor(), cast.harbour.pk)

    assert (page.pmb.number, page.pmb.kind, page.pmb.state) == (0, "imported", "imported")
    assert variances()["Drive piles"] == 480
    assert Project.objects.get(pk=cast.harbour.pk).baseline_finish == date(2026, 11, 27)


def test_a_file_replaces_what_a_file_brought_but_nothing_that_was_approved(cast):
    bring(cast)
    later = QUAY.replace(
        "<Finish>2026-03-11T17:00:00</Finish></Baseline>",
        "<Finish>2026-03-12T17:00:00</Finish></Baseline>",
    )
    assert later != QUAY
    bring(cast, later)
    baseline = PlanBaseline.objects.get()
    assert baseline.finish == datetime(2026, 3, 12, 17, tzinfo=UTC)

    approve(cast, baseline)
    bring(cast)

    assert PlanBaseline.objects.get().finish == datetime(2026, 3, 12, 17, tzinfo=UTC)
    assert ProjectPlan.objects.get().notices[-1]["message"] == (
        "Baseline 0 of the file is left out: the one that is kept here stays."
    )


def test_no_file_brings_a_number_0_while_a_first_one_waits(cast, plan):
    take(cast)

    bring(cast)

    assert [(row.number, row.kind) for row in PlanBaseline.objects.all()] == [(None, "first")]


def test_other_numbers_of_a_file_come_beside_what_is_approved(cast, plan):
    approved(cast)

    bring(cast, QUAY.replace("<Number>0</Number>", "<Number>3</Number>"))

    assert list(PlanBaseline.objects.order_by("number").values_list("number", "state")) == [
        (0, "approved"),
        (3, "imported"),
    ]
    edit(cast, put(Task.objects.get(name="Dredge").uid, "duration", "8d"))
    assert approved(cast, REPLAN).number == 4


def test_the_promise_of_a_file_is_approved_as_it_is(cast):
    bring(cast)
    baseline = PlanBaseline.objects.get()

    approve(cast, baseline, on=date(2026, 3, 1))

    baseline.refresh_from_db()
    assert (baseline.number, baseline.kind, baseline.state) == (0, "imported", "approved")
    assert baseline.decided_on == date(2026, 3, 1)


def test_another_number_of_a_file_is_not_approved(cast):
    bring(cast, QUAY.replace(BASELINE, BASELINE + BASELINE.replace(">0<", ">3<")))

    with pytest.raises(Invalid) as refused:
        approve(cast, PlanBaseline.objects.get(number=3))

    assert refused.value.code == "planning.baseline_of_file"
    assert set(PlanBaseline.objects.values_list("state", flat=True)) == {"imported"}


def test_baselines_leave_with_the_file_and_come_back(cast, plan):
    approved(cast)
    edit(cast, put(2, "duration", "12d"))
    approved(cast, REPLAN)

    _, body = services.plan_file(actor=cast.piet.actor(), project=cast.harbour)

    assert body.count(b"<Baseline>") == 8
    assert b"<Number>1</Number>" in body


def test_one_waits_at_a_time(cast, plan):
    take(cast)

    with pytest.raises(Invalid) as refused:
        take(cast)

    assert refused.value.code == "planning.baseline_waiting"
    assert PlanBaseline.objects.count() == 1


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        (Asked("first", ""), {"name"}),
        (Asked("first", "x" * 121), {"name"}),
        (Asked("imported", "Mine"), {"kind"}),
        (Asked("replan", "Too early", "Because", "CR-1"), {"kind"}),
        (Asked("replan", "Why", "", ""), {"kind", "reason", "reference"}),
    ],
)
def test_a_first_baseline_that_makes_no_sense_is_refused(cast, plan, asked, fields):
    with pytest.raises(Invalid) as refused:
        take(cast, asked)

    assert set(refused.value.fields) == fields
    assert not PlanBaseline.objects.exists()
    assert not BaselineTask.objects.exists()


@pytest.mark.parametrize(
    ("asked", "fields"),
    [
        (FIRST, {"kind"}),
        (Asked("replan", "Why", "", "CR-1"), {"reason"}),
        (Asked("rebaseline", "What for", "Because", ""), {"reference"}),
    ],
)
def test_a_new_pmb_needs_a_reason_and_a_reference(cast, plan, asked, fields):
    approved(cast)

    with pytest.raises(Invalid) as refused:
        take(cast, asked)

    assert set(refused.value.fields) == fields
    assert PlanBaseline.objects.count() == 1


def test_an_over_target_baseline_costs_more_and_marks_the_project_for_good(cast, plan):
    Task.objects.filter(uid=2).update(cost=Decimal(100))
    approved(cast)
    over = Asked("over_target", "Above budget", "The claim was lost", "EX-2")
    with pytest.raises(Invalid) as refused:
        take(cast, over)
    assert refused.value.code == "planning.baseline_not_above"

    Task.objects.filter(uid=2).update(cost=Decimal(150))
    approved(cast, over)
    approved(cast, REPLAN)

    page = queries.baselines_page(cast.piet.actor(), cast.harbour.pk)
    assert (page.over_target, page.pmb.kind, page.rows[1].baseline.cost) == (
        True,
        "replan",
        Decimal("150.00"),
    )


def test_over_target_needs_to_know_the_cost(cast, plan):
    approved(cast)

    with pytest.raises(Invalid, match="Cost is not known on both sides"):
        take(cast, Asked("over_target", "Above budget", "The claim was lost", "EX-2"))


def test_a_plan_without_tasks_promises_nothing(cast):
    services.begin_plan(actor=cast.piet.actor(), project=cast.harbour, start=date(2026, 3, 2))

    with pytest.raises(Invalid) as refused:
        take(cast)

    assert refused.value.code == "planning.baseline_empty"


def test_without_a_plan_nothing_is_taken(cast):
    with pytest.raises(NotFound):
        take(cast)


@pytest.mark.parametrize("name", ["ada", "rosa", "femi", "sam", "tess", "otto"])
def test_only_the_manager_takes_a_baseline(cast, plan, name):
    with pytest.raises(NotAllowed):
        take(cast, by=cast.people[name])

    assert not PlanBaseline.objects.exists()


@pytest.mark.parametrize("name", ["ada", "piet", "rosa", "femi", "tess", "otto"])
def test_only_who_approves_the_dates_decides(cast, plan, name):
    baseline = take(cast)

    for decide in (
        lambda: approve(cast, baseline, by=cast.people[name]),
        lambda: services.reject_baseline(
            actor=cast.people[name].actor(), baseline=baseline, version=1, note="No"
        ),
    ):
        with pytest.raises(NotAllowed) as refused:
            decide()
        assert refused.value.code == "planning.baseline_role"

    baseline.refresh_from_db()
    assert (baseline.state, baseline.version) == ("proposed", 1)


def test_nobody_approves_what_they_took_whatever_role_comes_later(cast, plan):
    """Tess took it as manager for a time, and sponsors the project now."""
    scopes = project_scopes(cast.harbour)
    here = ("project", cast.harbour.pk), cast.office.pk, scopes
    baseline = take(cast)
    PlanBaseline._base_manager.update(taken_by=cast.tess)
    appoint(cast.tess, Role.SCM, *here)

    with pytest.raises(NotAllowed):
        approve(cast, PlanBaseline.objects.get(), by=cast.tess)

    baseline.refresh_from_db()
    assert baseline.state == "proposed"


def test_a_member_of_the_steering_committee_approves(cast, plan):
    appoint(
        cast.tess,
        Role.SCM,
        ("project", cast.harbour.pk),
        cast.office.pk,
        project_scopes(cast.harbour),
    )

    assert approve(cast, take(cast), by=cast.tess).decided_by == cast.tess


def test_a_rejected_baseline_stays_readable_and_counts_for_nothing(cast, plan):
    baseline = take(cast)

    services.reject_baseline(
        actor=cast.sam.actor(), baseline=baseline, version=1, note="Finish too late"
    )

    baseline.refresh_from_db()
    assert (baseline.state, baseline.number, baseline.decision_note) == (
        "rejected",
        None,
        "Finish too late",
    )
    assert baseline.rows.count() == 4
    assert set(variances().values()) == {None}
    with pytest.raises(Invalid) as refused:
        approve(cast, baseline)
    assert refused.value.code == "planning.baseline_settled"
    assert approved(cast).number == 0


def test_a_rejection_needs_words(cast, plan):
    baseline = take(cast)

    with pytest.raises(Invalid) as refused:
        services.reject_baseline(actor=cast.sam.actor(), baseline=baseline, version=1, note=" ")

    assert refused.value.code == "planning.baseline_note"
    baseline.refresh_from_db()
    assert baseline.state == "proposed"


def test_the_manager_withdraws_what_waits_and_takes_another(cast, plan):
    baseline = take(cast)

    services.withdraw_baseline(actor=cast.piet.actor(), baseline=baseline, version=1)

    assert approved(cast).number == 0
    with pytest.raises(Invalid):
        services.withdraw_baseline(actor=cast.piet.actor(), baseline=baseline, version=None)


def test_a_name_changes_and_nothing_else(cast, plan):
    baseline = approved(cast)

    services.rename_baseline(
        actor=cast.piet.actor(), baseline=baseline, name="Gate three", version=baseline.version
    )

    baseline.refresh_from_db()
    assert (baseline.name, baseline.state, baseline.rows.count()) == ("Gate three", "approved", 4)


def test_a_stale_decision_is_refused(cast, plan):
    baseline = take(cast)
    services.rename_baseline(
        actor=cast.piet.actor(), baseline=baseline, name="Gate three", version=1
    )

    with pytest.raises(Conflict):
        services.approve_baseline(actor=cast.sam.actor(), baseline=baseline, version=1)

    assert not PlanBaseline.objects.filter(is_pmb=True).exists()


def test_a_decision_of_the_future_and_one_before_the_taking_are_refused(cast, plan):
    baseline = take(cast)

    for day in (clock.today() + timedelta(days=1), clock.today() - timedelta(days=1)):
        with pytest.raises(Invalid) as refused:
            approve(cast, baseline, on=day)
        assert refused.value.code == "planning.baseline_day"
    with pytest.raises(Invalid):
        take(cast, on=clock.today() + timedelta(days=1))


def test_a_closed_project_takes_no_baseline(cast, plan):
    baseline = take(cast)
    Project.objects.filter(pk=cast.harbour.pk).update(state="closed")
    cast.harbour.refresh_from_db()

    for refused in (
        lambda: take(cast),
        lambda: approve(cast, PlanBaseline.objects.get()),
        lambda: services.withdraw_baseline(
            actor=cast.piet.actor(), baseline=PlanBaseline.objects.get(), version=None
        ),
    ):
        with pytest.raises(Invalid) as error:
            refused()
        assert error.value.code == "planning.project_not_open"
    baseline.refresh_from_db()
    assert baseline.state == "proposed"


def test_the_trail_tells_who_took_and_who_approved(cast, plan):
    baseline = take(cast)
    approve(cast, baseline, note="As discussed")

    told = AuditEvent.objects.filter(object_type="planbaseline", object_id=baseline.pk)
    assert list(told.order_by("pk").values_list("action", "actor", "reason")) == [
        ("planbaseline.create", cast.piet.pk, ""),
        ("baseline.approved", cast.sam.pk, "As discussed"),
    ]


def test_columns_of_up_to_three_baselines_come_with_two_reads(
    cast, plan, django_assert_num_queries
):
    approved(cast)
    edit(cast, put(2, "duration", "12d"), {"do": "delete", "uids": [4]})
    approved(cast, REPLAN)
    actor = cast.tess.actor()
    queries.baseline_columns(actor, cast.harbour.pk, [0])

    found = queries.baseline_columns(actor, cast.harbour.pk, [1, 0, 1])

    assert [row.number for row in found.baselines] == [1, 0]
    assert found.tasks == [
        [1, "2026-03-02 08:00", "2026-03-23 17:00", "2026-03-02 08:00", "2026-03-19 17:00"],
        [2, "2026-03-02 08:00", "2026-03-17 17:00", "2026-03-02 08:00", "2026-03-13 17:00"],
        [3, "2026-03-18 08:00", "2026-03-23 17:00", "2026-03-16 08:00", "2026-03-19 17:00"],
        [4, None, None, "2026-03-19 17:00", "2026-03-19 17:00"],
    ]
    with django_assert_num_queries(5):
        queries.baseline_columns(actor, cast.harbour.pk, [0])
    with django_assert_num_queries(5):
        queries.baseline_columns(actor, cast.harbour.pk, [0, 1])


def test_columns_without_a_number_are_those_of_the_baseline_that_counts(cast, plan):
    actor = cast.tess.actor()
    assert queries.baseline_columns(actor, cast.harbour.pk, []).tasks == []
    approved(cast)

    found = queries.baseline_columns(actor, cast.harbour.pk, [])

    assert [row.number for row in found.baselines] == [0]
    assert found.tasks[1] == [2, "2026-03-02 08:00", "2026-03-13 17:00"]
    with pytest.raises(NotFound) as refused:
        queries.baseline_columns(actor, cast.harbour.pk, [0, 7])
    assert refused.value.code == "planning.no_baseline"


def test_a_task_tells_what_each_baseline_promised_for_it(cast, plan):
    approved(cast)
    edit(cast, put(2, "duration", "12d"))
    approved(cast, REPLAN)

    page = queries.task_page(cast.piet.actor(), cast.harbour, plan, 2, [])

    assert [(p.number, p.is_pmb, p.finish_variance_days) for p in page.promises] == [
        (0, False, Decimal(2)),
        (1, True, Decimal(0)),
    ]
    assert queries.task_page(cast.otto.actor(), cast.harbour, plan, 2, []).promises == []


def test_the_page_of_baselines_takes_the_same_reads_for_one_and_for_four(
    cast, plan, django_assert_num_queries
):
    approved(cast)
    actor = cast.piet.actor()
    queries.baselines_page(actor, cast.harbour.pk)
    with django_assert_num_queries(7):
        queries.baselines_page(actor, cast.harbour.pk)
    for number in range(3):
        approved(cast, Asked("replan", f"Again {number}", "Because", "CR"))

    with django_assert_num_queries(7):
        queries.baselines_page(actor, cast.harbour.pk)
