# SPDX-License-Identifier: Apache-2.0
"""Finding the columns of a published file: its direction, its header, and what that means."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

NARRATIVE = r"narrative|comment|commentary|explanation"


def _has(*patterns: str, without: str = "") -> Callable[[str], bool]:
    found = [re.compile(pattern) for pattern in patterns]
    banned = re.compile(without) if without else None
    return lambda text: all(p.search(text) for p in found) and not (banned and banned.search(text))


RULES: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("benefits_comment", _has(NARRATIVE, r"benefit")),
    ("variance_comment", _has(NARRATIVE, r"variance")),
    ("wlc_comment", _has(NARRATIVE, r"whole life|wlc|life ?cycle|lifetime|\bcosts?\b|budget")),
    ("schedule_comment", _has(NARRATIVE, r"schedule|time|\bdates?\b")),
    ("rating_comment", _has(NARRATIVE, r"rating|\brag\b|\bdca\b|confidence|actions|assessment")),
    ("comment", _has(rf"^(departmental )?({NARRATIVE})s?$")),
    (
        "number",
        _has(
            r"\b(gmpp|ipa|mpa|nista|projects?|programmes?|unique|reference)\b.*"
            r"\b(id|ids|identifier|ref|reference|number|no|code)\b|^(id|ref|reference|number)$"
        ),
    ),
    (
        "rating",
        _has(r"\brag\b|\bdca\b|colou?r|\brating\b|delivery confidence|confidence assessment"),
    ),
    ("start_forecast", _has(r"\bstart\b", r"forecast|current|expected")),
    ("start", _has(r"\bstart\b|\bcommence")),
    (
        "end_baseline",
        _has(r"\bend\b|completion|finish|\bclos", r"baseline|original|initial", without="cost|£"),
    ),
    (
        "end_forecast",
        _has(r"\bend\b|completion|finish|\bclos", r"forecast|current|expected", without="cost|£"),
    ),
    ("end", _has(r"\bend\b|completion date|finish|\bclos(e|ing|ure)\b", without="year end")),
    ("benefits_forecast", _has(r"benefit", r"forecast")),
    ("benefits", _has(r"benefit")),
    (
        "wlc_forecast",
        _has(r"whole ?life|wlc|life ?cycle|lifetime", r"forecast|estimate at completion"),
    ),
    ("wlc", _has(r"whole ?life|wlc|life ?cycle cost|lifetime cost")),
    ("year_variance_pct", _has(r"variance", r"%|per ?cent|\bpct\b|age\b")),
    ("year_variance", _has(r"variance")),
    ("year_forecast", _has(r"forecast|outturn")),
    ("year_budget", _has(r"budget|baseline", without=r"\bdate\b")),
    ("description", _has(r"description|\baims?\b|objective|purpose|summary|\babout\b")),
    ("category", _has(r"category|project type|programme type|\btheme\b")),
    (
        "name",
        _has(
            r"^(gmpp )?(project|programme|project programme|project or programme)( name| title)?$"
            r"|^(name|title)( of (the )?(project|programme))?$"
        ),
    ),
    ("department", _has(r"\bdept\b|\bdepartment\b|^organisation$|^(lead )?(ministry|body)$")),
    ("year", _has(r"^(report|reporting|publication|data|gmpp|annual report)? ?year$")),
)
NEEDED = ("name", "department")
LEADING_LINES = 25
"""How many lines above the header may hold titles and notes."""


def meaning(header: str) -> str:
    """The field a header names, or nothing. A note in brackets does not count, but (%) does."""
    words = re.sub(r"\((?!\s*%\s*\)).*?(\)|$)", " ", header, flags=re.S)
    words = re.sub(r"[^a-z0-9%£]+", " ", words.lower().replace("_", " ")).strip()
    if not words or len(words) > 160:
        return ""
    return next((name for name, rule in RULES if rule(words)), "")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a file: its header as published, what it means, where it stands."""

    header: str
    field: str
    position: int


@dataclass(frozen=True, slots=True)
class Record:
    """One project's cells with the place they stand at in the file."""

    place: str
    cells: tuple[str, ...]

    def at(self, column: Column) -> str:
        """The cell under a column."""
        return self.cells[column.position] if column.position < len(self.cells) else ""


@dataclass(frozen=True, slots=True)
class Layout:
    """A file laid out as one record a project."""

    transposed: bool
    columns: tuple[Column, ...]
    records: tuple[Record, ...]
    header_line: int
    notes: tuple[tuple[str, str], ...] = ()
    """Lines that are neither header nor project: (place, text)."""
    by_field: dict[str, tuple[Column, ...]] = field(default_factory=dict)

    def of(self, name: str) -> tuple[Column, ...]:
        """All columns of one meaning, in the order of the file."""
        return self.by_field.get(name, ())


class NotLaidOut(Exception):
    """The file holds no table of projects; the message says what was looked for."""


def lay_out(rows: list[list[str]]) -> Layout:
    """Recognise header and direction. Raises NotLaidOut."""
    width = max((len(row) for row in rows), default=0)
    square = [row + [""] * (width - len(row)) for row in rows]
    turned = [list(column) for column in zip(*square, strict=True)]
    plain_line, plain_score = _header(square)
    turned_line, turned_score = _header(turned)
    transposed = turned_score > plain_score
    table, line = (turned, turned_line) if transposed else (square, plain_line)
    columns = tuple(
        Column(" ".join(header.split()), meaning(header), position)
        for position, header in enumerate(table[line])
    )
    by_field: dict[str, list[Column]] = {}
    for column in columns:
        if column.field:
            by_field.setdefault(column.field, []).append(column)
    if missing := [name for name in NEEDED if name not in by_field]:
        raise NotLaidOut(
            f"no column for {' and '.join(missing)} was found; the best header line was "
            f"{'column' if transposed else 'row'} {line + 1}"
        )
    layout = Layout(
        transposed,
        columns,
        (),
        line,
        by_field={name: tuple(found) for name, found in by_field.items()},
    )
    records, notes = _records(table, layout)
    return Layout(transposed, columns, tuple(records), line, tuple(notes), by_field=layout.by_field)


def _header(table: list[list[str]]) -> tuple[int, int]:
    """The line with the most different meanings among the first lines, and how many."""
    best, score = 0, 0
    for number, line in enumerate(table[:LEADING_LINES]):
        fields = {meaning(cell) for cell in line} - {""}
        points = len(fields) + 2 * len(fields & set(NEEDED))
        if points > score:
            best, score = number, points
    return best, score


def letters(position: int) -> str:
    """Name of a column in a spreadsheet, from 0."""
    text = ""
    position += 1
    while position:
        position, rest = divmod(position - 1, 26)
        text = chr(65 + rest) + text
    return text


def _records(table: list[list[str]], layout: Layout) -> tuple[list[Record], list[tuple[str, str]]]:
    names = layout.of("name")
    records: list[Record] = []
    notes: list[tuple[str, str]] = []
    for number, line in _numbered(table):
        place = f"column {letters(number)}" if layout.transposed else f"row {number + 1}"
        filled = [cell for cell in line if cell.strip()]
        if number == layout.header_line or not filled:
            continue
        if number < layout.header_line:
            notes.append((place, "above the header: " + filled[0].strip()[:200]))
        elif any(line[column.position].strip() for column in names) and len(filled) > 1:
            records.append(Record(place, tuple(line)))
        else:
            notes.append((place, "without a project: " + filled[0].strip()[:200]))
    return records, notes


def _numbered(table: list[list[str]]) -> Iterator[tuple[int, list[str]]]:
    return iter(enumerate(table))
