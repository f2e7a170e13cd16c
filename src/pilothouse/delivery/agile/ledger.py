# SPDX-License-Identifier: Apache-2.0
"""The ledger of points: what each change of an item does to scope and done, day by day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from pilothouse.delivery.agile.models import BacklogItem, PointsMove


class Place(NamedTuple):
    """Where points lie."""

    release_id: int | None
    sprint_id: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What an item counts for, and where."""

    place: Place
    scope: Decimal
    done: Decimal


NOTHING = Standing(Place(None, None), Decimal(0), Decimal(0))


def standing_of(item: BacklogItem) -> Standing:
    """Points in scope and done of an item: none of an epic nor of what was dropped."""
    dropped = item.state == BacklogItem.State.DROPPED
    counts = not dropped and item.kind != BacklogItem.Kind.EPIC
    points = (item.points if counts else None) or Decimal(0)
    done = points if item.state == BacklogItem.State.DONE else Decimal(0)
    return Standing(Place(item.release_id, item.sprint_id), points, done)


def moves_of(
    item: BacklogItem, before: Standing, day: date, *, closing: bool = False
) -> list[PointsMove]:
    """The rows that lead from what the item counted for to what it counts for now."""
    after = standing_of(item)
    if before.place == after.place:
        parts = [(after.place, after.scope - before.scope, after.done - before.done)]
    else:
        parts = [
            (before.place, -before.scope, -before.done),
            (after.place, after.scope, after.done),
        ]
    return [
        PointsMove(
            project_id=item.project_id,
            item=item,
            day=day,
            release_id=place.release_id,
            sprint_id=place.sprint_id,
            scope=scope,
            done=done,
            closing=closing,
        )
        for place, scope, done in parts
        if scope or done
    ]


def enter(moves: Iterable[PointsMove]) -> bool:
    """Write rows of the ledger; whether there were any."""
    rows = PointsMove.objects.bulk_create(moves, batch_size=500)
    return bool(rows)
