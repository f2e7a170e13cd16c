# SPDX-License-Identifier: Apache-2.0
"""The planned value by period: spreading budgets in working time, and reading the curve."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate, pairwise
from operator import add

from pilothouse.engine.calendars import WorkingTime
from pilothouse.engine.earned_value.amounts import check_amounts
from pilothouse.engine.errors import InvalidInput

ZERO, ONE = Decimal(0), Decimal(1)


class Contour(StrEnum):
    """How the budget of a work package runs over its baseline dates (R-EVM-04)."""

    EVEN = "even"
    FRONT = "front"
    BACK = "back"
    BELL = "bell"


def share_done(contour: Contour, elapsed: Decimal) -> Decimal:
    """Share of the budget that is planned after a share of the working time.

    Parameters
    ----------
    contour : Contour
    elapsed : Decimal
        0 to 1.

    Notes
    -----
    even x; front 1 − (1 − x)²; back x²; bell 3x² − 2x³: each runs from 0 to 1 without a step
    back, and half of a bell lies before the middle.

    Examples
    --------
    >>> [share_done(contour, Decimal("0.5")) for contour in Contour]
    [Decimal('0.5'), Decimal('0.75'), Decimal('0.25'), Decimal('0.500')]
    """
    if contour is Contour.FRONT:
        return ONE - (ONE - elapsed) ** 2
    if contour is Contour.BACK:
        return elapsed**2
    if contour is Contour.BELL:
        return 3 * elapsed**2 - 2 * elapsed**3
    return elapsed


@dataclass(frozen=True, slots=True)
class Piece:
    """Money that is planned between two instants, such as a package or one of its assignments."""

    amount: Decimal
    start: datetime
    finish: datetime
    contour: Contour = Contour.EVEN


def spread(
    pieces: Sequence[Piece], ends: Sequence[datetime], calendar: WorkingTime | Clock
) -> tuple[Decimal, ...]:
    """Cumulative planned value at the end of each period, in working time (R-EVM-04).

    Parameters
    ----------
    pieces : sequence of Piece
        A package by assignment is several pieces. A piece without working time between its
        ends counts whole from its finish on.
    ends : sequence of datetime
        Ends of the periods, rising.
    calendar : WorkingTime or Clock
        In whose minutes the time between start and finish is counted; a clock, where the same
        instants are asked for again.

    Returns
    -------
    tuple of Decimal
        One for each end, unrounded; the last is the sum of all that has finished by then.

    Raises
    ------
    InvalidInput
        ``evm.periods`` if the ends do not rise, ``evm.dates`` if a piece
        finishes before it starts, ``evm.not_a_number``.
    """
    for before, after in pairwise(ends):
        if after <= before:
            raise InvalidInput(
                "evm.periods",
                f"The period that ends on {after} does not follow the one that ends on {before}; "
                "put the periods in order.",
                (str(after),),
            )
    _check_pieces(pieces)
    clock = Clock.of(calendar)
    minutes = [clock.at(end) for end in ends]
    begun = [ZERO] * len(ends)
    finished = [ZERO] * (len(ends) + 1)
    for piece in pieces:
        first = bisect_right(ends, piece.start)
        last = bisect_left(ends, piece.finish)
        finished[last] += piece.amount
        if first >= last:
            continue
        start = clock.at(piece.start)
        whole = clock.at(piece.finish) - start
        if whole == 0:
            continue
        for place in range(first, last):
            elapsed = Decimal(minutes[place] - start) / whole
            begun[place] += piece.amount * share_done(piece.contour, elapsed)
    return tuple(map(add, begun, accumulate(finished)))


def planned_each(
    pieces: Sequence[Piece], end: datetime, calendar: WorkingTime | Clock
) -> tuple[Decimal, ...]:
    """What each piece was planned to be worth at one instant, unrounded; as ``spread`` by piece.

    Raises
    ------
    InvalidInput
        ``evm.dates``, ``evm.not_a_number``.
    """
    _check_pieces(pieces)
    clock = Clock.of(calendar)
    now = clock.at(end)
    found = []
    for piece in pieces:
        if end >= piece.finish:
            found.append(piece.amount)
            continue
        if end <= piece.start:
            found.append(ZERO)
            continue
        start = clock.at(piece.start)
        whole = clock.at(piece.finish) - start
        if whole == 0:
            found.append(ZERO)
            continue
        found.append(piece.amount * share_done(piece.contour, Decimal(now - start) / whole))
    return tuple(found)


class Clock:
    """Instants as working minutes since the first that was asked for; each is counted once."""

    def __init__(self, calendar: WorkingTime) -> None:
        self._calendar = calendar
        self._known: dict[datetime, int] = {}
        self._first: datetime | None = None

    @classmethod
    def of(cls, calendar: WorkingTime | Clock) -> Clock:
        """The clock of a calendar; one that counts already goes on."""
        return calendar if isinstance(calendar, Clock) else cls(calendar)

    def at(self, instant: datetime) -> int:
        known = self._known.get(instant)
        if known is None:
            self._first = self._first or instant
            known = self._known[instant] = self._calendar.diff(self._first, instant)
        return known


def _check_pieces(pieces: Sequence[Piece]) -> None:
    check_amounts((piece.amount for piece in pieces), "budget")
    for piece in pieces:
        if piece.finish < piece.start:
            raise InvalidInput(
                "evm.dates",
                f"A budget of {piece.amount} runs from {piece.start} to {piece.finish}, which is "
                "earlier; correct one of the dates.",
                (str(piece.start), str(piece.finish)),
            )


def value_at(curve: Sequence[Decimal], periods: Decimal) -> Decimal:
    """Planned value after a number of periods, which may end inside one (linear there).

    ``curve`` is cumulative by period; before the first it is 0, after the last it stays.

    Raises
    ------
    InvalidInput
        ``evm.no_plan``, ``evm.not_a_number``.
    """
    if not curve:
        raise _no_plan()
    check_amounts((*curve, periods), "planned value or number of periods")
    whole = int(max(ZERO, periods))
    if whole >= len(curve):
        return curve[-1]
    before = curve[whole - 1] if whole else ZERO
    return before + (curve[whole] - before) * (periods - whole)


def earned_schedule(curve: Sequence[Decimal], earned: Decimal) -> Decimal:
    """When, in periods, what is earned was to be earned: ES = C + (EV − PV_C)/(PV_{C+1} − PV_C).

    Parameters
    ----------
    curve : sequence of Decimal
        Cumulative planned value by period, not falling.
    earned : Decimal
        Cumulative earned value.

    Returns
    -------
    Decimal
        0 to the planned duration, which is ``len(curve)``.

    Notes
    -----
    C is the last period whose planned value is not above what is earned; with all earned it is
    the planned duration.

    Raises
    ------
    InvalidInput
        ``evm.no_plan``, ``evm.falling_plan``, ``evm.not_a_number``.

    References
    ----------
    W. Lipke, "Schedule is different", The Measurable News, 2003.

    Examples
    --------
    >>> months = [Decimal(n) for n in (5, 12, 22, 35, 50, 65, 78, 88, 95, 100)]
    >>> round(earned_schedule(months, Decimal(54)), 4)
    Decimal('5.2667')
    """
    if not curve:
        raise _no_plan()
    check_amounts((*curve, earned), "planned or earned value")
    for before, after in pairwise(curve):
        if after < before:
            raise InvalidInput(
                "evm.falling_plan",
                f"The cumulative planned value falls from {before} to {after}; it can only rise.",
                (str(before), str(after)),
            )
    if earned >= curve[-1]:
        return Decimal(len(curve))
    earned = max(ZERO, earned)
    count = sum(1 for value in curve if value <= earned)
    before = curve[count - 1] if count else ZERO
    return count + (earned - before) / (curve[count] - before)


def _no_plan() -> InvalidInput:
    return InvalidInput("evm.no_plan", "There is no planned value; take a baseline first.")
