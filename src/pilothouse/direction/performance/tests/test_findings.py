# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, date, datetime
from decimal import Decimal

from pilothouse.delivery.planning.models import PlanBaseline, ProjectPlan, Task
from pilothouse.delivery.planning.queries import plan_facts
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import refresh_performance

TODAY = date(2026, 6, 10)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 17, tzinfo=UTC)


def give_plan(project: Project) -> ProjectPlan:
    plan = ProjectPlan.objects.create(
        project=project,
        name="Harbour",
        start=at(1, 5),
        finish=at(12, 30),
        default_calendar_uid=1,
        engine_version="1",
    )
    rows = [
        ("Done late", {"finish": at(5, 1), "actual_finish": at(5, 1), "percent_complete": 100}),
        ("Late", {"finish": at(6, 9), "total_float_minutes": -480}),
        ("Due today", {"finish": at(6, 10), "deadline": at(6, 10)}),
        ("Beyond its deadline", {"finish": at(9, 1), "deadline": at(8, 31), "difference": "1 d"}),
        ("Inactive", {"finish": at(1, 9), "active": False, "total_float_minutes": -1}),
        ("Summary", {"finish": at(1, 9), "summary": True, "difference": "finish"}),
        ("Handover", {"finish": at(12, 30), "milestone": True}),
    ]
    for number, (name, values) in enumerate(rows, 1):
        Task.objects.create(
            plan=plan, uid=number, position=number, name=name, duration_minutes=480, **values
        )
    promised = at(12, 20)
    PlanBaseline.objects.create(
        project=project,
        number=0,
        name="Baseline 0",
        kind="imported",
        state="imported",
        is_pmb=True,
        taken_on=TODAY,
        plan_version=1,
        start=promised,
        finish=promised,
    )
    Task.objects.filter(plan=plan, name="Handover").update(
        baseline_start=promised, baseline_finish=promised
    )
    return plan


def test_facts_of_a_plan_count_what_is_late_in_two_queries(cast, django_assert_num_queries):
    give_plan(cast.harbour)

    with django_assert_num_queries(2):
        facts = plan_facts(cast.harbour.pk, TODAY)

    assert facts.late_tasks == 1
    assert facts.missed_deadlines == 1
    assert facts.negative_float == 1
    assert facts.import_differences == 2
    assert facts.milestone_slip_days == 10
    assert (facts.next_milestone, facts.next_milestone_on) == ("Handover", date(2026, 12, 30))
    assert facts.percent_complete == Decimal("20.00")


def test_a_snapshot_keeps_the_findings_of_the_plan(cast):
    PerformanceSnapshot.objects.filter(project=cast.harbour).delete()
    give_plan(cast.harbour)

    row = refresh_performance(project_id=cast.harbour.pk, today=TODAY)

    row.refresh_from_db()
    assert (row.late_tasks, row.missed_deadlines, row.negative_float) == (1, 1, 1)
    assert row.import_differences == 2
    assert row.reasons["since"]["plan"] == "2026-06-10"
    assert row.reasons["since"]["differences"] == "2026-06-10"


def test_a_finding_keeps_its_first_day_until_it_is_mended(cast):
    PerformanceSnapshot.objects.filter(project=cast.harbour).delete()
    project = Project.objects.filter(pk=cast.harbour.pk)

    project.update(forecast_cost=Decimal("1500000"))
    first = refresh_performance(project_id=cast.harbour.pk, today=date(2026, 3, 1))
    second = refresh_performance(project_id=cast.harbour.pk, today=date(2026, 3, 2))
    again = refresh_performance(project_id=cast.harbour.pk, today=date(2026, 3, 2))
    project.update(forecast_cost=Decimal("1200000"))
    mended = refresh_performance(project_id=cast.harbour.pk, today=date(2026, 3, 3))
    project.update(forecast_cost=Decimal("1200001"))
    broken = refresh_performance(project_id=cast.harbour.pk, today=date(2026, 3, 4))

    assert first.reasons["since"]["red_cost"] == "2026-03-01"
    assert second.reasons["since"]["red_cost"] == "2026-03-01"
    assert again.reasons["since"]["over_budget"] == "2026-03-01"
    assert "red_cost" not in mended.reasons["since"]
    assert "over_budget" not in mended.reasons["since"]
    assert broken.reasons["since"]["over_budget"] == "2026-03-04"
    assert broken.reasons["since"]["slip"] == "2026-03-01"
