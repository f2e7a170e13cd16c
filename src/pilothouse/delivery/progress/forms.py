# SPDX-License-Identifier: Apache-2.0
"""The form of a week: what was typed in each row, and what stood there before."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from pilothouse.delivery.progress.queries import TaskKey, Week
from pilothouse.delivery.progress.services import Mistakes, Report, read_row, shown_before

FIELDS = ("percent", "remaining", "started", "finish", "remark", "help")
_SEEN = re.compile(r"(\d{1,15})\.(\d{1,9})\.seen")
MOST_TEXT = 5000


@dataclass(frozen=True, slots=True)
class Typed:
    """A form that was sent: reports of the changed rows, mistakes by row, and all as typed."""

    reports: list[Report]
    wrong: dict[str, Mistakes]
    values: dict[str, str]


def keys_of(data: QueryDict) -> list[TaskKey]:
    """The rows that a form holds."""
    found = (_SEEN.fullmatch(name) for name in data)
    return [(int(each[1]), int(each[2])) for each in found if each]


def read_week(data: QueryDict, week: Week, today: date) -> Typed:
    """Read every row of the form that was changed since it was shown."""
    reports: list[Report] = []
    wrong: dict[str, Mistakes] = {}
    values: dict[str, str] = {}
    rows = {row.key: row for row in week.rows}
    for number, uid in keys_of(data):
        key = f"{number}.{uid}"
        typed = {name: _text(data, f"{key}.{name}") for name in offered(data, key)}
        seen = _seen(data, key)
        values |= {f"{key}.{name}": value for name, value in typed.items()}
        values[f"{key}.seen"] = json.dumps(seen)
        row = rows.get(key)
        if row is None:
            if any(value.strip() != seen.get(name, "").strip() for name, value in typed.items()):
                wrong[key] = Mistakes(
                    task="A task that you reported on is not yours any more, or no longer in the "
                    "plan. Send the others."
                )
            continue
        report, mistakes = read_row(row, typed, seen, today)
        if mistakes:
            wrong[key] = mistakes
        elif report is not None:
            reports.append(report)
    return Typed(reports, wrong, values)


def offered(data: QueryDict, key: str) -> list[str]:
    """Fields that the form of this row has; a box that is not ticked sends nothing."""
    return [name for name in FIELDS if name == "help" or f"{key}.{name}" in data]


def _text(data: QueryDict, name: str) -> str:
    return data.get(name, "").replace("\0", "")[:MOST_TEXT]


def _seen(data: QueryDict, key: str) -> Mapping[str, str]:
    return shown_before(_text(data, f"{key}.seen"))
