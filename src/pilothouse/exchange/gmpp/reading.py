# SPDX-License-Identifier: Apache-2.0
"""One published file → typed records and notices of everything that was not understood."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from pilothouse.exchange.gmpp.departments import Department, department_of, unknown_department
from pilothouse.exchange.gmpp.layout import Column, Layout, NotLaidOut, Record, lay_out
from pilothouse.exchange.gmpp.values import (
    Rating,
    Read,
    absence,
    header_unit,
    read_date,
    read_money,
    read_rating,
)
from pilothouse.exchange.tables import Table, clean
from pilothouse.exchange.workbooks import TableError, without_value

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Notice:
    """Something in a file that was not understood or had to be interpreted."""

    place: str
    column: str
    reason: str


@dataclass(frozen=True, slots=True)
class Figure:
    """A named figure of the year that is no whole-life figure, in pounds or percent."""

    key: str
    label: str
    value: Decimal | None
    unit: str
    words: str = ""


@dataclass(slots=True)
class Published:
    """What one report states of one project."""

    year: int
    place: str
    number: str
    name: str
    department: Department
    category: str = ""
    description: str = ""
    rating: Rating | None = None
    start: date | None = None
    end: date | None = None
    end_baseline: date | None = None
    wlc: Decimal | None = None
    wlc_forecast: Decimal | None = None
    benefits: Decimal | None = None
    benefits_forecast: Decimal | None = None
    figures: list[Figure] = field(default_factory=list)
    comments: dict[str, str] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Report:
    """One year as published."""

    year: int
    status_date: date
    file_name: str
    sha256: str
    encoding: str
    delimiter: str
    transposed: bool
    records: list[Published]
    notices: list[Notice]


def status_date_of(year: int) -> date:
    """The day that the data of a report describe.

    Reports up to 2020 show the second quarter (30 September) of the financial year before
    publication, from 2021 on the fourth (31 March); the comments in the files name them.
    """
    return date(year - 1, 9, 30) if year <= 2020 else date(year, 3, 31)


def read_report(table: Table, *, file_name: str, data: bytes) -> Report:
    """Read one year. Raises TableError where it is no file of this portfolio."""
    try:
        layout = lay_out(
            [["" if without_value(cell) else cell for cell in row] for row in table.rows]
        )
    except NotLaidOut as error:
        raise TableError("exchange.gmpp_layout", f"{file_name}: {error}.") from None
    notices = [Notice("file", "", text) for text in table.notices]
    year = _year(layout, file_name, notices)
    notices += [Notice(place, "", f"left out, {text}") for place, text in layout.notes]
    for column in layout.columns:
        used = any(record.at(column).strip() for record in layout.records)
        if not column.field and column.header and not used:
            notices.append(
                Notice("header", column.header[:120], "a text without values, taken as a footnote")
            )
        if not column.field and used:
            notices.append(
                Notice("header", column.header, "not known; its texts are kept as comments")
            )
    for name, label in WANTED.items():
        if not layout.of(name):
            notices.append(Notice("header", "", f"no column for the {label} was found"))
    reader = _Reader(layout, year, notices)
    records = _each_once([reader.record(record) for record in layout.records], notices)
    _check_quarter(records, year, notices)
    _check_duplicates(records, notices)
    return Report(
        year,
        status_date_of(year),
        file_name,
        hashlib.sha256(data).hexdigest(),
        table.encoding,
        table.delimiter,
        layout.transposed,
        records,
        notices,
    )


WANTED = {
    "rating": "delivery confidence",
    "start": "start date",
    "end": "end date",
    "wlc": "whole-life cost",
}
YEARS = re.compile(r"(20\d\d)\s*[/\-–]\s*(?:20)?(\d\d)(?!\d)")


def _year(layout: Layout, file_name: str, notices: list[Notice]) -> int:
    """From the year column, else the headers (“2015/16 Budget”), else the name of the file."""
    found: list[tuple[str, int]] = []
    for column in layout.of("year"):
        texts = Counter(record.at(column).strip() for record in layout.records)
        if len(years := sorted({y for text in texts if (y := _one_year(text)) is not None})) > 1:
            raise TableError(
                "exchange.gmpp_years",
                f"{file_name}: its column “year” names several years "
                f"({', '.join(map(str, years))}); give one file for each report.",
            )
        for text, _ in texts.most_common(1):
            if (year := _one_year(text)) is not None:
                found.append(("its column “year”", year))
    spans = Counter(
        2000 + int(match[2]) for c in layout.columns if (match := YEARS.search(c.header))
    )
    found += [("its headers", year) for year, _ in spans.most_common(1)]
    if match := re.search(r"(?<!\d)(20[0-4]\d)(?!\d)", file_name):
        found.append(("its name", int(match[1])))
    if not found:
        raise TableError(
            "exchange.gmpp_year",
            f"{file_name}: the year of the report stands neither in a column “year”, nor in a "
            "header, nor in the name of the file.",
        )
    chosen = found[0][1]
    for where, year in found[1:]:
        if year != chosen:
            notices.append(
                Notice(
                    "file", "", f"{found[0][0]} says {chosen}, {where} says {year}; took {chosen}"
                )
            )
    return chosen


def _one_year(text: str) -> int | None:
    if match := YEARS.search(text):
        return 2000 + int(match[2])
    match = re.fullmatch(r"(20\d\d)(\.0)?", text)
    return int(match[1]) if match else None


COMMENT_FIELDS = (
    "rating_comment",
    "schedule_comment",
    "variance_comment",
    "wlc_comment",
    "benefits_comment",
    "comment",
)
YEAR_FIGURES = {
    "year_budget": "Budget of the year",
    "year_forecast": "Forecast of the year",
    "year_variance": "Variance of the year",
}


class _Reader:
    def __init__(self, layout: Layout, year: int, notices: list[Notice]) -> None:
        self.layout = layout
        self.year = year
        self.notices = notices
        self.units: dict[int, int] = {}
        for name in ("wlc", "wlc_forecast", "benefits", "benefits_forecast", *YEAR_FIGURES):
            for column in layout.of(name):
                unit = header_unit(column.header)
                self.units[column.position] = unit or MILLION
                if unit is None:
                    notices.append(
                        Notice("header", column.header, "names no unit; read as £ million")
                    )

    def record(self, source: Record) -> Published:
        """One project; every problem becomes a notice."""
        name = " ".join(clean(self._text(source, "name")).split())[:300]
        row = Published(
            self.year, source.place, self._number(source), name, self._department(source)
        )
        row.category = " ".join(self._text(source, "category").split())[:80]
        row.description = clean(self._text(source, "description"))
        row.rating = self._rating(source, row)
        row.start = self._date(source, row, "start", end=False) or self._date(
            source, row, "start_forecast", end=False
        )
        row.end_baseline = self._date(source, row, "end_baseline", end=True)
        row.end = self._date(source, row, "end_forecast", end=True) or self._date(
            source, row, "end", end=True
        )
        if row.end is None and row.end_baseline is not None:
            row.end = row.end_baseline
        if row.start and row.end and row.end < row.start:
            self._say(
                source, "end", f"the end {row.end} lies before the start {row.start}; left out"
            )
            row.absent["end"] = f"Published as {row.end}, before the start"
            row.end = None
        row.wlc = self._money(source, row, "wlc")
        row.wlc_forecast = self._money(source, row, "wlc_forecast")
        row.benefits = self._money(source, row, "benefits")
        row.benefits_forecast = self._money(source, row, "benefits_forecast")
        self._figures(source, row)
        for kind in COMMENT_FIELDS:
            if text := clean("\n\n".join(self._texts(source, kind))):
                row.comments[kind] = text
        for column in self.layout.columns:
            if not column.field and (text := clean(source.at(column))):
                row.comments[column.header or f"Column {column.position + 1}"] = text
        return row

    def _say(self, source: Record, name: str, reason: str, column: Column | None = None) -> None:
        columns = self.layout.of(name)
        header = column.header if column else columns[0].header if columns else name
        self.notices.append(Notice(source.place, header[:120], reason))

    def _texts(self, source: Record, name: str) -> list[str]:
        return [text for c in self.layout.of(name) if (text := source.at(c).strip())]

    def _text(self, source: Record, name: str) -> str:
        return next(iter(self._texts(source, name)), "")

    def _number(self, source: Record) -> str:
        text = " ".join(self._text(source, "number").split())
        if not text or absence(text):
            return ""
        if len(text) > 36:
            self._say(source, "number", f"“{text[:60]}” is no project number; left out")
            return ""
        return text

    def _department(self, source: Record) -> Department:
        text = " ".join(self._text(source, "department").split())
        found = department_of(text)
        if found is None:
            found = unknown_department(text)
            self._say(
                source, "department", f"“{text}” is not in the table of departments; kept as it is"
            )
        return found

    def _rating(self, source: Record, row: Published) -> Rating | None:
        found: dict[Rating, Column] = {}
        for column in self.layout.of("rating"):
            answer = read_rating(source.at(column))
            if answer.problem:
                self._say(source, "rating", answer.problem, column)
                row.absent["rating"] = source.at(column).strip()
            if answer.absent:
                row.absent["rating"] = answer.absent
            if answer.value is not None:
                found.setdefault(answer.value, column)
        if not found:
            if "rating" not in row.absent and self.layout.of("rating"):
                self._say(source, "rating", "no rating is given")
            return None
        first, *others = sorted(found, key=lambda rating: rating.colour == "grey")
        for other in others:
            if other.colour != "grey":
                self._say(
                    source,
                    "rating",
                    f"two ratings, {first.label} and {other.label}; took the first",
                )
        return first

    def _date(self, source: Record, row: Published, name: str, *, end: bool) -> date | None:
        for column in self.layout.of(name):
            answer: Read[date] = read_date(source.at(column), end=end)
            if answer.problem or answer.remark:
                self._say(source, name, answer.problem or answer.remark, column)
            if answer.absent or answer.problem:
                row.absent[name] = answer.absent or source.at(column).strip()
            if answer.value is not None:
                return answer.value
        return None

    def _money(self, source: Record, row: Published, name: str) -> Decimal | None:
        for column in self.layout.of(name):
            answer = read_money(source.at(column), self.units[column.position])
            if answer.problem or answer.remark:
                self._say(source, name, answer.problem or answer.remark, column)
            if answer.absent or answer.problem:
                row.absent[name] = answer.absent or source.at(column).strip()
            if answer.value is not None:
                return answer.value
        return None

    def _figures(self, source: Record, row: Published) -> None:
        for name, label in YEAR_FIGURES.items():
            for column in self.layout.of(name):
                words: dict[str, str] = {}
                answer = read_money(source.at(column), self.units[column.position])
                if answer.problem:
                    self._say(source, name, answer.problem, column)
                words["words"] = answer.absent or (
                    source.at(column).strip() if answer.problem else ""
                )
                if answer.value is not None or words["words"]:
                    row.figures.append(
                        Figure(name, label, answer.value, "GBP", words["words"][:300])
                    )
        for column in self.layout.of("year_variance_pct"):
            text = " ".join(source.at(column).split())
            if text:
                value = _percent(text)
                row.figures.append(
                    Figure(
                        "year_variance_pct",
                        "Variance of the year in percent",
                        value,
                        "%",
                        "" if value is not None else text[:300],
                    )
                )


def _percent(text: str) -> Decimal | None:
    match = re.fullmatch(r"([-+]?\d+(?:\.\d+)?)\s*%", text.replace("\u2212", "-").replace(",", ""))
    return Decimal(match[1]) if match else None


QUARTER = re.compile(r"Q([1-4])[ /-]*(\d\d)[ /-]?(\d\d)\b|\b(\d\d)/?(\d\d)[ -]Q([1-4])")


def _check_quarter(records: list[Published], year: int, notices: list[Notice]) -> None:
    """Hold the status date against the latest quarter that the comments name often.

    Comments compare with the quarter before, so the most frequent one may be too early.
    """
    seen: Counter[tuple[int, int]] = Counter()
    for record in records:
        for text in record.comments.values():
            for q1, first, second, first2, second2, q2 in QUARTER.findall(text):
                a, b = int(first or first2), int(second or second2)
                if b == a + 1:
                    seen[(2000 + b, int(q1 or q2))] += 1
    if not seen:
        return
    often = max(seen.values())
    (said_year, quarter), count = max(
        (item for item in seen.items() if item[1] * 5 >= often), key=lambda item: item[0]
    )
    expected = (year, 2) if year <= 2020 else (year, 4)
    if (said_year, quarter) != expected and count >= 100:
        notices.append(
            Notice(
                "file",
                "",
                f"the comments speak {count} times of quarter {quarter} of the "
                f"financial year to March {said_year}, the status date taken is "
                f"{status_date_of(year)}",
            )
        )


def _each_once(records: list[Published], notices: list[Notice]) -> list[Published]:
    """A row that repeats number, name and department of another is left out."""
    first: dict[tuple[str, str, str], Published] = {}
    for record in records:
        key = (record.number.casefold(), record.name.casefold(), record.department.code)
        if key in first:
            place = first[key].place
            notices.append(
                Notice(record.place, "", f"left out, the same project stands at {place}")
            )
        else:
            first[key] = record
    return list(first.values())


def _check_duplicates(records: list[Published], notices: list[Notice]) -> None:
    for what in ("number", "name"):
        first: dict[str, str] = {}
        for record in records:
            key = " ".join(getattr(record, what).casefold().split())
            if not key:
                continue
            if what == "name":
                key += f" ({record.department.code})"
            if key in first:
                notices.append(
                    Notice(record.place, what, f"the same {what} stands at {first[key]}: {key}")
                )
            first.setdefault(key, record.place)
