# SPDX-License-Identifier: Apache-2.0
"""How a number is written wherever a person reads it."""

from __future__ import annotations

from decimal import Decimal

MINUS = "−"


def number(value: Decimal | float | int | None, places: int = 0, empty: str = "–") -> str:
    """Thousands separated, a real minus sign."""
    if value is None:
        return empty
    return f"{value:,.{places}f}".replace("-", MINUS)


def signed(value: Decimal | float | int | None, places: int = 0, empty: str = "–") -> str:
    """+12 or −3; nothing before a zero."""
    if value is None:
        return empty
    text = f"{value:+,.{places}f}".replace("-", MINUS)
    return text[1:] if not any(digit in text for digit in "123456789") else text


def exact(value: Decimal | float | None, signs: bool = False, empty: str = "–") -> str:
    """All of its decimals and no zeros behind them: 0.5, 12, 1,250.25; with ``signs`` +0.5."""
    if value is None:
        return empty
    text = f"{value:,f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{'+' if signs and value > 0 else ''}{text}".replace("-", MINUS)


def counted(count: int, one: str, many: str) -> str:
    """1 day, 2 days, 1,336 days."""
    return f"{number(count)} {one if count == 1 else many}"
