# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of dependencies between projects."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import Day, In

Uid = Annotated[int, Field(ge=1, le=2_147_483_647)]
Words = Annotated[str, Field(max_length=2000)]


class DependencyPropose(In):
    """``gives`` says whether the project of the address delivers, or else waits."""

    gives: bool
    other_project_id: int
    giver_uid: Annotated[Uid, Field(description="The task that makes it, in the giver's plan.")]
    receiver_uid: Annotated[
        Uid | None, Field(description="The task that waits, in the receiver's plan.")
    ] = None
    deliverable: Annotated[str, Field(min_length=1, max_length=200)]
    need_date: Day | None = Field(None, description="Start of the task that waits, if left out.")
    promised_date: Day | None = Field(
        None, description="Finish of the task that makes it, if left out."
    )
    note: Words = ""


class DependencyDates(In):
    need_date: Day | None = None
    promised_date: Day | None = None
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class DependencyStep(In):
    step: Literal["agree", "start", "deliver", "accept", "dispute", "cancel"]
    reason: Annotated[str, Field(max_length=2000, description="Needed to dispute or cancel.")] = ""


class DependencyDrive(In):
    drive: Annotated[
        Literal["nothing", "promise", "plan"],
        Field(
            description="`promise`: the promised date (frozen); `plan`: the plan of the giver, as "
            "it lies (live); `nothing`: it is only watched."
        ),
    ]


class DependencyEnd(Schema):
    """One end; of a project that is not in sight its code, or nothing where it is confidential."""

    seen: bool
    project_id: int | None
    code: str
    task_uid: int | None
    task: str
    agreed_by: str
    agreed_at: datetime | None


class DependencyDatesOut(Schema):
    """The dates as somebody put them."""

    at: datetime
    by: str
    need_date: date
    promised_date: date
    reason: str


class DependencyOut(Schema):
    """A dependency: ``slack_days`` are working days from the forecast to the need.

    ``held_until`` is what the plan that waits was told last, by its own clock; ``not_driven`` why
    it could not be told. From ``arbitrate_from`` on, dates without an answer are settled above.
    """

    id: int
    deliverable: str
    note: str
    state: str
    state_reason: str
    giver: DependencyEnd
    receiver: DependencyEnd
    need_date: date
    promised_date: date
    forecast_date: date | None
    slack_days: int | None
    colour: Literal["green", "amber", "red", ""]
    drive: str
    held_until: datetime | None
    not_driven: str
    arbitrate_from: date | None
    steps: list[str]
    waits_for_you: bool


class DependencyFull(DependencyOut):
    """One dependency with the history of its dates; its days are those of ``time_zone``."""

    time_zone: str
    promises: list[DependencyDatesOut]
