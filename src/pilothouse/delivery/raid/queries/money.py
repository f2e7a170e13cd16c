# SPDX-License-Identifier: Apache-2.0
"""With what the cost of a risk is compared: BAC and contingency of its project."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.finance.queries.budgets import budget_totals
from pilothouse.delivery.projects.models import Project


@dataclass(frozen=True, slots=True)
class Measure:
    """What the percentages of a scale are of; None where it is not known.

    ``days`` are calendar days from today to the finish that is planned.
    """

    bac: Decimal | None = None
    contingency: Decimal | None = None
    days: Decimal | None = None


def measure_of(project: Project | None, today: date) -> Measure:
    """BAC and contingency left of the approved budget, else the budget of the register."""
    if project is None:
        return Measure()
    finish = project.planned_finish
    days = Decimal((finish - today).days) if finish is not None and finish > today else None
    totals = budget_totals([project.pk]).get(project.pk)
    if totals is None:
        return Measure(project.budget, None, days)
    return Measure(totals.bac, totals.contingency_left, days)
