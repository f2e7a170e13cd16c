# SPDX-License-Identifier: Apache-2.0
"""What was typed, to what the engine estimates from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any

from pilothouse.delivery.estimates.models import Estimate
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.forecast import (
    BUDGET,
    DEFINITIVE,
    ROUGH,
    Expected,
    Similarity,
    analogous,
    in_series,
    parametric,
    pert,
    reference_class,
    triangular,
)
from pilothouse.engine.forecast.reference_class import LEAST
from pilothouse.foundation.core.errors import Invalid

Method = Estimate.Method
Pairs = Sequence[tuple[float, float]]
CLASSES = {accuracy.name: accuracy for accuracy in (ROUGH, BUDGET, DEFINITIVE)}
_FOURTH = Decimal("0.0001")


@dataclass(frozen=True, slots=True)
class Found:
    """What a method says: the value, its spread where there is one, and its range."""

    value: Decimal
    sd: Decimal | None
    low: Decimal
    high: Decimal
    accuracy: str
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chain:
    """Independent pieces in series: their sum, and what is kept with 80 and 90 %."""

    mean: Decimal
    sd: Decimal
    p80: Decimal
    p90: Decimal


@dataclass(frozen=True, slots=True)
class Spread:
    """Ratios of actual to promised that 10 and 90 % of a class did not exceed; None if too few."""

    count: int
    low: Decimal | None
    high: Decimal | None


@dataclass(frozen=True, slots=True)
class ClassFigures:
    """A reference class in figures; None where it has fewer than ten members."""

    count: int
    p50: Decimal | None
    p80: Decimal | None


def found_by(method: str, inputs: Mapping[str, Any], accuracy: str, pairs: Pairs = ()) -> Found:
    """The estimate that a method makes of what was typed.

    Raises: Invalid with the sentence of the engine.
    """
    try:
        return _found(method, inputs, accuracy, pairs)
    except InvalidInput as error:
        message = f"Nothing can be estimated from this. {error}"
        fields = {_FIELD[Method(method)]: str(error)}
        raise Invalid("estimates.inputs", message, fields=fields) from None


_FIELD = {
    Method.THREE_POINT: "likely",
    Method.TRIANGULAR: "likely",
    Method.PARAMETRIC: "quantity",
    Method.ANALOGOUS: "actual",
    Method.REFERENCE_CLASS: "base",
}


def _found(method: str, inputs: Mapping[str, Any], accuracy: str, pairs: Pairs) -> Found:
    number = {name: float(value) for name, value in inputs.items() if isinstance(value, Decimal)}
    kept = {
        name: str(value) if isinstance(value, Decimal) else value for name, value in inputs.items()
    }
    if method in (Method.THREE_POINT, Method.TRIANGULAR):
        make = pert if method == Method.THREE_POINT else triangular
        spread = make(number["least"], number["likely"], number["most"])
        ends = number["least"], number["most"]
        return _rounded(spread.mean, spread.sd, *ends, accuracy, kept)
    if method == Method.PARAMETRIC:
        factors = [float(factor) for factor in inputs.get("factors", [])]
        kept["factors"] = [str(factor) for factor in inputs.get("factors", [])]
        value = parametric(number["quantity"], number["rate"], factors)
        return _rounded(value, None, *CLASSES[accuracy].range_of(value), accuracy, kept)
    if method == Method.ANALOGOUS:
        like = Similarity(str(inputs["similarity"]))
        analogy = analogous(number["actual"], number["size"], number["reference_size"], like)
        return _rounded(analogy.value, None, analogy.low, analogy.high, analogy.accuracy.name, kept)
    known = reference_class(pairs)
    confidence = float(str(inputs["confidence"])) / 100
    kept |= {"count": len(known.ratios), "ratio": f"{known.ratio(confidence):.4f}"}
    value = known.forecast(number["base"], confidence)
    ends = known.forecast(number["base"], 0.1), known.forecast(number["base"], 0.9)
    return _rounded(value, None, *ends, accuracy, kept)


def _rounded(
    value: float,
    sd: float | None,
    low: float,
    high: float,
    accuracy: str,
    inputs: dict[str, Any],
) -> Found:
    if not value > 0:
        raise InvalidInput("forecast.quantity", "The estimate comes to 0; give more than that.")
    spread = None if sd is None else _decimal(sd)
    return Found(_decimal(value), spread, _decimal(low), _decimal(high), accuracy, inputs)


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value)).quantize(_FOURTH, ROUND_HALF_EVEN)


def chain_of(parts: Sequence[tuple[Decimal, Decimal]]) -> Chain:
    """The sum of (mean, standard deviation) of independent pieces in series."""
    total = in_series([Expected(float(mean), float(sd)) for mean, sd in parts])
    return Chain(
        _decimal(total.mean), _decimal(total.sd), _decimal(total.at(0.8)), _decimal(total.at(0.9))
    )


def chance_of(chain: Chain, value: Decimal) -> Decimal:
    """Percent of cases in which the chain takes at most so much."""
    found = Expected(float(chain.mean), float(chain.sd)).chance(float(value))
    return (Decimal(repr(found)) * 100).quantize(Decimal("0.1"))


def figures_of(pairs: Pairs) -> ClassFigures:
    """A class of finished work in figures."""
    if len(pairs) < LEAST:
        return ClassFigures(len(pairs), None, None)
    known = reference_class(pairs)
    return ClassFigures(len(pairs), _decimal(known.ratio(0.5)), _decimal(known.ratio(0.8)))


def spread_of(pairs: Pairs) -> Spread:
    """How far a class of finished work spreads; nothing where it has fewer than ten members."""
    if len(pairs) < LEAST:
        return Spread(len(pairs), None, None)
    known = reference_class(pairs)
    return Spread(len(pairs), _decimal(known.ratio(0.1)), _decimal(known.ratio(0.9)))
