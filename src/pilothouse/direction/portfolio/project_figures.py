# SPDX-License-Identifier: Apache-2.0
"""The figures of a project, each with its formula, inputs, date and source."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.performance.rules import over_by, over_pct, stated_gap
from pilothouse.direction.performance.services import money_share

Value = date | Decimal | int | None
DIMENSION_LABELS = {
    "schedule": "Schedule",
    "cost": "Cost",
    "scope": "Scope",
    "benefits": "Benefits",
    "risk": "Risk",
    "resources": "Resources",
}
MONEY_METRICS = frozenset({"vac_pct", "over_released_pct", "cpi"})
SPENT_METRICS = frozenset({"over_released_pct", "cpi"})
"""Those of money that tell what was spent; so does VAC where EAC comes of it."""
BENEFIT_METRICS = frozenset({"benefit_pct"})
CLOSED = "{}: your roles do not include these figures."
INPUT_LABELS = {
    "forecast_finish": "Forecast finish",
    "baseline_start": "Approved start",
    "baseline_finish": "Approved finish",
    "budget": "Budget",
    "forecast_cost": "Forecast cost",
    "bac": "BAC",
    "eac": "EAC",
    "benefits_approved": "Approved benefit",
    "benefits_forecast": "Forecast benefit",
    "elapsed": "Elapsed periods",
    "committed": "Spent or promised",
    "released": "Released funding",
}


@dataclass(frozen=True, slots=True)
class Sight:
    """Which parts of the page the actor's roles open."""

    money: bool
    spent: bool
    benefits: bool
    audit: bool
    roles: bool

    def forecast(self, eac: Decimal | None) -> bool:
        """Whether a forecast cost may be seen; one that comes of what was spent tells that, too."""
        return self.money and (eac is None or self.spent)


