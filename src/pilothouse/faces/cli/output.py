# SPDX-License-Identifier: Apache-2.0
"""How the commands on files print: one JSON document, or a table for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from pilothouse.engine.network.plan import Notice
from pilothouse.engine.schedule import MissedDeadline


def print_json(schema: str, document: dict[str, Any]) -> None:
    """One document on standard output; ``schema`` names what it is and its version."""
    whole = {"schema": schema, **document}
    json.dump(whole, sys.stdout, ensure_ascii=False, indent=1, default=_plain)
    print()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def print_table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Columns as wide as their widest cell; an empty head prints none."""
    table = [*([tuple(head)] if head else []), *map(tuple, rows)]
    widths = [max(map(len, column)) for column in zip(*table)]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def moment(value: datetime | None) -> str:
    """2025-03-14 17:00, or nothing."""
    return "" if value is None else value.isoformat(" ", "minutes")


def number(value: Decimal | None, digits: int = 2) -> str:
    """A number with so many digits after the point, or a dash."""
    return "–" if value is None else f"{value:.{digits}f}"


def noted(notices: Iterable[Notice]) -> list[dict[str, str]]:
    """Notices as JSON has them."""
    return [
        {"place": notice.place, "field": notice.field, "message": notice.message}
        for notice in notices
    ]


def missed(deadlines: Iterable[MissedDeadline]) -> list[dict[str, object]]:
    """Missed deadlines as JSON has them."""
    return [
        {
            "uid": item.uid,
            "deadline": item.deadline,
            "finish": item.finish,
            "minutes": item.minutes,
            "message": item.message,
        }
        for item in deadlines
    ]


def tell(notices: Sequence[Notice], most: int | None = None) -> None:
    """What was left out, changed or doubted, on standard error: a line each, up to ``most``."""
    for notice in notices[:most]:
        print(f"{notice.place}, {notice.field}: {notice.message}", file=sys.stderr)
    if most is not None and len(notices) > most:
        print(f"{len(notices) - most:,} more notices; --json has them all.", file=sys.stderr)
