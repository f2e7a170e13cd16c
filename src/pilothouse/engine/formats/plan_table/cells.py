# SPDX-License-Identifier: Apache-2.0
"""Cells of a table as values: dates, durations, percent, yes and no. ValueError says why not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.editing import FIRST_YEAR, LAST_YEAR, Amount, Measures, read_amount
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import ConstraintType

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_PARTS = re.compile(r"(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})")
_DAY_MONTH = re.compile(r"(\d{1,2})\.?[\s-]+([^\W\d]+)\.?,?[\s-]+(\d{4}|\d{2})")
_MONTH_DAY = re.compile(r"([^\W\d]+)\.?\s+(\d{1,2}),?\s+(\d{4}|\d{2})")
_TIME = re.compile(r"[T\s]+(\d{1,2})[:.](\d{2})(?:[:.]\d{2}(?:\.\d+)?)?\s*(am|pm)?Z?$", re.I)
_WEEKDAY = re.compile(r"^[^\W\d]{2,10}\.?,?\s+(?=\d|[^\W\d]+\.?\s+\d)")
_APART = re.compile(r"(?<=\d)\s*([./])\s*(?=\d)")
_SERIAL = re.compile(r"(\d{5})(\.\d+)?")
_GROUPS = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}(?:\1\d{3})*(?:(?!\1)[.,]\d*)?")
MOST_LETTERS = 4_000
"""Of a cell that names several things: people, or the tasks before."""
_EPOCH = datetime(1899, 12, 30)
_MONTHS = {
    name: number
    for number, names in enumerate(
        (
            "jan january januar jänner janvier janv enero ene gennaio gen januari janeiro",
            "feb february februar février févr fév febrero febbraio februari fevereiro fev",
            "mar march märz mär mrz mars marzo maart mrt março",
            "apr april avril avr abril abr aprile",
            "may mai mayo maggio mag mei maio",
            "jun june juni juin junio giugno giu junho",
            "jul july juli juillet juil julio luglio lug julho",
            "aug august août agosto ago augustus",
            "sep sept september septembre septiembre settembre set setembro",
            "oct october oktober okt octobre octubre ottobre ott outubro out",
            "nov november novembre noviembre novembro",
            "dec december dezember dez décembre déc diciembre dic dicembre dezembro",
        ),
        start=1,
    )
    for name in names.split()
}
_UNITS = {
    "m": "minuten minute minuto minutos minuti",
    "h": "std stunde stunden heure heures hora horas ora ore uur u",
    "d": "t tag tage tagen jour jours j día días dia dias giorno giorni g gg dag dagen",
    "w": "woche wochen semaine semaines sem semana semanas settimana settimane weken week",
    "mo": "monat monate monaten mois mes meses mese mesi maand maanden mês",
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words.split()}
_UNIT = re.compile(r"([^\W\d]+)(?=\s*\??$)")
_YES = {"yes", "y", "true", "1", "x", "on", "ja", "oui", "sí", "si", "sì", "sim", "wahr", "vrai"}
_NO = {"no", "n", "false", "0", "-", "off", "nein", "non", "nee", "não", "falsch", "faux"}
_NOTHING = {"", "na", "n/a", "-", "–", "nv", "nan", "none"}
_CONSTRAINTS = {
    "as soon as possible": ConstraintType.ASAP,
    "as late as possible": ConstraintType.ALAP,
    "start no earlier than": ConstraintType.SNET,
    "start no later than": ConstraintType.SNLT,
    "finish no earlier than": ConstraintType.FNET,
    "finish no later than": ConstraintType.FNLT,
    "must start on": ConstraintType.MSO,
    "must finish on": ConstraintType.MFO,
    **{kind.value: kind for kind in ConstraintType},
}


def month_is_first(texts: Iterable[str]) -> bool | None:
    """Whether dates such as 03/14/2027 show the month first; None where none of them tells."""
    first = second = False
    for text in texts:
        if found := _PARTS.match(text):
            first |= int(found[1]) > 12
            second |= int(found[3]) > 12
    return None if first == second else second


def read_moment(text: str, hours: WorkingTime, *, month_first: bool, end: bool) -> datetime | None:
    """A date, with a time or without: then its first working minute, or with ``end`` its last."""
    bare = text.strip()
    if bare.casefold() in _NOTHING:
        return None
    found = _TIME.search(bare)
    minutes = _minutes(found) if found else None
    day = _day(bare[: found.start()] if found else bare, month_first)
    if day is None and (serial := _SERIAL.fullmatch(bare)):
        moment = _EPOCH + timedelta(days=float(serial[0]))
        day = moment.date()
        minutes = (
            round((moment - datetime.combine(day, time())).seconds / 60) if serial[2] else None
        )
    if day is None:
        raise ValueError(f"‘{bare[:40]}’ is no date; write it as 2026-11-30")
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise ValueError(f"the year {day.year} is out of range ({FIRST_YEAR} to {LAST_YEAR})")
    if minutes is None:
        spans = hours.intervals(day)
        minutes = (spans[-1][1] if end else spans[0][0]) if spans else (1020 if end else 480)
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def is_day(text: str) -> bool:
    """Whether a date comes without a time."""
    return _TIME.search(text.strip()) is None and "." not in (text if text[:5].isdigit() else "")


def _minutes(found: re.Match[str]) -> int:
    hour, minute, half = int(found[1]), int(found[2]), (found[3] or "").lower()
    if half:
        hour = hour % 12 + 12 * (half == "pm")
    if hour > 23 or minute > 59:
        raise ValueError(f"‘{found[0].strip()[:20]}’ is no time of a day")
    return 60 * hour + minute


def _day(text: str, month_first: bool) -> date | None:
    bare = _APART.sub(r"\1", text.strip().rstrip(","))
    if (weekday := _WEEKDAY.match(bare)) and not _MONTH_DAY.fullmatch(bare):
        bare = bare[weekday.end() :]
    if found := _ISO.fullmatch(bare):
        return _date(int(found[1]), int(found[2]), int(found[3]), text)
    if found := _PARTS.fullmatch(bare):
        first, second = int(found[1]), int(found[3])
        # A date with points never begins with the month.
        day, month = (second, first) if month_first and found[2] != "." else (first, second)
        return _date(_year(found[4]), month, day, text)
    if found := _DAY_MONTH.fullmatch(bare):
        return _named(_year(found[3]), found[2], int(found[1]), text)
    if found := _MONTH_DAY.fullmatch(bare):
        return _named(_year(found[3]), found[1], int(found[2]), text)
    return None


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text) - 100 * (int(text) >= 84)


def _named(year: int, name: str, day: int, text: str) -> date | None:
    month = _MONTHS.get(name.casefold())
    return None if month is None else _date(year, month, day, text)


def _date(year: int, month: int, day: int, text: str) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise ValueError(f"‘{text.strip()[:40]}’ is no day of the calendar") from None


def read_span(text: str, measures: Measures, *, alone: str = "") -> Amount:
    """A duration in the words of several languages; ``alone`` is the unit of a bare number."""
    bare = text.strip()
    unit = _UNIT.search(bare)
    if unit and (known := _UNIT_OF.get(unit[1].casefold())):
        bare = bare[: unit.start()] + known + bare[unit.end() :]
    elif unit is None:
        bare = bare.rstrip("?") + alone + "?" * bare.endswith("?")
    try:
        return read_amount(bare, measures)
    except InvalidInput as error:
        raise ValueError(error.message.rstrip(".")) from None


def read_number(text: str) -> Decimal:
    """A number with a point or a comma before its decimals, perhaps the other between thousands."""
    bare = text.strip().replace("\u00a0", "").replace(" ", "").rstrip("%")
    thousands = _GROUPS.fullmatch(bare)
    if thousands and len(re.findall("[.,]", bare)) > 1:
        bare = bare.replace(thousands[1], "")
    try:
        value = Decimal(bare.replace(",", "."))
    except InvalidOperation:
        raise ValueError(f"‘{text.strip()[:40]}’ is no number") from None
    if not value.is_finite():
        raise ValueError(f"‘{text.strip()[:40]}’ is no number")
    return value


def read_whole(text: str, low: int, high: int) -> int:
    """A whole number between two bounds; 1,000 is refused, as it may be 1 or a thousand."""
    value = read_number(text)
    # The bounds come first: of 1e300000 a whole number would be made digit by digit.
    if not low <= value <= high or value != int(value):
        raise ValueError(f"‘{text.strip()[:40]}’ is no whole number from {low:,} to {high:,}")
    bare = text.strip()
    if re.fullmatch(r"[+-]?[1-9]\d{0,2}[.,]000", bare):
        plain = re.sub("[.,]", "", bare)
        raise ValueError(f"‘{bare[:40]}’ may be {int(value)} or {plain}; write it without a sign")
    return int(value)


def read_yes(text: str) -> bool:
    """Yes or no in the words people write."""
    word = text.strip().casefold()
    if word in _YES:
        return True
    if word in _NO or not word:
        return False
    raise ValueError(f"‘{text.strip()[:40]}’: write yes or no")


def read_constraint(text: str) -> ConstraintType:
    """A kind of constraint by its letters or its words."""
    word = " ".join(text.casefold().replace("_", " ").split())
    if not word:
        return ConstraintType.ASAP
    if word not in _CONSTRAINTS:
        kinds = ", ".join(kind.value.upper() for kind in ConstraintType)
        raise ValueError(f"‘{text.strip()[:40]}’ is no constraint; write one of {kinds}")
    return _CONSTRAINTS[word]


def read_people(text: str) -> list[tuple[str, Decimal]]:
    """Names with their share: ``Ada; Piet [50%]``."""
    if len(text) > MOST_LETTERS:
        raise ValueError(f"the names take more than {MOST_LETTERS:,} characters")
    split = ";" if ";" in text else ","
    found: list[tuple[str, Decimal]] = []
    seen: set[str] = set()
    for piece in (part.strip() for part in text.split(split)):
        if not piece:
            continue
        if len(piece) > 230:
            raise ValueError(f"the name ‘{piece[:30]}…’ is longer than 200 characters")
        share = re.fullmatch(r"(.+?)\s*[\[(]\s*(\d{1,5}(?:[.,]\d{1,9})?)\s*%\s*[\])]", piece)
        name = share[1] if share else piece
        if len(name) > 200:
            raise ValueError(f"the name ‘{name[:30]}…’ is longer than 200 characters")
        if name.casefold() in seen:
            raise ValueError(f"‘{name[:40]}’ stands there twice")
        units = Decimal(share[2].replace(",", ".")) / 100 if share else Decimal(1)
        if not units:
            raise ValueError(f"the share of ‘{name[:40]}’ is nothing")
        seen.add(name.casefold())
        found.append((name, units))
    return found
