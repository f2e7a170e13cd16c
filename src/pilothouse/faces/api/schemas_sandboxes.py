# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of the sandboxes of a plan."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import In, PersonRef

Name = Annotated[str, Field(min_length=1, max_length=120)]
Words = Annotated[str, Field(max_length=2000)]
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
ClashKey = Annotated[str, Field(min_length=1, max_length=100)]


class SandboxMake(In):
    """What is copied is the plan as it stands."""

    name: Name
    purpose: Words = ""


class SandboxChange(In):
    name: Name
    purpose: Words = ""


class SandboxRebase(In):
    """``plan_version`` and ``aside_version`` are those of ``adoption`` that were looked at.

    ``decisions`` say whose value holds in a clash, by its key, and ``others`` in all other ones.
    """

    plan_version: Version
    aside_version: Version
    decisions: Annotated[dict[ClashKey, Literal["live", "sandbox"]], Field(max_length=20_000)] = {}
    others: Literal["live", "sandbox"] = "sandbox"


class SandboxAdopt(In):
    """As for rebasing; every clash is to be decided, ``later`` leaves it in the sandbox.

    ``others`` decide those that ``decisions`` do not name.
    """

    plan_version: Version
    aside_version: Version
    reason: Annotated[str, Field(min_length=1, max_length=2000)]
    decisions: Annotated[
        dict[ClashKey, Literal["live", "sandbox", "later"]], Field(max_length=20_000)
    ] = {}
    others: Literal["live", "sandbox", "later"] | None = None


class SandboxDiscard(In):
    reason: Words = ""


class SandboxOut(Schema):
    """A copy of the plan aside; ``base_version`` is the version that it was copied from."""

    id: int
    name: str
    purpose: str
    state: str
    base_version: int
    created_by: PersonRef | None
    created_at: datetime
    closed_at: datetime | None
    reason: str
    adopted_version: int | None


class ChangedOut(Schema):
    """A value that differs, in words."""

    uid: int
    task: str
    what: str
    before: str
    after: str


class ClashOut(Schema):
    """A value that plan and sandbox both changed: what it was, and what each made of it."""

    key: str
    task: str
    what: str
    base: str
    live: str
    ours: str


class CutOut(Schema):
    """A task that the sandbox drops, and what hangs on it, each in words."""

    uid: int
    task: str
    hangs: list[str]


class AdoptionOut(Schema):
    """What adopting would change; ``meanwhile`` is what happened to the plan since the copy.

    ``cut`` are the tasks that go. ``refused`` says why no plan can be made of both as they are;
    empty where one can.
    """

    plan_version: int
    aside_version: int
    own: list[ChangedOut]
    meanwhile: list[ChangedOut]
    clashes: list[ClashOut]
    cut: list[CutOut]
    refused: str


class SideOut(Schema):
    """One side of a comparison; ``cost`` is null for whom the budget is not open."""

    sandbox_id: int | None
    plan_version: int
    finish: date | None
    work_hours: Decimal | None
    cost: Decimal | None
    float_days: Decimal | None
    critical: int
    tasks: int


class LoadOut(Schema):
    """The most that is asked of a resource at any time, and on how many days that is too much."""

    peak: Decimal
    capacity: Decimal
    days: int
    first: date | None


class LoadLineOut(Schema):
    name: str
    left: LoadOut | None
    right: LoadOut | None


class DifferingOut(Schema):
    """A task that differs; variances are right − left, in working days and hours."""

    uid: int
    name: str
    kind: str
    left_start: datetime | None
    left_finish: datetime | None
    right_start: datetime | None
    right_finish: datetime | None
    finish_days: Decimal | None
    duration_days: Decimal | None
    work_hours: Decimal | None
    cost: Decimal | None


class SandboxComparisonOut(Schema):
    left: SideOut
    right: SideOut
    finish_days: Decimal | None
    work_hours: Decimal | None
    cost: Decimal | None
    loads: list[LoadLineOut]
    tasks: list[DifferingOut]
