# SPDX-License-Identifier: Apache-2.0
"""From metrics to the colour of a dimension and of the whole."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum

from pilothouse.engine.errors import InvalidInput


class Rag(StrEnum):
    """Colour of a rating; grey means not rated."""

    GREEN = "green"
    AMBER = "amber"
    RED = "red"
    GREY = "grey"


class Direction(StrEnum):
    """Whether a metric is better the higher or the lower it is."""

    HIGHER = "higher"
    LOWER = "lower"


DIMENSIONS = ("schedule", "cost", "scope", "benefits", "risk", "resources")
CORE_DIMENSIONS = ("schedule", "cost", "benefits")


@dataclass(frozen=True, slots=True)
class MetricRule:
    """Limits of one metric.

    ``green_limit`` is the worst value that is still green, ``amber_limit`` the worst that is
    still amber; None means that the metric knows no amber. Equality belongs to the better
    colour (R-RAG-01).
    """

    dimension: str
    metric: str
    label: str
    unit: str
    direction: Direction
    green_limit: Decimal
    amber_limit: Decimal | None


@dataclass(frozen=True, slots=True)
class Policy:
    """A numbered set of rules; a snapshot names the number it was rated by."""

    number: int
    rules: tuple[MetricRule, ...]

    def of(self, dimension: str) -> tuple[MetricRule, ...]:
        """The rules of one dimension in their order."""
        return tuple(rule for rule in self.rules if rule.dimension == dimension)


def _rule(
    dimension: str,
    metric: str,
    label: str,
    unit: str,
    direction: str,
    green: str,
    amber: str | None,
) -> MetricRule:
    return MetricRule(
        dimension,
        metric,
        label,
        unit,
        Direction(direction),
        Decimal(green),
        None if amber is None else Decimal(amber),
    )


DEFAULT_POLICY = Policy(
    0,
    (
        _rule(
            "schedule",
            "slip_pct",
            "Forecast finish slip of baseline duration",
            "%",
            "lower",
            "5",
            "10",
        ),
        _rule("schedule", "spi_t", "SPI(t)", "", "higher", "0.95", "0.90"),
        _rule("schedule", "milestone_slip_days", "Key milestone slip", "days", "lower", "5", "15"),
        _rule("cost", "vac_pct", "Variance at completion", "%", "higher", "-5", "-10"),
        _rule("cost", "cpi", "CPI", "", "higher", "0.95", "0.90"),
        _rule(
            "cost",
            "over_released_pct",
            "Committed beyond released funding",
            "%",
            "lower",
            "0",
            None,
        ),
        _rule(
            "scope", "accepted_pct", "Accepted of planned deliverables", "%", "higher", "95", "85"
        ),
        _rule(
            "scope", "old_changes", "Open scope changes older than 20 days", "", "lower", "0", "2"
        ),
        _rule("scope", "volatility_pct", "Requirement volatility a month", "%", "lower", "5", "10"),
        _rule("benefits", "benefit_pct", "Forecast of approved benefit", "%", "higher", "95", "85"),
        _rule("risk", "contingency_adequacy", "Contingency adequacy", "", "higher", "1", "0.8"),
        _rule(
            "risk",
            "very_high_unanswered",
            "Very high risks without active response",
            "",
            "lower",
            "0",
            "1",
        ),
        _rule("risk", "s1_overdue", "Severity 1 issues overdue", "", "lower", "0", None),
        _rule(
            "resources",
            "unfilled_pct",
            "Unfilled demand in the next 8 weeks",
            "%",
            "lower",
            "5",
            "15",
        ),
        _rule(
            "resources", "over_allocated", "Over-allocated critical people", "", "lower", "0", "2"
        ),
    ),
)
"""DOMAIN 10.2. S1 issues and funding know no amber: any breach is red."""


@dataclass(frozen=True, slots=True)
class MetricReason:
    """One rated metric with the limits it was held against, and a sentence."""

    metric: str
    label: str
    unit: str
    value: Decimal | None
    colour: Rag
    green_limit: Decimal
    amber_limit: Decimal | None
    sentence: str


@dataclass(frozen=True, slots=True)
class DimensionHealth:
    """Colour of a dimension; ``incomplete`` if some of its metrics were missing."""

    dimension: str
    colour: Rag
    incomplete: bool
    reasons: tuple[MetricReason, ...]


@dataclass(frozen=True, slots=True)
class Overall:
    """The colour of the whole and the rule that gave it."""

    colour: Rag
    reason: str


def rate_metric(rule: MetricRule, value: Decimal | None) -> MetricReason:
    """Hold one unrounded value against its limits.

    Parameters
    ----------
    rule : MetricRule
    value : Decimal or None
        In the unit of the rule; None if it is not known.

    Returns
    -------
    MetricReason
        Grey for a missing value: missing data never counts as green.

    Raises
    ------
    InvalidInput
        ``health.not_a_number`` for NaN or infinity.
    """
    if value is not None and not value.is_finite():
        raise InvalidInput("health.not_a_number", f"{rule.label} is not a number.", (rule.metric,))
    limits = _limits(rule)
    if value is None:
        colour, sentence = Rag.GREY, f"{rule.label}: not known."
    else:
        sign = Decimal(1) if rule.direction is Direction.HIGHER else Decimal(-1)
        if sign * value >= sign * rule.green_limit:
            colour = Rag.GREEN
        elif rule.amber_limit is not None and sign * value >= sign * rule.amber_limit:
            colour = Rag.AMBER
        else:
            colour = Rag.RED
        unit = f" {rule.unit}" if rule.unit else ""
        sentence = f"{rule.label} is {_shown(value)}{unit} ({limits})."
    return MetricReason(
        rule.metric,
        rule.label,
        rule.unit,
        value,
        colour,
        rule.green_limit,
        rule.amber_limit,
        sentence,
    )


def _shown(value: Decimal) -> str:
    text = f"{value:.2f}".replace("-", "−")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _limits(rule: MetricRule) -> str:
    word = "at least" if rule.direction is Direction.HIGHER else "at most"
    text = f"green {word} {_shown(rule.green_limit)}"
    if rule.amber_limit is not None:
        text += f", amber {word} {_shown(rule.amber_limit)}"
    return text + ", else red"


_WORSE = {Rag.GREEN: 0, Rag.AMBER: 1, Rag.RED: 2}


def rate_dimension(
    policy: Policy, dimension: str, metrics: Mapping[str, Decimal | None]
) -> DimensionHealth:
    """The worst metric of a dimension wins (R-RAG-01).

    Parameters
    ----------
    policy : Policy
    dimension : str
        One of ``DIMENSIONS``.
    metrics : mapping
        Metric name to value; names that are absent count as missing.
    """
    reasons = tuple(rate_metric(rule, metrics.get(rule.metric)) for rule in policy.of(dimension))
    rated = [reason.colour for reason in reasons if reason.colour is not Rag.GREY]
    if not rated:
        return DimensionHealth(dimension, Rag.GREY, True, reasons)
    colour = max(rated, key=_WORSE.__getitem__)
    return DimensionHealth(dimension, colour, len(rated) < len(reasons), reasons)


def overall(
    colours: Mapping[str, Rag], *, exception_open: bool = False, tolerance_breached: bool = False
) -> Overall:
    """The whole from its dimensions: first match of R-RAG-02, then R-RAG-03.

    Parameters
    ----------
    colours : mapping
        Dimension to colour; an absent dimension is grey.
    exception_open : bool
        An exception report is open: at least amber.
    tolerance_breached : bool
        The project's tolerance is broken: red.
    """
    if tolerance_breached:
        return Overall(Rag.RED, "The project's tolerance is breached.")
    found = {name: colours.get(name, Rag.GREY) for name in DIMENSIONS}
    reds = [name for name in DIMENSIONS if found[name] is Rag.RED]
    core_reds = [name for name in CORE_DIMENSIONS if found[name] is Rag.RED]
    core_greys = [name for name in CORE_DIMENSIONS if found[name] is Rag.GREY]
    soft = [name for name in DIMENSIONS if found[name] in (Rag.AMBER, Rag.GREY)]
    core_soft = [name for name in CORE_DIMENSIONS if name in soft]
    if core_reds:
        return Overall(Rag.RED, f"{_list(core_reds)} red, a core dimension.")
    if len(reds) >= 2:
        return Overall(Rag.RED, f"Two or more dimensions are red: {_list(reds)}.")
    if len(core_greys) >= 2:
        result = Overall(Rag.GREY, f"Not rated: {_list(core_greys)} have no data.")
    elif reds:
        result = Overall(Rag.AMBER, f"{_list(reds)} red.")
    elif core_soft:
        result = Overall(Rag.AMBER, f"{_list(core_soft)} amber or not rated, a core dimension.")
    elif len(soft) >= 2:
        result = Overall(Rag.AMBER, f"Two or more are amber or not rated: {_list(soft)}.")
    else:
        result = Overall(Rag.GREEN, "All core dimensions are green.")
    if exception_open and result.colour in (Rag.GREEN, Rag.GREY):
        return Overall(Rag.AMBER, "An exception report is open.")
    return result


def _list(names: list[str]) -> str:
    text = ", ".join(names)
    return text[:1].upper() + text[1:]


def watermelon_gap(computed: Rag, reported: Rag) -> int | None:
    """rank(computed) - rank(reported): 2 is a watermelon, 1 suspect; None if one is grey."""
    if Rag.GREY in (computed, reported):
        return None
    return _WORSE[computed] - _WORSE[reported]


PolicyData = list[dict[str, str | None]]


def policy_to_data(policy: Policy) -> PolicyData:
    """Limits as plain texts, to be kept with history."""
    return [
        {
            "metric": rule.metric,
            "green": str(rule.green_limit),
            "amber": None if rule.amber_limit is None else str(rule.amber_limit),
        }
        for rule in policy.rules
    ]


def policy_from_data(number: int, data: PolicyData) -> Policy:
    """The default rules with limits replaced.

    Raises
    ------
    InvalidInput
        ``health.policy`` for an unknown metric, a limit that is no number, or an amber limit
        that is stricter than the green one.
    """
    given = {str(item["metric"]): item for item in data}
    known = {rule.metric for rule in DEFAULT_POLICY.rules}
    if unknown := sorted(set(given) - known):
        raise InvalidInput("health.policy", f"There is no metric {unknown[0]}.", tuple(unknown))
    rules: list[MetricRule] = []
    for rule in DEFAULT_POLICY.rules:
        item = given.get(rule.metric)
        if item is None:
            rules.append(rule)
            continue
        try:
            green = Decimal(item["green"] or "")
            amber = None if item["amber"] in (None, "") else Decimal(item["amber"] or "")
        except InvalidOperation:
            raise InvalidInput(
                "health.policy", f"The limits of “{rule.label}” must be numbers.", (rule.metric,)
            ) from None
        if not green.is_finite() or (amber is not None and not amber.is_finite()):
            raise InvalidInput(
                "health.policy", f"The limits of “{rule.label}” must be numbers.", (rule.metric,)
            )
        sign = 1 if rule.direction is Direction.HIGHER else -1
        if amber is not None and sign * amber > sign * green:
            raise InvalidInput(
                "health.policy",
                f"The amber limit of “{rule.label}” is stricter than the green one.",
                (rule.metric,),
            )
        rules.append(
            MetricRule(
                rule.dimension, rule.metric, rule.label, rule.unit, rule.direction, green, amber
            )
        )
    return Policy(number, tuple(rules))
