# SPDX-License-Identifier: Apache-2.0
"""Risks that are quantified, for who simulates plans (8.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Sum

from pilothouse.delivery.raid.models import (
    Action,
    Aspect,
    EntryLink,
    EntryTask,
    Risk,
    RiskRating,
    open_entries,
)
from pilothouse.delivery.raid.rules import Range, cost_range, days_range


@dataclass(frozen=True, slots=True)
class Part:
    """A chance in percent, and ranges of cost and of working days if it happens."""

    chance_pct: Decimal
    shape: str
    cost: Range | None
    days: Range | None


@dataclass(frozen=True, slots=True)
class QuantifiedRisk:
    """An open risk with its tasks, as it is and after the responses to it."""

    pk: int
    project_id: int
    code: str
    title: str
    confidential: bool
    opportunity: bool
    tasks: tuple[int, ...]
    before: Part
    after: Part | None
    response_cost: Decimal


def quantified_risks(project_ids: Collection[int]) -> list[QuantifiedRisk]:
    """Open risks of projects that say a chance, by the current rating, else the inherent one.

    In four queries whatever their number; it checks no rights.
    """
    risks = list(
        Risk.rows.filter(open_entries(), project__in=project_ids).order_by("project_id", "number")
    )
    ratings: defaultdict[int, dict[str, RiskRating]] = defaultdict(dict)
    for row in RiskRating.objects.filter(risk__in=risks).order_by("pk"):
        ratings[row.risk_id][row.aspect] = row
    tasks: defaultdict[int, list[int]] = defaultdict(list)
    for entry, uid in (
        EntryTask.objects.filter(entry__in=[risk.pk for risk in risks])
        .order_by("uid")
        .values_list("entry_id", "uid")
    ):
        tasks[entry].append(uid)
    costs = response_costs([risk.pk for risk in risks])
    found: list[QuantifiedRisk] = []
    for risk in risks:
        rated = ratings[risk.pk]
        before = _part(rated.get(Aspect.CURRENT)) or _part(rated.get(Aspect.INHERENT))
        if before is None or risk.project_id is None:
            continue
        found.append(
            QuantifiedRisk(
                risk.pk,
                risk.project_id,
                risk.code,
                risk.title,
                risk.confidential,
                risk.nature == Risk.Nature.OPPORTUNITY,
                tuple(tasks[risk.pk]),
                before,
                _part(rated.get(Aspect.RESIDUAL)),
                costs.get(risk.pk, Decimal(0)),
            )
        )
    return found


def response_costs(risk_ids: Collection[int]) -> dict[int, Decimal]:
    """Risk → what its responses cost, cancelled and voided ones left out."""
    links = EntryLink.objects.filter(
        source__in=risk_ids,
        kind=EntryLink.Kind.RESPONSE,
        target__voided=False,
        target__action__cost__isnull=False,
    ).exclude(target__state=Action.State.CANCELLED)
    rows = links.order_by().values("source_id").annotate(total=Sum("target__action__cost"))
    return {row["source_id"]: row["total"] for row in rows}


def _part(row: RiskRating | None) -> Part | None:
    if row is None or row.chance_pct is None:
        return None
    return Part(row.chance_pct, row.shape, cost_range(row), days_range(row))
