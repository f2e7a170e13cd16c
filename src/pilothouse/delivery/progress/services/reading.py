# SPDX-License-Identifier: Apache-2.0
"""What people type of their tasks, on a page or in a sheet, as one report for each changed row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.delivery.progress.queries import WeekRow
from pilothouse.delivery.progress.rules import FIRST_YEAR, LAST_YEAR, MOST_REMARK
from pilothouse.engine.editing import read_amount
from pilothouse.engine.errors import InvalidInput
from pilothouse.foundation.core.parsing import number_of

HUNDRED = Decimal(100)
PAST = "An expected finish is today or later; say 100 % if the work is done."
Texts = Mapping[str, str]
"""By field: ``percent``, ``remaining``, ``started``, ``finish``, ``remark``, ``help``."""


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody says of one task; None is not said."""

    project_id: int
    uid: int
    percent: Decimal | None = None
    remaining_minutes: int | None = None
    started: date | None = None
    finished: date | None = None
    expected_finish: date | None = None
    remark: str = ""
    need_help: bool = False

    @property
    def key(self) -> str:
        """The project and the number of the task in its plan."""
        return f"{self.project_id}.{self.uid}"


class Mistakes(dict[str, str]):
    """Field → what is wrong and what to do; the first of a field stands."""

    def note(self, name: str, message: str) -> None:
        self.setdefault(name, message)


def shown_before(text: str) -> dict[str, str]:
    """What stood in the fields of a row, from ``WeekRow.shown_text``; nonsense is nothing."""
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: value for name, value in found.items() if isinstance(value, str)}


def read_row(
    row: WeekRow, typed: Texts, seen: Texts, today: date
) -> tuple[Report | None, Mistakes]:
    """The report of a row; None where nothing of it was changed since it was ``seen``.

    What the person said before and nobody has decided yet stays, but for what is typed anew.
    """
    changed = {
        name: value.strip()
        for name, value in typed.items()
        if " ".join(value.split()) != " ".join(seen.get(name, "").split())
    }
    if not changed.get("remaining", "x"):
        # What is left was wiped out: nothing is said of it.
        del changed["remaining"]
    wrong = Mistakes()
    if not changed:
        return None, wrong
    said = row.said
    measured = not {"percent", "remaining", "finish"}.isdisjoint(changed)
    percent = _percent(changed, wrong) if measured else said.percent
    left = _left(changed, row, wrong) if measured else said.remaining_minutes
    started = _day(changed["started"], "started", wrong) if "started" in changed else said.started
    finish = _day(changed["finish"], "finish", wrong) if "finish" in changed else None
    done = _is_done(row, percent, left, changed)
    expected = None if done else said.expected_finish
    finished = None if measured else said.finished
    if "finish" in changed:
        expected, finished = (None, finish) if done else (finish, None)
        if not done and finish is not None and finish < today:
            wrong.note("finish", PAST)
    remark = changed.get("remark", said.remark)
    if len(remark) > MOST_REMARK:
        wrong.note("remark", f"At most {MOST_REMARK:,} characters; these are {len(remark):,}.")
    if "finish" in changed and not {"percent", "remaining"} & changed.keys() and not done:
        percent, left = said.percent, said.remaining_minutes
    helped = bool(changed["help"]) if "help" in changed else said.need_help
    report = Report(
        row.project_id, row.uid, percent, left, started, finished, expected, remark, helped
    )
    return report, wrong


def _is_done(row: WeekRow, percent: Decimal | None, left: int | None, changed: Texts) -> bool:
    """Whether the row as typed calls the task finished."""
    if percent == HUNDRED or left == 0:
        return True
    untouched = not {"percent", "remaining"} & changed.keys()
    return untouched and (row.said.percent == HUNDRED or row.said.remaining_minutes == 0)


def _percent(changed: Texts, wrong: Mistakes) -> Decimal | None:
    text = changed.get("percent", "").removesuffix("%").strip()
    if not text:
        if "percent" in changed and not changed.get("remaining"):
            wrong.note("percent", "Say how much is done, from 0 to 100.")
        return None
    try:
        value = number_of(text)
    except ValueError:
        value = None
    if value is None or not 0 <= value <= HUNDRED:
        wrong.note("percent", f"‘{text[:40]}’ is no percentage; write a number from 0 to 100.")
        return None
    if value != round(value, 2):
        wrong.note("percent", "At most two decimals.")
        return None
    return value


def _left(changed: Texts, row: WeekRow, wrong: Mistakes) -> int | None:
    text = changed.get("remaining", "")
    if not text:
        return None
    try:
        amount = read_amount(text, row.measures)
    except InvalidInput as error:
        wrong.note("remaining", error.message)
        return None
    if amount.elapsed != row.elapsed and amount.minutes:
        unit = "with e before the unit, such as 3ed" if row.elapsed else "such as 3d or 6h"
        wrong.note("remaining", f"Write what is left of this task {unit}.")
        return None
    return amount.minutes


def _day(text: str, name: str, wrong: Mistakes) -> date | None:
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        wrong.note(name, f"‘{text[:40]}’ is no date; write it as 2026-11-30.")
        return None
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        wrong.note(name, f"The year lies between {FIRST_YEAR} and {LAST_YEAR}.")
        return None
    return day
