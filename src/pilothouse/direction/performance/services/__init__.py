# SPDX-License-Identifier: Apache-2.0
"""The one pipeline from facts to health: the same function for every trigger."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from pilothouse import __version__
from pilothouse.delivery.agile.events import PointsChanged
from pilothouse.delivery.agile.queries import percent_by_points, with_points
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.queries.at_work import with_money
from pilothouse.delivery.planning.events import BaselineApproved, PlanChanged
from pilothouse.delivery.planning.queries import PlanFacts, plan_facts, planned_among
from pilothouse.delivery.projects.events import ProjectChanged, ProjectsChanged
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.bridge import Facts as Facts
from pilothouse.direction.performance.bridge import health_of, trend_of
from pilothouse.direction.performance.bridge.earned import kept
from pilothouse.direction.performance.models import PerformanceSnapshot, ThresholdPolicy
from pilothouse.direction.performance.rules import require_coming, require_set_policy, since
from pilothouse.direction.performance.services.earned import (
    Valued,
    refresh_values,
    with_value,
)
from pilothouse.engine.errors import EngineError
from pilothouse.engine.health import (
    DEFAULT_POLICY,
    Policy,
    policy_from_data,
    policy_to_data,
)
from pilothouse.engine.health.rating import PolicyData
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.prepared import prepared_for
from pilothouse.foundation.core.rounding import half_up
from pilothouse.foundation.organisation.models import OrgUnit

SEVERITY = {"red": 3, "amber": 2, "grey": 1, "green": 0}


def refresh_after(
    event: ProjectChanged | PlanChanged | BaselineApproved | PointsChanged,
) -> None:
    """Reaction to any change of a project's facts."""
    refresh_many(project_ids=[event.project_id], today=clock.today())


def refresh_after_many(event: ProjectsChanged | MoneyChanged) -> None:
    """Reaction to one change of many projects, or of their money."""
    refresh_many(project_ids=event.project_ids, today=clock.today())


def policy_on(office_id: int, day: date) -> Policy:
    """Thresholds of an office as of a day; the built-in ones where it set none."""
    found = _policies_on(office_id, day)
    return policy_from_data(found[0].number, found[0].rules) if found else DEFAULT_POLICY


@prepared_for(1)
def _policies_on(office_id: int, day: date) -> QuerySet[ThresholdPolicy]:
    rows = ThresholdPolicy.objects.filter(office_id=office_id, valid_from__lte=day)
    return rows.order_by("-number")[:1]


def refresh_performance(*, project_id: int, today: date) -> PerformanceSnapshot | None:
    """Compute the snapshot of today for one project; repeating it changes nothing.

    Writes: PerformanceSnapshot of today and the end of the one before. A published snapshot of
    today is left as it is, and nothing is written for a project whose latest snapshot lies
    in the future. Returns the latest snapshot; None if there is no such project.
    """
    refresh_many(project_ids=[project_id], today=today)
    return PerformanceSnapshot.objects.filter(project_id=project_id, valid_to=None).first()


def facts_of(
    project: Project, today: date, plan: PlanFacts | None, valued: Valued | None = None
) -> Facts:
    """Gather what is known: plan and money where there are any, else the top-down row."""
    worth = _worth(project, valued)
    finish = plan.finish if plan and plan.finish else project.planned_finish
    baseline_start = project.baseline_start or (plan.baseline_start if plan else None)
    baseline_finish = project.baseline_finish or (plan.baseline_finish if plan else None)
    touched = clock.day_of(project.updated_at) if project.updated_at else None
    ages = [day for day in (project.stated_on, plan.status_date if plan else None) if day]
    return Facts(
        today=today,
        forecast_finish=finish,
        baseline_start=baseline_start or project.planned_start,
        baseline_finish=baseline_finish,
        milestone_slip_days=plan.milestone_slip_days if plan else None,
        benefits_approved=project.benefits_approved,
        benefits_forecast=project.benefits_forecast,
        plan=plan,
        data_as_of=max(ages, default=touched),
        **worth,
    )


