# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of the ledger."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.delivery.finance.models.kinds import CODE_LENGTH, NAME_LENGTH, REASON_LENGTH
from pilothouse.faces.api.schemas import Day, Flag, Id, In

MOST_ROWS = 5_000
Short = Annotated[str, Field(max_length=CODE_LENGTH)]
Needed = Annotated[str, Field(min_length=1, max_length=CODE_LENGTH)]
Long = Annotated[str, Field(max_length=NAME_LENGTH)]
Amount = Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
Why = Annotated[str, Field(min_length=1, max_length=REASON_LENGTH)]
CategoryName = Literal[
    "labour_internal",
    "labour_external",
    "hardware",
    "software",
    "services",
    "travel",
    "other",
]
NatureName = Literal["capex", "opex"]
CurrencyName = Annotated[str, Field(min_length=3, max_length=3)]


class LedgerRow(In):
    """One line of a document; its key is source system, document and line."""

    source_system: Needed
    document_no: Needed
    line_no: Needed
    posting_date: Day
    account: Needed
    project_code: Short
    amount: Amount
    currency: CurrencyName
    period: Short = ""
    cost_centre: Short = ""
    wbs_code: Short = ""
    supplier: Long = ""
    po_no: Short = ""
    text: Long = ""
    nature: Literal["", "capex", "opex"] = ""
    reverses: Annotated[
        str,
        Field(
            max_length=2 * CODE_LENGTH + 1,
            description="Document and line of the row that is turned back: 4711/2.",
        ),
    ] = ""


class LedgerPosting(In):
    """Rows that are posted as one batch, all or none."""

    name: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
    key: Annotated[
        str,
        Field(
            max_length=NAME_LENGTH,
            description="The same key with the same rows gives the batch that was posted; with "
            "other rows it is refused. It never expires.",
        ),
    ] = ""
    rows: Annotated[list[LedgerRow], Field(min_length=1, max_length=MOST_ROWS)]
    control_totals: Annotated[
        dict[CurrencyName, Amount],
        Field(max_length=50, description="What the rows must come to, by currency."),
    ] = Field(default_factory=dict)


class ControlPart(Schema):
    rows: int
    amount: Decimal


class ControlTotal(Schema):
    """imported = mapped + suspense + held + skipped, in rows and in amount."""

    currency: str
    imported: ControlPart
    mapped: ControlPart
    suspense: ControlPart
    held: ControlPart
    skipped: ControlPart


class LedgerBatchOut(Schema):
    id: int
    version: int
    office_id: int
    number: int
    name: str
    state: str
    key: str | None
    totals: list[ControlTotal]
    reason: str
    made_at: datetime


class LedgerPosted(LedgerBatchOut):
    again: bool
    warnings: dict[str, int]


class LedgerProblem(Schema):
    row: int
    field: str
    reason: str


class LedgerWaits(Schema):
    state: str
    reason: str
    rows: int


class LedgerEffect(Schema):
    """What posting would do; nothing was written."""

    totals: list[ControlTotal]
    waiting: list[LedgerWaits]
    warnings: dict[str, int]
    problems: list[LedgerProblem]
    problem_count: int


class ActualOut(Schema):
    id: int
    batch_id: int
    row: int
    state: str
    state_reason: str
    source_system: str
    document_no: str
    line_no: str
    posting_date: date
    period: str | None
    account: str
    cost_centre: str
    project_code: str
    project_id: int | None
    wbs: str
    category: str
    nature: str
    supplier: str
    po_no: str
    order_id: int | None
    text: str
    amount: Decimal
    currency: str
    rate: Decimal | None
    own_amount: Decimal | None
    constant_amount: Decimal | None
    own_currency: str | None
    reverses_id: int | None


class CostSumOut(Schema):
    key: str
    actual: Decimal
    constant: Decimal
    rows: int


class CostSums(Schema):
    """What the mapped rows of a project come to; ``constant`` at the budget rate."""

    currency: str
    by: str
    items: list[CostSumOut]
    actual: Decimal
    constant: Decimal


class LedgerWhich(In):
    """Rows by id, or all that wait of a code or an account; an account may end with a star."""

    row_ids: Annotated[list[Id], Field(max_length=1000)] = Field(default_factory=list)
    code: Short = ""
    account: Short = ""


class LedgerMap(LedgerWhich):
    project_id: Id | None = None
    wbs: Short = ""
    category: CategoryName | None = None
    nature: NatureName | None = None
    keep: Flag = Field(False, description="As a rule for the rows that come.")


class LedgerRelease(LedgerWhich):
    period_id: Id | None = Field(None, description="Left out: the period of the posting date.")
    reason: Why


class LedgerSettled(Schema):
    mapped: int
    waiting: dict[str, int]


class LedgerGroup(Schema):
    """Rows that wait for the same reason, of one code, account and currency."""

    reason: str
    code: str
    account: str
    currency: str
    amount: Decimal
    rows: int


class LedgerReason(In):
    reason: Why


class CorrectionNew(In):
    """How a row should stand; without a code of a project it is only turned back."""

    posting_date: Day
    project_code: Short = ""
    account: Short = ""
    wbs: Short = ""
    reason: Why


class CorrectionOut(Schema):
    id: int
    version: int
    office_id: int
    actual_id: int
    posting_date: date
    project_code: str
    account: str
    wbs: str
    reason: str
    state: str
    decision_reason: str
    batch_id: int | None


class ExtractLine(In):
    project_code: Short
    currency: CurrencyName
    amount: Amount


class ReconciliationNew(In):
    period_id: Id
    source: Annotated[str, Field(min_length=1, max_length=NAME_LENGTH)]
    lines: Annotated[list[ExtractLine], Field(min_length=1, max_length=MOST_ROWS)]


class ReconciliationLineOut(Schema):
    id: int
    project_code: str
    currency: str
    theirs: Decimal
    ours: Decimal
    waiting: Decimal
    difference: Decimal
    explanation: str


class ReconciliationRow(Schema):
    id: int
    version: int
    office_id: int
    period: str
    source: str
    state: str
    signed_by: str
    signed_at: datetime | None


class ReconciliationOut(ReconciliationRow):
    lines: list[ReconciliationLineOut]


class Explanation(In):
    line_id: Id
    text: Annotated[str, Field(max_length=REASON_LENGTH)]


class Explanations(In):
    lines: Annotated[list[Explanation], Field(min_length=1, max_length=1000)]
