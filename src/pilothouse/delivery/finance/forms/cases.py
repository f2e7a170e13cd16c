# SPDX-License-Identifier: Apache-2.0
"""Forms of the financial case: costs and benefits as lines, one for each fiscal year."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import NamedTuple

from django.utils.translation import gettext as _

from pilothouse.delivery.finance.flows import Flows
from pilothouse.delivery.finance.models.cases import FIRST_YEAR, LAST_YEAR
from pilothouse.delivery.finance.models.kinds import REASON_LENGTH
from pilothouse.foundation.core.pages import Field
from pilothouse.foundation.core.parsing import Reader, number_of

MOST_TEXT = 6000
ZERO = Decimal(0)


class Submitted(NamedTuple):
    """What a submitted case says."""

    first_year: int
    rate_pct: Decimal
    flows: dict[int, Flows]
    reason: str


def case_fields() -> list[Field]:
    """Period 0, the rate, and a line for each year."""
    return [
        Field(
            "first_year",
            _("First fiscal year"),
            "text",
            True,
            _("Period 0: its costs and benefits are not discounted."),
            attrs={"inputmode": "numeric", "autocomplete": "off"},
        ),
        Field(
            "rate_pct",
            _("Discount rate, % a year"),
            "text",
            True,
            attrs={"inputmode": "decimal", "autocomplete": "off"},
        ),
        _lines(_("A line for each year: year, costs, benefits, such as 2027 400,000 0. "), 10),
        _reason(),
    ]


def benefit_fields() -> list[Field]:
    """A line for each year, and why."""
    return [
        _lines(_("A line for each year: year, benefits, such as 2029 250,000. "), 10),
        _reason(),
    ]


def case_lines(flows: Mapping[int, Flows]) -> str:
    """Flows as they are typed."""
    return "\n".join(
        f"{year}\t{flow.costs:f}\t{flow.benefits:f}" for year, flow in sorted(flows.items())
    )


def benefit_lines(benefits: Mapping[int, Decimal]) -> str:
    """Benefits as they are typed."""
    return "\n".join(f"{year}\t{amount:f}" for year, amount in sorted(benefits.items()))


def read_case(reader: Reader) -> Submitted:
    """What was sent; problems are told by the reader."""
    first = reader.whole("first_year", FIRST_YEAR, LAST_YEAR)
    rate = reader.decimal("rate_pct", low=ZERO, high=Decimal(100), required=True)
    rows = _rows(reader, 3)
    flows = {year: Flows(cells[0], cells[1]) for year, cells in rows.items()}
    return Submitted(first, rate or ZERO, flows, _read_reason(reader))


def read_benefits(reader: Reader) -> tuple[dict[int, Decimal], str]:
    """Benefits by year and the reason; problems are told by the reader."""
    rows = _rows(reader, 2)
    return {year: cells[0] for year, cells in rows.items()}, _read_reason(reader)


def _lines(hint: str, rows: int) -> Field:
    return Field(
        "flows",
        _("Years"),
        "textarea",
        True,
        hint + _("A block of a spreadsheet may be pasted."),
        attrs={"rows": str(rows), "autocomplete": "off", "spellcheck": "false"},
        wide=True,
    )


def _reason() -> Field:
    return Field("reason", _("Why"), "textarea", True, wide=True)


def _read_reason(reader: Reader) -> str:
    return reader.text("reason", REASON_LENGTH, required=True)


def _rows(reader: Reader, columns: int) -> dict[int, list[Decimal]]:
    """Lines of a year and amounts; the first that is not understood is told with its number."""
    found: dict[int, list[Decimal]] = {}
    text = reader.text("flows", MOST_TEXT, required=True)
    for number, line in enumerate(text.splitlines(), start=1):
        cells = line.split("\t") if "\t" in line else line.split()
        if not "".join(cells).strip():
            continue
        problem = _read_row(cells, columns, found)
        if problem:
            reader.wrong(
                "flows", _("Line %(number)d: %(problem)s") % {"number": number, "problem": problem}
            )
            break
    return found


def _read_row(cells: list[str], columns: int, found: dict[int, list[Decimal]]) -> str:
    year = cells[0].strip()
    if not (year.isascii() and year.isdecimal() and FIRST_YEAR <= int(year) <= LAST_YEAR):
        return _("‘%(text)s’ is no year.") % {"text": year[:20]}
    if int(year) in found:
        return _("%(year)s stands there twice.") % {"year": year}
    if len(cells) > columns:
        return _("%(many)d cells; at most %(most)d.") % {"many": len(cells), "most": columns}
    amounts: list[Decimal] = []
    for text in cells[1:]:
        try:
            amounts.append(number_of(text.strip()) or ZERO)
        except ValueError:
            return _("‘%(text)s’ is no amount such as 400,000 or 1250.50.") % {"text": text[:30]}
    found[int(year)] = [*amounts, *[ZERO] * (columns - 1 - len(amounts))]
    return ""
