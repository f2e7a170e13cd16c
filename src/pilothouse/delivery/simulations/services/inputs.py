# SPDX-License-Identifier: Apache-2.0
"""What is uncertain about a project: ranges of tasks, costs, and what moves together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from pilothouse.delivery.estimates.models import Estimate
from pilothouse.delivery.estimates.services import spread_of_history
from pilothouse.delivery.finance.models import Budget, BudgetLine
from pilothouse.delivery.finance.money import is_stored
from pilothouse.delivery.planning.queries import task_ends
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.simulations import rules
from pilothouse.delivery.simulations.models import (
    Correlation,
    CostItem,
    TaskRange,
    Uncertainty,
)
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.services import invalid_from

_RANGE = ("shape", "low", "likely", "high")
_COST = ("name", *_RANGE, "per_day", "task_uid")
_CORRELATION = ("name", "rho", "tasks", "costs", "rows")
Source = TaskRange.Source
MOST_ROWS = 200
"""Rows of a correlation matrix."""


@dataclass(frozen=True, slots=True)
class Ranged:
    """How long a task may still take, in working days."""

    low: Decimal
    likely: Decimal
    high: Decimal
    shape: str = "triangular"


@transaction.atomic
def set_template(
    *, actor: Actor, project: Project, low_pct: int, high_pct: int, shape: str, version: int | None
) -> Uncertainty:
    """Say how far every task may lie off that has no range of its own.

    Who: C on simulation_run. Writes: Uncertainty. Raises: Invalid, NotAllowed, Conflict.
    """
    allowed, row = _opened(actor, project)
    values = {"low_pct": low_pct, "high_pct": high_pct, "shape": shape}
    found = Uncertainty.objects.filter(project=row).first()
    try:
        if found is None:
            made = Uncertainty(project=row, **values)
            return core.create(actor=allowed, obj=made, names=values, office_id=row.office_id)
        core.change(
            actor=allowed, obj=found, values=values, version=version, office_id=row.office_id
        )
    except ValidationError as error:
        raise invalid_from(error, "simulations.template") from error
    return found


def template_from_history(*, actor: Actor, project: Project, version: int | None) -> Uncertainty:
    """Take the template from how finished tasks of the office turned out: P10 to P90 of ratios.

    Who: C on simulation_run. Writes: Uncertainty. Raises: Invalid where fewer than ten are known.
    """
    spread = spread_of_history(office_id=project.office_id)
    if spread.low is None or spread.high is None:
        raise Invalid(
            "simulations.no_history",
            f"Only {spread.count} finished tasks with a baseline are known here; it takes ten. "
            "Type the percentages.",
        )
    low = ((min(spread.low, Decimal(1)) - 1) * 100).to_integral_value(ROUND_FLOOR)
    high = ((max(spread.high, Decimal(1)) - 1) * 100).to_integral_value(ROUND_CEILING)
    return set_template(
        actor=actor,
        project=project,
        low_pct=max(-99, int(low)),
        high_pct=min(500, int(high)),
        shape="triangular",
        version=version,
    )


@transaction.atomic
def set_ranges(
    *,
    actor: Actor,
    project: Project,
    ranges: Mapping[int, Ranged],
    source: Source = Source.TYPED,
) -> int:
    """Give tasks their ranges, all or none. Returns how many changed.

    Who: C on simulation_run. Writes: TaskRange. Raises: Invalid naming the task and what is wrong.
    """
    allowed, row = _opened(actor, project)
    ends = task_ends({(row.pk, uid) for uid in ranges})
    present = {item.uid: item for item in TaskRange.objects.filter(project=row, uid__in=ranges)}
    problems: dict[str, str] = {}
    changed = 0
    for uid, said in ranges.items():
        end = ends.get((row.pk, uid))
        if end is None:
            problems[f"task_{uid}"] = f"The plan has no task {uid}."
            continue
        if not said.low <= said.likely <= said.high:
            problems[f"task_{uid}"] = (
                f"Task {uid} ‘{end.name}’: {said.low} ≤ {said.likely} ≤ {said.high} does not hold."
            )
            continue
        values = {name: getattr(said, name) for name in _RANGE} | {"source": source}
        try:
            changed += _keep_range(allowed, row, present.get(uid), uid, end.name, values)
        except ValidationError as error:
            problems[f"task_{uid}"] = f"Task {uid} ‘{end.name}’: {' '.join(error.messages)}"
    if problems:
        raise Invalid("simulations.range", " ".join(problems.values()), fields=problems)
    return changed


def _keep_range(
    actor: Actor,
    project: Project,
    row: TaskRange | None,
    uid: int,
    name: str,
    values: Mapping[str, Any],
) -> bool:
    if row is None:
        made = TaskRange(project=project, uid=uid, name=name, **values)
        core.create(actor=actor, obj=made, names=("uid", *values), office_id=project.office_id)
        return True
    return core.change(
        actor=actor, obj=row, values=values, version=None, office_id=project.office_id
    )


def ranges_from_estimates(*, actor: Actor, project: Project) -> int:
    """Take the ranges of tasks from their accepted estimates in days. Returns how many changed.

    Who: C on simulation_run. Writes: TaskRange. Raises: Invalid where there is no such estimate.
    """
    rows = Estimate.objects.filter(
        project=project, task_uid__isnull=False, unit="days", state="accepted"
    ).order_by("task_uid")
    ends = task_ends({(project.pk, row.task_uid or 0) for row in rows})
    found = {
        row.task_uid or 0: Ranged(row.low, min(max(row.value, row.low), row.high), row.high)
        for row in rows
        if (project.pk, row.task_uid) in ends
    }
    if not found:
        raise Invalid(
            "simulations.no_estimates",
            "No task of the plan has an accepted estimate in days. Estimate some, or type ranges.",
        )
    return set_ranges(actor=actor, project=project, ranges=found, source=Source.ESTIMATE)


@transaction.atomic
def drop_range(*, actor: Actor, row: TaskRange, reason: str = "") -> None:
    """Let a task follow the template again. Who: C on simulation_run. Writes: TaskRange."""
    allowed, project = _opened(actor, row.project)
    core.record(
        actor=allowed,
        action="taskrange.drop",
        obj=row,
        before=core.plain(row, ("uid", *_RANGE)),
        reason=reason.strip(),
        office_id=project.office_id,
    )
    row.delete()


@transaction.atomic
def keep_cost(
    *,
    actor: Actor,
    project: Project,
    values: Mapping[str, Any],
    row: CostItem | None = None,
    version: int | None = None,
) -> CostItem:
    """Add what the project still costs, or change it.

    Who: C on simulation_run with R on budget. Writes: CostItem. Raises: Invalid naming the field.
    """
    allowed, place = _opened(actor, project, money=True)
    problems: dict[str, str] = {}
    units = place.currency.minor_units
    for name in ("low", "likely", "high"):
        amount = values.get(name)
        if amount is not None and not is_stored(amount, units):
            problems[name] = f"At most {units} decimals."
    uid = values.get("task_uid")
    if uid is not None and (place.pk, uid) not in task_ends({(place.pk, uid)}):
        problems["task_uid"] = f"The plan has no task {uid}."
    if problems:
        raise Invalid("simulations.cost", " ".join(problems.values()), fields=problems)
    try:
        if row is None:
            made = CostItem(project=place, **values)
            return core.create(actor=allowed, obj=made, names=_COST, office_id=place.office_id)
        found = core.lock(CostItem.objects.all(), row.pk)
        core.change(
            actor=allowed, obj=found, values=values, version=version, office_id=place.office_id
        )
    except ValidationError as error:
        raise invalid_from(error, "simulations.cost") from error
    return found


@transaction.atomic
def costs_from_budget(*, actor: Actor, project: Project) -> int:
    """Take the lines of the approved budget as costs, by category, from 10 % less to 25 % more.

    What is there by the same name stays. Who: as ``keep_cost``. Returns how many were added.
    Raises: Invalid where there is no approved budget.
    """
    _, place = _opened(actor, project, money=True)
    budget = place.budgets.filter(state=Budget.State.APPROVED).first()
    if budget is None:
        raise Invalid(
            "simulations.no_budget",
            f"Project {place.code} has no approved budget. Type what it still costs.",
        )
    sums: dict[str, Decimal] = {}
    for line in BudgetLine.objects.filter(budget=budget):
        name = line.get_category_display()
        sums[name] = sums.get(name, Decimal(0)) + line.own_amount
    taken = set(place.cost_items.filter(voided=False).values_list("name", flat=True))
    unit = Decimal(1).scaleb(-place.currency.minor_units)
    template = Uncertainty.objects.filter(project=place).first() or Uncertainty()
    added = 0
    for name, likely in sums.items():
        if name in taken or not likely:
            continue
        values = {
            "name": name,
            "low": (likely * (100 + template.low_pct) / 100).quantize(unit),
            "likely": likely,
            "high": (likely * (100 + template.high_pct) / 100).quantize(unit),
            "shape": template.shape,
        }
        keep_cost(actor=actor, project=place, values=values)
        added += 1
    return added


@transaction.atomic
def void_cost(*, actor: Actor, row: CostItem, version: int | None, reason: str = "") -> None:
    """Take a cost out. Who: as ``keep_cost``. Writes: CostItem."""
    allowed, place = _opened(actor, row.project, money=True)
    core.change(
        actor=allowed,
        obj=core.lock(CostItem.objects.all(), row.pk),
        values={"voided": True},
        version=version,
        action="costitem.void",
        reason=reason.strip(),
        office_id=place.office_id,
    )


@transaction.atomic
def keep_correlation(
    *,
    actor: Actor,
    project: Project,
    values: Mapping[str, Any],
    row: Correlation | None = None,
    version: int | None = None,
) -> Correlation:
    """Say what goes well or badly together, by one number for all pairs or by a matrix.

    A matrix that contradicts itself is repaired by the simulation, which says so.
    Who: C on simulation_run. Writes: Correlation. Raises: Invalid naming the field.
    """
    allowed, place = _opened(actor, project)
    typed = {"tasks": [], "costs": [], "rows": [], "rho": None, **values}
    _require_correlation(place, typed)
    try:
        if row is None:
            made = Correlation(project=place, **typed)
            return core.create(
                actor=allowed, obj=made, names=_CORRELATION, office_id=place.office_id
            )
        found = core.lock(Correlation.objects.all(), row.pk)
        core.change(
            actor=allowed, obj=found, values=typed, version=version, office_id=place.office_id
        )
    except ValidationError as error:
        raise invalid_from(error, "simulations.correlation") from error
    return found


@transaction.atomic
def void_correlation(
    *, actor: Actor, row: Correlation, version: int | None, reason: str = ""
) -> None:
    """Take a correlation out. Who: C on simulation_run. Writes: Correlation."""
    allowed, place = _opened(actor, row.project)
    core.change(
        actor=allowed,
        obj=core.lock(Correlation.objects.all(), row.pk),
        values={"voided": True},
        version=version,
        action="correlation.void",
        reason=reason.strip(),
        office_id=place.office_id,
    )


def _require_correlation(project: Project, typed: Mapping[str, Any]) -> None:
    problems: dict[str, str] = {}
    tasks: Sequence[int] = typed["tasks"]
    costs: Sequence[int] = typed["costs"]
    ends = task_ends({(project.pk, uid) for uid in tasks})
    missing = [str(uid) for uid in tasks if (project.pk, uid) not in ends]
    if missing:
        problems["tasks"] = f"The plan has no task {', '.join(missing)}."
    known = set(project.cost_items.filter(voided=False).values_list("pk", flat=True))
    if not set(costs) <= known:
        problems["costs"] = "Choose costs of this project."
    members = len(tasks) + len(costs)
    if members < 2 and not problems:
        problems["tasks"] = "It takes two tasks or costs to move together."
    rows = typed["rows"]
    if rows and typed["rho"] is not None:
        problems["rho"] = "Give either one number for all pairs, or a matrix."
    elif not rows and typed["rho"] is None:
        problems["rho"] = "Give a number from 0 to 1, or a matrix."
    if rows:
        problems.update(_matrix_problems(rows, members))
    if problems:
        raise Invalid("simulations.correlation", " ".join(problems.values()), fields=problems)


def _matrix_problems(rows: Sequence[Sequence[float]], members: int) -> dict[str, str]:
    """What is wrong with the form of a matrix; whether it fits together is mended later."""
    if len(rows) > MOST_ROWS:
        return {"rows": f"At most {MOST_ROWS} rows."}
    if len(rows) != members or any(len(row) != members for row in rows):
        return {"rows": f"It needs {members} rows of {members} numbers, tasks before costs."}
    for one, row in enumerate(rows):
        for other, value in enumerate(row):
            if not -1 <= value <= 1:
                return {"rows": f"Row {one + 1}: {value} is not between −1 and 1."}
            if value != rows[other][one]:
                return {
                    "rows": f"Row {one + 1}, column {other + 1}: {value} is not the same as the "
                    f"other way round, {rows[other][one]}."
                }
        if row[one] != 1:
            return {"rows": f"Row {one + 1}: with itself everything is correlated by 1."}
    return {}


def _opened(actor: Actor, project: Project, *, money: bool = False) -> tuple[Actor, Project]:
    """As whom the actor changes what is uncertain, and the project, locked."""
    allowed = rules.require(actor, project, "C", "say what is uncertain about")
    if money:
        rules.require_money(actor, project)
    rows = Project.objects.select_related("portfolio__org_unit", "currency")
    row = core.lock(rows, project.pk)
    rules.require_open(row)
    return allowed, row
