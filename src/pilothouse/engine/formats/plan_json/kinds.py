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
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, NoReturn, Union, get_args, get_origin, get_type_hints

from pilothouse.engine.errors import FormatError
from pilothouse.engine.formats.bounds import (
    FIRST_YEAR,
    LAST_YEAR,
    MAX_NUMBER,
    MAX_UID,
    MAX_WORK_MINUTES,
    UNPRINTABLE,
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
}
"""Bounds of whole numbers by field; every reference has those of a uid."""
_REFERENCES = frozenset({"predecessor", "successor"})
_DECIMAL = re.compile(r"-?\d{1,16}(?:\.\d{1,30})?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")

Decode = Callable[[Any, str], Any]
Encode = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Kind:
    """How one type is written and read."""

    encode: Encode
    decode: Decode


@dataclass(frozen=True, slots=True)
class Shape:
    """A dataclass: its fields with their kinds, and which of them must be there."""

    kinds: dict[str, Kind]
    defaults: dict[str, Any]


def refuse(code: str, message: str, path: str = "") -> NoReturn:
    """Raise the error of this format; the path is that in the document."""
    place = (path,) if path else ()
    raise FormatError(f"planjson.{code}", f"{path or 'The document'}: {message}.", place)


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


def decode(type_: type, value: Any, path: str) -> Any:
    """An object as a dataclass; unknown and missing fields are refused."""
    shape = shape_of(type_)
    if not isinstance(value, dict):
        refuse("kind", f"is {_named(value)}, not an object", path)
    held = dict(shape.defaults)
    for name, given in value.items():
        kind = shape.kinds.get(name)
        if kind is None:
            refuse("field", f"has a field ‘{name[:60]}’, which is not known", path)
        held[name] = kind.decode(given, f"{path}.{name}" if path else name)
    if len(held) < len(shape.kinds):
        missing = next(name for name in shape.kinds if name not in held)
        refuse("missing", f"has no field ‘{missing}’", path)
    return type_(**held)


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
        found = _SHAPES[type_] = Shape(kinds, defaults)
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
            return _sequence(_kind(arguments[0], name))
        return _fixed([_kind(part, name) for part in arguments])
    if is_dataclass(hint) and isinstance(hint, type):
        return Kind(encode, lambda value, path: decode(hint, value, path))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return _choice(hint)
    return _whole(name) if hint is int else _PLAIN[hint]


def _optional(inner: Kind) -> Kind:
    return Kind(
        lambda value: None if value is None else inner.encode(value),
        lambda value, path: None if value is None else inner.decode(value, path),
    )


def _sequence(inner: Kind) -> Kind:
    def read(value: Any, path: str) -> tuple[Any, ...]:
        return tuple(
            inner.decode(item, f"{path}[{place}]") for place, item in enumerate(_list(value, path))
        )

    return Kind(lambda value: [inner.encode(item) for item in value], read)


def _fixed(parts: list[Kind]) -> Kind:
    def read(value: Any, path: str) -> tuple[Any, ...]:
        if len(_list(value, path)) != len(parts):
            refuse("kind", f"has {len(value):,} parts, not {len(parts)}", path)
        return tuple(
            part.decode(item, f"{path}[{place}]")
            for place, (part, item) in enumerate(zip(parts, value))
        )

    def write(value: Iterable[Any]) -> list[Any]:
        return [part.encode(item) for part, item in zip(parts, value)]

    return Kind(write, read)


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        refuse("kind", f"is {_named(value)}, not a list", path)
    return value


def _choice(choices: type[StrEnum]) -> Kind:
    known = {choice.value: choice for choice in choices}

    def read(value: Any, path: str) -> StrEnum:
        found = known.get(value) if isinstance(value, str) else None
        if found is None:
            refuse("value", f"is {_named(value)}, not one of {', '.join(known)}", path)
        return found

    return Kind(lambda value: value.value, read)


def _whole(name: str) -> Kind:
    low, high = -MAX_WORK_MINUTES, MAX_WORK_MINUTES
    if name in _REFERENCES or name.endswith("uid"):
        low, high = _RANGES["uid"]
    elif name in _RANGES:
        low, high = _RANGES[name]

    def read(value: Any, path: str) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            refuse("kind", f"is {_named(value)}, not a whole number", path)
        if not low <= value <= high:
            refuse("range", f"is not between {low:,} and {high:,}", path)
        return value

    return Kind(lambda value: value, read)


def _flag(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        refuse("kind", f"is {_named(value)}, neither true nor false", path)
    return value


def _text(value: Any, path: str) -> str:
    if not isinstance(value, str):
        refuse("kind", f"is {_named(value)}, not a text", path)
    if len(value) > MAX_TEXT:
        refuse("limit", f"has {len(value):,} characters; {MAX_TEXT:,} may be", path)
    if UNPRINTABLE.search(value):
        refuse("value", "holds a character that no text can have", path)
    return value


def _decimal(value: Any, path: str) -> Decimal:
    if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
        refuse("kind", f'is {_named(value)}, not a decimal number as text such as "12.5"', path)
    try:
        number = Decimal(value)
    except InvalidOperation:
        refuse("kind", "is no number", path)
    if abs(number) > MAX_NUMBER:
        refuse("range", "is out of range", path)
    return number


def _instant(value: Any, path: str) -> datetime:
    text = _dated(value, path, _INSTANT, "an instant such as 2027-03-14T08:00")
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        refuse("value", f"is {value}, which is no day of the calendar or time of day", path)


def _day(value: Any, path: str) -> date:
    text = _dated(value, path, _DAY, "a day such as 2027-03-14")
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse("value", f"is {value}, which is no day of the calendar", path)


def _dated(value: Any, path: str, form: re.Pattern[str], says: str) -> str:
    if not isinstance(value, str) or not form.fullmatch(value):
        refuse("kind", f"is {_named(value)}, not {says}", path)
    if not FIRST_YEAR <= int(value[:4]) <= LAST_YEAR:
        refuse("range", f"is {value}, which is not in the years {FIRST_YEAR} to {LAST_YEAR}", path)
    return value


def _named(value: Any) -> str:
    """What stands there, for a message."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f"‘{str(value)[:40]}’"


def _iso(value: datetime) -> str:
    whole = not value.second and not value.microsecond
    return value.isoformat(timespec="minutes" if whole else "auto")


_PLAIN: dict[Any, Kind] = {
    bool: Kind(bool, _flag),
    str: Kind(str, _text),
    Decimal: Kind(lambda value: f"{value:f}", _decimal),
    datetime: Kind(_iso, _instant),
    date: Kind(date.isoformat, _day),
}
