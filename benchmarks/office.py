# SPDX-License-Identifier: Apache-2.0
"""Make an office of any size in the database of PILOTHOUSE_DATABASE.

    python benchmarks/office.py --projects 1000 --tasks 250000 --people 500

Every project has a place, a manager, money, six published quarters and a snapshot of today,
rated by the same engine as real ones. One project holds a plan of 2,000 tasks; the others
share the remaining tasks. The same seed gives the same office.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "src"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pilothouse.config.settings.prod")

from pilothouse.config import env

env.use_fixed_sqlite()

import django

django.setup()

from django.core.management import call_command
from django.db import transaction

from pilothouse.delivery.planning.models import (
    BaselineTask,
    PlanBaseline,
    PlanCalendar,
    ProjectPlan,
    Task,
    TaskLink,
)
from pilothouse.delivery.projects.models import Placement, Portfolio, Programme, Project
from pilothouse.direction.performance.bridge import Facts
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.services import fill
from pilothouse.engine.health import DEFAULT_POLICY
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.organisation.models import Currency, CustomField, OrgUnit, segment

DIRECTOR = "director@bench.example"
UNUSABLE = "!"  # what Django keeps for an account that cannot sign in
LARGE_PLAN = 2000
BATCH = 2000
WHAT = (
    "Data centre exit", "Customer portal", "Network refresh", "Field mobility", "Fraud analytics",
    "Clinical records", "Finance roll-out", "Fleet electrification", "Supplier onboarding",
    "Workforce planning", "Quay wall renewal", "Crane automation", "Shore power", "Gate control",
    "Document archive", "Identity service", "Payroll renewal", "Energy contract", "Safety training",
)  # fmt: skip
WHERE = ("north", "south", "east", "west", "head office", "terminal 1", "terminal 2", "depot")
STAGES = ("initiating", "planning", "executing", "executing", "executing", "on_hold", "closing")


def places(chance: random.Random) -> tuple[OrgUnit, list[Portfolio], list[Programme]]:
    """One office of eight departments, each with a portfolio, a nested one and a programme."""
    euro, _ = Currency.objects.get_or_create(code="EUR", defaults={"name": "Euro"})
    pound, _ = Currency.objects.get_or_create(code="GBP", defaults={"name": "Pound sterling"})
    root = OrgUnit.objects.create(
        code=f"BENCH-{chance.randrange(10**9)}",
        name="Bench office",
        kind="enterprise",
        attribution="Made up by benchmarks/office.py; no licence needed.",
    )
    root.path, root.office_id = segment(root.pk), root.pk
    root.save()
    CustomField.objects.create(office=root, key="region", label="Region", kind="text")
    portfolios: list[Portfolio] = []
    programmes: list[Programme] = []
    for number in range(8):
        unit = OrgUnit.objects.create(
            code=f"D{number}", name=f"Department {number + 1}", parent=root, office_id=root.pk
        )
        unit.path = root.path + segment(unit.pk)
        unit.save()
        parent = None
        for level, name in enumerate((f"Portfolio {number + 1}", f"Renewal {number + 1}")):
            row = Portfolio.objects.create(
                code=f"P{number}{level}",
                name=name,
                org_unit=unit,
                office_id=root.pk,
                parent=parent,
                currency=pound if number == 7 else euro,
                state="active",
            )
            row.path = (parent.path if parent else "") + segment(row.pk)
            row.save()
            portfolios.append(row)
            parent = row
        programmes.append(
            Programme.objects.create(
                code=f"G{number}",
                name=f"Programme {number + 1}",
                portfolio=parent,
                office_id=root.pk,
                state="delivering",
            )
        )
    return root, portfolios, programmes


def people(count: int, office: OrgUnit) -> list[User]:
    """Accounts that cannot sign in, and one director who sees everything."""
    director = User(email=DIRECTOR, full_name="Dora Director", password=UNUSABLE)
    rows = [
        User(
            email=f"person{n}@bench.example",
            full_name=f"Person {n:03d} Bench",
            password=UNUSABLE,
        )
        for n in range(max(count - 1, 2))
    ]
    made = User.objects.bulk_create([director, *rows], batch_size=BATCH)
    RoleAssignment.objects.create(
        person=made[0],
        role=Role.DIR,
        scope_type="org_unit",
        scope_id=office.pk,
        office_id=office.pk,
        valid_from=date(2020, 1, 1),
    )
    return made[1:]


def projects(
    count: int,
    today: date,
    portfolios: list[Portfolio],
    programmes: list[Programme],
    persons: list[User],
    chance: random.Random,
) -> list[Project]:
    """Top-down rows with dates, money and a stated colour; managers hold their roles."""
    rows: list[Project] = []
    for number in range(count):
        place = chance.choice(portfolios)
        start = today - timedelta(days=chance.randrange(60, 900))
        length = chance.randrange(180, 1500)
        budget = Decimal(chance.randrange(50, 60_000)) * 1000
        approved = start + timedelta(days=length)
        late = chance.choice((0, 0, 0, 5, 12, 30, 60, 120, -10))
        programme = next((p for p in programmes if p.portfolio_id == place.pk), None)
        rows.append(
            Project(
                code=f"BP-{number + 1:04d}",
                name=f"{chance.choice(WHAT)} {chance.choice(WHERE)} {number + 1}",
                purpose="Made up to measure with.",
                office_id=place.office_id,
                portfolio=place,
                programme=programme if chance.random() < 0.5 else None,
                project_type=chance.choice(("IT", "Construction", "Change")),
                currency_id=place.currency_id,
                state=chance.choice(STAGES),
                pm=persons[number % len(persons)],
                sponsor=persons[(number + 1) % len(persons)],
                planned_start=start,
                planned_finish=max(approved + timedelta(days=late), start),
                baseline_start=start,
                baseline_finish=approved,
                budget=budget,
                forecast_cost=(budget * Decimal(chance.choice((90, 97, 100, 102, 106, 115))) / 100),
                benefits_approved=budget * 2,
                benefits_forecast=budget * 2 * Decimal(chance.choice((80, 90, 97, 100))) / 100,
                stated_colour=chance.choice(("green", "green", "amber", "red")),
                stated_comment="On the way; the next report says more.",
                stated_on=today - timedelta(days=chance.randrange(0, 60)),
                custom={"region": chance.choice(WHERE)},
            )
        )
    made = Project.objects.bulk_create(rows, batch_size=BATCH)
    Placement.objects.bulk_create(
        [
            Placement(
                project=row,
                portfolio_id=row.portfolio_id,
                programme_id=row.programme_id,
                valid_from=row.planned_start or today,
            )
            for row in made
        ],
        batch_size=BATCH,
    )
    RoleAssignment.objects.bulk_create(
        [
            RoleAssignment(
                person_id=row.pm_id,
                role=Role.PM,
                scope_type="project",
                scope_id=row.pk,
                office_id=row.office_id,
                valid_from=date(2020, 1, 1),
            )
            for row in made
        ],
        batch_size=BATCH,
    )
    return made


def snapshots(rows: list[Project], today: date, chance: random.Random) -> None:
    """Six published quarters and today, each rated by the engine."""
    days = [today - timedelta(days=91 * n) for n in range(6, -1, -1)]
    made: list[PerformanceSnapshot] = []
    for project in rows:
        before = None
        for number, day in enumerate(days):
            last = number == len(days) - 1
            slip = timedelta(days=chance.choice((0, 0, 3, -3, 20)) * (len(days) - 1 - number))
            facts = Facts(
                today=day,
                forecast_finish=project.planned_finish - slip if project.planned_finish else None,
                baseline_start=project.baseline_start,
                baseline_finish=project.baseline_finish,
                budget=project.budget,
                forecast_cost=project.forecast_cost,
                benefits_approved=project.benefits_approved,
                benefits_forecast=project.benefits_forecast,
                data_as_of=project.stated_on if last else day - timedelta(days=10),
            )
            row = PerformanceSnapshot(
                project=project,
                status_date=day,
                valid_to=None if last else days[number + 1],
                kind="live" if last else "published",
                source="Made up by benchmarks/office.py",
            )
            if not last:
                row.stated = chance.choice(("green", "amber", "red"))
                row.stated_label = row.get_stated_display()
            fill(row, project, facts, DEFAULT_POLICY, before)
            row.next_milestone = "Acceptance"
            row.next_milestone_on = project.planned_finish
            made.append(row)
            before = row
    PerformanceSnapshot.objects.bulk_create(made, batch_size=BATCH)


def plans(rows: list[Project], tasks: int, today: date, chance: random.Random) -> None:
    """Plans of equal size over all projects, and one large one on the first."""
    if not tasks:
        return
    each = max((tasks - LARGE_PLAN) // max(len(rows) - 1, 1), 1)
    for number, project in enumerate(rows):
        begin = project.planned_start or today
        start = datetime(begin.year, begin.month, begin.day, 8, tzinfo=UTC)
        plan = ProjectPlan.objects.create(
            project=project,
            name=project.name,
            start=start,
            finish=start + timedelta(days=400),
            default_calendar_uid=1,
            engine_version="bench",
        )
        week = [[[480, 720], [780, 1020]]] * 5 + [[], []]
        data = {"name": "Standard", "week": week, "exceptions": [], "work_weeks": []}
        PlanCalendar.objects.create(plan=plan, uid=1, name="Standard", data=data)
        plan_tasks(plan, LARGE_PLAN if number == 0 else each, start, chance)


def plan_tasks(plan: ProjectPlan, count: int, start: datetime, chance: random.Random) -> None:
    """Summaries of ten tasks, each task after the one before it, now and then a milestone."""
    made: list[Task] = []
    cursor = start
    for uid in range(1, count + 1):
        summary, milestone = uid % 11 == 1, uid % 11 == 0
        days = 0 if milestone else chance.randrange(1, 9)
        made.append(
            Task(
                plan=plan,
                uid=uid,
                position=uid,
                name=f"Stage {uid // 11 + 1}" if summary else f"Step {uid} of the work",
                outline_level=1 if summary else 2,
                wbs=f"{uid // 11 + 1}.{uid % 11}",
                summary=summary,
                milestone=milestone,
                duration_minutes=480 * days,
                work_minutes=480 * days,
                percent_complete=Decimal(chance.choice((0, 0, 50, 100))),
                start=cursor,
                finish=cursor + timedelta(days=days),
                early_start=cursor,
                early_finish=cursor + timedelta(days=days),
                late_start=cursor,
                late_finish=cursor + timedelta(days=days + 5),
                total_float_minutes=chance.choice((0, 480, 2400)),
                free_float_minutes=0,
                critical=chance.random() < 0.2,
                baseline_start=cursor,
                baseline_finish=cursor + timedelta(days=days),
            )
        )
        cursor += timedelta(days=days if uid % 3 else 0)
    stored = Task.objects.bulk_create(made, batch_size=BATCH)
    baseline = PlanBaseline.objects.create(
        project_id=plan.project_id,
        number=0,
        name="Baseline 0",
        kind=PlanBaseline.Kind.IMPORTED,
        state=PlanBaseline.State.IMPORTED,
        is_pmb=True,
        taken_on=start.date(),
        taken_label="bench",
        plan_version=plan.plan_version,
        start=start,
        finish=cursor,
        tasks=count,
    )
    BaselineTask.objects.bulk_create(
        [
            BaselineTask(
                baseline=baseline,
                uid=task.uid,
                position=task.position,
                name=task.name,
                start=task.start,
                finish=task.finish,
            )
            for task in stored
        ],
        batch_size=BATCH,
    )
    leaves = [task.uid for task in stored if not task.summary]
    TaskLink.objects.bulk_create(
        [
            TaskLink(plan=plan, predecessor_uid=first, successor_uid=second)
            for first, second in pairwise(leaves)
        ],
        batch_size=BATCH,
    )


@transaction.atomic
def make_office(*, projects_wanted: int, tasks: int, people_wanted: int, today: date) -> OrgUnit:
    """The whole office in one transaction."""
    chance = random.Random(projects_wanted)
    office, portfolios, programmes = places(chance)
    persons = people(people_wanted, office)
    rows = projects(projects_wanted, today, portfolios, programmes, persons, chance)
    snapshots(rows, today, chance)
    plans(rows, tasks, today, chance)
    return office


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--projects", type=int, default=200)
    parser.add_argument("--tasks", type=int, default=50_000)
    parser.add_argument("--people", type=int, default=100)
    asked = parser.parse_args()
    call_command("migrate", verbosity=0)
    if User.objects.filter(email=DIRECTOR).exists():
        sys.exit("This database holds a bench office already; name another one.")
    make_office(
        projects_wanted=asked.projects,
        tasks=asked.tasks,
        people_wanted=asked.people,
        today=datetime.now(tz=UTC).date(),
    )
    print(f"{asked.projects} projects, {asked.tasks} tasks, {asked.people} people")


if __name__ == "__main__":
    main()
