# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of budgets, draws on their reserves and funding."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import CurrencyCode, Day, Flag, Id, In, PersonRef
from pilothouse.faces.api.schemas_finance import CategoryName, Label, NatureName, Remark, Wbs

Sum = Annotated[Decimal, Field(ge=0, le=10**13, max_digits=17, decimal_places=4)]
Asked = Annotated[Decimal, Field(gt=0, le=10**13, max_digits=17, decimal_places=4)]
Why = Annotated[str, Field(min_length=1, max_length=1000)]
Number = Annotated[int, Field(ge=1, le=1_000_000)]


class BudgetNew(In):
    start: Literal["copy", "empty"] = "copy"
    name: Annotated[str, Field(max_length=200)] = ""
    reason: Remark = ""


class BudgetFields(In):
    """Only what is sent is changed."""

    name: Annotated[str, Field(max_length=200)] | None = None
    reason: Remark | None = None
    undistributed: Sum | None = None
    contingency: Sum | None = None
    management_reserve: Sum | None = None


class TotalsOut(Schema):
    """BAC = distributed + undistributed + drawn; total = BAC + both reserves that are left."""

    distributed: Decimal
    undistributed: Decimal
    drawn: Decimal
    bac: Decimal
    contingency: Decimal
    contingency_left: Decimal
    management_reserve: Decimal
    management_reserve_left: Decimal
    total: Decimal


class BudgetOut(Schema):
    id: int
    version: int
    project_id: int
    number: int
    name: str
    reason: str
    state: str
    currency: str
    follows: int | None
    totals: TotalsOut
    submitted_by: PersonRef | None
    submitted_at: datetime | None
    endorsed_by: PersonRef | None
    endorsed_at: datetime | None
    approved_by: PersonRef | None
    approved_at: datetime | None
    returned_reason: str
    warning: str


class SpreadOut(Schema):
    category: str
    capex: Decimal
    opex: Decimal


class BudgetWhole(BudgetOut):
    """A version with what it is for, and what should be known before it is decided on."""

    spread: list[SpreadOut]
    notes: list[str]


class LineKey(In):
    """What names a row; without a currency that of the project."""

    wbs: Wbs = ""
    category: CategoryName
    nature: NatureName
    currency: CurrencyCode | None = None
    text: Annotated[str, Field(max_length=200)] = ""


class CellIn(In):
    period_id: Id
    amount: Sum


class LineIn(LineKey):
    """A row and its cells that are replaced; an amount of 0 takes the line away."""

    cells: Annotated[list[CellIn], Field(max_length=600)] = []
    remove: Flag = False


class LinesIn(In):
    """Exactly the named cells are replaced; ``whole`` removes all others."""

    rows: Annotated[list[LineIn], Field(min_length=1, max_length=5000)]
    whole: Flag = False


class CellOut(Schema):
    period_id: int
    amount: Decimal
    own_amount: Decimal


class LineOut(Schema):
    """A row; ``draw_id`` names the approved draw that it is."""

    wbs: str
    category: str
    nature: str
    currency: str
    text: str
    draw_id: int | None
    cells: list[CellOut]
    own_total: Decimal


class LinesSet(BudgetOut):
    cells_changed: int


class ReclassifyIn(LineKey):
    """The row as it is; it goes under the other nature."""

    reason: Why


class NoteIn(In):
    note: Remark = ""


class BesideOut(Schema):
    wbs: str
    category: str
    nature: str
    currency: str
    text: str
    one: Decimal
    other: Decimal
    difference: Decimal


class ComparisonOut(Schema):
    one: BudgetOut
    other: BudgetOut
    rows: list[BesideOut]
    same: int


class DrawNew(In):
    reserve: Literal["contingency", "management_reserve"]
    amount: Asked
    cites: Literal["risk", "issue"]
    cited: Annotated[str, Field(min_length=1, max_length=40)]
    reason: Why
    wbs: Wbs = ""
    category: CategoryName
    nature: NatureName
    period_id: Id


class DrawOut(Schema):
    id: int
    version: int
    project_id: int
    budget_id: int
    number: int
    reserve: str
    amount: Decimal
    cites: str
    cited: str
    reason: str
    wbs: str
    category: str
    nature: str
    period_id: int
    state: str
    decided_by: PersonRef | None
    decided_at: datetime | None
    own_limit: bool
    decision_reason: str


class AvailableOut(Schema):
    """Released − actuals − accruals − received − commitments = available.

    Without R on actual all but ``released`` is null.
    """

    released: Decimal
    actuals: Decimal | None
    accruals: Decimal | None
    received: Decimal | None
    commitments: Decimal | None
    available: Decimal | None


class ReleaseNew(In):
    gate: Label
    amount: Asked
    first: Day
    last: Day
    reason: Remark = ""


class ReleaseOut(Schema):
    """Without R on actual ``used``, ``unused`` and ``lapsed`` are null."""

    id: int
    version: int
    project_id: int
    number: int
    gate: str
    amount: Decimal
    first: date
    last: date
    reason: str
    state: str
    used: Decimal | None
    unused: Decimal | None
    lapsed: Decimal | None
    carried_to_id: int | None
    lasts_until: date


class FundingOut(Schema):
    project_id: int
    currency: str
    available: AvailableOut
    releases: list[ReleaseOut]


class CarryIn(In):
    to_id: Id
    reason: Why
