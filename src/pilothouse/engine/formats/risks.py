# SPDX-License-Identifier: Apache-2.0
"""Risk models as JSON files: what ``pilothouse simulate`` reads (docs/reference/risks-json.md)."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import BinaryIO, NoReturn, TypeVar

from pilothouse.engine.errors import FormatError
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
_MINUTES = {"minutes": 1, "hours": 60}
_KINDS: Mapping[str, tuple[Callable[..., Distribution], tuple[str, ...]]] = {
    "constant": (Constant, ("value",)),
    "uniform": (Uniform, ("low", "high")),
    "triangular": (Triangular, ("low", "mode", "high")),
    "pert": (PertBeta, ("low", "mode", "high")),
    "lognormal": (Lognormal, ("mean", "sd")),
    "trigen": (Trigen, ("p10", "mode", "p90")),
}
T = TypeVar("T")
Json = Mapping[str, object]


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
    text = stream.read(LARGEST_BYTES + 1)
    if len(text) > LARGEST_BYTES:
        raise FormatError(
            "risks.size", f"The file is larger than {LARGEST_BYTES:,} bytes; split it."
        )
    try:
        found = json.loads(text, object_pairs_hook=_object, parse_constant=_constant)
    except (ValueError, RecursionError) as error:
        raise FormatError(
            "risks.json", f"The file is not JSON: {error}; correct it there."
        ) from error
    return _Reader(minutes_per_day).model(found)


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return found


def _constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is no number")


def _wrong(place: str, wanted: str) -> FormatError:
    return FormatError("risks.field", f"{place} must be {wanted}; correct it.", (place,))


@dataclass(frozen=True, slots=True)
class _Fields:
    """One object of the file and the way to it."""

    values: Json
    place: str

    def at(self, name: str) -> str:
        """The way to a field."""
        return f"{self.place}.{name}" if self.place else name

    def only(self, *names: str) -> None:
        """Refuse fields with other names."""
        for name in self.values:
            if name not in names:
                raise FormatError(
                    "risks.field",
                    f"There is no field {self.at(name)}; use {', '.join(names)}.",
                    (self.at(name),),
                )

    def number(self, name: str, default: float | None = None) -> float:
        """A finite number."""
        return _number(self.values.get(name, default), self.at(name))

    def text(self, name: str, default: str | None = None) -> str:
        """Text that is not empty unless that is the default."""
        found = self.values.get(name, default)
        if not isinstance(found, str) or (not found and default is None):
            raise _wrong(self.at(name), "text")
        return found

    def flag(self, name: str) -> bool:
        """True or false; false where it is not given."""
        found = self.values.get(name, False)
        if not isinstance(found, bool):
            raise _wrong(self.at(name), "true or false")
        return found

    def task(self, name: str) -> int:
        """The uid of a task."""
        return _uid(self.values.get(name), self.at(name))

    def list(self, name: str) -> list[object]:
        """A list; empty where it is not given."""
        found = self.values.get(name, [])
        if not isinstance(found, list):
            raise _wrong(self.at(name), "a list")
        return found

    def objects(self, name: str, read: Callable[[_Fields], T]) -> tuple[T, ...]:
        """A list of objects, read one after the other."""
        return tuple(
            read(_fields(value, f"{self.at(name)}[{number}]"))
            for number, value in enumerate(self.list(name))
        )

    def object(self, name: str) -> _Fields | None:
        """An object, None where it is not given or null."""
        found = self.values.get(name)
        return None if found is None else _fields(found, self.at(name))


def _fields(value: object, place: str) -> _Fields:
    if not isinstance(value, dict):
        raise _wrong(place or "The file", "an object")
    return _Fields(value, place)


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(place, "a number")
    try:
        found = float(value)
    except OverflowError as error:
        raise _wrong(place, "a number below 10^308") from error
    if not math.isfinite(found):
        raise _wrong(place, "a finite number")
    return found


def _uid(value: object, place: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wrong(place, "the number of a task")
    return value


class _Reader:
    """Reads the parts of a file; ``factor`` is the minutes of its unit."""

    def __init__(self, minutes_per_day: int) -> None:
        self._day = minutes_per_day
        self._factor = float(minutes_per_day)

    def model(self, value: object) -> RiskModel:
        found = _fields(value, "")
        found.only(
            "version",
            "currency",
            "unit",
            "template",
            "estimates",
            "events",
            "costs",
            "correlation_groups",
            "correlation_matrices",
        )
        if found.values.get("version") != VERSION:
            raise FormatError(
                "risks.version",
                f"The file has the version {found.values.get('version')}; this program reads "
                f"version {VERSION}.",
                ("version",),
            )
        unit = found.text("unit", "days")
        if unit not in (*_MINUTES, "days"):
            raise _wrong("unit", "minutes, hours or days")
        self._factor = float(_MINUTES.get(unit, self._day))
        template = found.object("template")
        return RiskModel(
            found.objects("estimates", self._estimate),
            None if template is None else _template(template),
            found.objects("events", self._event),
            found.objects("costs", self._cost),
            found.objects("correlation_groups", _group),
            found.objects("correlation_matrices", _matrix),
            found.text("currency", ""),
        )

    def _estimate(self, found: _Fields) -> Estimate:
        found.only("task", "duration")
        return Estimate(found.task("task"), self._minutes(found, "duration"))

    def _impact(self, found: _Fields) -> Impact:
        found.only("task", "delay")
        return Impact(found.task("task"), self._minutes(found, "delay"))

    def _event(self, found: _Fields) -> RiskEvent:
        found.only("id", "name", "probability", "impacts", "cost", "parallel", "response")
        uid = found.text("id")
        response = found.object("response")
        return RiskEvent(
            uid,
            found.text("name", uid),
            found.number("probability"),
            found.objects("impacts", self._impact),
            _money(found, "cost"),
            found.flag("parallel"),
            None if response is None else self._response(response),
        )

    def _response(self, found: _Fields) -> Response:
        found.only("probability", "impacts", "cost", "response_cost")
        return Response(
            found.number("probability"),
            found.objects("impacts", self._impact),
            _money(found, "cost"),
            found.number("response_cost", 0.0),
        )

    def _cost(self, found: _Fields) -> CostItem:
        found.only("id", "name", "amount", "per_day", "task", "base")
        uid = found.text("id")
        amount = _money(found, "amount")
        if amount is None:
            raise _wrong(found.at("amount"), "a distribution")
        return CostItem(
            uid,
            found.text("name", uid),
            amount,
            found.flag("per_day"),
            None if found.values.get("task") is None else found.task("task"),
            None if found.values.get("base") is None else found.number("base"),
        )

    def _minutes(self, found: _Fields, name: str) -> Distribution:
        inner = found.object(name)
        if inner is None:
            raise _wrong(found.at(name), "a distribution")
        return _distribution(inner, self._factor)


def _template(found: _Fields) -> Template:
    found.only("low_pct", "high_pct", "shape")
    shape = found.text("shape", Shape.TRIANGULAR.value)
    if shape not in list(Shape):
        raise _wrong(found.at("shape"), ", ".join(Shape))
    return Template(found.number("low_pct"), found.number("high_pct"), Shape(shape))


def _money(found: _Fields, name: str) -> Distribution | None:
    inner = found.object(name)
    return None if inner is None else _distribution(inner, 1.0)


def _distribution(found: _Fields, factor: float) -> Distribution:
    kind = found.text("type")
    if kind == "discrete":
        found.only("type", "values", "probabilities")
        values = _numbers(found, "values")
        return Discrete(tuple(value * factor for value in values), _numbers(found, "probabilities"))
    if kind not in _KINDS:
        raise _wrong(found.at("type"), f"one of {', '.join((*_KINDS, 'discrete'))}")
    make, names = _KINDS[kind]
    found.only("type", *names)
    return make(*(found.number(name) * factor for name in names))


def _numbers(found: _Fields, name: str) -> tuple[float, ...]:
    place = found.at(name)
    return tuple(_number(value, f"{place}[{at}]") for at, value in enumerate(found.list(name)))


def _members(found: _Fields) -> tuple[tuple[int, ...], tuple[str, ...]]:
    tasks = tuple(
        _uid(value, f"{found.at('tasks')}[{at}]") for at, value in enumerate(found.list("tasks"))
    )
    costs: list[str] = []
    for at, value in enumerate(found.list("costs")):
        if not isinstance(value, str):
            raise _wrong(f"{found.at('costs')}[{at}]", "the id of a cost item")
        costs.append(value)
    return tasks, tuple(costs)


def _group(found: _Fields) -> CorrelationGroup:
    found.only("name", "rho", "tasks", "costs")
    return CorrelationGroup(found.text("name"), found.number("rho"), *_members(found))


def _matrix(found: _Fields) -> CorrelationMatrix:
    found.only("name", "rows", "tasks", "costs")
    rows: list[tuple[float, ...]] = []
    for at, row in enumerate(found.list("rows")):
        place = f"{found.at('rows')}[{at}]"
        if not isinstance(row, list):
            raise _wrong(place, "a list of numbers")
        rows.append(tuple(_number(value, f"{place}[{n}]") for n, value in enumerate(row)))
    return CorrelationMatrix(found.text("name"), tuple(rows), *_members(found))
