# SPDX-License-Identifier: Apache-2.0
"""Whole-life cost of a portfolio through its published years, as the floor above tells it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.projects.models import Portfolio
from pilothouse.foundation.core.actor import Actor


@dataclass(frozen=True, slots=True)
class Named:
    """A project as a list tells it."""

    pk: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class PublishedCosts:
    """One publication in one currency.

    ``baseline`` and ``forecast`` are the sums of what is told; ``both`` projects tell both, and
    for these alone ``both_baseline`` and ``both_forecast`` are held against each other.
    """

    day: date
    currency: str
    projects: int
    baseline: Decimal
    baselines: int
    forecast: Decimal
    forecasts: int
    both: int
    both_baseline: Decimal
    both_forecast: Decimal
    joined: Sequence[Named]
    left: Sequence[Named]

    @property
    def over_pct(self) -> Decimal | None:
        """By how much the forecasts are above the baselines of the same projects, in percent."""
        if not self.both_baseline:
            return None
        return 100 * (self.both_forecast - self.both_baseline) / self.both_baseline


Read = Callable[[Actor, Portfolio], list[PublishedCosts]]
_READER: list[Read] = []


def install_published_costs(read: Read) -> None:
    """Say who reads what was published: the floor that keeps the snapshots."""
    _READER[:] = [read]


def published_costs(actor: Actor, place: Portfolio) -> list[PublishedCosts]:
    """The publications of a portfolio in sight, the oldest first."""
    return _READER[0](actor, place)
