# SPDX-License-Identifier: Apache-2.0
"""Risk models as JSON files: what ``pilothouse simulate`` reads (docs/reference/risks-json.md)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any, BinaryIO

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.bounds import MAX_UID
from pilothouse.engine.formats.json_walk import (
    Bounds,
    Misfit,
    Read,
    choice,
    flag,
    listed,
    made,
    number,
    pairs,
    parsed,
    tagged,
    text,
    whole,
    within,
)
from pilothouse.engine.formats.remedies import with_remedy
from pilothouse.engine.simulate import (
    Constant,
    CorrelationGroup,
    CorrelationMatrix,
    CostItem,
    Discrete,
    Distribution,
    Estimate,
    Impact,
    Lognormal,
    PertBeta,
    Response,
    RiskEvent,
    RiskModel,
    Shape,
    Template,
    Triangular,
    Trigen,
    Uniform,
)

LARGEST_BYTES = 32_000_000
VERSION = 1


class Unit(StrEnum):
    """What durations of a file are counted in."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


_KINDS: dict[str, tuple[Callable[..., Distribution], tuple[str, ...]]] = {
    "constant": (Constant, ("value",)),
    "uniform": (Uniform, ("low", "high")),
    "triangular": (Triangular, ("low", "mode", "high")),
    "pert": (PertBeta, ("low", "mode", "high")),
    "lognormal": (Lognormal, ("mean", "sd")),
    "trigen": (Trigen, ("p10", "mode", "p90")),
}
_UID, _ID = whole(0, MAX_UID), text(least=1)
_MEMBERS = {"tasks": listed(_UID), "costs": listed(text())}
_TEMPLATE = made(Template, {"low_pct": number, "high_pct": number}, {"shape": choice(Shape)})
_GROUP = made(CorrelationGroup, {"name": _ID, "rho": number}, _MEMBERS)
_MATRIX = made(CorrelationMatrix, {"name": _ID, "rows": listed(listed(number))}, _MEMBERS)


def read_risks(stream: BinaryIO, minutes_per_day: int = 480) -> RiskModel:
    """Read a risk model.

    Parameters
    ----------
    stream : binary stream
        JSON in UTF-8, at most 32 million bytes.
    minutes_per_day : int
        Of the plan; what a day in the file is.

    Returns
    -------
    RiskModel
        Durations in working minutes. Its values are checked by ``simulate_plan``.

    Raises
    ------
    FormatError
        ``risks.size``, ``risks.json``, ``risks.version``, ``risks.field``; the place is the way
        to the field, such as ``events[2].probability``.

    Examples
    --------
    >>> from io import BytesIO
    >>> file = BytesIO(b'{"version": 1, "template": {"low_pct": -10, "high_pct": 25}}')
    >>> read_risks(file).template
    Template(low_pct=-10.0, high_pct=25.0, shape=<Shape.TRIANGULAR: 'triangular'>)
    """
    try:
        document = pairs(parsed(stream.read(LARGEST_BYTES + 1), Bounds(LARGEST_BYTES)))
        version = document.pop("version", None)
        if version != VERSION:
            raise FormatError(
                "risks.version",
                f"The file has the version {str(version)[:20]}; this program reads version "
                f"{VERSION}.",
                ("version",),
            )
        unit = within("unit", choice(Unit), document.pop("unit", Unit.DAYS.value))
        minutes = {Unit.MINUTES: 1, Unit.HOURS: 60, Unit.DAYS: minutes_per_day}[unit]
        return _model(float(minutes))(document)
    except Misfit as misfit:
        raise _refused(misfit) from None


def _refused(misfit: Misfit) -> FormatError:
    path = misfit.path or "The file"
    says, places = (
        with_remedy(misfit.kind, f"{path} {misfit.reason}."),
        (misfit.path,) if misfit.path else (),
    )
    match misfit.kind:
        case "size":
            return FormatError("risks.size", says, places)
        case "empty" | "encoding" | "json" | "duplicate" | "limit":
            return FormatError("risks.json", says, places)
    return FormatError("risks.field", says, places)


def _model(minutes: float) -> Read[RiskModel]:
    """What a whole file is; its durations are in units of so many minutes."""
    duration, money = _distribution(minutes), _distribution(1.0)
    estimate = made(_estimate, {"task": _UID, "duration": duration}, {})
    impacts = listed(made(_impact, {"task": _UID, "delay": duration}, {}))
    response = made(
        Response,
        {"probability": number},
        {"impacts": impacts, "cost": money, "response_cost": number},
    )
    event = made(
        partial(_with_name, RiskEvent),
        {"id": _ID, "probability": number},
        {
            "name": _ID,
            "impacts": impacts,
            "cost": money,
            "parallel": flag,
            "response": response,
        },
    )
    cost = made(
        partial(_with_name, CostItem),
        {"id": _ID, "amount": money},
        {"name": _ID, "per_day": flag, "task": _UID, "base": number},
    )
    return made(
        _whole_model,
        {},
        {
            "estimates": listed(estimate),
            "template": _TEMPLATE,
            "events": listed(event),
            "costs": listed(cost),
            "correlation_groups": listed(_GROUP),
            "correlation_matrices": listed(_MATRIX),
            "currency": text(),
        },
    )


def _distribution(factor: float) -> Read[Distribution]:
    """A distribution whose values are multiplied."""

    def scaled(make: Callable[..., Distribution], **values: float) -> Distribution:
        return make(**{name: value * factor for name, value in values.items()})

    def discrete(values: tuple[float, ...], probabilities: tuple[float, ...]) -> Discrete:
        return Discrete(tuple(value * factor for value in values), probabilities)

    numbers = listed(number)
    kinds: dict[str, Read[Distribution]] = {
        kind: made(partial(scaled, make), dict.fromkeys(names, number), {})
        for kind, (make, names) in _KINDS.items()
    }
    kinds["discrete"] = made(discrete, {"values": numbers, "probabilities": numbers}, {})
    return tagged("type", kinds)


def _estimate(task: int, duration: Distribution) -> Estimate:
    return Estimate(task, duration)


def _impact(task: int, delay: Distribution) -> Impact:
    return Impact(task, delay)


def _with_name(make: Callable[..., Any], id: str, name: str = "", **rest: Any) -> Any:
    """Its own name, else its id."""
    return make(uid=id, name=name or id, **rest)


def _whole_model(
    correlation_groups: tuple[CorrelationGroup, ...] = (),
    correlation_matrices: tuple[CorrelationMatrix, ...] = (),
    **rest: Any,
) -> RiskModel:
    return RiskModel(groups=correlation_groups, matrices=correlation_matrices, **rest)
