# SPDX-License-Identifier: Apache-2.0
"""Costs and benefits by year → figures of the engine's appraisal (DOMAIN 3.3)."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from pilothouse.delivery.finance.flows import Flows
from pilothouse.engine.appraisal import Appraisal, CashFlows, appraise, net_present_value

__all__ = ["Appraisal", "appraised", "net_present_value_of"]

ZERO = Decimal(0)


def appraised(flows: Mapping[int, Flows], first_year: int, rate_pct: Decimal) -> Appraisal | None:
    """The figures of yearly flows; None where there is none from the first year on.

    A year between without an entry counts 0; what lies before ``first_year`` is left out.
    """
    found = _flows(flows, first_year)
    return None if found is None else appraise(found, rate_pct / 100)


def net_present_value_of(
    flows: Mapping[int, Flows], first_year: int, rate_pct: Decimal
) -> Decimal | None:
    """As ``appraised``, the net present value alone."""
    found = _flows(flows, first_year)
    return None if found is None else net_present_value(found, rate_pct / 100)


def _flows(flows: Mapping[int, Flows], first_year: int) -> CashFlows | None:
    years = [year for year in flows if year >= first_year]
    if not years:
        return None
    none = Flows(ZERO, ZERO)
    found = [flows.get(year, none) for year in range(first_year, max(years) + 1)]
    return CashFlows.of([each.costs for each in found], [each.benefits for each in found])
