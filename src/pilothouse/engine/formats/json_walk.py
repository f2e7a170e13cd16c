# SPDX-License-Identifier: Apache-2.0
"""JSON documents read by type, with the way to what does not fit.

A reader of a value is a function of the value alone. What does not fit is raised as `Misfit`, and
whatever holds the value adds its step to the way while the error passes, such as
``candidates[3].cost[1]``. Each format gives the kinds of misfit its own codes.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")
Read = Callable[[Any], T]


class Misfit(Exception):
    """A document, or a value in it, that is not what it should be.

    Parameters
    ----------
    kind : str
        Of the whole document: ``size``, ``empty``, ``encoding``, ``json``, ``duplicate``,
        ``limit``, ``value``. Of one value: ``type``, ``range``, ``limit``, ``value``, ``missing``,
        ``unknown``.
    reason : str
        What comes behind the way, without a point at its end.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind, self.reason = kind, reason
        self._steps: list[str] = []

    def inside(self, step: str) -> Misfit:
        """The same, seen from what holds the value: ``.name`` or ``[3]``."""
        self._steps.append(step)
        return self

    @property
    def path(self) -> str:
        """The way from the document; empty for the document itself."""
        return "".join(reversed(self._steps)).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a document may hold at most, counted before it is read.

    Parameters
    ----------
    bytes, brackets, values : int
        Of the whole document: objects and lists, and values.
    digits : int
        Of one whole number.
    fractions : bool
        Whether numbers may have any.
    """

    bytes: int
    brackets: int = 1_500_000
    values: int = 5_000_000
    digits: int = 400
    fractions: bool = True


def parsed(data: bytes, bounds: Bounds) -> Any:
    """The values of a document in UTF-8; names that stand twice in an object are refused."""
    if len(data) > bounds.bytes:
        raise Misfit("size", f"is larger than {bounds.bytes // 1024 // 1024} MB; split it")
    if not data.strip():
        raise Misfit("empty", "is empty")
    if data.count(b"{") + data.count(b"[") > bounds.brackets:
        raise Misfit("limit", f"has more than {bounds.brackets:,} objects and lists")
    if data.count(b",") > bounds.values:
        raise Misfit("limit", f"has more than {bounds.values:,} values")

    def integer(text: str) -> int:
        if len(text) > bounds.digits + 1:
            raise Misfit("limit", f"holds a number of {len(text):,} digits")
        return int(text)

    def no_fraction(text: str) -> NoReturn:
        raise Misfit("value", f"holds {text[:40]}; whole numbers only, and decimals as text")

    def no_number(word: str) -> NoReturn:
        raise Misfit("json", f"holds {word}, which is no number")

    try:
        return json.loads(
            data.decode("utf-8-sig"),
            parse_int=integer,
            parse_float=float if bounds.fractions else no_fraction,
            parse_constant=no_number if bounds.fractions else no_fraction,
            object_pairs_hook=_once,
        )
    except UnicodeDecodeError as error:
        raise Misfit(
            "encoding", f"is not UTF-8 at byte {error.start:,}; save it as UTF-8"
        ) from None
    except json.JSONDecodeError as error:
        raise Misfit("json", f"is no JSON at line {error.lineno}: {error.msg}") from None
    except RecursionError:
        raise Misfit("limit", "is nested deeper than it can be") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        (twice, _), *_ = Counter(name for name, _ in pairs).most_common(1)
        raise Misfit("duplicate", f"names the field ‘{twice[:60]}’ twice in one object")
    return found


def named(value: Any) -> str:
    """What stands there, for a message."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return f"‘{str(value)[:40]}’"


# ---- one value ----


def flag(value: Any) -> bool:
    """True or false."""
    if not isinstance(value, bool):
        raise Misfit("type", f"is {named(value)}, neither true nor false")
    return value


def whole(low: int, high: int) -> Read[int]:
    """A whole number between two bounds, both of them included."""

    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Misfit("type", f"is {named(value)}, not a whole number")
        if not low <= value <= high:
            raise Misfit("range", f"is not between {low:,} and {high:,}")
        return value

    return read


