# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of backlogs, sprints and releases."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field, PlainSerializer

from pilothouse.faces.api.schemas import Day, Flag, Id, In, PersonRef

Points = Annotated[Decimal, Field(ge=0, le=999, decimal_places=2, max_digits=5)]
"""Of an item: whole, or a fraction such as 0.5."""
Value = Annotated[int, Field(strict=True, ge=0, le=999)]
Capacity = Annotated[Decimal, Field(ge=0, le=100_000, decimal_places=2, max_digits=8)]
PlannedPoints = Annotated[Decimal, Field(ge=0, le=4_000_000, decimal_places=2, max_digits=9)]
PointsOut = Annotated[
    Decimal,
    PlainSerializer(lambda points: int(points) if points == int(points) else float(points), float),
]
"""A number without needless decimals: 3, 0.5."""
Limit = Annotated[int, Field(strict=True, ge=1, le=99)]
Title = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(max_length=4000)]
Uid = Annotated[int, Field(strict=True, ge=1, le=2_147_483_647)]
Kind = Literal["epic", "story", "bug", "task"]
ItemState = Literal["todo", "in_progress", "review", "done", "dropped"]
Confidence = Literal[50, 80, 95]


class BacklogFields(In):
    method: Literal["agile", "hybrid"] = "agile"
    velocity_sprints: Annotated[int, Field(strict=True, ge=1, le=12)] = 3
    sprint_days: Annotated[int, Field(strict=True, ge=1, le=60)] = 14


class BacklogSettings(BacklogFields):
    """Only what is sent is changed; a limit of null takes any number."""

    limit_todo: Limit | None = None
    limit_in_progress: Limit | None = None
    limit_review: Limit | None = None


class VelocityOut(Schema):
    """Points a sprint: the mean of the last ``taken`` sprints, the range of the last six."""

    mean: float
    taken: int
    least: float
    most: float


class BacklogOut(Schema):
    project_id: int
    method: str
    velocity_sprints: int
    sprint_days: int
    limit_todo: int | None
    limit_in_progress: int | None
    limit_review: int | None
    velocity: VelocityOut | None
    completed: list[PointsOut]
    points: PointsOut
    points_done: PointsOut


class ItemNew(In):
    title: Title
    kind: Kind = "story"
    points: Points | None = None
    value: Value | None = None
    state: ItemState = "todo"
    owner_id: Id | None = None
    acceptance: Words = ""
    epic_id: Id | None = None
    release_id: Id | None = None
    sprint_id: Id | None = None


class ItemsNew(In):
    """Items that are added at the end, all or none."""

    items: Annotated[list[ItemNew], Field(min_length=1, max_length=200)]


class ItemFields(In):
    """Only what is sent is changed."""

    title: Title = ""
    kind: Kind = "story"
    points: Points | None = None
    value: Value | None = None
    state: ItemState = "todo"
    owner_id: Id | None = None
    acceptance: Words = ""
    epic_id: Id | None = None
    release_id: Id | None = None
    sprint_id: Id | None = None


class ItemsChange(In):
    """The same values for many items, all or none."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=1000)]
    values: ItemFields


class ItemOrder(In):
    """Before or after another item, to the top, or with none of them to the end."""

    before_id: Id | None = None
    after_id: Id | None = None
    to_top: Flag = False


class ItemMove(In):
    state: ItemState


class ItemOut(Schema):
    id: int
    version: int
    key: str
    title: str
    kind: str
    points: PointsOut | None
    value: int | None
    state: str
    owner: PersonRef | None
    acceptance: str
    epic_id: int | None
    release_id: int | None
    sprint_id: int | None
    done_on: date | None


class ItemList(Schema):
    """The items that were added or changed."""

    items: list[ItemOut]


class SprintNew(In):
    name: Annotated[str, Field(max_length=200, description="Its number, if empty.")] = ""
    goal: Words = ""
    start: Day
    finish: Day
    capacity: Capacity | None = None


class SprintFields(In):
    """Only what is sent is changed."""

    name: Title = ""
    goal: Words = ""
    start: Day | None = None
    finish: Day | None = None
    capacity: Capacity | None = None


class SprintClose(In):
    forward_id: Id | None = Field(
        None, description="The planned sprint that takes what is not done; else the backlog does."
    )


class SprintOut(Schema):
    """``committed`` and ``completed`` are written once, at the start and at the close."""

    id: int
    version: int
    number: int
    name: str
    goal: str
    start: date
    finish: date
    capacity: PointsOut | None
    state: str
    committed: PointsOut | None
    completed: PointsOut | None
    started_on: date | None
    closed_on: date | None


class BurnDayOut(Schema):
    day: date
    scope: PointsOut
    done: PointsOut


class SprintResult(Schema):
    item_id: int
    key: str
    points: PointsOut | None
    committed: bool
    result: str


class SprintFull(SprintOut):
    """One sprint with its burn-down; of a closed one what became of each item."""

    burn: list[BurnDayOut]
    results: list[SprintResult]


class ReleaseNew(In):
    name: Title
    goal: Words = ""
    position: Annotated[int, Field(strict=True, ge=1, le=999)] = 1
    start: Day
    planned_sprints: Annotated[int, Field(strict=True, ge=1, le=99)] = 4
    planned_points: PlannedPoints = Decimal(0)
    confidence: Confidence = 80
    milestone_uid: Uid | None = Field(None, description="A task of the project's plan.")


class ReleaseFields(In):
    """Only what is sent is changed; other planned points need a ``plan_note``."""

    name: Title = ""
    goal: Words = ""
    position: Annotated[int, Field(strict=True, ge=1, le=999)] = 1
    start: Day | None = None
    planned_sprints: Annotated[int, Field(strict=True, ge=1, le=99)] = 4
    planned_points: PlannedPoints = Decimal(0)
    plan_note: Words = ""
    confidence: Confidence = 80
    milestone_uid: Uid | None = None


class ReleaseEnd(In):
    state: Literal["released", "cancelled"]


class ForecastAccept(In):
    day: Day = Field(description="The forecast that was read; another one by now is refused.")


class ForecastOut(Schema):
    """``sprints`` and ``days`` by confidence in percent; null where no end is in sight.

    ``growing_days`` are the days if the scope goes on growing as it did in the closed sprints, and
    ``growing_points`` what it grows by until then; empty where it stood still.
    """

    scope: PointsOut
    done: PointsOut
    unsized: int
    ahead: PointsOut
    sprints: dict[int, int | None]
    days: dict[int, date | None]
    growing_days: dict[int, date | None]
    growing_points: dict[int, PointsOut]
    day: date | None
    expected_sprints: int | None
    best_sprints: int | None
    worst_sprints: int | None
    milestone_date: date | None
    late_days: int | None
    earned_pct: float | None
    planned_pct: float | None
    spi: float | None


class ReleaseOut(Schema):
    id: int
    version: int
    name: str
    goal: str
    position: int
    state: str
    start: date
    planned_sprints: int
    planned_points: PointsOut
    plan_note: str
    confidence: int
    milestone_uid: int | None
    released_on: date | None
    forecast: ForecastOut


class ReleaseFull(ReleaseOut):
    """One release with its burn-up."""

    burn: list[BurnDayOut]


class ReachedOut(Schema):
    """So many points or more with this confidence; down to this item in the order of work."""

    confidence: int
    points: PointsOut
    item_id: int | None


class ReachOut(Schema):
    by: date
    sprints: int
    reached: list[ReachedOut]


class PlanMovedOut(Schema):
    """What the forecast did to the plan of the project."""

    plan_version: int
    tasks_moved: int
    finish_before: date | None
    finish_after: date | None