def _worth(project: Project, valued: Valued | None) -> dict[str, Any]:
    """Budget, forecast and indices, each from the best source there is, which the notes name."""
    facts: dict[str, Any] = {"budget": project.budget, "forecast_cost": project.forecast_cost}
    valued = valued or Valued()
    notes: dict[str, str] = {}
    budget = "the budget of the register"
    if valued.budget is not None:
        facts |= {"budget": valued.budget.total, "bac": valued.budget.bac}
        budget = f"approved budget {valued.budget.number}"
    base, estimate = f"BAC: {budget}", ""
    if valued.available is not None:
        facts |= {"committed": valued.available.used, "released": valued.available.released}
        notes["over_released_pct"] = "Cost, receipts and open orders against funding set free."
    value = valued.value
    if value is not None:
        found, day = value.found, written(value.status_date)
        base = f"BAC: {value.source}"
        facts |= {"bac": found["bac"], "eac": found["eac"]}
        estimate = f"EAC₂ of earned value on {day}"
        facts |= {"earned_value": found["ev"], "actual_cost": found["ac"]}
        facts |= {"earned_schedule": found["es"], "elapsed": found["at"]}
        facts["trends"] = valued.trends
        notes["cpi"] = notes["spi_t"] = f"Earned value on {day}: {value.source}."
    if valued.forecast is not None:
        number, facts["eac"] = valued.forecast
        estimate = f"approved forecast {number}"
        facts.setdefault("bac", project.budget)
    if facts.get("eac") is not None:
        facts["forecast_cost"] = half_up(facts["eac"])
        notes["vac_pct"] = f"{base}. EAC: {estimate}."
    else:
        notes["vac_pct"] = (
            f"There is no estimate at completion by earned value or forecast: {budget} with its "
            "reserves, and the forecast cost of the register."
        )
    return {**facts, "notes": notes}


def fill(
    row: PerformanceSnapshot,
    project: Project,
    facts: Facts,
    policy: Policy,
    before: PerformanceSnapshot | None,
) -> None:
    """Set every column of a snapshot from facts and thresholds."""
    health = health_of(facts, policy)
    row.stamp = secrets.randbits(62)
    row.office_id = project.office_id
    row.source = row.source or "Computed from the register and the plan"
    row.plan_version = facts.plan.plan_version if facts.plan else None
    row.policy_number = policy.number
    row.engine_version = __version__
    row.name = project.name
    row.state = project.state
    row.portfolio_id = project.portfolio_id
    row.programme_id = project.programme_id
    row.project_type = project.project_type
    row.owner_name = row.owner_name if project.pm is None else project.pm.full_name
    row.strategic_critical = project.strategic_critical
    row.currency_code = project.currency_id
    row.planned_start = project.planned_start
    row.forecast_finish = facts.forecast_finish
    row.baseline_start = facts.baseline_start
    row.baseline_finish = facts.baseline_finish
    row.slip_days = facts.slip_days
    row.budget = facts.budget
    row.forecast_cost = facts.forecast_cost
    row.bac = None if facts.bac is None else kept(facts.bac)
    row.eac = None if facts.eac is None else kept(facts.eac)
    row.benefits_approved = facts.benefits_approved
    row.benefits_forecast = facts.benefits_forecast
    row.next_milestone = facts.plan.next_milestone[:300] if facts.plan else ""
    row.next_milestone_on = facts.plan.next_milestone_on if facts.plan else None
    row.percent_complete = percent_by_points(project)
    if row.percent_complete is None and facts.plan:
        row.percent_complete = facts.plan.percent_complete
    row.late_tasks = facts.plan.late_tasks if facts.plan else None
    row.missed_deadlines = facts.plan.missed_deadlines if facts.plan else None
    row.negative_float = facts.plan.negative_float if facts.plan else None
    row.import_differences = facts.plan.import_differences if facts.plan else None
    row.data_as_of = facts.data_as_of
    for dimension, colour in health.colours.items():
        setattr(row, dimension, colour)
    row.overall = health.overall
    row.severity = SEVERITY[health.overall]
    row.reasons = health.reasons
    trend = trend_of(facts, policy)
    if trend is not None:
        row.reasons["trend"] = trend
    if row.kind == "live":
        row.stated = project.stated_colour or "grey"
        row.stated_label = project.get_stated_colour_display() if project.stated_colour else ""
        row.comments = {"stated": project.stated_comment} if project.stated_comment else {}
    row.custom = project.custom
    row.previous_overall = before.overall if before else ""
    row.previous_stated = before.stated if before else ""
    row.reasons["since"] = since(row, before)


