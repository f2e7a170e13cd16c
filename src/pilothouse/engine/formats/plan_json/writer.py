# SPDX-License-Identifier: Apache-2.0
"""The plan as a document: one row a line, so that versions compare well."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pilothouse.engine.formats.plan_json.kinds import FORMAT, VERSION, encode
from pilothouse.engine.network.plan import Plan


def write_plan_json(plan: Plan) -> bytes:
    """Write a plan with everything it holds.

    Parameters
    ----------
    plan : Plan

    Returns
    -------
    bytes
        UTF-8, fields in the order of the plan, one row of each list a line.

    Notes
    -----
    ``read_plan_json`` gives an equal plan back. Deterministic.

    Examples
    --------
    >>> from datetime import datetime
    >>> from pilothouse.engine.calendars import STANDARD_WEEK, CalendarSpec
    >>> office = CalendarSpec(1, "Office", STANDARD_WEEK)
    >>> plan = Plan("Quay", datetime(2027, 3, 1, 8), (office,), 1, ())
    >>> print(write_plan_json(plan).decode())  # doctest: +ELLIPSIS
    {
    "format": "pilothouse-plan",
    "version": 1,
    "plan": {
    "name": "Quay",
    "start": "2027-03-01T08:00",
    "calendars": [
    {"uid": 1, "name": "Office", "week": [[[480, 720], [780, 1020]], ...
    ],
    "default_calendar_uid": 1,
    "tasks": []
    }
    }
    <BLANKLINE>
    """
    body = ",\n".join(_lines(encode(plan)))
    head = f'{{\n"format": {_json(FORMAT)},\n"version": {VERSION},\n"plan": {{\n'
    return f"{head}{body}\n}}\n}}\n".encode()


def _lines(document: dict[str, Any]) -> Iterator[str]:
    for name, value in document.items():
        if isinstance(value, list) and value:
            rows = ",\n".join(_json(row) for row in value)
            yield f"{_json(name)}: [\n{rows}\n]"
        else:
            yield f"{_json(name)}: {_json(value)}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)
