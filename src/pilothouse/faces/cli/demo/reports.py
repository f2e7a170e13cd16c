# SPDX-License-Identifier: Apache-2.0
"""The monthly reports that the port authority has published, told from plans and sketches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from pilothouse.delivery.planning.queries import PlanFacts, Tally, Told
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.services import Facts, Publication
from pilothouse.engine.network.plan import Plan, PlanTask
from pilothouse.faces.cli.demo.course import Course, last_friday
from pilothouse.faces.cli.demo.port import COLOURS, Sketch
from pilothouse.faces.cli.demo.promises import Promise
from pilothouse.foundation.core.rounding import half_up

EVERY = timedelta(weeks=4)
ENDED = ("cancelled", "closed")


@dataclass(frozen=True, slots=True)
class Month:
    """One report of one project: its day, its colour, how far the drift had come."""

    day: date
    colour: str
    share: Decimal


def reports_of(
    sketch: Sketch,
    project: Project,
    course: Course | None,
    today: date,
    promises: Sequence[Promise] = (),
) -> list[Publication]:
    """Published reports of a project, oldest first; the present is not among them.

    Each measures by what was promised on its day: the last of ``promises``, oldest first, else the
    plan as it was approved.
    """
    monday = today - timedelta(days=today.weekday())
    reached = [(monday + timedelta(weeks=week), state) for state, week in sketch.states]
    return [
        _report(sketch, project, course, month, reached, _held_by(promises, month.day))
        for month in _months(sketch, reached, today)
    ]


def _months(sketch: Sketch, reached: list[tuple[date, str]], today: date) -> list[Month]:
    """Every fourth Friday back from the last one, as long as the project was reported on."""
    friday = last_friday(today)
    ends = [day for day, state in reached if state in ENDED]
    letters = sketch.colours if ends else sketch.colours[:-1]
    days = [friday - EVERY * number for number in range(1, 60)]
    days = [day for day in days if reached[0][0] <= day and (not ends or day <= ends[0] + EVERY)]
    pairs = list(zip(days, reversed(letters), strict=False))
    return [
        Month(day, COLOURS[letter], Decimal(len(pairs) - place) / max(len(letters), 1))
        for place, (day, letter) in reversed(list(enumerate(pairs)))
    ]


def _report(
    sketch: Sketch,
    project: Project,
    course: Course | None,
    month: Month,
    reached: list[tuple[date, str]],
    promise: Promise | None,
) -> Publication:
    state = [state for day, state in reached if day <= month.day][-1]
    plan = course.on(month.day) if course and course.approved_start <= month.day else None
    told = None if plan is None else _plan_facts(plan, month.day, promise)
    drift = max(Decimal(0), 2 * month.share - 1)
    facts = Facts(
        today=month.day,
        forecast_finish=_finish(project, plan, drift),
        baseline_start=promise.start if promise else project.baseline_start,
        baseline_finish=promise.finish if promise else project.baseline_finish,
        milestone_slip_days=told.milestone_slip_days if told else None,
        budget=project.budget,
        forecast_cost=_between(project.budget, project.forecast_cost, drift),
        benefits_approved=project.benefits_approved,
        benefits_forecast=_between(project.benefits_approved, project.benefits_forecast, drift),
        plan=told,
        data_as_of=month.day,
    )
    return Publication(
        project=_as_of(project, state),
        facts=facts,
        status_date=month.day,
        source=f"Status report of {month.day:%B %Y}",
        values={
            "stated": month.colour,
            "stated_label": month.colour.capitalize(),
            "in_portfolio": state not in ENDED,
        },
    )


def _held_by(promises: Sequence[Promise], day: date) -> Promise | None:
    """What the project was measured by on a day."""
    return next((item for item in reversed(promises) if item.since <= day), None)


def _as_of(project: Project, state: str) -> Project:
    """The project in the state of that day; its place has not changed."""
    names = (
        "pk", "code", "name", "office_id", "portfolio", "programme", "project_type",
        "currency_id", "pm", "strategic_critical", "planned_start", "custom",
    )  # fmt: skip
    return Project(state=state, **{name: getattr(project, name) for name in names})


def _finish(project: Project, plan: Plan | None, drift: Decimal) -> date | None:
    if plan is not None and plan.finish is not None:
        return plan.finish.date()
    first, last = project.baseline_finish, project.planned_finish
    if first is None or last is None:
        return last
    return first + timedelta(days=int((last - first).days * drift))


def _between(first: Decimal | None, last: Decimal | None, share: Decimal) -> Decimal | None:
    """The value on the way from the first to the last, in whole ten thousands."""
    if first is None or last is None:
        return last
    return half_up((first + (last - first) * share) / 10000, Decimal(1)) * 10000


def _plan_facts(plan: Plan, day: date, promise: Promise | None) -> PlanFacts:
    def promised(task: PlanTask) -> tuple[datetime | None, datetime | None]:
        if promise is not None:
            return promise.tasks.get(task.uid, (None, None))
        return task.baselines[0].start, task.baselines[0].finish

    rows = [
        Told(
            task.name,
            task.milestone,
            task.stored.finish,
            task.actual_finish is not None,
            task.percent_complete,
            task.duration_minutes,
            task.deadline,
            task.stored.total_float_minutes,
            *promised(task),
        )
        for task in plan.tasks
        if not task.summary
    ]
    return Tally.of(rows).facts(day, plan_version=1, finish=plan.finish, status_date=day)
