# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of the templates of plans."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import Day, In

Uid = Annotated[int, Field(ge=0, le=2**31 - 1)]
Name = Annotated[str, Field(min_length=1, max_length=120)]
Words = Annotated[str, Field(max_length=2000)]
Kind = Annotated[str, Field(max_length=80)]


class TemplateRole(In):
    """A resource of the plan, and how its role is called in the template."""

    uid: Uid
    name: Annotated[str, Field(min_length=1, max_length=200)]


class TemplateKeep(In):
    """``root`` is the row whose branch is kept; without it the whole plan is."""

    name: Name
    kind: Kind = ""
    purpose: Words = ""
    root: Uid | None = None
    roles: Annotated[list[TemplateRole], Field(max_length=500)] = []


class TemplateChange(In):
    name: Name
    kind: Kind = ""
    purpose: Words = ""
    retired: bool = False


class RoleFilled(In):
    """A role of the template, and who fills it."""

    uid: Uid
    person_id: Annotated[int, Field(ge=1, le=2**31 - 1)]


class TemplateUse(In):
    """Where there is a plan, the rows go below the row ``after``, else at the top."""

    start: Day
    after: Uid | None = None
    people: Annotated[list[RoleFilled], Field(max_length=500)] = []


class TemplateOut(Schema):
    """A version of a template; its length is in working days."""

    id: int
    name: str
    number: int
    kind: str
    purpose: str
    retired: bool
    source: str
    tasks: int
    roles: int
    length_days: Decimal
    created_at: datetime


class TemplateRowOut(Schema):
    """A row; days count from the start of the template."""

    number: int
    name: str
    level: int
    summary: bool
    milestone: bool
    duration_days: Decimal
    waits_for: str
    roles: str
    offset_days: Decimal | None
    deadline_days: Decimal | None


class RoleOut(Schema):
    uid: int
    name: str


class TemplateWholeOut(TemplateOut):
    rows: list[TemplateRowOut]
    role_names: list[RoleOut]


class TemplateUsedOut(Schema):
    """The plan as it is now, and the uids of the rows that came."""

    plan_version: int
    added: list[int]
