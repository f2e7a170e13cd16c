# SPDX-License-Identifier: Apache-2.0
"""The order of candidates (R-SCO-01)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pilothouse.engine.scoring.values import exact, require_distinct


@dataclass(frozen=True, slots=True)
class Standing:
    """What a candidate is ranked by; a score of None is not final."""

    code: str
    score: Decimal | None
    mandatory: bool = False
    wanted: date | None = None
    cost: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place in the order, from 1; None while the score is not final."""

    rank: int | None
    standing: Standing


def rank(standings: Sequence[Standing]) -> tuple[Ranked, ...]:
    """Put candidates in order.

    Parameters
    ----------
    standings : sequence of Standing

    Returns
    -------
    tuple of Ranked
        Mandatory classes first, then the higher score, the earlier wanted date, the lower cost,
        the code. A date or a cost that is not known comes after those that are. Candidates
        whose score is not final stand at the end of their class; only mandatory ones, which
        need no score, have a rank.

    Raises
    ------
    InvalidInput
        ``scoring.duplicate`` for a code given twice; ``scoring.number`` for NaN or a huge value.

    Notes
    -----
    Ranks are dense: 1, 2, 3 without gaps or ties, since codes differ. O(n log n).

    Examples
    --------
    >>> high, low = Standing("A", Decimal(4)), Standing("B", Decimal(2), mandatory=True)
    >>> [(ranked.rank, ranked.standing.code) for ranked in rank([high, low])]
    [(1, 'B'), (2, 'A')]
    """
    require_distinct(standing.code for standing in standings)
    for standing in standings:
        for number in (standing.score, standing.cost):
            if number is not None:
                exact(number, standing.code)
    ordered = sorted(standings, key=_key)
    ranked, place = [], 0
    for standing in ordered:
        counts = standing.mandatory or standing.score is not None
        place += counts
        ranked.append(Ranked(place if counts else None, standing))
    return tuple(ranked)


def _key(standing: Standing) -> tuple[bool, bool, Decimal, date, bool, Decimal, str]:
    return (
        not standing.mandatory,
        standing.score is None,
        -(standing.score or Decimal(0)),
        standing.wanted or date.max,
        standing.cost is None,
        standing.cost or Decimal(0),
        standing.code,
    )
