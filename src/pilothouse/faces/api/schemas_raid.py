# SPDX-License-Identifier: Apache-2.0
"""What goes in and out of the registers of risks, issues, assumptions, decisions and actions."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from ninja import Schema
from pydantic import Field

from pilothouse.faces.api.schemas import Day, Flag, Id, In, Money, Name, PersonRef, Ref, Text

KindName = Literal["risk", "issue", "assumption", "decision", "action"]
Label = Annotated[str, Field(max_length=300)]
Step5 = Annotated[int, Field(ge=1, le=5)]
Step4 = Annotated[int, Field(ge=1, le=4)]
Uid = Annotated[int, Field(ge=1, le=2_147_483_647)]
Days = Annotated[Decimal, Field(ge=0, max_digits=7, decimal_places=1)]
Cost = Annotated[Money, Field(ge=0)]


class EntryChange(In):
    """What an entry says; each kind has its own part of these fields, others are refused."""

    title: Name | None = None
    description: Text | None = None
    owner_id: Id | None = None
    due: Day | None = Field(None, description="Of a risk the day of its next review.")
    tags: Label | None = Field(None, description="Set apart by commas.")
    confidential: Flag | None = None
    workstream_id: Id | None = None
    actionee_id: Id | None = Field(None, description="Who carries the response to a risk out.")
    nature: Literal["threat", "opportunity"] | None = None
    cause: Text | None = None
    effect: Text | None = None
    category: Label | None = None
    near_from: Day | None = None
    near_until: Day | None = None
    strategy: Annotated[str, Field(max_length=14)] | None = None
    trigger: Text | None = None
    fallback: Text | None = None
    priority: Step4 | None = None
    type: Annotated[str, Field(max_length=18)] | None = None
    severity: Step4 | None = None
    impact: Text | None = None
    impact_if_false: Text | None = None
    options: Annotated[list[Name], Field(max_length=50)] | None = None
    reversible: Flag | None = None
    supersedes_id: Id | None = None
    cost: Cost | None = None
    tasks: Annotated[list[Uid], Field(max_length=50)] | None = None
    reason: Text = ""


class EntryNew(EntryChange):
    """One place, and either a ``line`` as the pages take it, or at least a title."""

    kind: KindName
    project_id: Id | None = None
    programme_id: Id | None = None
    portfolio_id: Id | None = None
    line: Annotated[
        str,
        Field(max_length=500, description="Such as `Crane late !4x5 @piet #supplier due +10d`."),
    ] = ""


class RatingIn(In):
    """How likely and how grave a risk is, from one aspect; open steps follow from amounts."""

    probability: Step5 | None = None
    cost: Step5 | None = None
    time: Step5 | None = None
    scope: Step5 | None = None
    benefit: Step5 | None = None
    reputation: Step5 | None = None
    chance_pct: Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)] | None = (
        None
    )
    shape: Literal["triangular", "pert", "uniform"] = "triangular"
    cost_low: Cost | None = None
    cost_likely: Cost | None = None
    cost_high: Cost | None = None
    days_low: Days | None = None
    days_likely: Days | None = None
    days_high: Days | None = None
    reason: Text = ""


class StepIn(In):
    step: Annotated[str, Field(max_length=12)]
    reason: Text = ""
    closed_as: Literal["", "expired", "avoided", "gone"] = ""
    duplicate_of_id: Id | None = None
    becomes: Literal["", "risk", "issue"] = ""
    answer: Label = ""
    rationale: Text = ""
    decided_by: Annotated[str, Field(max_length=200)] = ""
    decided_on: Day | None = None


class ResponseIn(In):
    title: Name
    owner_id: Id
    due: Day
    cost: Cost | None = None


class NoteIn(In):
    text: Annotated[Text, Field(min_length=1)]


class LinkIn(In):
    kind: Literal["relates", "leads", "response"]
    other_id: Id


class WhyIn(In):
    reason: Text


class AnswerIn(In):
    state: Literal["accepted", "rejected", "lifted"]
    reason: Text = ""


class EntryOut(Schema):
    """A line of a register; of a confidential one its number and place alone.

    ``overdue_days`` counts from its day once a working day has gone by; ``clock`` is the promise
    of an issue that is due next.
    """

    id: int
    kind: str
    code: str
    place: Ref
    level: str
    confidential: bool
    opened: bool
    title: str
    state: str
    is_open: bool
    owner: PersonRef | None
    due: date | None
    due_first: date | None
    due_moves: int
    overdue_days: int
    age_days: int
    tags: list[str]
    category: str
    probability: int | None
    impact: int | None
    score: int | None
    rating: str
    proximity: str
    severity: int | None
    clock: str
    clock_until: datetime | None
    clock_broken: bool
    waits_for: str


class ScalesIn(In):
    """A whole new version; bounds ascend, times are working minutes (480 a day)."""

    seen_number: Annotated[
        int, Field(ge=0, description="The number of the version it was made from; 0 at first.")
    ]
    probability_pct: Annotated[list[int], Field(max_length=4)]
    impact_pct: Annotated[list[int], Field(max_length=4)]
    rating_from: Annotated[list[int], Field(max_length=3)]
    proximity_months: Annotated[list[int], Field(max_length=3)]
    categories: Annotated[list[Name], Field(max_length=50)]
    service_minutes: dict[
        Annotated[str, Field(max_length=1)],
        dict[Annotated[str, Field(max_length=11)], Annotated[int, Field(ge=1, le=175_200)]],
    ]
    contingency_pct: int
    escalation_days: int
    reason: Text


class ScalesOut(Schema):
    """``number`` 0 are the usual scales, where an office set none."""

    number: int
    reason: str
    set_at: datetime | None
    probability_pct: list[int]
    impact_pct: list[int]
    rating_from: list[int]
    proximity_months: list[int]
    categories: list[str]
    service_minutes: dict[str, dict[str, int]]
    contingency_pct: int
    escalation_days: int


class SpotOut(Schema):
    """A risk on the heat map; ``before`` is (probability, impact) at the end of ``since``."""

    entry_id: int
    code: str
    title: str
    probability: int
    impact: int
    score: int
    rating: str
    before: tuple[int, int] | None
    move: str


class HeatMapOut(Schema):
    """``unrated`` and ``hidden`` count open risks that are not on the map."""

    aspect: str
    nature: str
    since: date
    scale_number: int
    rating_from: list[int]
    unrated: int
    hidden: int
    spots: list[SpotOut]


class RatingOut(Schema):
    """A rating; ``expected_value`` = chance × mean cost, of an opportunity below 0."""

    aspect: str
    probability: int | None
    cost: int | None
    time: int | None
    scope: int | None
    benefit: int | None
    reputation: int | None
    score: int | None
    rating: str
    chance_pct: Decimal | None
    shape: str
    cost_low: Decimal | None
    cost_likely: Decimal | None
    cost_high: Decimal | None
    days_low: Decimal | None
    days_likely: Decimal | None
    days_high: Decimal | None
    mean_cost: Decimal | None
    expected_value: Decimal | None


class ResponseValueOut(Schema):
    """``value`` = before − after − cost; ``leverage`` = (before − after) / cost."""

    before: Decimal
    after: Decimal
    cost: Decimal
    value: Decimal
    leverage: Decimal | None


class RiskOut(Schema):
    nature: str
    cause: str
    effect: str
    near_from: date | None
    near_until: date | None
    strategy: str
    trigger: str
    fallback: str
    scale_number: int
    escalate_by: datetime | None
    escalate_why: str
    lacking: list[str]
    ratings: list[RatingOut]
    responses: list[int]
    response_value: ResponseValueOut | None


class ClockOut(Schema):
    promise: str
    until: datetime | None
    kept_at: datetime | None
    broken: bool


class LinkOut(Schema):
    """``entry_id`` is null where the other end is not in sight or confidential."""

    id: int
    kind: str
    outward: bool
    entry_id: int | None
    code: str
    title: str


class NoteOut(Schema):
    at: datetime
    by: str
    text: str


class EscalationOut(Schema):
    version: int
    state: str
    from_level: str
    to_level: str
    reason: str
    passed_over: str
    asked_by: str
    asked_at: datetime
    answer_by: datetime
    answered_by: str
    answered_at: datetime | None
    answer: str


class EntryFull(EntryOut):
    """One entry with everything that is known of it; ``details`` are the fields of its kind."""

    description: str
    state_reason: str
    raised_by: str
    raised_on: date
    closed_on: date | None
    workstream_id: int | None
    tasks: list[int]
    details: dict[str, str]
    risk: RiskOut | None
    clocks: list[ClockOut]
    links: list[LinkOut]
    notes: list[NoteOut]
    escalations: list[EscalationOut]
    steps: list[str]
