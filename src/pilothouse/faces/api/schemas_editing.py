# SPDX-License-Identifier: Apache-2.0
"""What goes in and out when a plan is edited."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import Day, In

Uid = Annotated[int, Field(ge=0, le=2**31 - 1)]
Text = Annotated[str, Field(max_length=100_000)]
Uids = Annotated[list[Uid], Field(min_length=1, max_length=2_000)]


class PlanBegin(In):
    start: Day = Field(description="The first day of the plan.")


class NewTask(In):
    """A row to add; its duration is text such as 5d, one estimated day if left out."""

    name: Annotated[str, Field(min_length=1, max_length=500)]
    duration: Annotated[str, Field(max_length=40)] = "1d?"
    level: Annotated[int, Field(ge=1, le=100)] | None = None


class StepOfTask(In):
    """A part of a task; its weight is a number as text."""

    name: Annotated[str, Field(max_length=200)]
    weight: Annotated[str, Field(max_length=20)] = "1"
    done: bool = False


StepsOfTask = Annotated[list[StepOfTask], Field(max_length=100)]


class PlanStep(In):
    """One step; ``do`` says which of the other words it needs.

    ``set``: uid, field, value, was · ``custom``: uid, key (of a field of the office), value as
    text, was · ``stretch``: uid, finish (a day or an instant) · ``add``:
    after, tasks · ``delete``, ``indent``, ``outdent``: uids · ``move``: uids, after, level ·
    ``link``: predecessor, successor, type, lag · ``unlink``: predecessor, successor, type ·
    ``assign``: uid, resource, units · ``unassign``: assignment · ``units``, ``work``:
    assignment, value, was.

    ``was`` is the value that you saw: where somebody changed it since, nothing is done. ``new`` in
    place of ``uid`` is a row that this edit added, counted from 0. ``rows`` says which uids you saw
    under the row numbers of ``predecessors``.
    ``after`` null is the top. Durations, work and lags are text such as 5d, 16h or -1ed.
    """

    do: Literal[
        "set",
        "custom",
        "stretch",
        "add",
        "delete",
        "move",
        "indent",
        "outdent",
        "link",
        "unlink",
        "assign",
        "unassign",
        "units",
        "work",
    ]
    uid: Uid | None = None
    uids: Uids | None = None
    field: Annotated[str, Field(max_length=40)] | None = None
    key: Annotated[str, Field(max_length=40)] | None = None
    value: Text | int | bool | dict[str, Any] | StepsOfTask | None = None
    was: Text | int | bool | dict[str, Any] | StepsOfTask | None = None
    after: Uid | None = None
    level: Annotated[int, Field(ge=1, le=100)] | None = None
    tasks: Annotated[list[NewTask], Field(min_length=1, max_length=20_000)] | None = None
    predecessor: Uid | None = None
    successor: Uid | None = None
    type: Annotated[str, Field(max_length=2)] | None = None
    lag: Annotated[str, Field(max_length=40)] | None = None
    resource: Uid | None = None
    units: Annotated[str, Field(max_length=40)] | None = None
    assignment: Uid | None = None
    finish: Annotated[str, Field(max_length=40)] | None = None
    new: Uid | None = None
    rows: Annotated[dict[str, Uid], Field(max_length=2_000)] | None = None


class PlanEditIn(In):
    steps: Annotated[list[PlanStep], Field(min_length=1, max_length=2_000)]


class MovedOut(Schema):
    """A task whose dates moved: from where, to where, and why it lies there."""

    uid: int
    name: str
    start_before: datetime | None
    finish_before: datetime | None
    start: datetime
    finish: datetime
    reason: str


Step = tuple[str, str, bool]
"""Name, weight and whether it is done."""
Cells = list[str | int | list[Step] | dict[str, str] | None]


class SheetHead(Schema):
    """The plan itself; instants are its wall clock, as `2026-03-02 08:00`."""

    plan_version: int
    name: str
    start: str
    finish: str | None
    status_date: str | None
    minutes_per_day: int
    minutes_per_week: int
    days_per_month: int
    calendar_uid: int
    currency: str
    critical_threshold_minutes: int


class SheetOut(Schema):
    """A whole plan; cells of a task in the order of ``columns``, yes and no as bits of ``flags``.

    ``steps`` of a task are a list of name, weight and whether it is done, ``custom`` the values
    of fields of the office by their keys.

    ``links``: successor, predecessor, type, lag in minutes, kind of lag, percent of a lag ·
    ``resources`` and ``calendars``: uid, name · ``assignments``: uid, task, resource, units,
    minutes of work · ``closed``: the first of some days without work, and how many they are.
    """

    head: SheetHead
    columns: list[str]
    flags: list[str]
    tasks: list[Cells]
    links: list[Cells]
    resources: list[Cells]
    assignments: list[Cells]
    calendars: list[Cells]
    closed: list[tuple[date, int]]


class SheetChangesOut(Schema):
    """What an edit changed in the sheet.

    ``order`` names all rows where some came, went or moved. ``links`` are all those of the tasks
    in ``linked``, ``assignments`` all those of the tasks in ``assigned``. ``resources``,
    ``calendars`` and ``closed`` are there, whole, where the edit changed what tasks run on.
    """

    head: SheetHead
    tasks: list[Cells]
    removed: list[int]
    order: list[int] | None
    linked: list[int]
    links: list[Cells]
    assigned: list[int]
    assignments: list[Cells]
    resources: list[Cells] | None
    calendars: list[Cells] | None
    closed: list[tuple[date, int]] | None


class EditOutcomeOut(Schema):
    """What an edit did; ``moved`` holds the first 200 of ``tasks_moved``."""

    plan_version: int
    words: str
    tasks_moved: int
    moved: list[MovedOut]
    added: list[int]
    finish_before: date | None
    finish_after: date | None
    sheet: SheetChangesOut | None


class PlanEditOut(Schema):
    """Somebody's edit, undo or redo."""

    plan_version: int
    kind: str
    at: datetime
    by_label: str
    words: str


class PlanEditPassed(In):
    """Which edit is passed over."""

    plan_version: Annotated[
        int, Field(ge=1, le=2**31 - 1, description="The version of the plan that it made.")
    ]


class OffenderOut(Schema):
    uid: int
    position: int
    name: str


class QualityPointOut(Schema):
    """``value`` is in ``unit``, made of ``count`` in ``population``.

    A point that does not apply has no verdict.
    """

    number: int
    name: str
    value: Decimal | None
    unit: str
    count: int
    population: int
    limit: str
    passed: bool | None
    note: str
    offenders: list[OffenderOut]
    also: list[OffenderOut]


class PlanQualityOut(Schema):
    """The fourteen points of DCMA, and the number of the baseline that they were held against."""

    plan_version: int
    baseline: int | None
    passed: int
    applicable: int
    points: list[QualityPointOut]
