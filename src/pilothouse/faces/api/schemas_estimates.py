# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of estimates."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import In

Amount = Annotated[Decimal, Field(ge=0, le=10**12, max_digits=17, decimal_places=4)]
Factor = Annotated[Decimal, Field(gt=0, le=100)]
Note = Annotated[str, Field(min_length=1, max_length=300)]


class EstimateInputs(In):
    """What the method asks for; what it does not ask for is left out."""

    least: Amount | None = None
    likely: Amount | None = None
    most: Amount | None = None
    quantity: Amount | None = None
    rate: Amount | None = None
    factors: Annotated[list[Factor], Field(max_length=10)] | None = None
    source: Note | None = None
    reference: Note | None = None
    actual: Amount | None = None
    reference_size: Amount | None = None
    size: Amount | None = None
    similarity: Literal["close", "fair", "loose"] | None = None
    base: Amount | None = None
    confidence: Literal["50", "80", "90"] | None = None


class EstimateNew(In):
    task_uid: Annotated[int, Field(strict=True, ge=1, le=2_147_483_647)] | None = Field(
        None, description="A task of the plan; left out, the whole project."
    )
    unit: Literal["days", "hours", "cost"] = "days"
    method: Literal["three_point", "triangular", "parametric", "analogous", "reference_class"]
    accuracy: Literal["rough", "budget", "definitive"] = "budget"
    inputs: EstimateInputs
    basis: Annotated[str, Field(min_length=1, max_length=2000)]
    project_type: Annotated[
        str, Field(max_length=80, description="Of a reference class; empty is all of the office.")
    ] = ""


class EstimateOut(Schema):
    id: int
    version: int
    project_id: int
    task_uid: int | None
    task: str
    unit: str
    method: str
    accuracy: str
    value: Decimal
    sd: Decimal | None
    low: Decimal
    high: Decimal
    calculation: str
    basis: str
    author: str
    made_on: date
    state: str
    accepted_on: date | None
    accepted_by: str


class EstimateAccepted(EstimateOut):
    """The estimate, and what it moved in the plan."""

    tasks_moved: int
    finish_before: date | None
    finish_after: date | None


class EstimateSum(Schema):
    """Tasks one after the other, in working days; ``kept_pct``: chance of what is planned."""

    task_uids: list[int]
    mean: Decimal | None
    sd: Decimal | None
    p80: Decimal | None
    p90: Decimal | None
    planned: Decimal | None
    kept_pct: Decimal | None
    unestimated: int


class MethodFigures(Schema):
    method: str
    count: int
    median: Decimal
    worst: Decimal
    within_pct: Decimal


class ClassFigures(Schema):
    """A reference class; null where it has fewer than ten members."""

    name: str
    count: int
    p50: Decimal | None
    p80: Decimal | None


class EstimateAccuracy(Schema):
    """Ratios of actual to estimate; ``mine`` are those of whoever asks."""

    methods: list[MethodFigures]
    mine: list[MethodFigures]
    classes: list[ClassFigures]
