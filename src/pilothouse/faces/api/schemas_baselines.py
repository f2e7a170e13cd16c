# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of the baselines of a project."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import Day, In

Name = Annotated[str, Field(min_length=1, max_length=120)]
Words = Annotated[str, Field(max_length=2000)]


class BaselineTake(In):
    """What is kept is the plan as it stands; a replan keeps what is done as it was promised."""

    kind: Literal["first", "replan", "rebaseline", "over_target"]
    name: Name
    reason: Words = ""
    reference: Annotated[
        str, Field(max_length=120, description="The approved change or exception plan.")
    ] = ""


class BaselineRename(In):
    name: Name


class BaselineApprove(In):
    on: Day | None = Field(None, description="The day of the decision; today if left out.")
    note: Words = ""


class BaselineReject(In):
    note: Annotated[str, Field(min_length=1, max_length=2000)]


class PlanBaselineOut(Schema):
    """A baseline; ``cost`` is null for whom the budget is not open."""

    id: int
    number: int | None
    name: str
    kind: str
    state: str
    is_pmb: bool
    taken_on: date
    taken_by: str
    decided_on: date | None
    decided_by: str
    decision_note: str
    reason: str
    reference: str
    plan_version: int
    start: datetime | None
    finish: datetime | None
    work_minutes: int | None
    cost: Decimal | None
    tasks: int


class BaselineTaskOut(Schema):
    """A task as it was promised; ``carried`` says that the values are of an earlier baseline."""

    uid: int
    name: str
    wbs: str
    outline_level: int
    summary: bool
    milestone: bool
    start: datetime | None
    finish: datetime | None
    duration_minutes: int | None
    work_minutes: int | None
    cost: Decimal | None
    carried: bool


class BaselineNamed(Schema):
    """Which baseline a column is of."""

    id: int
    number: int
    name: str
    state: str
    is_pmb: bool


class BaselineColumnsOut(Schema):
    """What some baselines promised, also for tasks that are no longer in the plan.

    Cells of ``tasks``: uid, then start and finish by each of ``baselines``, in their order.
    Instants are the wall clock of the plan, as `2026-03-02 08:00`; null where a baseline does not
    hold the task.
    """

    baselines: list[BaselineNamed]
    tasks: list[list[int | str | None]]


class BaselineSpan(Schema):
    """Start and finish of a task on one side."""

    start: datetime | None
    finish: datetime | None


class VariancesOut(Schema):
    """A task on both sides: right − left in working days, hours and money, positive is late."""

    uid: int
    name: str
    wbs: str
    summary: bool
    milestone: bool
    kind: Literal["", "changed", "late", "new", "gone"]
    left: BaselineSpan | None
    right: BaselineSpan | None
    start_days: Decimal | None
    finish_days: Decimal | None
    duration_days: Decimal | None
    work_hours: Decimal | None
    cost: Decimal | None


class BaselineSums(Schema):
    """What the tasks of a comparison come to, summaries left out."""

    left_id: int | None
    right_id: int | None
    left_finish: datetime | None
    right_finish: datetime | None
    finish_days: Decimal | None
    work_hours: Decimal | None
    cost: Decimal | None
    changed: int
    late: int
    milestones_late: int
    unbaselined: int
    gone: int


class ComparisonOut(Schema):
    """A comparison: its sums, and one page of its tasks; null is the plan as it stands."""

    sums: BaselineSums
    items: list[VariancesOut]
    total: int
    page: int
    pages: int
    next: str | None
