# SPDX-License-Identifier: Apache-2.0
"""How each type of the plan stands in JSON, worked out from the dataclasses themselves.

A new field of the plan is written and read without a line here. Whole numbers stay numbers,
decimals are strings so that no digit is lost, instants and days are ISO 8601 without zone,
choices are their names, and sequences are lists. Where a field has its default it is left out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

from pilothouse.engine.formats.bounds import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_MINUTES,
    MAX_NUMBER,
    MAX_UID,
    MAX_UNITS,
    MAX_WORK_MINUTES,
    UNPRINTABLE,
)
from pilothouse.engine.formats.json_walk import (
    Misfit,
    Read,
    choice,
    fixed,
    flag,
    listed,
    made,
    named,
    text,
    whole,
)

FORMAT = "pilothouse-plan"
VERSION = 1
MAX_TEXT = 100_000
"""Characters of one text."""

_RANGES = {
    "uid": (0, MAX_UID),
    "outline_level": (1, 1_000),
    "priority": (0, 1_000),
    "minutes_per_day": (1, 1_440),
    "minutes_per_week": (1, 10_080),
    "days_per_month": (1, 31),
    "number": (0, 10),
    "duration_minutes": (0, 2 * MAX_MINUTES),
    "remaining_minutes": (0, 2 * MAX_MINUTES),
    "actual_duration_minutes": (0, 2 * MAX_MINUTES),
    "lag_minutes": (-MAX_MINUTES, MAX_MINUTES),
    "leveling_delay_minutes": (-MAX_MINUTES, MAX_MINUTES),
    "total_float_minutes": (-MAX_MINUTES, MAX_MINUTES),
    "free_float_minutes": (-MAX_MINUTES, MAX_MINUTES),
    "work_minutes": (0, MAX_WORK_MINUTES),
    "actual_work_minutes": (0, MAX_WORK_MINUTES),
    "remaining_work_minutes": (0, MAX_WORK_MINUTES),
    "critical_threshold_minutes": (-(10**9), 10**9),
}
"""Bounds of whole numbers by field; every reference has those of a uid."""
_DECIMALS: dict[str, tuple[Decimal | int, Decimal | int]] = {
    "percent_complete": (0, 100),
    "physical_percent": (0, 100),
    "lag_percent": (-100_000, 100_000),
    "units": (0, MAX_UNITS),
    "max_units": (0, MAX_UNITS),
}
"""Bounds of decimals by field; others have those of any number."""
_LENGTHS = {
    "name": 500,
    "wbs": 100,
    "initials": 20,
    "email": 254,
    "kind": 10,
    "currency": 3,
    "start": 255,
    "finish": 255,
    "duration": 255,
}
"""Most characters of texts by field."""
_REFERENCES = frozenset({"predecessor", "successor"})
_DECIMAL = re.compile(r"-?\d{1,16}(?:\.\d{1,30})?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

Encode = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one type is written and read."""

    encode: Encode
    read: Read[Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """A dataclass: its fields with their kinds, their defaults, and how an object becomes one."""

    kinds: dict[str, Kind]
    defaults: dict[str, Any]
    read: Read[Any]


def encode(value: Any) -> dict[str, Any]:
    """A dataclass as an object, without fields that have their default."""
    shape = shape_of(type(value))
    found: dict[str, Any] = {}
    for name, kind in shape.kinds.items():
        held = getattr(value, name)
        if name not in shape.defaults or not _same(held, shape.defaults[name]):
            found[name] = kind.encode(held)
    return found


def _same(value: Any, default: Any) -> bool:
    """Equal and of one form: Decimal 1 and 1.0 are equal, and written apart."""
    return bool(value == default) and (not isinstance(value, Decimal) or str(value) == str(default))


_SHAPES: dict[type, Shape] = {}


def shape_of(type_: type) -> Shape:
    """The fields of a dataclass, worked out once."""
    found = _SHAPES.get(type_)
    if found is None:
        hints = get_type_hints(type_)
        kinds = {item.name: _kind(hints[item.name], item.name) for item in fields(type_)}
        defaults = {
            item.name: _default(item) for item in fields(type_) if _default(item) is not MISSING
        }
        reads = {name: kind.read for name, kind in kinds.items()}
        needed = {name: read for name, read in reads.items() if name not in defaults}
        optional = {name: read for name, read in reads.items() if name in defaults}
        found = Shape(kinds, defaults, made(type_, needed, optional, null=True))
        _SHAPES[type_] = found
    return found


def _default(item: Field[Any]) -> Any:
    if item.default_factory is not MISSING:
        return item.default_factory()
    return item.default


def _kind(hint: Any, name: str) -> Kind:
    arguments = get_args(hint)
    if get_origin(hint) in (Union, UnionType) and NoneType in arguments:
        (inner,) = (part for part in arguments if part is not NoneType)
        return _optional(_kind(inner, name))
    if get_origin(hint) is tuple:
        if arguments[-1] is Ellipsis:
            inside = _kind(arguments[0], name)
            return Kind(lambda value: [inside.encode(item) for item in value], listed(inside.read))
        return _fixed([_kind(part, name) for part in arguments])
    if is_dataclass(hint) and isinstance(hint, type):
        return Kind(encode, shape_of(hint).read)
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return Kind(lambda value: value.value, choice(hint))
    return _PLAIN[hint](name)


def _optional(inner: Kind) -> Kind:
    read = inner.read
    return Kind(
        lambda value: None if value is None else inner.encode(value),
        lambda value: None if value is None else read(value),
    )


def _fixed(parts: list[Kind]) -> Kind:
    def write(value: Iterable[Any]) -> list[Any]:
        return [part.encode(item) for part, item in zip(parts, value)]

    return Kind(write, fixed(part.read for part in parts))


def _whole(name: str) -> Kind:
    low, high = _RANGES.get(name, (-MAX_WORK_MINUTES, MAX_WORK_MINUTES))
    if name in _REFERENCES or name.endswith("uid"):
        low, high = _RANGES["uid"]
    return Kind(lambda value: value, whole(low, high))


def _text(name: str) -> Kind:
    bounded = text(_LENGTHS.get(name, MAX_TEXT))

    def read(value: Any) -> str:
        found = bounded(value)
        if UNPRINTABLE.search(found):
            raise Misfit("value", "holds a character that no text can have")
        return found

    return Kind(str, read)


def _decimal(name: str) -> Kind:
    low, high = _DECIMALS.get(name, (-MAX_NUMBER, MAX_NUMBER))

    def read(value: Any) -> Decimal:
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise Misfit("type", f'is {named(value)}, not a decimal number as text such as "12.5"')
        number = Decimal(value)
        if not low <= number <= high:
            raise Misfit("range", f"is not between {low:,} and {high:,}")
        return number

    return Kind(lambda value: f"{value:f}", read)


def _instant(value: Any) -> datetime:
    found = _dated(value, _INSTANT, "an instant such as 2027-03-14T08:00")
    try:
        return datetime.fromisoformat(found)
    except ValueError:
        said = "which is no day of the calendar or time of day"
        raise Misfit("value", f"is {value}, {said}") from None


def _day(value: Any) -> date:
    found = _dated(value, _DAY, "a day such as 2027-03-14")
    try:
        return date.fromisoformat(found)
    except ValueError:
        raise Misfit("value", f"is {value}, which is no day of the calendar") from None


def _dated(value: Any, form: re.Pattern[str], says: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        raise Misfit("type", f"is {named(value)}, not {says}")
    if not FIRST_YEAR <= int(value[:4]) <= LAST_YEAR:
        raise Misfit("range", f"is {value}, which is not in the years {FIRST_YEAR} to {LAST_YEAR}")
    return value


def _iso(value: datetime) -> str:
    minutes = not value.second and not value.microsecond
    return value.isoformat(timespec="minutes" if minutes else "auto")


_PLAIN: dict[Any, Callable[[str], Kind]] = {
    bool: lambda _name: Kind(bool, flag),
    int: _whole,
    str: _text,
    Decimal: _decimal,
    datetime: lambda _name: Kind(_iso, _instant),
    date: lambda _name: Kind(date.isoformat, _day),
}
