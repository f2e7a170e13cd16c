# SPDX-License-Identifier: Apache-2.0
"""Durations as people type and read them: ``5d``, ``2.5w``, ``3eh``, ``1mo?``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import Plan

MOST_MINUTES = 100_000_000
"""Of a duration or a lag: 190 years round the clock."""

_UNITS = {
    "m": ("m", "min", "mins", "minute", "minutes"),
    "h": ("h", "hr", "hrs", "hour", "hours"),
    "d": ("d", "dy", "dys", "day", "days"),
    "w": ("w", "wk", "wks", "week", "weeks"),
    "mo": ("mo", "mon", "mons", "month", "months"),
}
_UNIT_OF = {word: unit for unit, words in _UNITS.items() for word in words}
_ELAPSED_MINUTES = {"m": 1, "h": 60, "d": 1440, "w": 7 * 1440, "mo": 30 * 1440}
_AMOUNT = re.compile(
    r"(?P<number>\d{1,12}(?:[.,]\d{1,9})?)\s*(?P<unit>[a-z]*)\s*(?P<guess>\??)", re.I
)
_HELP = "write a number and m, h, d, w or mo, such as 5d or 2.5w; with e before the unit, elapsed"


@dataclass(frozen=True, slots=True)
class Amount:
    """A duration: whole minutes of working time, or round the clock with ``elapsed``."""

    minutes: int
    elapsed: bool = False
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Measures:
    """How many working minutes a day, a week and a month of the plan have."""

    day: int = 480
    week: int = 2400
    month: int = 9600

    @classmethod
    def of(cls, plan: Plan) -> Measures:
        """Those that the plan was made with."""
        day = plan.minutes_per_day
        return cls(day, plan.minutes_per_week, plan.days_per_month * day)

    def minutes(self, unit: str, elapsed: bool) -> int:
        """Of one ``unit`` (m, h, d, w, mo)."""
        if elapsed:
            return _ELAPSED_MINUTES[unit]
        return {"m": 1, "h": 60, "d": self.day, "w": self.week, "mo": self.month}[unit]


def read_amount(text: str, measures: Measures) -> Amount:
    """Read a duration.

    Parameters
    ----------
    text : str
        A number, then a unit: minutes, hours, days, weeks, months or their usual shorter
        words, days if there is none; ``e`` before the unit makes it elapsed, a question mark
        behind it estimated. Point or comma before decimals.
    measures : Measures

    Returns
    -------
    Amount
        Rounded to the whole minute, halves up.

    Raises
    ------
    InvalidInput
        ``editing.amount``.

    Examples
    --------
    >>> read_amount("2.5 days?", Measures())
    Amount(minutes=1200, elapsed=False, estimated=True)
    >>> read_amount("1ew", Measures())
    Amount(minutes=10080, elapsed=True, estimated=False)
    """
    found = _AMOUNT.fullmatch(text.strip())
    unit, elapsed = _unit(found["unit"].lower()) if found else (None, False)
    if found is None or unit is None:
        raise InvalidInput(
            "editing.amount", f"‘{text.strip()[:60]}’ is no duration; {_HELP}.", (text[:60],)
        )
    number = Decimal(found["number"].replace(",", "."))
    minutes = int(number * measures.minutes(unit, elapsed) + Decimal("0.5"))
    if minutes > MOST_MINUTES:
        raise InvalidInput(
            "editing.amount",
            f"‘{text.strip()}’ is longer than 190 years; write a shorter duration.",
            (text[:60],),
        )
    return Amount(minutes, elapsed, bool(found["guess"]))


def _unit(word: str) -> tuple[str | None, bool]:
    if not word:
        return "d", False
    if word in _UNIT_OF:
        return _UNIT_OF[word], False
    return _UNIT_OF.get(word[1:]) if word[0] == "e" else None, True


def write_amount(amount: Amount, measures: Measures) -> str:
    """The amount as text that ``read_amount`` gives back.

    In days if two decimals are enough, else in hours, else in minutes.

    Examples
    --------
    >>> write_amount(Amount(1200), Measures()), write_amount(Amount(100, elapsed=True), Measures())
    ('2.5d', '100em')
    """
    for unit in ("d", "h", "m"):
        size = measures.minutes(unit, amount.elapsed)
        hundredths, rest = divmod(100 * amount.minutes, size)
        if not rest:
            break
    number = f"{hundredths // 100}.{hundredths % 100:02d}".rstrip("0").rstrip(".")
    return f"{number}{'e' * amount.elapsed}{unit}{'?' * amount.estimated}"