@transaction.atomic
def publish_snapshot(
    *,
    actor: Actor,
    project: Project,
    facts: Facts,
    status_date: date,
    source: str,
    values: dict[str, Any],
) -> PerformanceSnapshot:
    """Write an immutable snapshot of a past or present status date, in the order of time.

    Who: the system (loaders and report publication). ``values`` holds what the source states:
    stated colour, comments, whether the project is still in the portfolio.
    Raises: Invalid when a snapshot of that date or a later one exists.
    """
    last = (
        PerformanceSnapshot.objects.filter(project=project, status_date__gte=status_date)
        .order_by("-status_date")
        .first()
    )
    if last is not None:
        raise Invalid(
            "performance.order",
            f"{project} already has a snapshot of {written(last.status_date)}; "
            "publish in the order of time.",
        )
    publish_history(
        actor=actor, publications=[Publication(project, facts, status_date, source, values)]
    )
    return PerformanceSnapshot.objects.get(project=project, status_date=status_date)


@dataclass(frozen=True, slots=True)
class Publication:
    """One published status of one project; ``project`` carries its values as of that day."""

    project: Project
    facts: Facts
    status_date: date
    source: str
    values: Mapping[str, Any]


@transaction.atomic
def publish_history(*, actor: Actor, publications: Sequence[Publication]) -> int:
    """Write many published snapshots by the one pipeline; may lie between existing ones.

    An existing snapshot keeps all it says; only the day up to which it held moves.
    Who: the system. Raises: Invalid when a project already has a snapshot of such a day.
    """
    if not actor.is_system:
        raise Invalid("performance.publish", "Snapshots are published by the reporting cycle.")
    chains: dict[int, list[PerformanceSnapshot]] = {}
    ids = {publication.project.pk for publication in publications}
    for known in PerformanceSnapshot.objects.filter(project_id__in=ids):
        chains.setdefault(known.project_id, []).append(known)
    policies: dict[tuple[int, date], Policy] = {}
    for publication in publications:
        project, day = publication.project, publication.status_date
        chain = chains.setdefault(project.pk, [])
        if any(row.status_date == day for row in chain):
            message = f"{project} already has a snapshot of {written(day)}."
            raise Invalid("performance.order", message)
        place = (project.office_id, day)
        if place not in policies:
            policies[place] = policy_on(*place)
        row = PerformanceSnapshot(
            project_id=project.pk, status_date=day, kind="published", source=publication.source
        )
        for name, value in publication.values.items():
            setattr(row, name, value)
        before = max(
            (other for other in chain if other.status_date < day),
            key=lambda other: other.status_date,
            default=None,
        )
        fill(row, project, publication.facts, policies[place], before)
        chain.append(row)
    fresh: list[PerformanceSnapshot] = []
    ended: list[PerformanceSnapshot] = []
    for chain in chains.values():
        chain.sort(key=lambda row: row.status_date)
        for row, after in zip(chain, [*chain[1:], None], strict=True):
            until = after.status_date if after else None
            if row.pk is None:
                row.valid_to = until
                fresh.append(row)
            elif row.valid_to != until:
                row.valid_to = until
                ended.append(row)
    core.save_many(ended, ["valid_to"])
    PerformanceSnapshot.objects.bulk_create(fresh, batch_size=200)
    return len(fresh)


def _known() -> QuerySet[Project]:
    known = Project.objects.select_related("portfolio", "programme", "pm", "calendar")
    return with_points(with_value(with_money(known)))


def _standing(today: date) -> QuerySet[PerformanceSnapshot]:
    rows = PerformanceSnapshot.objects.order_by()
    return rows.filter(Q(valid_to=None) | Q(valid_to=today))


@prepared_for(1)
def _known_one(project_id: int) -> QuerySet[Project]:
    return _known().filter(pk=project_id)


@prepared_for(1)
def _standing_of(project_id: int, today: date) -> QuerySet[PerformanceSnapshot]:
    return _standing(today).filter(project_id=project_id)