@dataclass(frozen=True, slots=True)
class Input:
    """One value that went into a figure; ``kind`` says how it is written."""

    label: str
    kind: str
    value: Value


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure that can be explained. ``kind``: day, money, days or pct; a positive
    ``bad`` is worse than agreed."""

    key: str
    label: str
    kind: str
    value: Value
    formula: str
    inputs: tuple[Input, ...]
    source: str
    as_of: date | None
    bad: bool = False


@dataclass(frozen=True, slots=True)
class Metric:
    """One rated metric of a dimension, as the snapshot keeps it."""

    label: str
    colour: str
    sentence: str
    formula: str
    inputs: tuple[Input, ...]
    note: str
    known: bool
    hidden: bool


@dataclass(frozen=True, slots=True)
class Dimension:
    """One row of the health card."""

    key: str
    label: str
    colour: str
    incomplete: bool
    sentence: str
    metrics: tuple[Metric, ...]
    unknown: tuple[str, ...]
    comment: str


def dates_of(row: PerformanceSnapshot, planned_finish: date | None) -> tuple[Figure, ...]:
    """Planned, approved and forecast finish and the slip between the last two."""
    from_plan = f"Plan, version {row.plan_version}" if row.plan_version else ""
    register = "Register: what the project manager states"
    published = row.source if row.kind == "published" else ""
    approved = Input("Approved finish", "day", row.baseline_finish)
    forecast = Input("Forecast finish", "day", row.forecast_finish)
    return (
        Figure(
            "start",
            "Planned start",
            "day",
            row.planned_start,
            "As entered",
            (),
            published or register,
            row.data_as_of,
        ),
        Figure(
            "planned",
            "Planned finish",
            "day",
            planned_finish,
            "As entered",
            (),
            published or register,
            row.data_as_of,
        ),
        Figure(
            "baseline",
            "Approved finish",
            "day",
            row.baseline_finish,
            "The finish that was last approved; where none was entered, that of the baseline of "
            "the plan that counts",
            (Input("Approved start", "day", row.baseline_start),),
            published or "Register or plan baseline",
            row.data_as_of,
        ),
        Figure(
            "forecast",
            "Forecast finish",
            "day",
            row.forecast_finish,
            "The computed finish of the plan"
            if row.plan_version
            else "The planned finish, because there is no plan",
            (),
            published or from_plan or register,
            row.data_as_of,
        ),
        Figure(
            "slip",
            "Slip",
            "days",
            row.slip_days,
            "Forecast finish − approved finish, in calendar days",
            (forecast, approved),
            row.source,
            row.data_as_of,
            bad=bool(row.slip_days and row.slip_days > 0),
        ),
    )


def money_of(row: PerformanceSnapshot, sight: Sight) -> tuple[Figure, ...]:
    """What it may cost, what it is to cost and the difference, in the project's currency.

    Nothing without the right to budgets; what may be spent alone where the rest tells of cost.
    """
    if not sight.money:
        return ()
    entered = "Register" if row.kind == "live" else row.source
    why = _metric_of(row, "cost", "vac_pct").get("note") or entered
    budget = Figure("budget", "Budget", "money", row.budget, "As approved", (), why, row.data_as_of)
    if row.eac is None:
        stated = _forecast(row, "Forecast cost", "As stated for the whole project", why)
        cost = Input("Forecast cost", "money", row.forecast_cost)
        base = Input("Budget", "money", row.budget)
        less = "Forecast cost − budget; above zero is over budget"
        share = "(Forecast cost − budget) / budget × 100"
        return budget, stated, *_variances(row, "Variance of budget", less, share, (cost, base))
    allowed = "Σ budgets of the baseline, without contingency and management reserve"
    bac = Figure("bac", "BAC", "money", row.bac, allowed, (), why, row.data_as_of)
    if not sight.spent:
        return budget, bac
    return (
        budget,
        bac,
        _forecast(row, "Estimate at completion", "EAC, from what was spent so far", why),
        *_variances(
            row,
            "Variance of BAC",
            "EAC − BAC; above zero is over budget",
            "(EAC − BAC) / BAC × 100",
            (Input("EAC", "money", row.eac), Input("BAC", "money", row.bac)),
        ),
    )


def _variances(
    row: PerformanceSnapshot, label: str, less: str, share: str, inputs: tuple[Input, ...]
) -> tuple[Figure, Figure]:
    over, pct = over_by(row), over_pct(row)
    known, bad = (inputs if over is not None else ()), over is not None and over > 0
    source, day = row.source, row.data_as_of
    return (
        Figure("variance", "Variance", "money", over, less, known, source, day, bad),
        Figure("variance_pct", label, "pct", pct, share, known, source, day, bad),
    )


def _forecast(row: PerformanceSnapshot, label: str, formula: str, why: str) -> Figure:
    return Figure(
        "forecast_cost", label, "money", row.forecast_cost, formula, (), why, row.data_as_of
    )


def _metric_of(row: PerformanceSnapshot, dimension: str, name: str) -> dict[str, Any]:
    metrics = row.reasons.get(dimension, {}).get("metrics", ())
    return next((item for item in metrics if item["metric"] == name), {})


def benefits_of(row: PerformanceSnapshot) -> tuple[Figure, ...]:
    """Approved and forecast benefit and their share."""
    approved, forecast = row.benefits_approved, row.benefits_forecast
    entered = "Register" if row.kind == "live" else row.source
    share = money_share(forecast, approved)
    return (
        Figure(
            "benefits_approved",
            "Approved benefit",
            "money",
            approved,
            "As approved",
            (),
            entered,
            row.data_as_of,
        ),
        Figure(
            "benefits_forecast",
            "Forecast benefit",
            "money",
            forecast,
            "As stated",
            (),
            entered,
            row.data_as_of,
        ),
        Figure(
            "benefit_pct",
            "Forecast of approved benefit",
            "pct",
            share,
            "Forecast benefit / approved benefit × 100",
            (
                Input("Forecast benefit", "money", forecast),
                Input("Approved benefit", "money", approved),
            ),
            row.source,
            row.data_as_of,
            bad=share is not None and share < 100,
        ),
    )


def dimensions_of(row: PerformanceSnapshot, sight: Sight) -> tuple[Dimension, ...]:
    """The six dimensions with what the snapshot says of each; money only for who may see it."""
    result: list[Dimension] = []
    for key, label in DIMENSION_LABELS.items():
        data: dict[str, Any] = row.reasons.get(key, {})
        metrics = tuple(_metric(item, sight) for item in data.get("metrics", ()))
        known = tuple(metric for metric in metrics if metric.known)
        worst = next((metric for metric in known if metric.colour == getattr(row, key)), None)
        if worst is not None:
            sentence = worst.sentence
        elif getattr(row, key) == "grey":
            sentence = "Not rated: none of its figures is known."
        else:
            sentence = "Rated by its source."
        result.append(
            Dimension(
                key,
                label,
                getattr(row, key),
                bool(data.get("incomplete")) and bool(known),
                sentence,
                known,
                tuple(metric.label for metric in metrics if not metric.known),
                str(row.comments.get(key, "")),
            )
        )
    return tuple(result)


def is_hidden(item: Mapping[str, Any], sight: Sight) -> bool:
    """Whether the actor's roles leave out a metric of a dimension, as the snapshot keeps it."""
    metric = item["metric"]
    spent = metric in SPENT_METRICS or "eac" in item["inputs"]
    return (
        (metric in MONEY_METRICS and not sight.money)
        or (spent and not sight.spent)
        or (metric in BENEFIT_METRICS and not sight.benefits)
    )


