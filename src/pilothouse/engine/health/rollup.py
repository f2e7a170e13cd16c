# SPDX-License-Identifier: Apache-2.0
"""The colour of a portfolio or programme from its projects (R-RUP-01)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.health.rating import Overall, Rag


@dataclass(frozen=True, slots=True)
class Share:
    """One active project: its weight (budget at completion) and colour."""

    weight: Decimal
    colour: Rag
    strategic_critical: bool = False


def roll_up(projects: Sequence[Share]) -> Overall:
    """Colour by shares of weight.

    Parameters
    ----------
    projects : sequence of Share
        Active projects only; weights in one currency, not negative.

    Returns
    -------
    Overall
        Red from 25 % red or a red strategic project; amber from 10 % red, 30 % red and amber,
        or 20 % not rated; grey without any weight.

    Raises
    ------
    InvalidInput
        ``health.negative_weight``.
    """
    if any(project.weight < 0 for project in projects):
        raise InvalidInput("health.negative_weight", "A project's weight is negative.")
    total = sum((project.weight for project in projects), Decimal(0))
    critical = [p for p in projects if p.strategic_critical and p.colour is Rag.RED]
    if critical:
        return Overall(Rag.RED, "A strategically critical project is red.")
    if total == 0:
        return Overall(Rag.GREY, "No project has a budget to weigh it by.")

    def share(*colours: Rag) -> Decimal:
        part = sum((p.weight for p in projects if p.colour in colours), Decimal(0))
        return 100 * part / total

    red, amber_red, grey = share(Rag.RED), share(Rag.RED, Rag.AMBER), share(Rag.GREY)
    if red >= 25:
        return Overall(Rag.RED, f"{red:.1f} % of the budget is red (limit 25 %).")
    if red >= 10:
        return Overall(Rag.AMBER, f"{red:.1f} % of the budget is red (limit 10 %).")
    if amber_red >= 30:
        return Overall(Rag.AMBER, f"{amber_red:.1f} % is red or amber (limit 30 %).")
    if grey >= 20:
        return Overall(Rag.AMBER, f"{grey:.1f} % of the budget is not rated (limit 20 %).")
    return Overall(Rag.GREEN, f"{red:.1f} % red, {amber_red:.1f} % red or amber.")
