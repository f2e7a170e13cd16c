# SPDX-License-Identifier: Apache-2.0
"""How likely and how grave a risk is, from each aspect, and when that sends it up (8.1)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.finance.money import stored
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    Aspect,
    Escalation,
    Level,
    RaidPolicy,
    Rating,
    Risk,
    RiskMark,
    RiskRating,
)
from pilothouse.delivery.raid.models.scales import DAY
from pilothouse.delivery.raid.queries.money import Measure, measure_of
from pilothouse.delivery.raid.queries.policies import after, policy_of, time_of
from pilothouse.delivery.raid.services.opened import locked_as, tell
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.numbers import number
from pilothouse.foundation.organisation.services import invalid_from

STEPS = ("probability", "cost", "time", "scope", "benefit", "reputation")


@dataclass(frozen=True, slots=True)
class Rated:
    """What is said of one aspect: steps of the scale, a chance in percent, and ranges.

    A step that is left open follows from chance and ranges where these are given.
    """

    probability: int | None = None
    cost: int | None = None
    time: int | None = None
    scope: int | None = None
    benefit: int | None = None
    reputation: int | None = None
    chance_pct: Decimal | None = None
    shape: str = RiskRating.Shape.TRIANGULAR
    cost_low: Decimal | None = None
    cost_likely: Decimal | None = None
    cost_high: Decimal | None = None
    days_low: Decimal | None = None
    days_likely: Decimal | None = None
    days_high: Decimal | None = None


@transaction.atomic
def rate_risk(
    *,
    actor: Actor,
    risk: Risk,
    aspect: Aspect,
    rated: Rated,
    version: int | None,
    reason: str = "",
    at: datetime | None = None,
) -> Risk:
    """Rate a risk from one aspect; the current one moves it on the heat map.

    ``at`` is when it was rated where that was before it is entered here.
    Who: U on risk where it is held, and its owner. Writes: RiskRating, RiskMark, Risk.
    Publishes: RegisterChanged. Raises: Invalid naming the field, NotAllowed, Conflict.
    """
    row = locked_as(Risk, risk, version)
    allowed = rules.require_keep(actor, row)
    if not row.is_open:
        raise Invalid(
            "raid.over",
            f"{row} is {rules.state_words(row)}; it is no longer rated. Reopen it first.",
        )
    policy = policy_of(row.office_id)
    measure = measure_of(row.project, clock.today())
    entry = row.ratings.filter(aspect=aspect).first() or RiskRating(risk=row, aspect=aspect)
    before = _said(entry)
    for name in _NAMES:
        setattr(entry, name, getattr(rated, name))
    _require_ranges(row, entry)
    _follow(entry, policy, measure)
    try:
        entry.full_clean(exclude=["risk"])
    except ValidationError as error:
        raise invalid_from(error, "raid.rating") from error
    now = _said(entry)
    changed = [name for name in now if now[name] != before[name]]
    if not changed:
        return row
    entry.save()
    core.record(
        actor=allowed,
        action="risk.rate",
        obj=row,
        before={f"{aspect}_{name}": before[name] for name in changed},
        after={f"{aspect}_{name}": now[name] for name in changed},
        reason=reason.strip(),
        office_id=row.office_id,
    )
    core.touch(actor=allowed, obj=row)
    if aspect == Aspect.CURRENT:
        _move(row, entry, policy, at or timezone.now())
        settle_escalation(row, entry, policy, measure)
    tell(row, "rated")
    return row


_NAMES = tuple(item.name for item in fields(Rated))


def _said(entry: RiskRating) -> dict[str, object]:
    return {name: getattr(entry, name) for name in _NAMES}


def _require_ranges(row: Risk, entry: RiskRating) -> None:
    """Raises Invalid where low ≤ likely ≤ high does not hold, or the currency has no such part."""
    problems: dict[str, str] = {}
    for name, what, found in (
        ("cost", "cost", rules.cost_range(entry)),
        ("days", "time", rules.days_range(entry)),
    ):
        if found is None:
            continue
        if not found.in_order:
            problems[f"{name}_likely"] = (
                f"The likely {what} lies between the least and the most: "
                f"{number(found.low, 1)} ≤ {number(found.likely, 1)} ≤ {number(found.high, 1)} "
                "does not hold."
            )
        if found.low < 0:
            problems[f"{name}_low"] = "Not below 0; an opportunity is told by its nature."
    units = row.project.currency.minor_units if row.project is not None else 2
    for name in ("cost_low", "cost_likely", "cost_high"):
        amount = getattr(entry, name)
        if amount is not None and amount != stored(amount, units):
            problems[name] = f"At most {units} decimals."
    if problems:
        raise Invalid("raid.range", " ".join(problems.values()), fields=problems)


def _follow(entry: RiskRating, policy: RaidPolicy, measure: Measure) -> None:
    """Steps that were left open, from what is quantified."""
    if entry.probability is None and entry.chance_pct is not None:
        entry.probability = rules.probability_step(policy, entry.chance_pct)
    mean = rules.mean_cost(entry)
    if entry.cost is None and mean is not None and measure.bac is not None:
        entry.cost = rules.impact_step(policy, mean, measure.bac)
    days = rules.days_range(entry)
    if entry.time is None and days is not None and measure.days is not None:
        share = rules.mean_of(entry.shape, days.low, days.likely, days.high)
        entry.time = rules.impact_step(policy, share, measure.days)


def _move(row: Risk, entry: RiskRating, policy: RaidPolicy, now: datetime) -> None:
    """Keep where the risk stands now on its row, and the move as a mark."""
    score = entry.score
    rating = "" if score is None else rules.rating_of(policy, score)
    moved = (row.probability, row.impact) != (entry.probability, entry.impact)
    row.probability, row.impact = entry.probability, entry.impact
    row.score, row.rating, row.scale_number = score, rating, policy.number
    row.save(update_fields=["probability", "impact", "score", "rating", "scale_number"])
    if moved and score is not None:
        RiskMark.objects.create(
            risk=row,
            at=now,
            probability=entry.probability or 0,
            impact=entry.impact or 0,
            score=score,
            rating=rating,
        )


def reasons_to_escalate(
    row: Risk, entry: RiskRating, policy: RaidPolicy, measure: Measure
) -> list[str]:
    """Why a threat goes a level up (R-RSK-02); empty where it stays."""
    if row.nature != Risk.Nature.THREAT or entry.score is None:
        return []
    found: list[str] = []
    if rules.rating_of(policy, entry.score) == Rating.VERY_HIGH:
        found.append(
            f"Its score is {entry.score} ({entry.probability} × {entry.impact}): very high."
        )
    value = rules.emv(entry, opportunity=False)
    held = measure.contingency
    if value is not None and held is not None and value > held * policy.contingency_pct / 100:
        unit = row.project.currency_id if row.project is not None else ""
        found.append(
            f"Its expected value of {unit} {number(value)} is more than "
            f"{policy.contingency_pct} % of the contingency that is left, {unit} {number(held)}."
        )
    return found


def settle_escalation(row: Risk, entry: RiskRating, policy: RaidPolicy, measure: Measure) -> None:
    """Say until when a risk has to go up, from the moment on at which a rule first asks for it.

    What a level above holds, or has been asked for, waits for nothing; what was turned back goes
    up again only once it is rated anew.
    """
    why = " ".join(reasons_to_escalate(row, entry, policy, measure))
    asked = Escalation.objects.waiting().filter(entry=row).exists()
    if not why or asked or row.level == Level.BOARD:
        until = None
        why = ""
    elif row.escalate_by is not None:
        until = row.escalate_by
    else:
        until = after(time_of(row), timezone.now(), policy.escalation_days * DAY)
    if (until, why) != (row.escalate_by, row.escalate_why):
        row.escalate_by, row.escalate_why = until, why
        row.save(update_fields=["escalate_by", "escalate_why"])
