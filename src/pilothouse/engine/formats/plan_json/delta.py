# SPDX-License-Identifier: Apache-2.0
"""What an edit changed, as JSON: values stand as in the plan itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from typing import Any, TypeVar

from pilothouse.engine.calendars import CalendarSpec
from pilothouse.engine.editing import Delta, RowsChanged
from pilothouse.engine.formats.plan_json.kinds import encode, shape_of
from pilothouse.engine.network.plan import (
    Link,
    LinkType,
    Plan,
    PlanAssignment,
    PlanResource,
    PlanTask,
)

_Key = TypeVar("_Key", bound=Hashable)
_Row = TypeVar("_Row", PlanTask, Link, PlanAssignment, CalendarSpec, PlanResource)
_NONE: Mapping[str, Any] = {"added": [], "removed": [], "changed": []}


def encode_delta(delta: Delta) -> dict[str, Any]:
    """A change as an object that ``json`` writes; ``decode_delta`` gives it back.

    Notes
    -----
    Rows that came or went stand whole, of others the cells with the value before and after.
    Deterministic.
    """
    return {
        "tasks": _encode(delta.tasks, PlanTask, int),
        "links": _encode(delta.links, Link, lambda key: [key[0], key[1], key[2].value]),
        "assignments": _encode(delta.assignments, PlanAssignment, int),
        "order": [[uid, *pair] for uid, pair in delta.order.items()],
        "numbered": sorted(delta.numbered),
        "inside": sorted(delta.inside),
        **(_encode_plan(delta) if delta.of_plan else {}),
    }


def _encode_plan(delta: Delta) -> dict[str, Any]:
    kinds = shape_of(Plan).kinds
    return {
        "calendars": _encode(delta.calendars, CalendarSpec, int),
        "resources": _encode(delta.resources, PlanResource, int),
        "options": {
            name: [kinds[name].encode(value) for value in pair]
            for name, pair in delta.options.items()
        },
    }


def decode_delta(data: Mapping[str, Any]) -> Delta:
    """The change that ``encode_delta`` wrote; its own words, so nothing is checked here."""
    options = shape_of(Plan).kinds
    return Delta(
        _decode(data["tasks"], PlanTask, lambda task: task.uid, int),
        _decode(
            data["links"],
            Link,
            lambda link: (link.predecessor, link.successor, link.type),
            lambda key: (key[0], key[1], LinkType(key[2])),
        ),
        _decode(data["assignments"], PlanAssignment, lambda item: item.uid, int),
        {uid: (then, now) for uid, then, now in data["order"]},
        frozenset(data["numbered"]),
        frozenset(data["inside"]),
        _decode(data.get("calendars", _NONE), CalendarSpec, lambda spec: spec.uid, int),
        _decode(data.get("resources", _NONE), PlanResource, lambda row: row.uid, int),
        {
            name: (options[name].read(then), options[name].read(now))
            for name, (then, now) in data.get("options", {}).items()
        },
    )


def _encode(
    rows: RowsChanged[_Key, _Row], kind: type[_Row], key_as: Callable[[_Key], Any]
) -> dict[str, Any]:
    kinds = shape_of(kind).kinds
    return {
        "added": [encode(row) for row in rows.added.values()],
        "removed": [encode(row) for row in rows.removed.values()],
        "changed": [
            [
                key_as(key),
                {
                    name: [kinds[name].encode(value) for value in pair]
                    for name, pair in cells.items()
                },
            ]
            for key, cells in rows.changed.items()
        ],
    }


def _decode(
    data: Mapping[str, Any],
    kind: type[_Row],
    key_of: Callable[[_Row], _Key],
    key_from: Callable[[Any], _Key],
) -> RowsChanged[_Key, _Row]:
    shape = shape_of(kind)

    def rows(name: str) -> dict[_Key, _Row]:
        found = [shape.read(row) for row in data[name]]
        return {key_of(row): row for row in found}

    changed = {
        key_from(key): {
            name: (shape.kinds[name].read(then), shape.kinds[name].read(now))
            for name, (then, now) in cells.items()
        }
        for key, cells in data["changed"]
    }
    return RowsChanged(rows("added"), rows("removed"), changed)
