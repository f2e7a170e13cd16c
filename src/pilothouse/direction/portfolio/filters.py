# SPDX-License-Identifier: Apache-2.0
"""The address of the list, read and written: which projects, which columns, in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, urlencode

from pilothouse.direction.portfolio.columns import (
    ATTENTION,
    COLOURS,
    COLUMNS,
    CUSTOM,
    DIMENSIONS,
    GROUPS,
    PHASE_CHOICES,
    SORTS,
    SPANS,
    STATE_CHOICES,
)
from pilothouse.foundation.core.dates import looked_back
from pilothouse.foundation.core.errors import Invalid

LONGEST_NUMBER = 12
LONGEST_QUERY = 4000
DEFAULT_SORT = "overall"


@dataclass(frozen=True, slots=True)
class CustomTest:
    """One condition on a custom field: equal or contained, from, to."""

    key: str
    test: str
    text: str


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address of the list asks for; the empty one shows every open project."""

    as_of: date | None = None
    q: str = ""
    office: int | None = None
    portfolio: int | None = None
    programme: int | None = None
    phase: str = ""
    state: str = ""
    type: str = ""
    overall: str = ""
    stated: str = ""
    dimensions: tuple[tuple[str, str], ...] = ()
    """(dimension, the computed colour asked for), in the order of the table."""
    attention: str = ""
    custom: tuple[CustomTest, ...] = ()
    sort: str = DEFAULT_SORT
    turned: bool = False
    group: str = ""
    page: int = 1
    columns: tuple[str, ...] = ()
    view: int | None = None
    span: str = ""
    """How many days the timeline shows; empty is all."""

    @property
    def narrowing(self) -> bool:
        """Whether anything is asked that leaves projects out."""
        colours = self.overall or self.stated or self.dimensions
        return bool(self.scope_pairs() or colours or self.attention)

    def coloured(self, dimension: str, colour: str) -> tuple[tuple[str, str], ...]:
        """The colours of dimensions asked for, with this one too."""
        asked = {**dict(self.dimensions), dimension: colour}
        return tuple((name, asked[name]) for name in DIMENSIONS if name in asked)

    def custom_texts(self) -> dict[str, str]:
        """What is asked of custom fields, by the name it has in the address."""
        return {
            f"{CUSTOM}{test.key}{'' if test.test == 'is' else '.' + test.test}": test.text
            for test in self.custom
        }

    def scope_pairs(self) -> list[tuple[str, str]]:
        """The part of the address that says which projects the figures are about."""
        named: list[tuple[str, object]] = [
            ("q", self.q),
            ("office", self.office),
            ("portfolio", self.portfolio),
            ("programme", self.programme),
            ("phase", self.phase),
            ("state", self.state),
            ("type", self.type),
        ]
        return [(name, str(value)) for name, value in named if value] + list(
            self.custom_texts().items()
        )

    @property
    def falling(self) -> bool:
        """Whether the large comes first."""
        natural = SORTS[self.sort][1] if self.sort in SORTS else False
        return natural != self.turned

    def pairs(self) -> list[tuple[str, str]]:
        """The whole address; what is as usual is left out."""
        pairs = [("as_of", self.as_of.isoformat())] if self.as_of else []
        pairs += self.scope_pairs()
        named: list[tuple[str, object]] = [
            ("overall", self.overall),
            ("stated", self.stated),
            *self.dimensions,
            ("attention", self.attention),
            ("group", self.group),
            ("span", self.span),
            ("view", self.view),
        ]
        pairs += [(name, str(value)) for name, value in named if value]
        if self.sort != DEFAULT_SORT or self.turned:
            pairs.append(("sort", f"{'-' if self.turned else ''}{self.sort}"))
        if self.columns:
            pairs.append(("columns", ",".join(self.columns)))
        if self.page > 1:
            pairs.append(("page", str(self.page)))
        return pairs

    def address(self, **changes: Any) -> str:
        """The query string of this list with some of it changed, back on the first page."""
        return _address(self, tuple(changes.items()))


