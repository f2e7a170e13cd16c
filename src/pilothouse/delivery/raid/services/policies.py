# SPDX-License-Identifier: Apache-2.0
"""Scales and service levels of an office: a new version each time, never edited (8.1, 8.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db import transaction

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import NAME_LENGTH, RaidPolicy
from pilothouse.delivery.raid.queries.policies import policy_of
from pilothouse.delivery.raid.services.clocks import PROMISES
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.organisation.models import OrgUnit

CATEGORIES_AT_MOST = 50
LONGEST_MINUTES = 480 * 365
SEVERITIES = ("1", "2", "3", "4")
HIGHEST_SCORE = 25


@dataclass(frozen=True, slots=True)
class Scales:
    """What a version holds; see ``RaidPolicy`` for the meaning of each."""

    probability_pct: Sequence[int]
    impact_pct: Sequence[int]
    rating_from: Sequence[int]
    proximity_months: Sequence[int]
    categories: Sequence[str]
    service_minutes: Mapping[str, Mapping[str, int]]
    contingency_pct: int
    escalation_days: int


@transaction.atomic
def set_policy(
    *, actor: Actor, office: OrgUnit, scales: Scales, seen: int | None, reason: str
) -> RaidPolicy:
    """Set new scales; what was rated by older ones keeps its rating and says so.

    ``seen`` is the number of the version that it was made from. Who: U on policy in the office.
    Writes: RaidPolicy. Raises: Invalid naming each bound that cannot be, NotAllowed, Conflict.
    """
    allowed = rules.require_set_scales(actor, office)
    core.lock(OrgUnit.objects.all(), office.pk)
    latest = policy_of(office.pk)
    if seen is not None and seen != latest.number:
        raise Conflict(
            "raid.scales_stale",
            f"Somebody has set version {latest.number} of the scales meanwhile. Look at it first.",
        )
    problems = problems_of(scales)
    if not reason.strip():
        problems["reason"] = "Say why the scales change."
    if problems:
        raise Invalid("raid.scales", " ".join(problems.values()), fields=problems)
    row = RaidPolicy(
        office=office,
        number=latest.number + 1,
        reason=reason.strip()[:1000],
        probability_pct=list(scales.probability_pct),
        impact_pct=list(scales.impact_pct),
        rating_from=list(scales.rating_from),
        proximity_months=list(scales.proximity_months),
        categories=[name.strip() for name in scales.categories],
        service_minutes={key: dict(value) for key, value in scales.service_minutes.items()},
        contingency_pct=scales.contingency_pct,
        escalation_days=scales.escalation_days,
    )
    core.create(actor=allowed, obj=row, names=_NAMES, reason=reason, office_id=office.pk)
    return row


_NAMES = (
    *("number", "probability_pct", "impact_pct", "rating_from", "proximity_months"),
    *("categories", "service_minutes", "contingency_pct", "escalation_days"),
)


def problems_of(scales: Scales) -> dict[str, str]:
    """What of some scales cannot be, by field."""
    found = {
        "probability_pct": _ascending(scales.probability_pct, 4, 1, 99),
        "impact_pct": _ascending(scales.impact_pct, 4, 1, 999),
        "rating_from": _ascending(scales.rating_from, 3, 2, HIGHEST_SCORE),
        "proximity_months": _ascending(scales.proximity_months, 3, 1, 120),
        "categories": _categories(scales.categories),
        "contingency_pct": _within(scales.contingency_pct, 1, 100),
        "escalation_days": _within(scales.escalation_days, 1, 60),
    }
    found |= _service(scales.service_minutes)
    return {name: text for name, text in found.items() if text}


def _ascending(values: Sequence[int], count: int, low: int, high: int) -> str:
    rising = all(one < other for one, other in pairwise(values))
    if len(values) == count and rising and values[0] >= low and values[-1] <= high:
        return ""
    return f"{count} whole numbers from {low} to {high}, each greater than the one before."


def _within(value: int, low: int, high: int) -> str:
    return "" if low <= value <= high else f"A whole number from {low} to {high}."


def _categories(names: Sequence[str]) -> str:
    plain = [name.strip() for name in names]
    if not plain or len(plain) > CATEGORIES_AT_MOST:
        return f"From 1 to {CATEGORIES_AT_MOST} categories."
    if any(not name or len(name) > NAME_LENGTH for name in plain):
        return f"Each category has from 1 to {NAME_LENGTH} characters."
    if len({name.casefold() for name in plain}) < len(plain):
        return "A category stands in the list twice."
    return ""


def _service(levels: Mapping[str, Mapping[str, int]]) -> dict[str, str]:
    found: dict[str, str] = {}
    for severity in SEVERITIES:
        promises = levels.get(severity, {})
        times = [promises[name] for name in PROMISES if name in promises]
        if "acknowledge" not in promises or "resolve" not in promises:
            found[f"s{severity}_resolve"] = (
                f"Say until when an issue S{severity} is acknowledged and resolved."
            )
        elif any(not 1 <= minutes <= LONGEST_MINUTES for minutes in times):
            found[f"s{severity}_resolve"] = "Up to a year of working time, and more than nothing."
        elif times != sorted(times):
            found[f"s{severity}_resolve"] = (
                f"S{severity}: first acknowledged, then planned, then resolved."
            )
    unknown = set(levels) - set(SEVERITIES)
    unknown |= {name for promises in levels.values() for name in promises} - set(PROMISES)
    if unknown:
        found["service_minutes"] = f"There is no {', '.join(sorted(unknown))}."
    return found
