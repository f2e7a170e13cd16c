# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of financial cases."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import In

Year = Annotated[int, Field(strict=True, ge=1950, le=2199)]
Cost = Annotated[Decimal, Field(ge=0, le=10**13, max_digits=18, decimal_places=4)]
Amount = Annotated[Decimal, Field(ge=-(10**13), le=10**13, max_digits=18, decimal_places=4)]
Reason = Annotated[str, Field(min_length=1, max_length=1000)]


class YearFlow(In):
    year: Year
    costs: Cost = Decimal(0)
    benefits: Amount = Decimal(0)


class YearBenefit(In):
    year: Year
    benefits: Amount


class CaseDraft(In):
    first_year: Year = Field(..., description="Period 0, whose flows are not discounted.")
    rate_pct: Annotated[Decimal, Field(ge=0, le=100, max_digits=6, decimal_places=3)]
    flows: Annotated[list[YearFlow], Field(min_length=1, max_length=60)]
    reason: Reason


class BenefitsExpected(In):
    benefits: Annotated[list[YearBenefit], Field(min_length=1, max_length=60)]
    reason: Reason


class CaseDecision(In):
    decision: Literal["approve", "reject"]
    reason: Annotated[str, Field(max_length=1000, description="Needed to reject.")] = ""


class CaseEnd(In):
    reason: Reason


class FlowOut(Schema):
    year: int
    costs: Decimal
    benefits: Decimal


class CaseOut(Schema):
    id: int
    version: int
    number: int
    state: str
    currency: str
    first_year: int
    rate_pct: Decimal
    reason: str
    decided_at: datetime | None
    decision_reason: str
    flows: list[FlowOut]


class CaseFigures(Schema):
    """Figures of an appraisal; null where one is not defined."""

    npv: Decimal
    irr: Decimal | None
    irr_state: str
    payback_years: Decimal | None
    discounted_payback_years: Decimal | None
    profitability_index: Decimal | None
    roi: Decimal | None
    total_costs: Decimal
    total_benefits: Decimal
    costs_from: str
    benefits_from: str
    flows: list[FlowOut]


class CaseWorth(Schema):
    """What a project was approved for, what it looks like now, and what going on is worth.

    Without R on actual ``latest`` and ``to_go`` are null.
    """

    approved: CaseFigures | None
    latest: CaseFigures | None
    to_go: CaseFigures | None
    cases: list[CaseOut]
