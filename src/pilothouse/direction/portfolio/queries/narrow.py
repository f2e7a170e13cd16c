# SPDX-License-Identifier: Apache-2.0
"""Which of the rows are asked for, and in which order. Pure functions over ``Listed``."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from math import isfinite, nan
from typing import Any

from pilothouse.direction.portfolio.columns import COLOUR_WORDS, CUSTOM, PHASE_CHOICES, SORTS
from pilothouse.direction.portfolio.filters import DEFAULT_SORT, CustomTest, Filters
from pilothouse.direction.portfolio.queries.choices import Field
from pilothouse.direction.portfolio.queries.rows import Listed, Then, trend
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import CustomField, ids_of_path

Fields = Mapping[str, Field]
_YES = frozenset(("yes", "true", "1"))
_NO = frozenset(("no", "false", "0"))


def in_scope(
    rows: Sequence[Listed], filters: Filters, offered: Collection[int], fields: Fields
) -> list[Listed]:
    """Rows the figures are about: everything but colour and attention.

    ``offered`` are the portfolios that may be asked for; one holds all that is nested in it.
    """
    tests: list[Callable[[Listed], bool]] = []
    if filters.office:
        tests.append(lambda row: row.office_id == filters.office)
    if filters.portfolio:
        wanted = filters.portfolio if filters.portfolio in offered else None
        tests.append(lambda row: wanted in ids_of_path(row.portfolio_path))
    if filters.programme:
        tests.append(lambda row: row.programme_id == filters.programme)
    if filters.type:
        tests.append(lambda row: row.project_type == filters.type)
    if filters.phase and filters.phase != "all":
        phase = PHASE_CHOICES[filters.phase]
        tests.append(lambda row: row.phase == phase)
    if filters.state:
        tests.append(lambda row: row.state == filters.state)
    if filters.q:
        words = filters.q.casefold().split()
        tests.append(lambda row: _contains(row, words))
    tests += [_custom_test(test, fields[test.key]) for test in filters.custom]
    return [row for row in rows if all(test(row) for test in tests)]


def _contains(row: Listed, words: Sequence[str]) -> bool:
    text = " ".join(
        (row.name, row.code, row.owner_name, row.portfolio_name, row.programme_name or "")
    ).casefold()
    return all(word in text for word in words)


def _custom_test(test: CustomTest, field: Field) -> Callable[[Listed], bool]:
    limit = _limit(test.text, field.kind)
    if isinstance(limit, bool):
        return lambda row: row.custom.get(field.key) is limit
    if test.test == "is" and field.kind == CustomField.Kind.TEXT:
        part = test.text.casefold()
        return lambda row: part in str(row.custom.get(field.key, "")).casefold()
    return lambda row: _compares(row.custom.get(field.key), limit, test.test)


def _limit(text: str, kind: str) -> bool | float | str:
    """What a field of this kind is compared with. ValueError says what it has to be."""
    if kind == CustomField.Kind.YES_NO:
        if text.casefold() not in _YES | _NO:
            raise ValueError("neither yes nor no")
        return text.casefold() in _YES
    if kind == CustomField.Kind.NUMBER:
        try:
            limit = float(text)
        except ValueError:
            limit = nan
        if not isfinite(limit):
            raise ValueError("no number")
        return limit
    if kind == CustomField.Kind.DATE:
        try:
            return date.fromisoformat(text).isoformat()
        except ValueError:
            raise ValueError("no date; write it as 2026-09-30") from None
    return text


def problems_of(filters: Filters, fields: Fields) -> dict[str, str]:
    """By its name in the address, why what is asked of a custom field cannot be."""
    found: dict[str, str] = {}
    for test, (name, text) in zip(filters.custom, filters.custom_texts().items(), strict=True):
        if test.key not in fields:
            found[name] = f"There is no field ‘{test.key}’ in your sight."
            continue
        field = fields[test.key]
        try:
            _limit(text, field.kind)
        except ValueError as error:
            found[name] = f"‘{text[:40]}’ is no value for {field.label}: it is {error}."
    key = filters.sort.removeprefix(CUSTOM)
    if key != filters.sort and key not in fields:
        found["sort"] = f"There is no field ‘{key[:40]}’ in your sight to sort by."
    return found


def require_possible(filters: Filters, fields: Fields) -> None:
    """Raises Invalid that names each condition on a custom field that cannot be."""
    if problems := problems_of(filters, fields):
        raise Invalid("portfolio.own_field", " ".join(problems.values()), fields=problems)


def possible(
    filters: Filters, fields: Fields, kept: Filters | None
) -> tuple[Filters, tuple[str, ...]]:
    """The filters that can be, and why the others were left out.

    A saved view, ``kept``, outlives a custom field: what it asks in vain is left out and told.
    Anything else that cannot be is refused.
    """
    problems = problems_of(filters, fields)
    if not problems:
        return filters, ()
    asked, of_view = (_own_part(part) if part else {} for part in (filters, kept))
    if any(of_view.get(name) != asked[name] for name in problems):
        require_possible(filters, fields)
    names = list(filters.custom_texts())
    custom = tuple(
        test for test, name in zip(filters.custom, names, strict=True) if name not in problems
    )
    sort = DEFAULT_SORT if "sort" in problems else filters.sort
    return replace(filters, custom=custom, sort=sort), tuple(problems.values())


def _own_part(filters: Filters) -> dict[str, str]:
    return {**filters.custom_texts(), "sort": filters.sort}


def _compares(value: Any, limit: Any, test: str) -> bool:
    if value is None or (isinstance(limit, float) and not isinstance(value, (int, float))):
        return False
    if isinstance(limit, str):
        value = str(value)
    if test == "min":
        return bool(value >= limit)
    return bool(value <= limit) if test == "max" else bool(value == limit)


def change_since(row: Listed, then: Mapping[int, Then]) -> str:
    """worse, better, same, new or ended against the last publication.

    Only open projects are compared; of the others ``gone`` tells. The stated colours are compared
    where both are rated, else the computed ones.
    """
    if row.ended:
        return "ended"
    before = then.get(row.project_id)
    if before is None:
        return "new"
    direction = trend(before.stated, row.stated) or trend(before.overall, row.overall)
    return {"up": "better", "down": "worse"}.get(direction, "same")


def needs(row: Listed, attention: str, day: date, then: Mapping[int, Then] | None) -> bool:
    """Whether a row belongs under one of the heads of attention."""
    if attention == "late":
        return (row.slip_days or 0) > 0
    if attention == "stale":
        return row.is_stale(day)
    if attention == "over":
        return (row.variance or 0) > 0
    if attention == "disagree":
        return row.disagrees
    return then is not None and change_since(row, then) == attention


def shown(
    rows: Sequence[Listed], filters: Filters, day: date, then: Mapping[int, Then] | None
) -> list[Listed]:
    """Rows of the scope that have the colours and the attention asked for."""
    found = list(rows)
    if filters.overall:
        found = [row for row in found if row.overall == filters.overall]
    if filters.stated:
        found = [row for row in found if row.stated == filters.stated]
    for dimension, colour in filters.dimensions:
        found = [row for row in found if getattr(row, dimension) == colour]
    if filters.attention and filters.attention != "gone":
        found = [row for row in found if needs(row, filters.attention, day, then)]
    return found


def group_label(row: Listed, group: str) -> str:
    """The head under which a row stands."""
    text = {
        "portfolio": row.portfolio_name,
        "programme": row.programme_name,
        "unit": row.unit_name,
        "overall": COLOUR_WORDS[row.overall],
        "stated": COLOUR_WORDS[row.stated],
        "phase": row.phase,
        "state": row.state_told,
        "type": row.project_type,
        "owner": row.owner_name,
    }[group]
    return text or "None"


def group_key(row: Listed, group: str) -> Hashable:
    """What makes a group: two portfolios, programmes or managers of one name are two."""
    if group == "portfolio":
        return row.portfolio_id
    if group == "programme":
        return row.programme_id
    if group == "owner":
        return row.owner
    return group_label(row, group)


def _group_order(group: str) -> Callable[[Listed], Any]:
    if group == "overall":
        return lambda row: -row.severity
    if group == "stated":
        return lambda row: -row.stated_severity
    if group == "phase":
        return lambda row: row.phase_number
    if group == "state":
        return lambda row: (row.state_number, not row.in_portfolio)

    def order(row: Listed) -> tuple[bool, str, str]:
        label = group_label(row, group)
        return label == "None", label.casefold(), str(group_key(row, group))

    return order


def ordered(rows: Sequence[Listed], filters: Filters, fields: Fields) -> list[Listed]:
    """Sorted as asked; what is not known comes last; ties by worst health, then name.

    Python's sort is stable, so the keys are applied from the least to the most important.
    The number of the project comes last, so that no two pages show the same one.
    """
    found = sorted(
        rows,
        key=lambda row: (
            -row.severity,
            -row.stated_severity,
            row.name.casefold(),
            row.code,
            row.project_id,
        ),
    )
    key = _sort_key(filters.sort, fields)
    known = [row for row in found if key(row) not in (None, "")]
    unknown = [row for row in found if key(row) in (None, "")]
    known.sort(key=key, reverse=filters.falling)
    found = known + unknown
    if filters.group:
        found.sort(key=_group_order(filters.group))
    return found


def _sort_key(sort: str, fields: Fields) -> Callable[[Listed], Any]:
    if sort.startswith(CUSTOM):
        field = fields[sort.removeprefix(CUSTOM)]
        if field.kind == CustomField.Kind.NUMBER:
            return lambda row: _number(row.custom.get(field.key))
        return lambda row: str(row.custom.get(field.key, "")).casefold()
    name = SORTS[sort][0]

    def key(row: Listed) -> Any:
        value = getattr(row, name)
        return value.casefold() if isinstance(value, str) else value

    return key


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
