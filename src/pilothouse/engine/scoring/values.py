# SPDX-License-Identifier: Apache-2.0
"""Numbers as scorers give them."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

from pilothouse.engine.errors import InvalidInput

Number = Decimal | int | str
"""What a score, a weight or a size may be given as."""

_LARGEST = Decimal(10) ** 15


def exact(number: Number, place: str) -> Decimal:
    """A finite Decimal of at most 10^15.

    Raises
    ------
    InvalidInput
        ``scoring.number`` for a float, a text that is no number, NaN, infinity or a huge value.
    """
    try:
        value = Decimal(number) if isinstance(number, Decimal | int | str) else Decimal("NaN")
    except InvalidOperation:
        value = Decimal("NaN")
    if value.is_finite() and abs(value) <= _LARGEST:
        return value
    raise InvalidInput(
        "scoring.number",
        f"{place} is {str(number)[:40]}; give a number of at most {_LARGEST:,}.",
        (place,),
    )


def require_distinct(codes: Iterable[str]) -> None:
    """Refuse a code that is given twice.

    Raises
    ------
    InvalidInput
        ``scoring.duplicate``
    """
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise InvalidInput(
                "scoring.duplicate", f"{code} is given twice; give every code once.", (code,)
            )
        seen.add(code)
