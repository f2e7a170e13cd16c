# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of levelling, crashing and fast-tracking."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import In

Version = Annotated[int, Field(ge=0, le=2**31 - 1)]
Uid = Annotated[int, Field(ge=0, le=2**31 - 1)]


class LevelAccept(In):
    """The terms of the proposal, and the version of the plan that it was made for."""

    plan_version: Version
    within_float: bool = False
    keep_dates: bool = True


class LevelClear(In):
    plan_version: Version


class DelayOut(Schema):
    """A task that would move; ``delay_days`` are calendar days after where its links lead."""

    uid: int
    name: str
    start_before: datetime
    start: datetime
    finish_before: datetime
    finish: datetime
    delay_days: Decimal
    unresolved: bool


class LevellingOut(Schema):
    """A proposal; no levelling ends before ``bound``, ``best`` says that it is reached."""

    plan_version: int
    finish_before: date
    finish: date
    later_days: Decimal | None
    overloads_before: int
    overloads: int
    missed_deadlines: int
    bound: date | None
    best: bool
    delays: list[DelayOut]
    held: int


class SlopeIn(In):
    """What a day less of a task costs, and how many days it can be shortened by."""

    uid: Uid
    cost_per_day: Annotated[Decimal, Field(ge=0, le=10**10, decimal_places=2)]
    most_days: Annotated[Decimal, Field(ge=0, le=9999, decimal_places=1)]


class CrashAsk(In):
    gain_days: Annotated[Decimal, Field(gt=0, le=9999, decimal_places=1)]
    slopes: Annotated[list[SlopeIn], Field(max_length=5_000)]


class CrashAccept(CrashAsk):
    plan_version: Version


class CrashLineOut(Schema):
    uid: int
    name: str
    less_days: Decimal
    cost: Decimal


class CrashOut(Schema):
    """The cheapest days; ``whole`` says that all that was asked for can be gained."""

    plan_version: int
    gain_days: Decimal | None
    cost: Decimal
    finish_before: date | None
    finish: date | None
    whole: bool
    tasks: list[CrashLineOut]


class OverlapsAccept(In):
    """``ways`` are keys of ``list_overlaps`` for the same share."""

    plan_version: Version
    share: Annotated[int, Field(ge=1, le=99)]
    ways: Annotated[list[Annotated[str, Field(max_length=40)]], Field(min_length=1, max_length=100)]


class WayOut(Schema):
    """One way to let two tasks overlap, and what it gains by itself."""

    key: str
    before: str
    after: str
    was: str
    becomes: str
    finish: date
    gain_days: Decimal


class WaysOut(Schema):
    plan_version: int
    ways: list[WayOut]
