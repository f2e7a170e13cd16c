# SPDX-License-Identifier: Apache-2.0
"""Predecessors as text in a cell: ``12``, ``12FS+2d``, ``7SS-50%; 9FF+1ed``."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pilothouse.engine.editing.amounts import Amount, Measures, read_amount, write_amount
from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.network.plan import LagKind, Link, LinkType

MOST_PERCENT = 100_000
_PIECE = re.compile(
    r"(?P<row>\d{1,9})\s*(?P<type>FS|SS|FF|SF)?\s*(?:(?P<sign>[+-])\s*(?P<lag>[^+-]+))?", re.I
)
_PERCENT = re.compile(r"(\d{1,6}(?:[.,]\d{1,2})?)\s*(e?)%", re.I)
_HELP = "write row numbers such as 12, 12FS+2d or 7SS-50%, with semicolons between them"


def read_predecessors(
    text: str, successor: int, rows: Sequence[int], measures: Measures
) -> tuple[Link, ...]:
    """Read the links of one task from its cell.

    Parameters
    ----------
    text : str
        Pieces with semicolons between them, or commas where no semicolon stands. Each is a
        row number, then the type (FS if none), then a lag with its sign: a duration, or a
        percentage of the predecessor's duration. Empty: no predecessors.
    successor : int
        Uid of the task whose cell this is.
    rows : sequence of int
        Uids in the order of the plan; row 1 is the first.
    measures : Measures

    Returns
    -------
    tuple of Link
        In the order written.

    Raises
    ------
    InvalidInput
        ``editing.predecessors``, which quotes the piece.

    Examples
    --------
    >>> read_predecessors("2SS+50%", 10, (10, 11), Measures())[0].lag_percent
    Decimal('50')
    """
    if len(text) > 4_000:
        raise _wrong(text[:30] + "…", "is too long; a cell holds up to 4,000 characters")
    split = ";" if ";" in text else ","
    links: dict[tuple[int, LinkType], Link] = {}
    for piece in (part.strip() for part in text.split(split)):
        if piece:
            link = _link(piece, successor, rows, measures)
            if (link.predecessor, link.type) in links:
                raise _wrong(piece, "names this row with this type a second time")
            links[link.predecessor, link.type] = link
    return tuple(links.values())


def _link(piece: str, successor: int, rows: Sequence[int], measures: Measures) -> Link:
    found = _PIECE.fullmatch(piece)
    if found is None:
        raise _wrong(piece, f"is no predecessor; {_HELP}")
    row = int(found["row"])
    if not 1 <= row <= len(rows):
        raise _wrong(piece, f"names row {row}, but the plan has rows 1 to {len(rows)}")
    uid = rows[row - 1]
    if uid == successor:
        raise _wrong(piece, "is the task itself, which cannot wait for itself")
    kind = LinkType((found["type"] or "fs").lower())
    if not found["lag"]:
        return Link(uid, successor, kind)
    sign = -1 if found["sign"] == "-" else 1
    share = _PERCENT.fullmatch(found["lag"].strip())
    if share:
        percent = Decimal(share[1].replace(",", "."))
        if percent > MOST_PERCENT:
            raise _wrong(piece, f"has a lag of more than {MOST_PERCENT:,} percent")
        lag = LagKind.ELAPSED_PERCENT if share[2] else LagKind.PERCENT
        return Link(uid, successor, kind, lag_kind=lag, lag_percent=sign * percent)
    try:
        amount = read_amount(found["lag"], measures)
    except InvalidInput as error:
        raise _wrong(piece, f"has a lag that cannot be read: {error.message}") from None
    if amount.estimated:
        raise _wrong(piece, "has a question mark; a lag is not estimated")
    lag = LagKind.ELAPSED if amount.elapsed else LagKind.WORKING
    return Link(uid, successor, kind, sign * amount.minutes, lag)


def _wrong(piece: str, reason: str) -> InvalidInput:
    return InvalidInput("editing.predecessors", f"‘{piece[:60]}’ {reason}.", (piece[:60],))


def write_predecessors(links: Iterable[Link], row_of: Mapping[int, int], measures: Measures) -> str:
    """The links of one task as text that ``read_predecessors`` gives back, by row number.

    Parameters
    ----------
    links : iterable of Link
        Those that lead to the task.
    row_of : mapping of int to int
        Uid → row number, from 1.
    measures : Measures

    Examples
    --------
    >>> write_predecessors([Link(11, 10, lag_minutes=-240)], {11: 2}, Measures())
    '2FS-0.5d'
    """
    pieces = sorted(
        (row_of[link.predecessor], link.type.value.upper() + _lag(link, measures)) for link in links
    )
    return "; ".join(f"{row}{'' if words == 'FS' else words}" for row, words in pieces)


def _lag(link: Link, measures: Measures) -> str:
    if link.lag_kind in (LagKind.PERCENT, LagKind.ELAPSED_PERCENT):
        if not link.lag_percent:
            return ""
        unit = "e%" if link.lag_kind is LagKind.ELAPSED_PERCENT else "%"
        return f"{link.lag_percent.normalize():+f}{unit}"
    if not link.lag_minutes:
        return ""
    amount = Amount(abs(link.lag_minutes), link.lag_kind is LagKind.ELAPSED)
    return f"{'-' if link.lag_minutes < 0 else '+'}{write_amount(amount, measures)}"
