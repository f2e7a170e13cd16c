# SPDX-License-Identifier: Apache-2.0
"""A risk model as the engine's file has it (docs/reference/risks-json.md), from rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from pilothouse.delivery.raid.queries.quantified import Part, QuantifiedRisk
from pilothouse.delivery.raid.rules import Range
from pilothouse.delivery.simulations.models import (
    Correlation,
    CostItem,
    Shape,
    TaskRange,
    Uncertainty,
)
from pilothouse.engine.network.plan import Plan

Numbered = Callable[[int], int]
"""The uid that a task of the project has in the plan that is simulated."""
Convert = Callable[[Decimal], Decimal]


@dataclass
class Document:
    """The parts of the file while they are put together, and what had to be left out."""

    currency: str
    template: dict[str, Any] | None = None
    estimates: list[dict[str, Any]] = field(default_factory=list)
    events: list[dict[str, Any]] = field(default_factory=list)
    costs: list[dict[str, Any]] = field(default_factory=list)
    groups: list[dict[str, Any]] = field(default_factory=list)
    matrices: list[dict[str, Any]] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def whole(self) -> dict[str, Any]:
        """The file; everything in working days and the currency of the run."""
        found: dict[str, Any] = {"version": 1, "unit": "days", "currency": self.currency}
        if self.template is not None:
            found["template"] = self.template
        return found | {
            "estimates": self.estimates,
            "events": self.events,
            "costs": self.costs,
            "correlation_groups": self.groups,
            "correlation_matrices": self.matrices,
        }


def template_of(row: Uncertainty) -> dict[str, Any]:
    """The range of every task that has none of its own."""
    return {"low_pct": row.low_pct, "high_pct": row.high_pct, "shape": row.shape}


def add_project(
    document: Document,
    code: str,
    plan: Plan,
    numbered: Numbered,
    convert: Convert,
    *,
    ranges: Sequence[TaskRange],
    template: Uncertainty | None,
    costs: Sequence[CostItem],
    correlations: Sequence[Correlation],
    risks: Sequence[QuantifiedRisk],
) -> None:
    """Add what is uncertain about one project.

    ``template`` is given where the project's differs from that of the whole: then every open task
    without a range of its own is written out.
    """
    open_tasks = {
        task.uid: task
        for task in plan.tasks
        if not task.summary and not task.milestone and task.active and task.actual_finish is None
    }
    given: set[int] = set()
    for row in ranges:
        if row.uid in open_tasks:
            given.add(row.uid)
            duration = distribution(row.shape, row.low, row.likely, row.high)
            document.estimates.append({"task": numbered(row.uid), "duration": duration})
        else:
            document.told.append(
                f"{code}: the range of task {row.uid} ‘{row.name}’ was left out, for the plan has "
                "no such open task."
            )
    if template is not None:
        for uid, task in open_tasks.items():
            if uid not in given and (days := _days_left(plan, task)):
                low, high = (
                    1 + Decimal(template.low_pct) / 100,
                    1 + Decimal(template.high_pct) / 100,
                )
                duration = distribution(template.shape, days * low, days, days * high)
                document.estimates.append({"task": numbered(uid), "duration": duration})
    for item in costs:
        _add_cost(document, code, item, open_tasks, numbered, convert)
    for bound in correlations:
        _add_correlation(document, code, bound, open_tasks, numbered)
    for risk in risks:
        _add_risk(document, code, risk, open_tasks, numbered, convert)


def _days_left(plan: Plan, task: Any) -> Decimal:
    minutes = task.remaining_minutes
    if minutes is None:
        done = task.actual_duration_minutes or 0
        minutes = max(0, task.duration_minutes - done)
    return Decimal(minutes) / plan.minutes_per_day


def _add_cost(
    document: Document,
    code: str,
    item: CostItem,
    open_tasks: Mapping[int, Any],
    numbered: Numbered,
    convert: Convert,
) -> None:
    amount = distribution(item.shape, convert(item.low), convert(item.likely), convert(item.high))
    row: dict[str, Any] = {
        "id": f"cost-{item.pk}",
        "name": f"{code}: {item.name}",
        "amount": amount,
        "per_day": item.per_day,
    }
    if item.per_day and item.task_uid is not None:
        if item.task_uid not in open_tasks:
            document.told.append(
                f"{code}: the cost ‘{item.name}’ runs with task {item.task_uid}, which is not open "
                "in the plan; it was left out."
            )
            return
        row["task"] = numbered(item.task_uid)
    document.costs.append(row)


def _add_correlation(
    document: Document,
    code: str,
    row: Correlation,
    open_tasks: Mapping[int, Any],
    numbered: Numbered,
) -> None:
    known = {item["id"] for item in document.costs}
    costs = [f"cost-{pk}" for pk in row.costs]
    missing = [uid for uid in row.tasks if uid not in open_tasks]
    gone = [name for name in costs if name not in known]
    name = f"{code}: {row.name}"
    if row.rows and (missing or gone):
        document.told.append(
            f"{name} names tasks or costs that are not open any more; the matrix was left out."
        )
        return
    tasks = [numbered(uid) for uid in row.tasks if uid in open_tasks]
    items = [name for name in costs if name in known]
    members = {"tasks": tasks, "costs": items}
    if missing or gone:
        document.told.append(
            f"{name} names {len(missing) + len(gone)} tasks or costs that are not open any more."
        )
    if row.rows:
        document.matrices.append({"name": name, "rows": row.rows, **members})
    elif len(tasks) + len(items) > 1:
        document.groups.append({"name": name, "rho": float(row.rho or 0), **members})


def _add_risk(
    document: Document,
    code: str,
    risk: QuantifiedRisk,
    open_tasks: Mapping[int, Any],
    numbered: Numbered,
    convert: Convert,
) -> None:
    gone = [uid for uid in risk.tasks if uid not in open_tasks]
    if gone:
        numbers = ", ".join(str(uid) for uid in gone)
        document.told.append(
            f"{code} {risk.code}: its delay of task {numbers} was left out, for the plan has no "
            "such open task."
        )
    tasks = [numbered(uid) for uid in risk.tasks if uid in open_tasks]
    before = _event(risk.before, tasks, risk.opportunity, convert)
    if not before["impacts"] and "cost" not in before:
        document.told.append(
            f"{code} {risk.code}: it neither delays an open task nor costs anything; it was left "
            "out."
        )
        return
    row: dict[str, Any] = {"id": f"risk-{risk.pk}", "name": f"{code} {risk.code}", **before}
    if risk.after is not None:
        row["response"] = {
            **_event(risk.after, tasks, risk.opportunity, convert),
            "response_cost": float(convert(risk.response_cost)),
        }
    document.events.append(row)


def _event(part: Part, tasks: Sequence[int], opportunity: bool, convert: Convert) -> dict[str, Any]:
    """Chance, delays and cost; of an opportunity both are saved, hence below 0."""
    sign = -1 if opportunity else 1
    row: dict[str, Any] = {"probability": float(part.chance_pct / 100), "impacts": []}
    if part.days is not None:
        delay = _range(part.shape, part.days, sign)
        row["impacts"] = [{"task": uid, "delay": delay} for uid in tasks]
    if part.cost is not None:
        cost = Range(*(convert(point) for point in _points(part.cost)))
        row["cost"] = _range(part.shape, cost, sign)
    return row


def _points(found: Range) -> tuple[Decimal, Decimal, Decimal]:
    return found.low, found.likely, found.high


def _range(shape: str, found: Range, sign: int) -> dict[str, Any]:
    low, likely, high = sorted(sign * point for point in _points(found))
    return distribution(shape, low, likely, high)


def distribution(shape: str, low: Decimal, likely: Decimal, high: Decimal) -> dict[str, Any]:
    """A range as the file has it; without width a constant."""
    if low == high:
        return {"type": "constant", "value": float(low)}
    if shape == Shape.UNIFORM:
        return {"type": "uniform", "low": float(low), "high": float(high)}
    return {"type": shape, "low": float(low), "mode": float(likely), "high": float(high)}
