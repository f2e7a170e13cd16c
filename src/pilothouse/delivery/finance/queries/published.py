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
    """What was published last in one year, in one currency; ``day`` is the latest status date.

    Of the ``told`` projects that told a whole-life cost that year, ``baseline`` is what was first
    published of them, and ``forecast`` what was published now.
    """

    year: int
    day: date
    currency: str
    projects: int
    told: int
    baseline: Decimal
    forecast: Decimal
    joined: Sequence[Named]
    left: Sequence[Named]

    @property
    def over_pct(self) -> Decimal | None:
        """By how much the forecasts are above the baselines, in percent."""
        return 100 * (self.forecast - self.baseline) / self.baseline if self.baseline else None


Read = Callable[[Actor, Portfolio], list[PublishedCosts]]
_READER: list[Read] = []


def install_published_costs(read: Read) -> None:
    """Say who reads what was published: the floor that keeps the snapshots."""
    _READER[:] = [read]


def published_costs(actor: Actor, place: Portfolio) -> list[PublishedCosts]:
    """The published years of a portfolio in sight, the oldest first."""
    return _READER[0](actor, place)
