# SPDX-License-Identifier: Apache-2.0
"""The portfolio in the API: what may be asked of the list, its rows and figures, saved views."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import Field, field_validator

from pilothouse.direction.portfolio.cockpit_checks import KINDS
from pilothouse.direction.portfolio.columns import (
    ATTENTION,
    COLOURS,
    COLUMNS,
    GROUPS,
    PHASE_CHOICES,
    SORTS,
    STATE_CHOICES,
)
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.faces.api.schemas import In, PersonRef, QueryDay, QueryId


def _one_of(choices: Iterable[str], description: str) -> Any:
    """A text that the list itself reads; the choices are told to whoever writes a client."""
    return Field("", description=description, json_schema_extra={"enum": ["", *choices]})


_SORTS = ", ".join(SORTS)
_COLUMNS = ", ".join(column.key for column in COLUMNS)


class ProjectsAsked(Schema):
    """Filters of the list; together they narrow it."""

    as_of: QueryDay | None = Field(None, description="As it stood on this day; else as it stands.")
    q: Annotated[str, Field(max_length=200)] = Field(
        "", description="Words that name, code, manager, portfolio and programme contain."
    )
    office: QueryId | None = None
    portfolio: QueryId | None = Field(None, description="With all that lies below it.")
    programme: QueryId | None = None
    phase: str = _one_of(PHASE_CHOICES, "Unset: every open project; “all”: closed ones too.")
    state: str = _one_of(STATE_CHOICES, "Only projects in this state, ended ones too.")
    type: Annotated[str, Field(max_length=80)] = ""
    overall: str = _one_of(COLOURS, "The computed colour.")
    stated: str = _one_of(COLOURS, "The colour that the manager states.")
    schedule: str = _one_of(COLOURS, "The computed colour of the schedule.")
    cost: str = _one_of(COLOURS, "The computed colour of the cost.")
    scope: str = _one_of(COLOURS, "The computed colour of the scope.")
    benefits: str = _one_of(COLOURS, "The computed colour of the benefits.")
    risk: str = _one_of(COLOURS, "The computed colour of the risk.")
    resources: str = _one_of(COLOURS, "The computed colour of the resources.")
    attention: str = _one_of(ATTENTION, "What calls for attention.")
    group: str = _one_of(GROUPS, "Rows of a group stand together.")
    sort: Annotated[str, Field(max_length=60)] = Field(
        "",
        description=f"One of {_SORTS}, or custom.key; a minus turns it round. "
        "Unset: the worst first.",
    )
    columns: Annotated[str, Field(max_length=1000)] = Field(
        "",
        description="Only these columns, separated by commas: "
        f"{_COLUMNS}, custom.key. Unset: everything.",
    )
    view: QueryId | None = Field(
        None, description="A saved view; what is sent beside it counts before what it keeps."
    )


CUSTOM_FILTERS = {
    "parameters": [
        {
            "in": "query",
            "name": "custom",
            "required": False,
            "style": "form",
            "explode": True,
            "description": "Own fields of an office: custom.key for a value or a part of a text, "
            "custom.key.min and custom.key.max for a range.",
            "schema": {
                "type": "object",
                "additionalProperties": {"type": "string", "maxLength": 200},
                "propertyNames": {"pattern": r"^custom\.[a-z0-9_]{1,40}(\.(min|max))?$"},
            },
        }
    ]
}


class NamedRef(Schema):
    """Another object by its number and name."""

    id: int
    name: str


class ProjectRow(Schema):
    """A project of the list as its snapshot of the day says; what is not known is null."""

    id: int
    code: str
    name: str
    office_id: int
    portfolio: NamedRef
    manager: str
    manager_until: date | None = Field(
        None, description="Last day of the manager's role, where it has ended; today only."
    )
    status_date: date
    source: str
    group: str | None = Field(None, description="The head it stands under, where grouped.")
    phase: str = ""
    state: str = ""
    in_portfolio: bool = Field(True, description="False once it has left; it stands as last known.")
    overall: str = ""
    stated: str = ""
    stated_label: str = ""
    schedule: str = ""
    cost: str = ""
    scope: str = ""
    benefits: str = ""
    risk: str = ""
    resources: str = ""
    trend: str = Field("", description="up is better, down is worse, or same.")
    planned_start: date | None = None
    forecast_finish: date | None = None
    baseline_start: date | None = None
    baseline_finish: date | None = None
    slip_days: int | None = None
    slip_pct: Decimal | None = None
    currency: str = ""
    budget: Decimal | None = None
    bac: Decimal | None = Field(None, description="Budget at completion: without reserves.")
    forecast_cost: Decimal | None = None
    over_budget: Decimal | None = Field(
        None, description="EAC − BAC where cost is known, else forecast cost − budget."
    )
    over_budget_pct: Decimal | None = None
    benefits_forecast: Decimal | None = None
    percent_complete: Decimal | None = None
    next_milestone: str = ""
    next_milestone_on: date | None = None
    programme: NamedRef | None = None
    project_type: str = ""
    data_as_of: date | None = None
    is_stale: bool = False
    custom: dict[str, Any] = {}


ALWAYS = {
    "id",
    "code",
    "name",
    "office_id",
    "portfolio",
    "manager",
    "manager_until",
    "status_date",
    "source",
    "group",
}
"""The project itself, whatever columns are asked for."""

FIELDS = {
    "phase": {"phase", "state", "in_portfolio"},
    "state": {"state", "in_portfolio"},
    "overall": {"overall"},
    "stated": {"stated", "stated_label"},
    "dimensions": {"schedule", "cost", "scope", "benefits", "risk", "resources"},
    "trend": {"trend"},
    "start": {"planned_start", "baseline_start"},
    "finish": {"forecast_finish", "baseline_finish"},
    "slip": {"slip_days", "slip_pct"},
    "budget": {"budget", "currency"},
    "bac": {"bac", "currency"},
    "forecast": {"forecast_cost", "currency"},
    "variance": {"over_budget", "over_budget_pct", "currency"},
    "benefits_money": {"benefits_forecast", "currency"},
    "progress": {"percent_complete"},
    "milestone": {"next_milestone", "next_milestone_on"},
    "programme": {"programme"},
    "type": {"project_type"},
    "age": {"data_as_of", "is_stale"},
}
"""The fields of a row that a column of the list holds."""


class MoneyOut(Schema):
    """Sums in one currency, null where no project has the figure.

    The difference counts only projects that have both.
    """

    currency: str
    budget: Decimal | None
    forecast: Decimal | None
    difference: Decimal | None
    budgets: int
    forecasts: int
    both: int


class TotalsOut(Schema):
    label: str
    count: int
    overall: dict[str, int]
    stated: dict[str, int]
    money: list[MoneyOut]


class HeatOut(Schema):
    """Projects of a portfolio, with all below it, by computed colour and by red dimension."""

    portfolio: NamedRef
    count: int
    overall: dict[str, int]
    red: dict[str, int]


class SourceOut(Schema):
    text: str
    count: int


class AttributionOut(Schema):
    office: NamedRef
    text: str


class FiguresOut(Schema):
    """The figures above the list. ``scope`` minds neither colour nor attention, ``shown`` both."""

    day: date
    scope: TotalsOut
    shown: TotalsOut
    groups: list[TotalsOut]
    late: int
    stale: int
    over_budget: int
    known: dict[str, int] = Field(
        description="Of how many projects it is known whether they are late, stale or over."
    )
    ended: int = Field(description="So many have ended; they are not asked for newer data.")
    disagree: int
    changes: dict[str, int]
    published: date | None
    oldest: date | None
    newest: date | None
    heat: list[HeatOut]
    dates: list[date]
    sources: list[SourceOut]
    attributions: list[AttributionOut]


# Saved views

ViewName = Annotated[str, Field(min_length=1, max_length=SavedView.NAME_LENGTH)]
ViewQuery = Annotated[str, Field(max_length=SavedView.QUERY_LENGTH)]


class TimelineMilestone(Schema):
    """``task_uid`` is null where it comes from the report and not from a plan."""

    task_uid: int | None
    name: str
    day: date
    approved: date | None
    is_critical: bool
    is_done: bool


class TimelineRow(Schema):
    """A project over time; of a plan at most twelve milestones, the highest in its outline."""

    id: int
    code: str
    name: str
    group: str | None
    overall: str
    start: date | None
    finish: date | None
    approved_start: date | None
    approved_finish: date | None
    slip_days: int | None
    milestones: list[TimelineMilestone]


class TimelineLink(Schema):
    """An open dependency; a project that you do not see has no id."""

    id: int
    deliverable: str
    giver_id: int | None
    giver_code: str
    given_on: date
    receiver_id: int | None
    receiver_code: str
    needed_on: date
    slack_days: int | None
    colour: str


class TimelineOut(Schema):
    """A page of the timeline, from ``first`` to ``last``, with the links of its projects."""

    day: date
    first: date
    last: date
    page: int
    pages: int
    total: int
    projects: list[TimelineRow]
    links: list[TimelineLink]
    milestones_left_out: int


class ViewOut(Schema):
    """``query`` is the query string of the list, such as attention=late&group=phase."""

    id: int
    name: str
    query: str
    owner: PersonRef
    shared_office_id: int | None
    may_change: bool


class ViewIn(In):
    name: ViewName
    query: ViewQuery = ""
    shared_office_id: Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)] | None = None


class ViewPatch(In):
    name: ViewName = ""
    query: ViewQuery = ""
    shared_office_id: Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)] | None = None


# Cockpit


class CockpitAsked(Schema):
    kind: str = _one_of(KINDS, "Only lines of this kind.")
    portfolio: QueryId | None = None
    owner: Annotated[str, Field(max_length=200)] = Field("", description="Who must act, by name.")

    @field_validator("kind")
    @classmethod
    def known(cls, kind: str) -> str:
        """A kind nobody knows would show every line."""
        if kind and kind not in KINDS:
            raise ValueError("there are no lines of this kind")
        return kind


class BreachOut(Schema):
    """One line: what is wrong, how bad (3 act now, 2 watch, 1 tidy up), who must act."""

    kind: str
    label: str
    severity: Literal[1, 2, 3]
    sentence: str
    since: date | None
    owner: str
    project_id: int | None
    project: str
    code: str
    portfolio_id: int | None
    portfolio: str
    strategic: bool


class OwnerOut(Schema):
    name: str
    lines: int
    act: int


class HandOut(Schema):
    at: datetime
    who: str
    what: str


class ChangedOut(Schema):
    """One project that is not as it was: its figures, and who changed what."""

    project_id: int
    project: str
    code: str
    figures: list[str]
    hands: list[HandOut]
    more_hands: int


class FreshnessOut(Schema):
    """How old the data in sight are: projects by age."""

    week: int
    allowed: int
    older: int
    never: int
    published: int


class RhythmOut(Schema):
    """How an office publishes."""

    office: str
    projects: int
    last: date
    longest_days: int
    due: date


class CountOut(Schema):
    key: str
    label: str
    count: int


class CockpitOut(Schema):
    """The figures beside the lines of the cockpit."""

    since: date
    projects: int
    lines: int
    by_severity: list[CountOut]
    by_kind: list[CountOut]
    by_portfolio: list[CountOut]
    owners: list[OwnerOut]
    changes: list[ChangedOut]
    more_changes: int
    freshness: FreshnessOut
    rhythms: list[RhythmOut]
    stale_after_days: int
    attributions: list[str]
