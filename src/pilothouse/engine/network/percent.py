# SPDX-License-Identifier: Apache-2.0
"""How much of a task is done, and what summaries sum up (R-PRG-04, R-CPM-04)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.outline import Outline, build_outline
from pilothouse.engine.network.plan import Plan, PlanTask

_CENT, _HUNDRED = Decimal("0.01"), Decimal(100)


def percent_done(done: int | Decimal, left: int | Decimal) -> Decimal:
    """Share of what is done in what is done and left, in percent with two decimals.

    Of durations, R-PRG-04's AD/(AD + RD); of work, AW/(AW + RW). 0 where there is neither.

    Examples
    --------
    >>> percent_done(4, 9), percent_done(30, 70)
    (Decimal('30.77'), Decimal('30.00'))
    """
    total = done + left
    return _rounded(_HUNDRED * done / total) if total else Decimal(0)


def percent_of_steps(steps: Sequence[tuple[Decimal, bool]]) -> Decimal:
    """Weight of the finished steps in that of all, in percent; 0 without steps.

    Raises
    ------
    InvalidInput
        ``network.step_weight`` for a weight that is not above 0.

    Examples
    --------
    >>> percent_of_steps([(Decimal(3), True), (Decimal(1), False)])
    Decimal('75.00')
    """
    if not all(weight.is_finite() and weight > 0 for weight, _ in steps):
        raise InvalidInput("network.step_weight", "The weight of a step lies above 0; correct it.")
    done = sum((weight for weight, finished in steps if finished), Decimal(0))
    left = sum((weight for weight, finished in steps if not finished), Decimal(0))
    return percent_done(done, left)


@dataclass(frozen=True, slots=True)
class Total:
    """Of a task, or of all that lies inside a summary; ``cost`` is None where none is known."""

    percent: Decimal
    work_minutes: int
    actual_work_minutes: int
    cost: Decimal | None


def roll_up(plan: Plan, durations: Mapping[int, int], *, by_work: bool = False) -> dict[int, Total]:
    """Percentage, work and cost of every row, summed up the outline.

    Parameters
    ----------
    plan : Plan
    durations : mapping of int to int
        Uid → duration in working minutes; of a summary, between its dates on the plan's
        calendar: ``TaskDates.duration_minutes``.
    by_work : bool
        Weigh the rows inside a summary by their work instead of their duration.

    Returns
    -------
    dict of int to Total
        By uid. A summary's percentage is Σ(child's percentage × its weight) / Σ weights over
        the rows directly inside it; where these weigh nothing, 100 if all are done, else 0.
        Inactive rows count for nothing.

    Notes
    -----
    O(rows), from the last row up.
    """
    outline = build_outline(plan.tasks)
    totals: dict[int, Total] = {}
    for row in range(len(plan.tasks) - 1, -1, -1):
        task = plan.tasks[row]
        inside = [plan.tasks[child] for child in outline.children[row] if plan.tasks[child].active]
        if not outline.summary[row]:
            totals[task.uid] = Total(
                task.percent_complete, task.work_minutes, task.actual_work_minutes, task.cost
            )
            continue
        weights = [
            totals[child.uid].work_minutes if by_work else durations[child.uid] for child in inside
        ]
        totals[task.uid] = _sum([totals[child.uid] for child in inside], weights)
    return {task.uid: totals[task.uid] for task in plan.tasks}


def roll_up_again(
    plan: Plan, outline: Outline, duration_of: Callable[[int], int], rows: Iterable[int]
) -> dict[int, Total]:
    """What ``roll_up`` sums for some summaries and those above, where the others hold their sums.

    Parameters
    ----------
    plan : Plan
        Its other summaries hold the percentage and work that ``roll_up`` gave them.
    outline : Outline
        Of this plan.
    duration_of : callable
        Row → duration, as ``durations`` of ``roll_up``.
    rows : iterable of int
        Rows of which any cell or the duration changed.

    Returns
    -------
    dict of int to Total
        By row of the summaries concerned; costs are not summed.
    """
    wanted = {above for row in rows for above in outline.ancestors(row)}
    wanted |= {row for row in rows if outline.summary[row]}
    totals: dict[int, Total] = {}
    for row in sorted(wanted, reverse=True):
        below = [child for child in outline.children[row] if plan.tasks[child].active]
        rows_below = [totals.get(child) or own_total(plan.tasks[child]) for child in below]
        totals[row] = _sum(rows_below, [duration_of(child) for child in below])
    return totals


def own_total(task: PlanTask) -> Total:
    """What one task adds to the sums above it; its cost is left out."""
    return Total(task.percent_complete, task.work_minutes, task.actual_work_minutes, None)


def _sum(rows: Sequence[Total], weights: Sequence[int]) -> Total:
    costs = [row.cost for row in rows if row.cost is not None]
    weight = sum(weights)
    if weight:
        percent = _rounded(
            sum((row.percent * part for row, part in zip(rows, weights, strict=True)), Decimal(0))
            / weight
        )
    else:
        percent = _HUNDRED if rows and all(row.percent == _HUNDRED for row in rows) else Decimal(0)
    return Total(
        percent,
        sum(row.work_minutes for row in rows),
        sum(row.actual_work_minutes for row in rows),
        sum(costs, Decimal(0)) if costs else None,
    )


def _rounded(value: Decimal) -> Decimal:
    return value.quantize(_CENT, ROUND_HALF_UP)
