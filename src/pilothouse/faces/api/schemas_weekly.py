# SPDX-License-Identifier: Apache-2.0
"""What goes in and comes out of the people of plans and their weekly updates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import Day, Flag, Id, In, PersonRef, Reason, Ref

Percent = Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)]
Minutes = Annotated[int, Field(strict=True, ge=0, le=100_000_000)]
Uid = Annotated[int, Field(strict=True, ge=0, le=2**31 - 1)]


class PlanPersonOut(Schema):
    """A resource of a plan; ``suggested`` bears its name, and nobody said that it is it."""

    resource_uid: int
    name: str
    open_tasks: int
    person: PersonRef | None
    suggested: PersonRef | None
    reports: bool


class PlanPersonLink(In):
    """Which account a resource is; null: nobody's."""

    person_id: Id | None


class PlanPersonNew(In):
    """Somebody of the office who joins the plan."""

    person_id: Id


class WeekTaskOut(Schema):
    """A task that is asked about; ``waiting`` is what was said of it and not decided yet."""

    project: Ref
    task_uid: int
    name: str
    path: str
    milestone: bool
    start: date | None
    finish: date | None
    started: date | None
    percent: Decimal
    remaining_minutes: int
    late: bool
    stale: bool
    waiting: TaskUpdateOut | None
    not_taken: str


class TaskUpdateOut(Schema):
    """What one person said of one task."""

    id: int
    task_uid: int
    task_name: str
    person: PersonRef
    entered_by: PersonRef
    at: datetime
    door: str
    percent: Decimal | None
    remaining_minutes: int | None
    started: date | None
    finished: date | None
    expected_finish: date | None
    remark: str
    need_help: bool
    state: str
    decided_at: datetime | None
    decided_by: str
    reason: str


class TaskReport(In):
    """What is said of one task; what is left out is not said."""

    project_id: Id
    task_uid: Uid
    percent: Percent | None = None
    remaining_minutes: Minutes | None = None
    started: Day | None = None
    finished: Day | None = None
    expected_finish: Day | None = None
    remark: Reason = ""
    need_help: Flag = False


class TaskReports(In):
    """All or none of them are taken."""

    updates: Annotated[list[TaskReport], Field(min_length=1, max_length=200)]


class ReportedOut(Schema):
    """How many are kept, and how many of them count already."""

    updates: int
    counted: int


class ChosenUpdates(In):
    """Updates that are confirmed together."""

    update_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]


class UpdatesNotTaken(In):
    """Updates that are not taken, and why."""

    update_ids: Annotated[list[Id], Field(min_length=1, max_length=500)]
    reason: Reason


class DecidedOut(Schema):
    """How many were decided; the finish of the plan where it was entered."""

    updates: int
    finish_before: date | None = None
    finish_after: date | None = None


class RhythmOut(Schema):
    """How the people of a project are asked, by the clock of the office; Monday is 0.

    ``asks_on`` and ``asks_from`` are day and hour that count: those of the office where the
    project has none of its own.
    """

    version: int
    by_mail: bool
    weekday: int | None
    hour: int | None
    asks_on: int
    asks_from: int
    at_once: bool


class OfficeRhythmOut(Schema):
    """When the projects of an organisation ask that say no other; Monday is 0."""

    version: int
    weekday: int
    hour: int


class OfficeRhythmPatch(In):
    weekday: Annotated[int, Field(strict=True, ge=0, le=6)] | None = None
    hour: Annotated[int, Field(strict=True, ge=0, le=23)] | None = None


class RhythmPatch(In):
    """A null day or hour is that of the office."""

    by_mail: Flag | None = None
    weekday: Annotated[int, Field(strict=True, ge=0, le=6)] | None = None
    hour: Annotated[int, Field(strict=True, ge=0, le=23)] | None = None
    at_once: Flag | None = None


class AskPeople(In):
    """Who is mailed."""

    person_ids: Annotated[list[Id], Field(min_length=1, max_length=200)]


class MailsOut(Schema):
    """How many mails go out."""

    mails: int


class LinksOf(In):
    """Whose links are ended."""

    person_id: Id


class LinksEnded(Schema):
    """How many links opened something and do no more."""

    links: int


WeekTaskOut.model_rebuild()