def number(value: Any) -> float:
    """A finite number."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise Misfit("type", f"is {named(value)}, not a number")
    try:
        found = float(value)
    except OverflowError:
        found = math.inf
    if not math.isfinite(found):
        raise Misfit("range", "is too large for a number")
    return found


def text(most: int | None = None, *, least: int = 0) -> Read[str]:
    """A text of ``least`` to ``most`` characters."""

    def read(value: Any) -> str:
        if not isinstance(value, str):
            raise Misfit("type", f"is {named(value)}, not a text")
        if most is not None and len(value) > most:
            raise Misfit("limit", f"has {len(value):,} characters; {most:,} may be")
        if len(value) < least:
            raise Misfit("value", "is empty")
        return value

    return read


_Choice = TypeVar("_Choice", bound=StrEnum)


def choice(choices: type[_Choice]) -> Read[_Choice]:
    """One of the values of an enumeration."""
    known = {found.value: found for found in choices}

    def read(value: Any) -> _Choice:
        found = known.get(value) if isinstance(value, str) else None
        if found is None:
            raise Misfit("value", f"is {named(value)}, not one of {', '.join(known)}")
        return found

    return read


# ---- what holds others ----


def items(value: Any) -> list[Any]:
    """The list itself."""
    if not isinstance(value, list):
        raise Misfit("type", f"is {named(value)}, not a list")
    return value


def pairs(value: Any) -> dict[str, Any]:
    """The object itself."""
    if not isinstance(value, dict):
        raise Misfit("type", f"is {named(value)}, not an object")
    return value


def listed(read: Read[T]) -> Read[tuple[T, ...]]:
    """A list of values of one kind."""

    def read_all(value: Any) -> tuple[T, ...]:
        found: list[T] = []
        try:
            for item in items(value):
                found.append(read(item))
        except Misfit as misfit:
            if isinstance(value, list):
                misfit.inside(f"[{len(found)}]")
            raise
        return tuple(found)

    return read_all


def fixed(reads: Iterable[Read[Any]]) -> Read[tuple[Any, ...]]:
    """A list of so many values, each of its own kind."""
    kinds = tuple(reads)

    def read_all(value: Any) -> tuple[Any, ...]:
        if len(items(value)) != len(kinds):
            raise Misfit("type", f"has {len(value):,} parts, not {len(kinds)}")
        found: list[Any] = []
        try:
            for read, item in zip(kinds, value):
                found.append(read(item))
        except Misfit as misfit:
            raise misfit.inside(f"[{len(found)}]") from None
        return tuple(found)

    return read_all


def table(read: Read[T]) -> Read[dict[str, T]]:
    """An object with any names, all of one kind."""

    def read_all(value: Any) -> dict[str, T]:
        return {name: within(f".{name[:60]}", read, item) for name, item in pairs(value).items()}

    return read_all


def within(step: str, read: Read[T], value: Any) -> T:
    """Read a value that stands one step further on."""
    try:
        return read(value)
    except Misfit as misfit:
        raise misfit.inside(step) from None


def made(
    make: Callable[..., T],
    needed: Mapping[str, Read[Any]],
    optional: Mapping[str, Read[Any]],
    *,
    null: bool = False,
) -> Read[T]:
    """An object with known names, handed to ``make`` by these.

    What is left out is not handed on. So is null, unless ``null`` says that it is a value.
    """
    reads = {**needed, **optional}

    def read_all(value: Any) -> T:
        held: dict[str, Any] = {}
        name = ""
        try:
            for name, given in pairs(value).items():
                read = reads.get(name)
                if read is None:
                    raise Misfit("unknown", "is not known here; correct the name")
                if given is not None or null:
                    held[name] = read(given)
            for name in needed:
                if name not in held:
                    raise Misfit("missing", "is missing; add it")
        except Misfit as misfit:
            if isinstance(value, dict):
                misfit.inside(f".{name[:60]}")
            raise
        return make(**held)

    return read_all


def tagged(name: str, kinds: Mapping[str, Read[T]]) -> Read[T]:
    """An object whose field of that name says how the rest of it is read."""

    def read(value: Any) -> T:
        held = dict(pairs(value))
        kind = held.pop(name, None)
        if not isinstance(kind, str) or kind not in kinds:
            misfit = Misfit("value", f"is {named(kind)}, not one of {', '.join(kinds)}")
            raise misfit.inside(f".{name}")
        return kinds[kind](held)

    return read
