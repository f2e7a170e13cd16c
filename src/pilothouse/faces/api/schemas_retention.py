# SPDX-License-Identifier: Apache-2.0
"""What goes in and out about rules of retention and legal holds."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import Id, In, PersonRef

Why = Annotated[str, Field(min_length=1, max_length=300)]


class OutlookOut(Schema):
    """What would go if the rule were applied today: rows from before ``before``."""

    before: date
    goes: int
    held: int


class RetentionRuleOut(Schema):
    """``keep_months`` null is for ever, and then nothing would go."""

    office_id: int
    data: str
    label: str
    version: int
    keep_months: int | None
    least_months: int
    goes: str
    stays: str
    next: OutlookOut | None


class RetentionRuleIn(In):
    keep_months: Annotated[int, Field(ge=1, le=1200)] | None
    reason: Why


class LegalHoldOut(Schema):
    """``label`` is empty where your roles do not show the object."""

    id: int
    version: int
    office_id: int
    scope_type: str
    scope_id: int
    label: str
    reason: str
    placed_by: PersonRef | None
    placed_at: datetime
    released_by: PersonRef | None
    released_at: datetime | None
    release_reason: str


class LegalHoldIn(In):
    scope_type: Literal["office", "portfolio", "programme", "project"]
    scope_id: Id
    reason: Why


class LegalHoldRelease(In):
    reason: Why
