# SPDX-License-Identifier: Apache-2.0
"""A computed figure with everything that explains it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Figure:
    """One number: what it is, how it came about, and why it may be missing.

    ``inputs`` are the symbols of the formula with the values that went in. ``value`` is None
    where the formula has no answer; ``note`` then says why.
    """

    key: str
    label: str
    value: Decimal | None
    unit: str
    formula: str
    inputs: tuple[tuple[str, Decimal | None], ...]
    note: str = ""


class Definition(NamedTuple):
    """What a figure is, apart from its value: the row of the table in DOMAIN 6.5."""

    symbol: str
    label: str
    unit: str
    formula: str
    inputs: tuple[str, ...]


DEFINITIONS: dict[str, Definition] = {
    "bac": Definition("BAC", "Budget at completion", "money", "Σ budgets of the baseline", ()),
    "pv": Definition("PV", "Planned value", "money", "planned value of work scheduled", ()),
    "ev": Definition("EV", "Earned value", "money", "budgeted value of work done", ()),
    "ac": Definition("AC", "Actual cost", "money", "cost booked up to the status date", ()),
    "sv": Definition("SV", "Schedule variance", "money", "EV − PV", ("EV", "PV")),
    "cv": Definition("CV", "Cost variance", "money", "EV − AC", ("EV", "AC")),
    "sv_pct": Definition(
        "SV %", "Schedule variance in percent", "%", "SV / PV × 100", ("SV", "PV")
    ),
    "cv_pct": Definition("CV %", "Cost variance in percent", "%", "CV / EV × 100", ("CV", "EV")),
    "spi": Definition("SPI", "Schedule performance index", "index", "EV / PV", ("EV", "PV")),
    "cpi": Definition("CPI", "Cost performance index", "index", "EV / AC", ("EV", "AC")),
    "percent_complete": Definition(
        "% complete", "Earned of the budget", "%", "EV / BAC × 100", ("EV", "BAC")
    ),
    "percent_spent": Definition(
        "% spent", "Spent of the budget", "%", "AC / BAC × 100", ("AC", "BAC")
    ),
    "ev_recent": Definition(
        "ΔEV", "Earned in the last three periods", "money", "EV − EV three periods before", ("EV",)
    ),
    "ac_recent": Definition(
        "ΔAC", "Spent in the last three periods", "money", "AC − AC three periods before", ("AC",)
    ),
    "cpi_recent": Definition(
        "CPI₃",
        "Cost performance index of the last three periods",
        "index",
        "ΔEV / ΔAC",
        ("ΔEV", "ΔAC"),
    ),
    "eac_plan": Definition(
        "EAC₁",
        "Estimate at completion: the rest at plan",
        "money",
        "AC + (BAC − EV)",
        ("AC", "BAC", "EV"),
    ),
    "eac": Definition(
        "EAC₂",
        "Estimate at completion: the trend of cost",
        "money",
        "AC + (BAC − EV) / CPI",
        ("AC", "BAC", "EV", "CPI"),
    ),
    "eac_pressure": Definition(
        "EAC₃",
        "Estimate at completion: the trend under schedule pressure",
        "money",
        "AC + (BAC − EV) / (CPI × SPI)",
        ("AC", "BAC", "EV", "CPI", "SPI"),
    ),
    "eac_weighted": Definition(
        "EAC₄",
        "Estimate at completion: both trends, weighted",
        "money",
        "AC + (BAC − EV) / (w₁ × CPI + w₂ × SPI)",
        ("AC", "BAC", "EV", "CPI", "SPI", "w₁", "w₂"),
    ),
    "eac_recent": Definition(
        "EAC₅",
        "Estimate at completion: the trend of late",
        "money",
        "AC + (BAC − EV) / CPI₃",
        ("AC", "BAC", "EV", "CPI₃"),
    ),
    "eac_bottom_up": Definition(
        "EAC₆", "Estimate at completion: bottom-up", "money", "AC + ETC₆", ("AC", "ETC₆")
    ),
    "etc": Definition("ETC", "Estimate to complete", "money", "EAC₂ − AC", ("EAC₂", "AC")),
    "vac": Definition("VAC", "Variance at completion", "money", "BAC − EAC₂", ("BAC", "EAC₂")),
    "vac_pct": Definition(
        "VAC %", "Variance at completion in percent", "%", "VAC / BAC × 100", ("VAC", "BAC")
    ),
    "tcpi_bac": Definition(
        "TCPI (BAC)",
        "To-complete performance index to keep the budget",
        "index",
        "(BAC − EV) / (BAC − AC)",
        ("BAC", "EV", "AC"),
    ),
    "tcpi_eac": Definition(
        "TCPI (EAC)",
        "To-complete performance index to keep the estimate",
        "index",
        "(BAC − EV) / (EAC − AC)",
        ("BAC", "EV", "EAC", "AC"),
    ),
    "pd": Definition("PD", "Planned duration", "periods", "periods of the baseline", ()),
    "at": Definition("AT", "Actual time", "periods", "periods up to the status date", ()),
    "es": Definition(
        "ES", "Earned schedule", "periods", "C + (EV − PV_C) / (PV_C₊₁ − PV_C)", ("EV",)
    ),
    "sv_t": Definition("SV(t)", "Schedule variance in time", "periods", "ES − AT", ("ES", "AT")),
    "spi_t": Definition(
        "SPI(t)", "Schedule performance index in time", "index", "ES / AT", ("ES", "AT")
    ),
    "ieac_t": Definition(
        "IEAC(t)", "Forecast duration", "periods", "PD / SPI(t)", ("PD", "SPI(t)")
    ),
    "tspi": Definition(
        "TSPI",
        "To-complete schedule performance index",
        "index",
        "(PD − ES) / (T − AT)",
        ("PD", "ES", "T", "AT"),
    ),
}
"""By key, in the order in which they are worked out."""