@lru_cache(maxsize=5000)
def _address(filters: Filters, changes: tuple[tuple[str, Any], ...]) -> str:
    pairs = replace(filters, **{"page": 1, **dict(changes)}).pairs()
    return f"?{urlencode(pairs)}" if pairs else "?view=0"


def parse_filters(data: Mapping[str, str], today: date) -> Filters:
    """Read a query string; a value that cannot be is an error that names it."""
    sort = _text(data, "sort", 60) or DEFAULT_SORT
    turned, sort = sort.startswith("-"), sort.removeprefix("-")
    if sort not in SORTS and not sort.startswith(CUSTOM):
        raise _wrong("sort", sort)
    return Filters(
        as_of=_day(data, today),
        q=_text(data, "q", 200),
        office=_number(data, "office"),
        portfolio=_number(data, "portfolio"),
        programme=_number(data, "programme"),
        phase=_choice(data, "phase", PHASE_CHOICES),
        state=_choice(data, "state", STATE_CHOICES),
        type=_text(data, "type", 80),
        overall=_choice(data, "overall", COLOURS),
        stated=_choice(data, "stated", COLOURS),
        dimensions=_dimensions(data),
        attention=_choice(data, "attention", ATTENTION),
        custom=_custom(data),
        sort=sort,
        turned=turned,
        group=_choice(data, "group", GROUPS),
        page=max(1, _number(data, "page") or 1),
        columns=known_columns(_text(data, "columns", 1000).split(",")),
        view=_number(data, "view"),
        span=_choice(data, "span", SPANS),
    )


def parse_query(query: str, today: date) -> Filters:
    """Read the query string of a saved view."""
    return parse_filters(dict(parse_qsl(query[:LONGEST_QUERY])), today)


def known_columns(keys: Iterable[str]) -> tuple[str, ...]:
    """Those of these keys that are columns, in the order of the table; custom ones last.

    Unknown ones are passed over: a saved view outlives a custom field.
    """
    wanted = dict.fromkeys(keys)
    fixed = [column.key for column in COLUMNS if column.key in wanted]
    custom = [key[:60] for key in wanted if key.startswith(CUSTOM) and len(key) > len(CUSTOM)]
    return tuple(fixed + custom)


def _text(data: Mapping[str, str], name: str, longest: int) -> str:
    return data.get(name, "").replace("\0", "").strip()[:longest]


def _wrong(name: str, text: str) -> Invalid:
    return Invalid(
        "portfolio.filter",
        f"‘{text[:40]}’ is no valid value for {name.removeprefix(CUSTOM)}; choose it in the list.",
        fields={name: "Not a valid value."},
    )


def _number(data: Mapping[str, str], name: str) -> int | None:
    text = _text(data, name, 40)
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > LONGEST_NUMBER:
        raise _wrong(name, text)
    return int(text)


def _choice(data: Mapping[str, str], name: str, choices: Iterable[str]) -> str:
    text = _text(data, name, 40)
    if text and text not in choices:
        raise _wrong(name, text)
    return text


def _day(data: Mapping[str, str], today: date) -> date | None:
    text = _text(data, "as_of", 40)
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "portfolio.as_of",
            f"‘{text}’ is no date; write it as 2019-09-30.",
            fields={"as_of": "Not a date."},
        ) from None
    return looked_back(day, today)


def _dimensions(data: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    asked = ((name, _choice(data, name, COLOURS)) for name in DIMENSIONS)
    return tuple((name, colour) for name, colour in asked if colour)


def _custom(data: Mapping[str, str]) -> tuple[CustomTest, ...]:
    tests: list[CustomTest] = []
    for name in data:
        if not name.startswith(CUSTOM) or not (text := _text(data, name, 200)):
            continue
        key, _, test = name.removeprefix(CUSTOM).partition(".")
        if test not in {"", "min", "max"} or not key:
            raise _wrong(name, text)
        tests.append(CustomTest(key[:40], test or "is", text))
    return tuple(tests)
