# SPDX-License-Identifier: Apache-2.0
"""Wall-clock of a plan ↔ instants of the database, which keep it as if it were UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from pilothouse.foundation.core.rounding import CENT, half_up


def kept(value: datetime | None) -> datetime | None:
    """As the database keeps it."""
    return None if value is None else value.replace(tzinfo=UTC)


def wall(value: datetime | None) -> datetime | None:
    """As the engine takes it."""
    return None if value is None else value.replace(tzinfo=None)


def sure(value: datetime) -> datetime:
    """As the engine takes it, where there is one for certain."""
    return value.replace(tzinfo=None)


def text(value: datetime | None) -> str | None:
    """As it stands in JSON."""
    return None if value is None else value.isoformat(timespec="minutes")


def moment(value: object) -> datetime | None:
    """Back from JSON."""
    return datetime.fromisoformat(value) if isinstance(value, str) else None


def rounded(value: Decimal | None, unit: Decimal = CENT) -> Decimal | None:
    """Half up to the places of the column (R-GEN-01)."""
    return None if value is None else half_up(value, unit)
