# SPDX-License-Identifier: Apache-2.0
"""What open risks come to in money (R-RSK-01)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Aspect, Risk, RiskRating

ASPECTS = (Aspect.INHERENT, Aspect.CURRENT, Aspect.RESIDUAL)


def exposures_of(risks: Iterable[tuple[int, str]]) -> dict[str, rules.Exposure]:
    """Exposure by aspect of open risks, given as (key, nature), of one currency."""
    natures = dict(risks)
    values: defaultdict[str, dict[int, Decimal | None]] = defaultdict(dict)
    for rating in RiskRating.objects.filter(risk__in=natures, aspect__in=ASPECTS):
        opportunity = natures[rating.risk_id] == Risk.Nature.OPPORTUNITY
        values[rating.aspect][rating.risk_id] = rules.emv(rating, opportunity=opportunity)
    return {
        str(aspect): rules.exposure(values[aspect].get(pk) for pk in natures) for aspect in ASPECTS
    }
