# SPDX-License-Identifier: Apache-2.0
"""The list as a table for a spreadsheet: the same rows, columns, order and day as the page."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from pilothouse.direction.portfolio.columns import (
    ATTENTION,
    COLOUR_WORDS,
    COLUMNS,
    DIMENSIONS,
    PHASE_CHOICES,
    STATE_CHOICES,
)
from pilothouse.direction.portfolio.queries import Dashboard, Listed
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.tables import TYPES, Cell, write_csv, write_xlsx

Reader = Callable[[Listed], Cell]

_SIMPLE: dict[str, tuple[tuple[str, Reader], ...]] = {
    "phase": (("Phase", lambda row: row.phase), ("Standing", lambda row: row.beside_phase)),
    "state": (("State", lambda row: row.state_told),),
    "overall": (("Overall", lambda row: COLOUR_WORDS[row.overall]),),
    "stated": (
        ("Stated", lambda row: COLOUR_WORDS[row.stated]),
        ("Stated in words of the source", lambda row: row.stated_label),
    ),
    "dimensions": (
        ("Schedule", lambda row: COLOUR_WORDS[row.schedule]),
        ("Cost", lambda row: COLOUR_WORDS[row.cost]),
        ("Scope", lambda row: COLOUR_WORDS[row.scope]),
        ("Benefits", lambda row: COLOUR_WORDS[row.benefits]),
        ("Risk", lambda row: COLOUR_WORDS[row.risk]),
        ("Resources", lambda row: COLOUR_WORDS[row.resources]),
    ),
    "trend": (
        (
            "Trend",
            lambda row: {"up": "Better", "down": "Worse", "same": "As before"}.get(row.trend),
        ),
    ),
    "start": (("Start", lambda row: row.planned_start),),
    "finish": (
        ("Finish", lambda row: row.forecast_finish),
        ("Approved finish", lambda row: row.baseline_finish),
    ),
    "slip": (("Slip, days", lambda row: row.slip_days),),
    "budget": (("Budget", lambda row: row.budget),),
    "bac": (("BAC", lambda row: row.bac),),
    "forecast": (("Forecast", lambda row: row.forecast_cost),),
    "variance": (
        (
            "Over budget, %",
            lambda row: None if row.variance_pct is None else round(row.variance_pct, 4),
        ),
    ),
    "benefits_money": (("Benefits forecast", lambda row: row.benefits_forecast),),
    "progress": (("Complete, %", lambda row: row.percent_complete),),
    "milestone": (
        ("Next milestone", lambda row: row.next_milestone),
        ("Next milestone on", lambda row: row.next_milestone_on),
    ),
    "programme": (("Programme", lambda row: row.programme_name),),
    "type": (("Type", lambda row: row.project_type),),
    "age": (("Data from", lambda row: row.data_as_of),),
}
_MONEY = {"budget", "bac", "forecast", "benefits_money"}


@dataclass(frozen=True, slots=True)
class File:
    """A file as it leaves the house."""

    name: str
    kind: str
    body: bytes


def file_of(board: Dashboard, kind: str) -> File:
    """What the list shows as a file: the same projects, columns, order and day, all pages.

    A CSV is nothing but the table, so that programs can read it; what is said about the whole is
    the second sheet of a workbook. In a CSV a last column names the source of each project.
    """
    if kind not in TYPES:
        message = "The list is exported as xlsx or csv."
        raise Invalid("portfolio.format", message, fields={"format": message})
    header, rows = table_of(board)
    name = f"projects-{board.day.isoformat()}.{kind}"
    if kind == "csv":
        sourced = [[*row, listed.source] for row, listed in zip(rows, board.rows, strict=True)]
        return File(name, TYPES[kind], write_csv(sourced, [*header, _("Source")]))
    notes = notes_of(board)
    return File(name, TYPES[kind], write_xlsx(rows, header, sheet="Projects", notes=notes))


def table_of(board: Dashboard) -> tuple[list[str], list[list[Cell]]]:
    """Head and rows; every amount is followed in its row by the currency of the project."""
    readers: list[tuple[str, Reader]] = []
    if board.filters.group:
        readers.append(("Group", board.label))
    readers += [
        ("Code", lambda row: row.code),
        ("Project", lambda row: row.name),
        ("Portfolio", lambda row: row.portfolio_name),
        ("Manager", lambda row: row.owner_name),
        ("Manager until", lambda row: row.owner_until),
    ]
    shown = [column.key for column in COLUMNS if board.show[column.key]]
    for key in shown:
        readers += _SIMPLE[key]
    if _MONEY & set(shown):
        readers.append(("Currency", lambda row: row.currency))
    readers += [(field.label, _custom(field.key)) for field in board.custom_columns]
    rows = [[read(row) for _label, read in readers] for row in board.rows]
    return [_(label) for label, _read in readers], rows


def _custom(key: str) -> Reader:
    return lambda row: row.custom.get(key)


def _known(amount: Decimal | None) -> str:
    return "not known" if amount is None else str(amount)


def notes_of(board: Dashboard) -> list[str]:
    """Day, filters, totals by currency, source and licence: what a table needs to be trusted."""
    notes = [f"Projects as of {board.day.isoformat()}", f"Rows: {board.total}"]
    asked = _asked(board)
    notes.append(f"Filters: {', '.join(asked)}" if asked else "Filters: none, every open project")
    for sums in board.shown_totals.money:
        notes.append(
            f"{sums.currency}: budget {_known(sums.budget)} ({sums.budgets} projects), "
            f"forecast {_known(sums.forecast)} ({sums.forecasts}), "
            f"difference {_known(sums.difference)} ({sums.both} with both)"
        )
    notes += [
        f"Source: {text}: {count} {ngettext('project', 'projects', count)}"
        for text, count in board.sources
    ]
    notes += [f"{office.name}: {office.attribution}" for office in board.attributions]
    return notes


FILTERS = {
    "q": "Text",
    "office": "Office",
    "portfolio": "Portfolio",
    "programme": "Programme",
    "phase": "Phase",
    "state": "State",
    "type": "Type",
    "overall": "Overall",
    "stated": "Stated",
    **DIMENSIONS,
    "attention": "Attention",
}


def _asked(board: Dashboard) -> list[str]:
    """The filters in words: what they are called, and the names of what they hold."""
    words: dict[str, Mapping[str, str]] = {
        "office": {str(pk): name for pk, name in board.office_choices},
        "portfolio": {str(place.pk): place.name for place in board.places},
        "programme": {str(pk): name for pk, name in board.programmes},
        "phase": PHASE_CHOICES,
        "state": STATE_CHOICES,
        "overall": COLOUR_WORDS,
        "stated": COLOUR_WORDS,
        **dict.fromkeys(DIMENSIONS, COLOUR_WORDS),
        "attention": ATTENTION,
    }
    asked = [
        f"{FILTERS[name]} = {words.get(name, {}).get(value, value)}"
        for name, value in board.filters.pairs()
        if name in FILTERS
    ]
    for name, value in board.filters.custom_texts().items():
        key, _dot, end = name.removeprefix("custom.").partition(".")
        field = board.fields.get(key)
        label = field.label if field else key
        ends = {"min": "from", "max": "to"}
        asked.append(f"{label} {ends.get(end, '=')} {value}")
    return asked
