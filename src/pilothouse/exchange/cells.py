# SPDX-License-Identifier: Apache-2.0
"""Reading single cells of an import: dates, money, choices, yes or no. ValueError says why not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from pilothouse.exchange.gmpp.values import read_date
from pilothouse.foundation.core.plausible import LARGEST
from pilothouse.foundation.core.rounding import half_up

SLASHED = re.compile(r"^(\d{1,2})([./-])(\d{1,2})\2(\d{4}|\d{2})$")


def day(text: str, *, month_first: bool) -> date:
    """A date: ISO, in the order that was chosen, with a month's name, or a spreadsheet's number."""
    if month_first and (match := SLASHED.match(text)):
        text = f"{match[3]}{match[2]}{match[1]}{match[2]}{match[4]}"
    answer = read_date(text, end=False)
    if "lies outside" in answer.problem:
        raise ValueError(answer.problem)
    if answer.value is None:
        raise ValueError(f"“{text[:40]}” is no date; write it as 2026-11-30")
    if answer.remark and "day number" not in answer.remark:
        raise ValueError(f"“{text[:40]}” names no day; write it as 2026-11-30")
    return answer.value


def money(text: str, *, decimal_comma: bool) -> Decimal:
    """An amount with currency signs and thousands; rounded to two decimals."""
    bare = re.sub(r"[\s\u00a0\u202f'’]", "", text).replace("\u2212", "-")
    negative = bare.startswith("(") and bare.endswith(")")
    bare = bare.strip("()")
    bare = re.sub(r"^(-?)[^\d\-]{0,4}(-?)", r"\1\2", bare)
    bare = re.sub(r"[^\d]{0,4}$", "", bare)
    thousands, point = (".", ",") if decimal_comma else (",", ".")
    pattern = rf"-?(\d+|\d{{1,3}}(\{thousands}\d{{3}})+)(\{point}\d+)?"
    if not re.fullmatch(pattern, bare):
        other = "point" if decimal_comma else "comma"
        raise ValueError(
            f"“{text[:40]}” is no amount (is the decimal sign a {other}? see the settings)"
        )
    amount = Decimal(bare.replace(thousands, "").replace(point, "."))
    if abs(amount) > LARGEST:
        raise ValueError(f"“{text[:40]}” is too large")
    return half_up(-amount if negative else amount)


def uses_decimal_comma(texts: Iterable[str]) -> bool:
    """Whether amounts of a file show a decimal comma and none a decimal point."""
    comma = point = 0
    for text in texts:
        bare = re.sub(r"[^\d.,]", "", text)
        comma += bool(re.fullmatch(r"\d+,\d{1,2}|\d{1,3}(\.\d{3})+(,\d+)?", bare))
        point += bool(re.fullmatch(r"\d+\.\d{1,2}|\d{1,3}(,\d{3})+(\.\d+)?", bare))
    return comma > point


def yes_no(text: str) -> bool:
    """Yes or no in the words people write."""
    word = text.casefold()
    if word in {"yes", "y", "true", "1", "x", "on"}:
        return True
    if word in {"no", "n", "false", "0", "-", "off"}:
        return False
    raise ValueError(f"“{text[:40]}”: write yes or no")


def choice(text: str, options: Iterable[tuple[str, str]]) -> str:
    """The value of a fixed list by its value or label."""
    wanted = re.sub(r"[\s_]+", " ", text.casefold())
    listed = list(options)
    for value, label in listed:
        if wanted in (value.casefold().replace("_", " "), str(label).casefold()):
            return value
    raise ValueError(
        f"“{text[:40]}” is not in the list ({', '.join(str(label) for _, label in listed)})"
    )
