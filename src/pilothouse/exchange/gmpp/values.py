# SPDX-License-Identifier: Apache-2.0
"""Single cells of the published files: dates, money, ratings, and stated absences."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Generic, TypeVar

from pilothouse.foundation.core.plausible import FIRST_YEAR, LAST_YEAR
from pilothouse.foundation.core.rounding import half_up

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Read(Generic[T]):
    """A value; or the published words for why there is none; or a problem to report.

    ``remark`` says what had to be interpreted, such as the day of “Mar-14”.
    """

    value: T | None = None
    absent: str = ""
    problem: str = ""
    remark: str = ""


ABSENT = re.compile(
    r"^(n\s*[/.]?\s*a\.?|#n/a|tb[cda]|to be (confirmed|determined|agreed)|none|nil return|unknown|"
    r"[-–—.]+|reset|no dca|blank|not (yet )?(provided|available|applicable|known|stated|set)"
    r"|data (not|was not) provided|no (departmental )?narrative( provided)?|no data( provided)?"
    r"|either zero or no baseline.*|exempt|redacted|withheld)\.?$",
    re.I | re.S,
)
ABSENT_PHRASE = re.compile(
    r"\bexempt(ed|ion)?\b|freedom of information|\bfoia?\b|early planning|"
    r"not in a position to provide|did not provide|not (been )?provided|no longer on the gmpp|"
    r"budget variance less than|withheld|redacted",
    re.I,
)


def absence(text: str) -> str:
    """The published words if a cell states that it has no value, else nothing."""
    words = " ".join(text.split())
    if ABSENT.match(words) or (len(words) < 300 and ABSENT_PHRASE.search(words)):
        return words
    return ""


MONTHS = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
MONTHS |= {name.lower(): number for number, name in enumerate(calendar.month_name) if name}
MONTHS["sept"] = 9
NUMERIC = re.compile(
    r"^(\d{1,2})[./\- ](\d{1,2})[./\- ](\d{4}|\d{2})(?:[ T]\d{1,2}:\d{2}(:\d{2})?)?$"
)
ISO = re.compile(r"^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[ T].*)?$")
WORDY = re.compile(
    r"^(?:(\d{1,2})(?:st|nd|rd|th)?[ \-./]+)?([A-Za-z]{3,9})\.?[ \-./,']+(\d{4}|\d{2})$"
)
YEAR_FIRST_MONTH = re.compile(r"^(\d{4})[-/](\d{1,2})$")
SERIAL = re.compile(r"^\d{5}(\.\d+)?$")


def _century(text: str) -> int:
    """Two-digit years lie between 1970 and 2069."""
    year = int(text)
    return year if len(text) == 4 else year + (1900 if year >= 70 else 2000)


def read_date(text: str, *, end: bool) -> Read[date]:
    """A day in British order; of a month without a day the first, or for ends the last, day."""
    words = " ".join(text.replace("\u2013", "-").split())
    if not words:
        return Read()
    if absent := absence(words):
        return Read(absent=absent)
    remark = ""
    try:
        if match := ISO.match(words):
            found = date(*(int(part) for part in match.groups()[:3]))
        elif match := NUMERIC.match(words):
            day, month, year = match.groups()[:3]
            if int(month) > 12:
                return Read(problem=f"“{words}” is no date in the order day, month, year")
            found = date(_century(year), int(month), int(day))
        elif match := WORDY.match(words):
            name = match[2].lower()
            if name not in MONTHS:
                return Read(problem=f"“{words}” names no month")
            found, remark = _month(_century(match[3]), MONTHS[name], match[1], end, words)
        elif match := YEAR_FIRST_MONTH.match(words):
            found, remark = _month(int(match[1]), int(match[2]), None, end, words)
        elif SERIAL.match(words):
            found = (datetime(1899, 12, 30) + timedelta(days=int(float(words)))).date()
            remark = f"“{words}” read as the day number of a spreadsheet"
        else:
            return Read(problem=f"“{words[:60]}” is no date")
    except ValueError:
        return Read(problem=f"“{words[:60]}” is a day that does not exist")
    if not FIRST_YEAR <= found.year <= LAST_YEAR:
        return Read(problem=f"“{words[:60]}” lies outside {FIRST_YEAR} to {LAST_YEAR}")
    return Read(found, remark=remark)


def _month(year: int, month: int, day: str | None, end: bool, words: str) -> tuple[date, str]:
    if day is not None:
        return date(year, month, int(day)), ""
    if not 1 <= month <= 12:
        raise ValueError(words)
    chosen = calendar.monthrange(year, month)[1] if end else 1
    return date(year, month, chosen), f"“{words}” read as its {'last' if end else 'first'} day"


UNITS = {
    "bn": 1_000_000_000,
    "billion": 1_000_000_000,
    "b": 1_000_000_000,
    "m": 1_000_000,
    "mn": 1_000_000,
    "million": 1_000_000,
    "k": 1_000,
    "000": 1_000,
    "000s": 1_000,
    "thousand": 1_000,
}
HEADER_UNIT = re.compile(
    r"£\s*[’']?(000s?|k|m|mn|million|bn|billion)\b|\b(million|billion|£m|£bn)\b", re.I
)
MONEY = re.compile(
    r"^(?P<minus>-?)\s*(?:GBP|£)?\s*(?P<minus2>-?)\s*(?P<number>\d[\d,. ]*?)\s*"
    r"(?P<unit>bn|billion|b|mn|million|m|k|thousand)?\.?$",
    re.I,
)
LIMIT = Decimal(10) ** 15


def header_unit(header: str) -> int | None:
    """Pounds per unit of a money column as its header says, or None where it does not say."""
    match = HEADER_UNIT.search(header)
    if match is None:
        return None
    return UNITS[(match[1] or match[2]).lower().lstrip("£")]


def read_money(text: str, unit: int) -> Read[Decimal]:
    """Pounds, rounded to the penny; a unit in the cell wins over that of the column."""
    words = " ".join(text.split())
    if not words:
        return Read()
    if absent := absence(words):
        return Read(absent=absent)
    plain = words.replace("\u2212", "-").replace("\u2013", "-").rstrip("*#")
    negative = plain.startswith("(") and plain.endswith(")")
    match = MONEY.match(plain.strip("()"))
    if match is None:
        return Read(problem=f"“{words[:60]}” is no amount of money")
    digits = _digits(match["number"].replace(" ", ""))
    if digits is None:
        return Read(problem=f"“{words[:60]}” can be read as more than one amount")
    scale = UNITS[match["unit"].lower()] if match["unit"] else unit
    if digits * scale >= LIMIT:
        return Read(problem=f"“{words[:60]}” is too large an amount")
    amount = half_up(digits * scale)
    if negative or match["minus"] or match["minus2"]:
        amount = -amount
    remark = f"“{words[:60]}” read in the unit of the cell" if match["unit"] else ""
    return Read(amount, remark=remark)


def _digits(text: str) -> Decimal | None:
    """British thousands and point; a comma that cannot part thousands is a decimal comma."""
    if re.fullmatch(r"\d+(\.\d+)?|\d{1,3}(,\d{3})+(\.\d+)?", text):
        plain = text.replace(",", "")
    elif re.fullmatch(r"\d+,\d{1,2}", text):
        plain = text.replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(\.\d{3})+,\d+", text):
        plain = text.replace(".", "").replace(",", ".")
    elif re.fullmatch(r"\d{1,3}(\.\d{3}){2,}", text):
        plain = text.replace(".", "")
    else:
        return None
    try:
        return Decimal(plain)
    except InvalidOperation:
        return None


@dataclass(frozen=True, slots=True)
class Rating:
    """A published delivery confidence: the colour it is shown in and its published label."""

    colour: str
    label: str


COLOURS = {
    "green": Rating("green", "Green"),
    "g": Rating("green", "Green"),
    "amber green": Rating("amber", "Amber/Green"),
    "green amber": Rating("amber", "Amber/Green"),
    "ag": Rating("amber", "Amber/Green"),
    "amber": Rating("amber", "Amber"),
    "a": Rating("amber", "Amber"),
    "yellow": Rating("amber", "Yellow"),
    "amber red": Rating("amber", "Amber/Red"),
    "red amber": Rating("amber", "Amber/Red"),
    "ar": Rating("amber", "Amber/Red"),
    "red": Rating("red", "Red"),
    "r": Rating("red", "Red"),
    "reset": Rating("grey", "Reset"),
    "no dca": Rating("grey", "No rating"),
    "grey": Rating("grey", "Grey"),
}


def read_rating(text: str) -> Read[Rating]:
    """The published confidence; exempt and unrated ones are grey with their reason."""
    words = " ".join(text.split())
    if not words:
        return Read()
    key = re.sub(r"[^a-z]+", " ", words.lower()).strip()
    if key in COLOURS:
        return Read(COLOURS[key])
    if re.search(r"early planning", words, re.I):
        return Read(Rating("grey", "Early planning"), absent=words)
    if absent := absence(words):
        sections = sorted(
            {int(n) for n in re.findall(r"(?<![\d/])(\d{2})(?:\(\d\))?(?!\d)", words)}
        )
        label = "Not rated"
        if re.search(r"exempt|freedom of information|\bfoi", words, re.I):
            label = "Exempt"
            if sections:
                label += (
                    f" (FOI section{'s' * (len(sections) > 1)} {', '.join(map(str, sections))})"
                )
        return Read(Rating("grey", label[:60]), absent=absent)
    return Read(problem=f"“{words[:60]}” is no rating that is known")