@transaction.atomic
def refresh_many(*, project_ids: Sequence[int], today: date) -> None:
    """As ``refresh_performance`` for many projects; only their plans are read one by one."""
    planned = planned_among(project_ids)
    policies: dict[int, Policy] = {}
    for start in range(0, len(project_ids), 2000):
        part = project_ids[start : start + 2000]
        if len(part) == 1:
            read, found = _known_one(part[0]), _standing_of(part[0], today)
        else:
            read = list(_known().filter(pk__in=part))
            found = list(_standing(today).filter(project_id__in=part))
        projects = {row.pk: row for row in read}
        values = refresh_values(read, today)
        latest = {row.project_id: row for row in found if row.valid_to is None}
        earlier = {row.project_id: row for row in found if row.valid_to is not None}
        fresh: list[PerformanceSnapshot] = []
        ended: list[PerformanceSnapshot] = []
        again: list[PerformanceSnapshot] = []
        for project in projects.values():
            last = latest.get(project.pk)
            if last is not None and (
                last.status_date > today or (last.status_date == today and last.kind == "published")
            ):
                continue
            if project.office_id not in policies:
                policies[project.office_id] = policy_on(project.office_id, today)
            row, before = last, earlier.get(project.pk)
            if row is None or row.status_date != today:
                if last is not None:
                    last.valid_to = today
                    ended.append(last)
                row = PerformanceSnapshot(project=project, status_date=today, kind="live")
                before = last
                fresh.append(row)
            else:
                again.append(row)
            plan = plan_facts(project.pk, today) if project.pk in planned else None
            facts = facts_of(project, today, plan, values.get(project.pk))
            fill(row, project, facts, policies[project.office_id], before)
            row.computed_at = timezone.now()
        core.save_many(ended, ["valid_to"])
        core.save_many(again, COMPUTED)
        PerformanceSnapshot.objects.bulk_create(fresh, batch_size=200)


COMPUTED = [
    field.name
    for field in PerformanceSnapshot._meta.concrete_fields
    if field.name not in {"id", "project", "kind", "status_date", "valid_to"}
]


AT_A_TIME = 50
"""Projects healed in one transaction, so that others can write between."""


def refresh_all(*, today: date) -> int:
    """Nightly healing: refresh every project that is still open. Returns how many."""
    ids = list(
        Project.objects.filter(
            state__in=["authorised", "initiating", "planning", "executing", "on_hold", "closing"],
        )
        .exclude(snapshots__valid_to=None, snapshots__kind="published")
        .values_list("pk", flat=True)
    )
    for start in range(0, len(ids), AT_A_TIME):
        refresh_many(project_ids=ids[start : start + AT_A_TIME], today=today)
    return len(ids)


def past_snapshots(office_id: int, day: date) -> QuerySet[PerformanceSnapshot]:
    """Snapshots that were computed, not published, and no longer held on a day."""
    return PerformanceSnapshot.objects.filter(
        office_id=office_id, kind=PerformanceSnapshot.Kind.LIVE, valid_to__lte=day
    )


@transaction.atomic
def forget_snapshots(*, actor: Actor, snapshots: Sequence[int]) -> int:
    """Remove computed snapshots under a rule of retention; who runs it, audits it.

    Who: the system. Writes: PerformanceSnapshot; published ones stay whatever is named.
    Returns how many went.
    """
    if not actor.is_system:
        raise NotAllowed("performance.retention", "Only the rules of retention remove snapshots.")
    rows = PerformanceSnapshot.objects.filter(pk__in=snapshots, kind=PerformanceSnapshot.Kind.LIVE)
    return rows.delete()[0]


@transaction.atomic
def set_policy(
    *, actor: Actor, office: OrgUnit, data: PolicyData, valid_from: date, reason: str
) -> ThresholdPolicy:
    """Set new thresholds for an office from a day on; earlier snapshots keep theirs.

    Who: U on policy. Raises: Invalid naming the limit that cannot be, or for a day that is
    past: what was judged stays as it was judged. Only the system loads thresholds of the past.
    """
    actor = require_set_policy(actor, office)
    if not actor.is_system:
        require_coming(valid_from, clock.today())
    if not reason.strip():
        raise Invalid(
            "performance.reason", "Say why the thresholds change.", fields={"reason": "Needed."}
        )
    last = ThresholdPolicy.objects.filter(office=office).order_by("-number").first()
    number = (last.number if last else 0) + 1
    try:
        policy = policy_from_data(number, data)
    except EngineError as error:
        raise Invalid(
            error.code, error.message, fields=dict.fromkeys(error.places, error.message)
        ) from error
    row = ThresholdPolicy(
        office=office,
        number=number,
        valid_from=valid_from,
        rules=policy_to_data(policy),
        reason=reason.strip()[:300],
    )
    core.create(
        actor=actor,
        obj=row,
        names=("number", "valid_from", "rules"),
        reason=reason,
        office_id=office.pk,
    )
    judged = Project.objects.filter(
        office_id=office.pk, snapshots__valid_to=None, snapshots__kind="live"
    )
    ids = list(judged.values_list("pk", flat=True))
    refresh_many(project_ids=ids, today=clock.today())
    return row


def money_share(part: Decimal | None, whole: Decimal | None) -> Decimal | None:
    """part / whole in percent, or None where the whole is missing or 0 (R-GEN-04)."""
    if part is None or not whole:
        return None
    return 100 * part / whole
