# SPDX-License-Identifier: Apache-2.0
"""Facts of a project → metrics of the engine → colours and reasons to save."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from pilothouse.delivery.planning.queries import PlanFacts
from pilothouse.direction.performance.rules import over_pct
from pilothouse.engine.health import (
    DIMENSIONS,
    Policy,
    overall,
    rate_dimension,
)


@dataclass(frozen=True, slots=True)
class Trend:
    """A cost at completion that something points to, and what does: "the pace of …"."""

    cost: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a project on a day; None means not known."""

    today: date
    forecast_finish: date | None = None
    baseline_start: date | None = None
    baseline_finish: date | None = None
    milestone_slip_days: int | None = None
    budget: Decimal | None = None
    forecast_cost: Decimal | None = None
    bac: Decimal | None = None
    eac: Decimal | None = None
    """Unrounded, and of what was spent; None where only the register says what it will cost."""
    benefits_approved: Decimal | None = None
    benefits_forecast: Decimal | None = None
    plan: PlanFacts | None = None
    earned_value: Decimal | None = None
    actual_cost: Decimal | None = None
    earned_schedule: Decimal | None = None
    elapsed: Decimal | None = None
    committed: Decimal | None = None
    released: Decimal | None = None
    trends: tuple[Trend, ...] = ()
    data_as_of: date | None = None
    notes: Mapping[str, str] = field(default_factory=dict)
    """Metric → where its inputs come from, if that needs saying."""

    @property
    def slip_days(self) -> int | None:
        """Calendar days from the approved to the forecast finish; positive is late."""
        if self.forecast_finish is None or self.baseline_finish is None:
            return None
        return (self.forecast_finish - self.baseline_finish).days


@dataclass(frozen=True, slots=True)
class Health:
    """Colours by dimension, the whole, and the reasons as they are kept."""

    colours: dict[str, str]
    overall: str
    reasons: dict[str, Any]


def metrics_of(facts: Facts) -> dict[str, Decimal | None]:
    """The metrics of DOMAIN 10.2 that can be had from the facts so far."""
    slip_pct: Decimal | None = None
    if facts.slip_days is not None and facts.baseline_start and facts.baseline_finish:
        length = (facts.baseline_finish - facts.baseline_start).days
        if length > 0:
            slip_pct = Decimal(100 * facts.slip_days) / length
    over = over_pct(facts)
    cpi: Decimal | None = None
    if facts.earned_value is not None and facts.actual_cost:
        cpi = facts.earned_value / facts.actual_cost
    spi_t: Decimal | None = None
    if facts.earned_schedule is not None and facts.elapsed:
        spi_t = facts.earned_schedule / facts.elapsed
    benefit_pct: Decimal | None = None
    if facts.benefits_approved and facts.benefits_forecast is not None:
        benefit_pct = 100 * facts.benefits_forecast / facts.benefits_approved
    return {
        "slip_pct": slip_pct,
        "milestone_slip_days": None
        if facts.milestone_slip_days is None
        else Decimal(facts.milestone_slip_days),
        "spi_t": spi_t,
        "vac_pct": None if over is None else -over,
        "cpi": cpi,
        "over_released_pct": _over_released(facts),
        "benefit_pct": benefit_pct,
    }


def _over_released(facts: Facts) -> Decimal | None:
    """What is spent or promised beyond released funding, in percent of it; all of it without any.

    None where no order was placed: what was spent without one is no commitment.
    """
    if facts.committed is None or facts.released is None:
        return None
    over = max(Decimal(0), facts.committed - facts.released)
    if not facts.released:
        return Decimal(100) if over else Decimal(0)
    return 100 * over / facts.released


def trend_of(facts: Facts, policy: Policy) -> dict[str, str] | None:
    """Where cost is heading beyond the amber limit of VAC while it is still inside; else None.

    A breach that is there already has its colour; this one is told before.
    """
    vac = metrics_of(facts)["vac_pct"]
    rule = next((rule for rule in policy.rules if rule.metric == "vac_pct"), None)
    if vac is None or rule is None or not facts.bac or facts.eac is None or not facts.trends:
        return None
    limit = rule.green_limit if rule.amber_limit is None else rule.amber_limit
    worst = max(facts.trends, key=lambda trend: trend.cost)
    coming = 100 * (facts.bac - worst.cost) / facts.bac
    if vac < limit or coming >= limit:
        return None
    return {"cost": f"{worst.cost:.2f}", "vac_pct": f"{coming:.4f}", "why": worst.why}


BY_REGISTER = "vac_pct by the register"
"""The same metric where nothing says EAC."""
INPUTS = {
    "slip_pct": ("forecast_finish", "baseline_start", "baseline_finish"),
    "milestone_slip_days": (),
    "spi_t": ("earned_schedule", "elapsed"),
    "vac_pct": ("bac", "eac"),
    BY_REGISTER: ("budget", "forecast_cost"),
    "cpi": ("earned_value", "actual_cost"),
    "over_released_pct": ("committed", "released"),
    "benefit_pct": ("benefits_approved", "benefits_forecast"),
}
FORMULAS = {
    "slip_pct": "(forecast finish − approved finish) / (approved finish − approved start) × 100",
    "milestone_slip_days": "latest milestone: current finish − baseline finish, in days",
    "spi_t": "ES / AT: earned schedule / elapsed periods",
    "vac_pct": "(BAC − EAC) / BAC × 100",
    BY_REGISTER: "(budget − forecast cost) / budget × 100",
    "cpi": "EV / AC: earned value / actual cost",
    "over_released_pct": "(spent or promised − released funding) / released funding × 100",
    "benefit_pct": "forecast benefit / approved benefit × 100",
}


def _told(metric: str, facts: Facts) -> str:
    """The metric as its formula and inputs are told."""
    return BY_REGISTER if metric == "vac_pct" and facts.eac is None else metric


def health_of(facts: Facts, policy: Policy) -> Health:
    """Rate every dimension and the whole; keep formula, inputs and limits of each metric."""
    metrics = metrics_of(facts)
    rated = {name: rate_dimension(policy, name, metrics) for name in DIMENSIONS}
    whole = overall({name: health.colour for name, health in rated.items()})
    reasons: dict[str, Any] = {
        "overall": {"colour": str(whole.colour), "sentence": whole.reason},
        "policy": policy.number,
    }
    for name, health in rated.items():
        reasons[name] = {
            "colour": str(health.colour),
            "incomplete": health.incomplete,
            "metrics": [
                {
                    "metric": reason.metric,
                    "label": reason.label,
                    "value": None if reason.value is None else f"{reason.value:.4f}",
                    "exact": None if reason.value is None else str(reason.value),
                    "unit": reason.unit,
                    "colour": str(reason.colour),
                    "sentence": reason.sentence,
                    "formula": FORMULAS.get(_told(reason.metric, facts), ""),
                    "note": facts.notes.get(reason.metric, ""),
                    "inputs": {
                        key: str(getattr(facts, key))
                        for key in INPUTS.get(_told(reason.metric, facts), ())
                        if getattr(facts, key) is not None
                    },
                }
                for reason in health.reasons
            ],
        }
    return Health(
        {name: str(health.colour) for name, health in rated.items()}, str(whole.colour), reasons
    )