def _metric(item: dict[str, Any], sight: Sight) -> Metric:
    hidden = is_hidden(item, sight)
    inputs = () if hidden else tuple(_input(key, text) for key, text in item["inputs"].items())
    return Metric(
        item["label"],
        item["colour"],
        f"{item['label']}: your roles do not include these figures."
        if hidden
        else item["sentence"],
        item["formula"],
        inputs,
        "" if hidden else item.get("note", ""),
        item["value"] is not None,
        hidden,
    )


def _input(key: str, text: str) -> Input:
    label = INPUT_LABELS.get(key, key.replace("_", " ").capitalize())
    if key.endswith(("_finish", "_start")):
        return Input(label, "day", date.fromisoformat(text))
    if key in ("elapsed", "earned_schedule"):
        return Input(label, "periods", Decimal(text))
    return Input(label, "money", Decimal(text))


def verdict_of(row: PerformanceSnapshot) -> tuple[int | None, str]:
    """As ``verdict``, for one snapshot."""
    colours = [getattr(row, name) for name in DIMENSION_LABELS]
    return verdict(row.overall, row.stated, row.stated_label, colours)


def verdict(
    computed: str, stated: str, stated_label: str, colours: Sequence[str]
) -> tuple[int | None, str]:
    """``stated_gap`` between the computed and the stated colour, and a sentence on it."""
    if not stated or stated == "grey":
        return None, "No colour has been stated, so there is nothing to compare."
    if computed == "grey":
        return None, "Too little is known to compute a colour; only the stated one can be shown."
    gap = stated_gap(computed, stated, colours)
    said = (stated_label or stated).lower()
    if computed == stated or gap is None:
        return gap, "The stated colour agrees with the computed one."
    if gap == 0:
        return gap, (
            f"Stated {said}; the computed colour is {computed} only because dimensions are "
            "not rated. No figure speaks against the statement."
        )
    if gap >= 2:
        return gap, (
            f"A watermelon: stated {said}, but the figures say {computed}. "
            "Ask for the reason or correct the figures."
        )
    if gap == 1:
        return (
            gap,
            f"Suspect: stated {said}, one step better than the figures, which say {computed}.",
        )
    return gap, f"Stated {said}, more cautious than the figures, which say {computed}."


def planned_finish_of(project: Project, record: dict[str, Any] | None) -> date | None:
    """The planned finish of the register, or as it stood where a past day is shown."""
    if record is None:
        return project.planned_finish
    value = record["planned_finish"]
    return value if isinstance(value, date) else None
