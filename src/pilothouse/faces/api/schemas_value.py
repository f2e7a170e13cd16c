# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of earned value, measures of work packages, and forecasts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import CurrencyCode, Flag, Id, In, PersonRef
from pilothouse.faces.api.schemas_finance import (
    Amount,
    CategoryName,
    NatureName,
    Percent,
    Remark,
    Wbs,
)

Quantity = Annotated[Decimal, Field(ge=0, le=10**12, decimal_places=3)]
PackageCode = Annotated[str, Field(max_length=100)]
MethodName = Literal[
    "percent_complete",
    "0/100",
    "50/50",
    "25/75",
    "weighted_milestones",
    "units_done",
    "loe",
    "apportioned",
    "points",
]
ContourName = Literal["even", "front", "back", "bell", "tasks"]


class FigureInputOut(Schema):
    symbol: str
    value: Decimal | None


class FigureOut(Schema):
    """A figure with all that explains it; ``note`` says why it has no value."""

    key: str
    symbol: str
    label: str
    value: Decimal | None
    unit: str
    formula: str
    inputs: list[FigureInputOut]
    note: str


class PointOut(Schema):
    """Cumulative figures at the end of a period; without R on actual there is no cost."""

    period: str
    first: date
    last: date
    planned: Decimal
    earned: Decimal | None
    spent: Decimal | None


class EarnedValueOut(Schema):
    """Earned value of a project; ``status_date`` is null where it cannot be had."""

    project_id: int
    status_date: date | None
    currency: str
    source: str
    budget_number: int | None
    baseline_number: int | None
    plan_version: int | None
    rates: str
    figures: list[FigureOut]
    points: list[PointOut]
    warnings: list[str]
    notices: list[str]


class WorkPackageOut(Schema):
    wbs: str
    name: str
    method: str
    contour: str
    start: date | None
    finish: date | None
    budget: Decimal
    planned: Decimal
    earned: Decimal
    spent: Decimal | None
    percent: Decimal
    reason: str
    notice: str


class MilestoneFields(In):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    weight: Annotated[Decimal, Field(gt=0, le=1_000_000)]
    done: Flag = False


class MeasureFields(In):
    """Only what is sent is changed; ``percent`` of null follows the tasks."""

    method: MethodName = "percent_complete"
    contour: ContourName = "even"
    percent: Percent | None = None
    accepted: Flag = False
    milestones: Annotated[list[MilestoneFields], Field(max_length=50)] = []
    units: Quantity = Decimal(0)
    units_done: Quantity = Decimal(0)
    unit: Annotated[str, Field(max_length=40)] = ""
    follows: PackageCode = ""
    release_id: Id | None = None
    reason: Annotated[str, Field(max_length=300)] = ""


class MeasureNew(MeasureFields):
    wbs: PackageCode = ""


class MilestoneOut(Schema):
    name: str
    weight: Decimal
    done: bool


class MeasureOut(Schema):
    id: int
    version: int
    project_id: int
    wbs: str
    method: str
    contour: str
    percent: Decimal | None
    accepted: bool
    milestones: list[MilestoneOut]
    units: Decimal
    units_done: Decimal
    unit: str
    follows: str
    release_id: int | None


class ProjectShareOut(Schema):
    project_id: int
    code: str
    name: str
    status_date: date
    budget: Decimal
    planned: Decimal
    earned: Decimal
    spent: Decimal | None


class LeftOutOut(Schema):
    code: str
    reason: str


class PlaceValueOut(Schema):
    """Sums of the active projects whose budget may be seen; indices come from the sums."""

    currency: str
    figures: list[FigureOut]
    months: list[PointOut]
    projects: list[ProjectShareOut]
    warnings: list[str]
    without: list[str]
    left_out: list[LeftOutOut]
    oldest: date | None


class ForecastNew(In):
    reason: Remark = ""


class ForecastCell(In):
    """What one part of the work is still to cost in one period; 0 takes the line away."""

    wbs: Wbs = ""
    category: CategoryName
    nature: NatureName
    period_id: Id
    amount: Amount
    currency: CurrencyCode | None = None
    text: Annotated[str, Field(max_length=200)] = ""


class ForecastCells(In):
    cells: Annotated[list[ForecastCell], Field(min_length=1, max_length=5000)]


class VarianceReasonFields(In):
    wbs: Wbs = ""
    category: CategoryName
    nature: NatureName
    reason: Remark = ""


class VarianceReasons(In):
    reasons: Annotated[list[VarianceReasonFields], Field(min_length=1, max_length=1000)]


class ForecastLineOut(Schema):
    wbs: str
    category: str
    nature: str
    text: str
    period_id: int
    currency: str
    amount: Decimal
    own_amount: Decimal


class ForecastOut(Schema):
    """One version; ``eac`` is as submitted, null in a draft.

    Without R on actual ``eac`` is null and ``warning`` empty, for cost would follow from them.
    """

    id: int
    version: int
    project_id: int
    number: int
    state: str
    reason: str
    currency: str
    as_of: date | None
    eac: Decimal | None
    warning: str
    submitted_by: PersonRef | None
    submitted_at: datetime | None
    approved_by: PersonRef | None
    approved_at: datetime | None


class PartOut(Schema):
    """A part of the work; ``asks`` where its variance needs a reason that is not there."""

    wbs: str
    category: str
    nature: str
    budget: Decimal
    spent: Decimal | None
    ordered: Decimal | None
    to_complete: Decimal
    eac: Decimal | None
    variance: Decimal | None
    reason: str
    asks: bool


class ForecastSheetOut(ForecastOut):
    """A version with its lines; without R on actual cost, orders, EAC and variance are null."""

    cost: Decimal | None
    ordered: Decimal | None
    to_complete: Decimal
    eac_now: Decimal | None
    budget: Decimal | None
    bac: Decimal | None
    parts: list[PartOut]
    lines: list[ForecastLineOut]
