# SPDX-License-Identifier: Apache-2.0
"""A register as a table for spreadsheets; of a confidential entry its number alone."""

from __future__ import annotations

from collections.abc import Sequence

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.queries.register import Line
from pilothouse.foundation.core.tables import Cell, write_csv, write_xlsx

HEADER = (
    *("Place", "Code", "Kind", "Title", "Description", "State", "Owner", "Due", "First promised"),
    *("Times put off", "Days overdue", "Tags", "Category", "Probability", "Impact", "Score"),
    *("Rating", "Proximity", "Strategy", "Cause", "Effect", "Trigger", "Contingency plan"),
    *("Severity", "Held by", "Waits for", "Confidential", "Raised on", "Raised by", "Closed on"),
)


def register_file(lines: Sequence[Line], kind: str, about: str) -> bytes:
    """The lines as csv or xlsx; no cell can act as a formula."""
    rows = [_cells(line) for line in lines]
    if kind == "csv":
        return write_csv(rows, HEADER)
    return write_xlsx(rows, HEADER, sheet="RAID", notes=[about])


def _cells(line: Line) -> list[Cell]:
    it = line.entry
    head: list[Cell] = [line.place.code, line.code, str(line.kind.label)]
    if it is None:
        return [*head, *[None] * (len(HEADER) - 4 - len(head)), "Yes", None, None, None]
    risk, issue, waiting = line.risk, line.issue, line.waiting
    return [
        *head,
        it.title,
        it.description,
        rules.state_label(it),
        it.owner.full_name if it.owner is not None else "",
        it.due,
        it.due_first,
        it.due_moves,
        line.overdue_days,
        it.tags,
        risk.category if risk else "",
        risk.probability if risk else None,
        risk.impact if risk else None,
        risk.score if risk else None,
        risk.get_rating_display() if risk and risk.rating else "",
        str(line.proximity or ""),
        risk.get_strategy_display() if risk and risk.strategy else "",
        risk.cause if risk else "",
        risk.effect if risk else "",
        risk.trigger if risk else "",
        risk.fallback if risk else "",
        issue.get_severity_display() if issue else "",
        it.get_level_display(),
        waiting.get_to_level_display() if waiting else "",
        "Yes" if it.confidential else "",
        it.raised_on,
        it.raised_label,
        it.closed_on,
    ]
