# SPDX-License-Identifier: Apache-2.0
"""What goes in and what comes out: every field is named here, nothing passes by default."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from ninja import Schema
from pydantic import BeforeValidator, ConfigDict, Field

from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.core.plausible import LONG_TEXT


def _day(value: object) -> object:
    """Only 2026-11-30; a bare number would be read as seconds since 1970."""
    if value is None or isinstance(value, date):
        return value
    if not isinstance(value, str) or len(value) != 10:
        raise ValueError("write a date as 2026-11-30")
    day = date.fromisoformat(value)
    if not 1900 <= day.year <= 2199:
        raise ValueError("the year lies between 1900 and 2199")
    return day


Day = Annotated[
    date,
    BeforeValidator(_day),
    Field(json_schema_extra={"pattern": r"^(19|20|21)\d\d-\d\d-\d\d$"}),
]
Id = Annotated[int, Field(strict=True, ge=1, le=2**63 - 1)]
QueryId = Annotated[int, Field(ge=1, le=2**63 - 1)]
QueryDay = Day
Money = Annotated[Decimal, Field(max_digits=18, decimal_places=2)]
Text = Annotated[str, Field(max_length=LONG_TEXT)]
Name = Annotated[str, Field(min_length=1, max_length=300)]
Code = Annotated[str, Field(min_length=1, max_length=40)]
CurrencyCode = Annotated[str, Field(min_length=3, max_length=3)]
Reason = Annotated[str, Field(max_length=2000)]
Flag = Annotated[bool, Field(strict=True)]
CustomValues = dict[
    Annotated[str, Field(max_length=40)],
    Annotated[str, Field(max_length=500)] | int | Decimal | bool | None,
]
ScopeName = Literal["org_unit", "portfolio", "programme", "project", "workstream"]


class In(Schema):
    """A body: a field that is not named is an error, never passed over."""

    model_config = ConfigDict(extra="forbid")


class PersonRef(Schema):
    id: int
    name: str


class Ref(Schema):
    """Another object by its number, code and name."""

    id: int
    code: str
    name: str


class ProblemOut(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    fields: dict[str, str]
    request_id: str


# Organisation


class UnitOut(Schema):
    id: int
    version: int
    code: str
    name: str
    kind: str
    parent_id: int | None
    office_id: int
    head: PersonRef | None
    cost_centre: str
    default_currency: str | None
    attribution: str
    valid_from: date | None
    valid_to: date | None


class UnitFields(In):
    code: Code = ""
    name: Name = ""
    kind: Literal["enterprise", "division", "department", "team"] = "department"
    head_id: Id | None = None
    cost_centre: Annotated[str, Field(max_length=40)] = ""
    default_currency: CurrencyCode | None = None
    attribution: Text = ""
    valid_from: Day | None = None
    valid_to: Day | None = None


class UnitIn(UnitFields):
    code: Code
    name: Name
    parent_id: Id


class UnitPatch(UnitFields):
    reason: Reason = ""


class UnitMove(In):
    parent_id: Id
    from_day: Day
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class InstallationOut(Schema):
    """What holds for every organisation here."""

    version: int
    time_zone: str
    today: date


class InstallationPatch(In):
    time_zone: Annotated[str, Field(min_length=1, max_length=64)]
    reason: Annotated[str, Field(max_length=300)] = ""


class FactorRuleOut(Schema):
    """From which day a second factor is a must, and how far that is met in your sight."""

    version: int
    since: date | None
    bound: int
    without: int


class FactorRulePatch(In):
    since: Day | None
    reason: Annotated[str, Field(max_length=300)] = ""


class RemindersSent(Schema):
    mails: int


class UnitRowOut(UnitOut):
    """A line of the tree of units; ``parent_id`` is as at the day asked for."""

    depth: int
    members: int
    closed: bool


class FormerUnitOut(Schema):
    parent: Ref
    until: date
    reason: str


class OfficeOut(Schema):
    """An organisation, and what it still lacks at the start."""

    id: int
    name: str
    has_director: bool
    has_portfolio: bool
    has_project: bool


class OfficeIn(In):
    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    currency: CurrencyCode


class DirectorIn(In):
    person_id: Id
    alone: Flag = Field(False, description="You name yourself, the only person of the office.")
    reason: Annotated[str, Field(min_length=1, max_length=300)]


class PersonOut(Schema):
    id: int
    name: str
    job_title: str
    unit: Ref | None
    is_active: bool
    email: str | None = Field(
        None, description="Only for those who may read people as resource, and oneself."
    )


class PersonIn(In):
    email: Annotated[str, Field(min_length=3, max_length=254)]
    full_name: Annotated[str, Field(min_length=1, max_length=120)]
    job_title: Annotated[str, Field(max_length=120)] = ""
    unit_id: Id | None = None


class PersonPatch(In):
    full_name: Annotated[str, Field(min_length=1, max_length=120)] = ""
    job_title: Annotated[str, Field(max_length=120)] = ""
    unit_id: Id | None = None


class ActiveIn(In):
    active: Flag
    reason: Annotated[str, Field(min_length=1, max_length=300)]


class PersonRoleOut(Schema):
    """A role of a person with the name of its place; ended and coming ones too."""

    id: int
    version: int
    role: str
    label: str
    scope_type: str
    scope_id: int
    where: str
    valid_from: date
    valid_to: date | None
    expired: bool
    coming: bool


class CurrencyOut(Schema):
    code: str
    name: str
    minor_units: int


class CurrencyIn(In):
    name: Annotated[str, Field(min_length=1, max_length=60)]
    minor_units: Annotated[int, Field(strict=True, ge=0, le=4)] = 2


Minute = Annotated[int, Field(strict=True, ge=0, le=1440)]
Interval = Annotated[list[Minute], Field(min_length=2, max_length=2)]
Intervals = Annotated[list[Interval], Field(max_length=20)]


class CalendarException(In):
    first: Day
    last: Day
    intervals: Intervals = []
    name: Annotated[str, Field(max_length=120)] = ""


class CalendarOut(Schema):
    id: int
    version: int
    office_id: int
    name: str
    week: list[list[list[int]]]
    exceptions: list[dict[str, Any]]
    is_default: bool


class CalendarIn(In):
    name: Annotated[str, Field(min_length=1, max_length=120)]
    week: Annotated[list[Intervals], Field(min_length=7, max_length=7)]
    exceptions: Annotated[list[CalendarException], Field(max_length=2000)] = []
    is_default: Flag = False


class CalendarNew(CalendarIn):
    office_id: Id


class CustomFieldOut(Schema):
    id: int
    version: int
    office_id: int
    of: str
    key: str
    label: str
    kind: str
    choices: list[str]
    position: int
    is_active: bool


class CustomFieldIn(In):
    label: Annotated[str, Field(min_length=1, max_length=80)]
    choices: Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=200)] = []
    position: Annotated[int, Field(strict=True, ge=0, le=9999)] = 0
    is_active: Flag = True


class CustomFieldNew(CustomFieldIn):
    office_id: Id
    of: Literal["project", "task"] = "project"
    kind: Literal["text", "number", "date", "yes_no", "choice"]


Limit = Annotated[Decimal, Field(max_digits=9, decimal_places=3)]


class LimitsOut(Schema):
    metric: str
    green: str
    amber: str | None


class LimitsIn(In):
    metric: Annotated[str, Field(max_length=60)]
    green: Limit
    amber: Limit | None = None


class ThresholdsOut(Schema):
    """``number`` 0 are the limits that the product comes with."""

    office_id: int
    number: int
    valid_from: date | None
    reason: str
    set_by: PersonRef | None
    rules: list[LimitsOut]


class ThresholdsIn(In):
    office_id: Id
    valid_from: Day
    reason: Annotated[str, Field(min_length=1, max_length=300)]
    rules: Annotated[list[LimitsIn], Field(min_length=1, max_length=50)]


class ThresholdsTry(In):
    office_id: Id
    rules: Annotated[list[LimitsIn], Field(min_length=1, max_length=50)]


class DimensionChange(Schema):
    dimension: str
    before: str
    after: str


class ColourChangeOut(Schema):
    """A project that other limits would show in another colour."""

    project_id: int
    code: str
    name: str
    before: str
    after: str
    dimensions: list[DimensionChange]


class ShareOut(Schema):
    """Projects of one colour; money only where you may read every budget that is weighed.

    ``budget`` is the sum of BAC, and of budgets where no BAC is known.
    """

    colour: str
    count: int
    budget: Decimal | None
    share_pct: Decimal | None


class RolledOut(Schema):
    """The colour of the whole or of one dimension, and why."""

    name: str
    colour: str
    reason: str
    parts: list[ShareOut]


class RollUpOut(Schema):
    """Health of a portfolio or programme from the latest snapshots of the projects in sight."""

    currency: str
    rolled: list[RolledOut]
    active: int
    on_hold: int
    ended: int
    without_budget: int
    other_currency: int
    oldest: date | None


# Register


class ObjectiveOut(Schema):
    id: int
    version: int
    office_id: int
    code: str
    title: str
    parent_id: int | None
    owner: PersonRef | None
    weight_pct: Decimal
    horizon_from: date | None
    horizon_to: date | None
    measure: str
    target: str
    portfolios: list[Ref] = Field([], description="Those in sight that serve it.")


class ObjectiveFields(In):
    code: Code = ""
    title: Annotated[str, Field(min_length=1, max_length=200)] = ""
    parent_id: Id | None = None
    owner_id: Id | None = None
    weight_pct: Annotated[Decimal, Field(ge=0, le=100, max_digits=5, decimal_places=2)] = Decimal(0)
    horizon_from: Day | None = None
    horizon_to: Day | None = None
    measure: Annotated[str, Field(max_length=300)] = ""
    target: Annotated[str, Field(max_length=120)] = ""


class ObjectiveIn(ObjectiveFields):
    office_id: Id
    code: Code
    title: Annotated[str, Field(min_length=1, max_length=200)]


class PortfolioOut(Schema):
    id: int
    version: int
    code: str
    name: str
    state: str
    office_id: int
    org_unit: Ref
    parent_id: int | None
    description: str
    manager: PersonRef | None
    sponsor: PersonRef | None
    currency: str
    budget_envelope: Decimal | None
    objective_ids: list[int]


class PortfolioFields(In):
    code: Code = ""
    name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    description: Text = ""
    manager_id: Id | None = None
    sponsor_id: Id | None = None
    currency: CurrencyCode = "EUR"
    budget_envelope: Money | None = None
    objective_ids: Annotated[list[Id], Field(max_length=500)] = []


class PortfolioIn(PortfolioFields):
    org_unit_id: Id
    parent_id: Id | None = None
    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]
    currency: CurrencyCode


class PortfolioPatch(PortfolioFields):
    reason: Reason = ""


class PortfolioMove(In):
    org_unit_id: Id
    parent_id: Id | None = None
    from_day: Day
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class Void(In):
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class StateIn(In):
    state: Annotated[str, Field(min_length=1, max_length=20)]
    reason: Reason = ""


class ProgrammeOut(Schema):
    id: int
    version: int
    code: str
    name: str
    state: str
    office_id: int
    portfolio: Ref
    manager: PersonRef | None
    sponsor: PersonRef | None
    vision: str


class ProgrammeFields(In):
    code: Code = ""
    name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    manager_id: Id | None = None
    sponsor_id: Id | None = None
    vision: Text = ""


class ProgrammeIn(ProgrammeFields):
    portfolio_id: Id
    code: Code
    name: Annotated[str, Field(min_length=1, max_length=200)]


class ProgrammePatch(ProgrammeFields):
    reason: Reason = ""


class ProgrammeMove(In):
    portfolio_id: Id
    from_day: Day
    reason: Annotated[str, Field(min_length=1, max_length=2000)]


class ProjectOut(Schema):
    id: int
    version: int
    code: str
    name: str
    purpose: str
    office_id: int
    portfolio: Ref
    programme: Ref | None
    project_type: str
    size_class: str
    classification: str
    strategic_critical: bool
    phase: str
    state: str
    hold_review_on: date | None
    sponsor: PersonRef | None
    pm: PersonRef | None
    functional_owner: PersonRef | None
    technology_owner: PersonRef | None
    technology_owner_waiver: str
    finance_contact: PersonRef | None
    roles_ended: dict[str, date] = Field(
        description="Field → last day of the role on the project of whoever is named there."
    )
    currency: str
    calendar_id: int | None
    planned_start: date | None
    planned_finish: date | None = Field(description="As it is stated; see forecast_finish.")
    forecast_finish: date | None = Field(
        description="The finish that is expected now: of the plan, else as stated."
    )
    baseline_start: date | None
    baseline_finish: date | None
    budget: Decimal | None
    forecast_cost: Decimal | None
    benefits_approved: Decimal | None
    benefits_forecast: Decimal | None
    stated_colour: str
    stated_comment: str
    stated_on: date | None
    custom: dict[str, Any]


class ProjectFields(In):
    code: Code = ""
    name: Name = ""
    purpose: Text = ""
    project_type: Annotated[str, Field(max_length=80)] = ""
    size_class: Literal["S", "M", "L", "XL"] = "M"
    classification: Literal["public_internal", "restricted", "confidential"] = "public_internal"
    strategic_critical: Flag = False
    sponsor_id: Id | None = None
    pm_id: Id | None = None
    functional_owner_id: Id | None = None
    technology_owner_id: Id | None = None
    technology_owner_waiver: Annotated[str, Field(max_length=300)] = ""
    finance_contact_id: Id | None = None
    currency: CurrencyCode = "EUR"
    calendar_id: Id | None = None
    planned_start: Day | None = None
    planned_finish: Day | None = None
    baseline_start: Day | None = None
    baseline_finish: Day | None = None
    budget: Money | None = None
    forecast_cost: Money | None = None
    benefits_approved: Money | None = None
    benefits_forecast: Money | None = None
    stated_colour: Literal["", "green", "amber", "red"] = ""
    stated_comment: Text = ""
    custom: CustomValues = {}


class ProjectIn(ProjectFields):
    portfolio_id: Id
    programme_id: Id | None = None
    code: Code
    name: Name
    currency: CurrencyCode


class ProjectPatch(ProjectFields):
    reason: Reason = ""


class ProjectMove(In):
    portfolio_id: Id
    programme_id: Id | None = None
    from_day: Day
    reason: Reason = ""


class ProjectState(In):
    state: Annotated[str, Field(min_length=1, max_length=20)]
    reason_code: Annotated[str, Field(max_length=20)] = ""
    reason: Reason = ""
    review_on: Day | None = None
    on: Day | None = None


class NextStateOut(Schema):
    """A possible next state: who decides, whether you may, and what stands in the way."""

    state: str
    label: str
    who: str
    may: bool
    why_not: str
    missing: list[str]


class TransitionOut(NextStateOut):
    roles: list[str]
    guard: str
    needs_reason: bool


class PlaceOut(Schema):
    """Where something stood before a day."""

    org_unit: Ref | None = None
    portfolio: Ref | None = None
    until: date
    reason: str


class PlacementOut(Schema):
    """Where a project stood from a day up to another."""

    portfolio: Ref
    programme: Ref | None
    valid_from: date
    valid_to: date | None
    reason: str


class NodeOut(Schema):
    """One place of the tree of the register."""

    kind: str = Field(description="unit, portfolio, programme or project.")
    id: int
    code: str
    name: str
    state: str
    manager: str
    depth: int
    projects: int
    open_projects: int


class RecordLineOut(Schema):
    """One field as it stood, and as it stands now where that differs."""

    label: str
    value: str
    now: str
    differs: bool
    hidden: bool


class ValueChangeOut(Schema):
    label: str
    before: str
    after: str
    hidden: bool


class ChangeOut(Schema):
    at: datetime
    who: str
    channel: str
    what: str
    reason: str
    values: list[ValueChangeOut]


class RecordOut(Schema):
    """The record of a project at the end of a day; ``lines`` is null before its entry.

    ``trail_from`` is the first day of the changes that are kept; null: all are.
    """

    project_id: int
    day: date
    lines: list[RecordLineOut] | None
    changes: list[ChangeOut]
    trail_from: date | None


class WorkstreamOut(Schema):
    id: int
    version: int
    project_id: int
    name: str
    lead: PersonRef | None
    scope_statement: str


class WorkstreamIn(In):
    name: Annotated[str, Field(min_length=1, max_length=200)]
    lead_id: Id | None = None
    scope_statement: Text = ""


class WorkstreamPatch(In):
    name: Annotated[str, Field(min_length=1, max_length=200)] = ""
    lead_id: Id | None = None
    scope_statement: Text = ""


class StateChangeOut(Schema):
    from_state: str
    to_state: str
    at: datetime
    by: str
    reason_code: str
    reason: str


class RoleGapOut(Schema):
    role: str
    label: str
    what_to_do: str
    named: str | None
    until: date | None


class SnapshotOut(Schema):
    """The project as it stood on one status date, with the reason of each colour."""

    id: int
    status_date: date
    valid_to: date | None
    kind: str
    source: str
    plan_version: int | None
    policy_number: int
    engine_version: str
    name: str
    state: str
    overall: str
    schedule: str
    cost: str
    scope: str
    benefits: str
    risk: str
    resources: str
    stated: str
    stated_label: str
    reasons: dict[str, Any]
    comments: dict[str, Any]
    currency_code: str
    planned_start: date | None
    forecast_finish: date | None
    baseline_start: date | None
    baseline_finish: date | None
    slip_days: int | None
    budget: Decimal | None
    forecast_cost: Decimal | None
    bac: Decimal | None
    eac: Decimal | None
    benefits_approved: Decimal | None
    benefits_forecast: Decimal | None
    next_milestone: str
    next_milestone_on: date | None
    percent_complete: Decimal | None
    late_tasks: int | None
    data_as_of: date | None


# Roles


class RoleOut(Schema):
    code: str
    role: str
    label: str
    rights: dict[str, str]


class AssignmentOut(Schema):
    id: int
    version: int
    person: PersonRef
    role: str
    scope_type: str
    scope_id: int
    valid_from: date
    valid_to: date | None


class AssignmentIn(In):
    person_id: Id
    role: Role
    scope_type: ScopeName
    scope_id: Id
    valid_from: Day
    valid_to: Day | None = None
    reason: Reason = ""


class AssignmentEnd(In):
    last_day: Day
    reason: Reason = ""


class DelegationOut(Schema):
    id: int
    version: int
    from_person: PersonRef
    to_person: PersonRef
    actions: str
    amount_limit: Decimal | None
    valid_from: date
    valid_to: date
    reason: str


class DelegationIn(In):
    to_person_id: Id
    actions: Annotated[str, Field(pattern="^[CRUSALV]{1,7}$")]
    amount_limit: Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=2)] | None = None
    valid_from: Day
    valid_to: Day
    reason: Annotated[str, Field(min_length=1, max_length=300)]


# Account, search, audit


class MeOut(Schema):
    id: int
    name: str
    email: str
    is_system_admin: bool
    roles: list[AssignmentOut]


class PreferencesOut(Schema):
    """How you like to see the pages; no columns are the usual ones."""

    theme: str
    columns: list[str]
    view_id: int | None


class PreferencesPatch(In):
    theme: Literal["light", "dark"] = "light"
    columns: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=100)] = []
    view_id: Id | None = None


class TokenOut(Schema):
    id: int
    name: str
    prefix: str
    may_write: bool
    created_at: datetime
    expires_at: datetime
    revoked_at: datetime | None
    last_used_at: datetime | None


class TokenIn(In):
    name: Annotated[str, Field(min_length=1, max_length=80)]
    may_write: Flag = False
    days: Annotated[int, Field(strict=True, ge=1, le=366)] = 90
    password: Annotated[str, Field(max_length=4096)] = ""


class TokenMade(TokenOut):
    secret: str


class HitOut(Schema):
    kind: str
    label: str
    detail: str
    url: str


class AuditEventOut(Schema):
    id: int
    at: datetime
    by: str
    on_behalf_of: int | None
    channel: str
    action: str
    object_type: str
    object_id: int
    object_label: str
    before: dict[str, Any]
    after: dict[str, Any]
    reason: str


# Plan


class PlanOut(Schema):
    project_id: int
    plan_version: int
    name: str
    start: datetime
    finish: datetime | None
    status_date: datetime | None
    minutes_per_day: int
    source_name: str
    imported_at: datetime | None
    engine_version: str
    notices: list[Any]


class PlanOutcomeOut(Schema):
    """What a change did to the plan; ``counts`` names rows by kind, dates that moved or differ."""

    plan_version: int
    counts: dict[str, int]
    finish_before: date | None
    finish_after: date | None


class CellChangeOut(Schema):
    field: str
    before: str
    after: str


class LineChangeOut(Schema):
    """A row that was ``added``, ``removed`` or ``changed``; ``position`` is its row."""

    kind: str
    uid: int
    position: int
    name: str
    level: int
    summary: bool
    cells: list[CellChangeOut]


class DateChangeOut(Schema):
    """A task whose computed dates move; ``minutes`` of working time, positive is later."""

    uid: int
    name: str
    start_before: datetime
    start: datetime
    finish_before: datetime
    finish: datetime
    minutes: int


class NoticeOut(Schema):
    place: str
    field: str
    message: str


class PlanDifferencesOut(Schema):
    """What a file would change. ``recognised`` says how many tasks were known by what, ``stays``
    how many keep a field that such a file cannot say, ``hanging`` by uid what hangs on tasks that
    go, ``sandboxes`` which ones keep a file of another plan out, ``notices`` what was not
    understood."""

    kind: str
    plan_version: int | None
    tasks_after: int
    recognised: dict[str, int]
    counts: dict[str, int]
    stays: dict[str, int]
    hanging: dict[int, list[str]]
    sandboxes: list[str]
    notices: list[NoticeOut]
    tasks: list[LineChangeOut]
    people: list[LineChangeOut]
    calendars: list[LineChangeOut]
    plan: list[CellChangeOut]
    dates: list[DateChangeOut]
    baselines: dict[str, int]
    finish_before: datetime | None
    finish_after: datetime | None


class StepOut(Schema):
    uid: int
    label: str
    start: datetime
    finish: datetime
    cause: str
    sentence: str


class BoundOut(Schema):
    """What holds late dates; ``holder`` is the task whose late date a link hands on."""

    kind: str
    uid: int
    at_start: bool
    date: datetime
    holder: int | None
    holder_date: datetime | None
    link_type: str | None
    lag_minutes: int | None
    sentence: str


class LateStepOut(Schema):
    uid: int
    label: str
    late_start: datetime
    late_finish: datetime
    sentence: str
    bounds: list[BoundOut]


class FloatReasonOut(Schema):
    """What a float is measured to; a negative total float collides with it."""

    minutes: int | None
    kind: str
    uid: int
    date: datetime | None
    link_type: str | None
    lag_minutes: int | None
    sentence: str


class ExplanationOut(Schema):
    """``steps`` lead back to the beginning, ``late`` on to the end; ``text`` says all of it."""

    uid: int
    text: str
    steps: list[StepOut]
    late: list[LateStepOut]
    total_float: FloatReasonOut
    free_float: FloatReasonOut


class TaskOut(Schema):
    """Dates are wall-clock times of the plan."""

    uid: int
    position: int
    wbs: str
    name: str
    outline_level: int
    summary: bool
    milestone: bool
    active: bool
    start: datetime | None
    finish: datetime | None
    duration_minutes: int
    percent_complete: Decimal
    early_start: datetime | None
    early_finish: datetime | None
    late_start: datetime | None
    late_finish: datetime | None
    total_float_minutes: int | None
    free_float_minutes: int | None
    critical: bool
    constraint: str
    constraint_date: datetime | None
    deadline: datetime | None
    actual_start: datetime | None
    actual_finish: datetime | None
    work_minutes: int
    difference: str


class BaselineOut(Schema):
    """What a baseline promised for a task; variances are working days, positive if late."""

    number: int
    name: str
    is_pmb: bool
    start: datetime | None
    finish: datetime | None
    duration_minutes: int | None
    work_minutes: int | None
    start_variance_days: Decimal | None
    finish_variance_days: Decimal | None


class TaskWhole(TaskOut):
    """A task with what only its own address shows."""

    elapsed_duration: bool
    estimated: bool
    reason: str
    notes: str
    baselines: list[BaselineOut]


class PlanStatus(In):
    status_date: Day = Field(description="Work not done by its evening is planned after it.")


class PlanEventOut(Schema):
    """An import, a deletion or an undo of the plan."""

    kind: str
    at: datetime
    by: str
    plan_version: int
    file_name: str
    reason: str
    undone: bool
    can_be_undone: bool


class DifferenceOut(Schema):
    """A task whose dates are not those of the file."""

    uid: int
    position: int
    name: str
    start: datetime | None
    finish: datetime | None
    file_start: datetime | None
    file_finish: datetime | None
    words: str


class LinkOut(Schema):
    predecessor_uid: int
    successor_uid: int
    type: str
    lag_minutes: int
    lag_kind: str
    lag_percent: Decimal


class ResourceOut(Schema):
    uid: int
    name: str
    kind: str
    max_units: Decimal


class PlanAssignmentOut(Schema):
    uid: int
    task_uid: int
    resource_uid: int | None
    units: Decimal
    work_minutes: int
    actual_work_minutes: int
    remaining_work_minutes: int
    start: datetime | None
    finish: datetime | None


class ReconciliationOut(Schema):
    tasks: int
    summaries: int
    milestones: int
    links: int
    resources: int
    assignments: int
    calendars: int
    baselines: int
    compared: int
    agreeing: int
    differing: int
    agreement_pct: Decimal | None
    differences: list[DifferenceOut]


# Published portfolios


class PublishedOut(Schema):
    """One year of a published portfolio in figures."""

    id: int
    office_id: int
    year: int
    status_date: date
    file_name: str
    records: int
    matched_by: dict[str, int]
    doubts: int
    left: int
    notices: int


class PublishedRecordOut(Schema):
    """A project of the year, or one that is no longer in it, and how it was recognised."""

    project_id: int
    number: str
    name: str
    department: str
    place: str
    method: str
    evidence: str


class PublishedReportOut(PublishedOut):
    attribution: str
    near_misses: list[dict[str, Any]]
    remarks: list[dict[str, Any]]


# Imports


ImportAction = Literal["", "create", "update", "unchanged", "problem"]


class ImportUpload(Schema):
    """Where the rows of a file belong; the portfolio is for rows that name none."""

    model_config = ConfigDict(extra="forbid")

    office_id: QueryId
    portfolio_id: QueryId | None = None


class ImportReading(In):
    """How the file is read; ``mapping`` is the number of the column → the key of a field."""

    mapping: dict[
        Annotated[str, Field(pattern=r"^[0-9]{1,3}$")], Annotated[str, Field(max_length=60)]
    ] = Field(default={}, max_length=200)
    encoding: Annotated[str, Field(max_length=20)] = ""
    delimiter: Annotated[str, Field(max_length=1)] = ""
    sheet: Annotated[str, Field(max_length=100)] = ""
    header_row: Annotated[int, Field(strict=True, ge=1, le=100_000)] = 1
    month_first: Flag = False
    decimal_comma: Flag = False
    portfolio_id: Id | None = None


class ImportColumnOut(Schema):
    position: int
    letter: str
    header: str
    samples: list[str]
    field: str


class ImportFieldOut(Schema):
    key: str
    label: str


class IncomingFileOut(Schema):
    """A file that waited for the scanner or was refused by it; the file itself is never given out.

    ``result_id`` is what became of it: the project of a plan, or the import of a table.
    """

    id: int
    version: int
    state: str
    kind: str
    office_id: int | None
    for_id: int
    place: str
    file_name: str
    sha256: str
    size_bytes: int
    reason: str
    signature: str
    tries: int
    next_try_at: datetime | None
    result_id: int | None
    created_by: PersonRef | None
    created_at: datetime
    ended_at: datetime | None


class ImportBrief(Schema):
    id: int
    version: int
    office_id: int
    file_name: str
    stage: str
    row_count: int
    created_by: PersonRef | None
    created_at: datetime
    applied_at: datetime | None
    undone_at: datetime | None
    forgotten_at: datetime | None


class ImportOut(ImportBrief):
    sha256: str
    size_bytes: int
    encoding: str
    delimiter: str
    sheet: str
    sheets: list[str]
    header_row: int
    month_first: bool
    decimal_comma: bool
    portfolio: Ref | None
    counts: dict[str, int]
    notices: list[str]
    columns: list[ImportColumnOut]


class RowProblem(Schema):
    field: str
    reason: str


class RowChange(Schema):
    field: str
    before: str
    after: str


class ImportRowOut(Schema):
    row: int
    action: str
    code: str
    name: str
    project_id: int | None
    problems: list[RowProblem]
    changes: list[RowChange]
