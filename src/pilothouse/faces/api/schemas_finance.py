# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of the tables of the finance desk."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import CurrencyCode, Day, Flag, Id, In, PersonRef, Ref

Amount = Annotated[Decimal, Field(ge=-(10**13), le=10**13, max_digits=17, decimal_places=4)]
Rate = Annotated[Decimal, Field(max_digits=20, decimal_places=10)]
Percent = Annotated[Decimal, Field(ge=0, le=100, decimal_places=2)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
Wbs = Annotated[str, Field(max_length=40)]
Label = Annotated[str, Field(min_length=1, max_length=200)]
Remark = Annotated[str, Field(max_length=1000)]
RateKind = Literal["budget", "actual", "closing"]
CostKind = Literal["standard", "overtime", "external"]
CategoryName = Literal[
    "labour_internal", "labour_external", "hardware", "software", "services", "travel", "other"
]
NatureName = Literal["capex", "opex"]


class WithReason(In):
    reason: Remark = ""


class FiscalYearNew(In):
    year: Annotated[int, Field(strict=True, ge=1, le=9999, description="The year it ends in.")]


class FiscalPeriodOut(Schema):
    id: int
    version: int
    office_id: int
    year: int
    number: int
    name: str
    first: date
    last: date
    state: str
    closed_at: datetime | None


class FiscalYearOut(Schema):
    year: int
    periods: list[FiscalPeriodOut]


class AccruedOut(Schema):
    """A line of an order of which more came than was invoiced."""

    order: str
    position: int
    project_id: int
    received: Decimal
    invoiced: Decimal
    amount: Decimal
    currency: str
    own_amount: Decimal


class ClosingOut(Schema):
    """What closing a period does, or would do, and what stands in its way."""

    period: FiscalPeriodOut
    accruals: list[AccruedOut]
    proposed: int
    suspense: int
    held: int
    problems: list[str]


class FinancePolicyFields(In):
    """Only what is sent is changed."""

    funding_check: Literal["block", "warn"] | None = None
    pm_contingency_pct: Percent | None = None
    year_begins: Annotated[int, Field(strict=True, ge=1, le=12)] | None = None
    actual_rate: Literal["day", "month"] | None = None
    variance_pct: Annotated[Decimal, Field(ge=0, le=9999, decimal_places=2)] | None = None
    variance_amount: Annotated[Decimal, Field(ge=0, le=10**13, decimal_places=4)] | None = None


class FinancePolicyOut(Schema):
    version: int
    office_id: int
    funding_check: str
    pm_contingency_pct: Decimal
    year_begins: int
    actual_rate: str
    variance_pct: Decimal
    variance_amount: Decimal


class ExchangeRateNew(In):
    kind: RateKind
    from_currency: CurrencyCode
    to_currency: CurrencyCode
    rate: Rate
    valid_from: Day
    valid_to: Day | None = None
    source: Annotated[str, Field(max_length=200)] = ""


class ExchangeRatesNew(In):
    """A table of rates; without ``commit`` it is only checked."""

    rates: Annotated[list[ExchangeRateNew], Field(min_length=1, max_length=5000)]
    commit: Flag = False


class ExchangeRateOut(Schema):
    id: int
    version: int
    kind: str
    from_currency: str
    to_currency: str
    rate: Decimal
    valid_from: date
    valid_to: date | None
    source: str
    voided: bool
    void_reason: str


class RateLineOut(Schema):
    """A line of the table, counted from 1, and why it cannot be taken."""

    line: int
    reason: str


class ExchangeRatesOut(Schema):
    added: int
    same: int
    wrong: list[RateLineOut]
    committed: bool


class CostRateNew(In):
    """Of a person or of a role."""

    person_id: Id | None = None
    role: Annotated[str, Field(max_length=200)] = ""
    kind: CostKind = "standard"
    amount: Amount
    currency: CurrencyCode
    valid_from: Day
    valid_to: Day | None = None


class CostRateEnd(In):
    valid_to: Day | None = Field(None, description="Null: without an end.")


class CostRateOut(Schema):
    id: int
    version: int
    person: PersonRef | None
    role: str
    kind: str
    amount: Decimal
    currency: str
    valid_from: date
    valid_to: date | None
    voided: bool
    void_reason: str


class AccountRuleNew(In):
    account: Code
    category: CategoryName
    nature: NatureName


class AccountRuleFields(In):
    """Only what is sent is changed."""

    account: Code | None = None
    category: CategoryName | None = None
    nature: NatureName | None = None


class AccountRuleOut(Schema):
    id: int
    version: int
    account: str
    category: str
    nature: str
    voided: bool


class CodeRuleNew(In):
    code: Code
    project_id: Id
    wbs: Wbs = ""


class CodeRuleFields(In):
    """Only what is sent is changed."""

    code: Code | None = None
    project_id: Id | None = None
    wbs: Wbs | None = None


class CodeRuleOut(Schema):
    id: int
    version: int
    code: str
    project: Ref
    wbs: str
    voided: bool
