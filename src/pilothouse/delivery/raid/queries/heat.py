# SPDX-License-Identifier: Apache-2.0
"""Where the open risks of a register stand on probability × impact, and how they moved there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    SCALE,
    Aspect,
    Entry,
    Kind,
    RaidPolicy,
    Rating,
    Risk,
    RiskMark,
    RiskRating,
    open_entries,
)
from pilothouse.delivery.raid.queries.policies import policy_of
from pilothouse.delivery.raid.queries.register import hidden_in, scope_of
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import looked_back

DAYS_BACK = 30
"""How far back movement is counted from where nobody says a day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which map is asked for; movement is known of the current aspect alone."""

    aspect: Aspect = Aspect.CURRENT
    nature: str = Risk.Nature.THREAT
    since: date | None = None
    below: bool = False


@dataclass(frozen=True, slots=True)
class Spot:
    """One risk on the map. ``before`` is where it stood at the end of the day compared with."""

    pk: int
    code: str
    title: str
    owner: str
    probability: int
    impact: int
    before: tuple[int, int] | None
    move: str

    @property
    def score(self) -> int:
        """Probability × impact."""
        return self.probability * self.impact


@dataclass(frozen=True, slots=True)
class Cell:
    """One field of the map with the rating its score has by the scales of today."""

    probability: int
    impact: int
    rating: Rating
    spots: Sequence[Spot]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The map, rows from the greatest probability down; ``unrated`` and ``hidden`` miss on it."""

    place: rules.Place
    asked: Asked
    since: date
    policy: RaidPolicy
    rows: Sequence[tuple[int, Sequence[Cell]]]
    spots: Sequence[Spot]
    unrated: int
    hidden: int


def heat_map(actor: Actor, place: rules.Place, asked: Asked) -> HeatMap:
    """The open risks of the register of a place in sight.

    Raises: Invalid for a day to come.
    """
    held, today = grants_of(actor), clock.today()
    since = looked_back(asked.since, today, "since") or (
        today if asked.since is not None else today - timedelta(days=DAYS_BACK)
    )
    scope = scope_of(actor, held, place, below=asked.below)
    hidden = hidden_in(held, scope)
    entries = Entry.objects.filter(scope, open_entries(), kind=Kind.RISK)
    entries = entries.filter(risk__nature=asked.nature)
    shut = entries.filter(pk__in=hidden).count()
    rows = list(
        entries.exclude(pk__in=hidden).with_place().select_related("risk").order_by("number", "pk")
    )
    policy = policy_of(place.office_id)
    at = _positions(asked.aspect, rows)
    before = _marks([row.pk for row in rows], since) if asked.aspect == Aspect.CURRENT else {}
    spots = [
        _spot(row, place, at[row.pk], before.get(row.pk), asked.aspect)
        for row in rows
        if row.pk in at
    ]
    spots.sort(key=lambda spot: (-spot.score, spot.code))
    return HeatMap(
        place,
        asked,
        since,
        policy,
        [(p, [_cell(p, i, policy, spots) for i in SCALE]) for p in reversed(SCALE)],
        spots,
        len(rows) - len(spots),
        shut,
    )


def _positions(aspect: Aspect, rows: Sequence[Entry]) -> dict[int, tuple[int, int]]:
    """Entry → (probability, impact) from an aspect; what is not rated is left out."""
    found: dict[int, tuple[int, int]] = {}
    ratings = RiskRating.objects.filter(risk__in=[row.pk for row in rows], aspect=aspect)
    for rating in ratings:
        impact = rating.impact
        if rating.probability is not None and impact is not None:
            found[rating.risk_id] = (rating.probability, impact)
    return found


def _marks(numbers: Sequence[int], since: date) -> dict[int, tuple[int, int]]:
    """Risk → where it stood at the end of a day; what was not rated then is left out."""
    marks = RiskMark.objects.filter(risk__in=numbers, at__lt=clock.end_of(since))
    return {mark.risk_id: (mark.probability, mark.impact) for mark in marks.order_by("at", "pk")}


def _spot(
    row: Entry,
    place: rules.Place,
    now: tuple[int, int],
    before: tuple[int, int] | None,
    aspect: Aspect,
) -> Spot:
    move = ""
    if aspect == Aspect.CURRENT:
        move = _moved(now, before)
    return Spot(
        row.pk,
        row.code if row.place == place else str(row),
        row.title,
        row.owner.full_name if row.owner is not None else "",
        *now,
        before,
        move,
    )


def _moved(now: tuple[int, int], before: tuple[int, int] | None) -> str:
    if before is None:
        return "new"
    if now == before:
        return "same"
    difference = now[0] * now[1] - before[0] * before[1]
    if difference == 0:
        return "beside"
    return "up" if difference > 0 else "down"


def _cell(probability: int, impact: int, policy: RaidPolicy, spots: Sequence[Spot]) -> Cell:
    here = [s for s in spots if (s.probability, s.impact) == (probability, impact)]
    return Cell(probability, impact, rules.rating_of(policy, probability * impact), here)
