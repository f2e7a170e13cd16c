# SPDX-License-Identifier: Apache-2.0
"""What changed between a day and now: figures from snapshots, hands from the audit trail."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db.models import BooleanField, Case, Count, F, Q, Value, When, Window
from django.db.models.functions import RowNumber

from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.cockpit_facts import Fact
from pilothouse.direction.portfolio.project_figures import Sight
from pilothouse.direction.portfolio.register_record import ACTIONS, FIELDS
from pilothouse.foundation.core.clock import end_of
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.numbers import signed

HANDS_SHOWN = 3
ENTERED = "project.create"
_RANK = {"green": 0, "amber": 1, "red": 2}


@dataclass(frozen=True, slots=True)
class Hand:
    """Who changed which fields, and when."""

    at: datetime
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class Changed:
    """One project that is not as it was."""

    project_id: int
    project: str
    code: str
    figures: tuple[str, ...]
    hands: tuple[Hand, ...]
    more_hands: int
    worse: int


@dataclass(frozen=True, slots=True)
class Touched:
    """The latest hands on a project, the number of all, and whether it was entered by them."""

    hands: tuple[Hand, ...] = ()
    count: int = 0
    entered: bool = False


@dataclass(frozen=True, slots=True)
class Then:
    """The figures of a project on the earlier day."""

    overall: str
    stated: str
    state: str
    forecast_finish: date | None
    baseline_finish: date | None
    budget: Decimal | None
    forecast_cost: Decimal | None
    eac: Decimal | None


def snapshots_on(ids: Sequence[int], day: date) -> Mapping[int, Then]:
    """Project → what its snapshot of a day said."""
    rows = PerformanceSnapshot.objects.filter(
        Q(valid_to=None) | Q(valid_to__gt=day), project_id__in=ids, status_date__lte=day
    ).values_list(
        "project_id",
        "overall",
        "stated",
        "state",
        "forecast_finish",
        "baseline_finish",
        "budget",
        "forecast_cost",
        "eac",
    )
    return {row[0]: Then(*row[1:]) for row in rows}


def changes_since(
    rows: Sequence[Fact], day: date, sight_of: Callable[[Fact], Sight]
) -> tuple[Changed, ...]:
    """Projects in sight that changed after the end of a day, the worsened ones first.

    Of a project that was entered since then only that is told: nothing of it was before.
    """
    by_id = {row.project_id: row for row in rows}
    before = snapshots_on(list(by_id), day)
    touched = _touched(list(by_id), day)
    found: list[Changed] = []
    for pk, row in by_id.items():
        hands = touched.get(pk, Touched())
        then = None if hands.entered else before.get(pk)
        figures = () if hands.entered else _figures(row, then, sight_of(row))
        if figures or hands.hands:
            worse = 0 if then is None else _RANK.get(row.overall, 0) - _RANK.get(then.overall, 0)
            more = hands.count - len(hands.hands)
            found.append(Changed(pk, row.name, row.code, figures, hands.hands, more, worse))
    return tuple(sorted(found, key=lambda one: (-one.worse, -len(one.figures), one.project)))


def _figures(row: Fact, then: Then | None, sight: Sight) -> tuple[str, ...]:
    if then is None:
        return ("New in the portfolio.",)
    found: list[str] = []
    if row.overall != then.overall:
        found.append(f"Computed {_colour(then.overall)} → {_colour(row.overall)}")
    if row.stated != then.stated:
        found.append(f"Stated {_colour(then.stated)} → {_colour(row.stated)}")
    if row.state != then.state:
        labels = dict(Project.State.choices)
        found.append(f"{labels[then.state]} → {labels[row.state]}")
    for label, old, new in (
        ("Forecast finish", then.forecast_finish, row.forecast_finish),
        ("Approved finish", then.baseline_finish, row.baseline_finish),
    ):
        if old != new:
            shift = f" ({signed((new - old).days)} days)" if old and new else ""
            found.append(f"{label} {_day(old)} → {_day(new)}{shift}")
    for label, was, now, seen in (
        ("Budget", then.budget, row.budget, sight.money),
        (
            "Forecast cost",
            then.forecast_cost,
            row.forecast_cost,
            sight.forecast(then.eac) and sight.forecast(row.eac),
        ),
    ):
        if seen and was != now:
            found.append(f"{label} {_money(was)} → {_money(now)} {row.currency}")
    return tuple(found)


def _colour(name: str) -> str:
    return "not rated" if name in ("", "grey") else name


def _day(day: date | None) -> str:
    return "none" if day is None else written(day)


def _money(amount: Decimal | None) -> str:
    return "none" if amount is None else f"{amount:,.0f}"


def _touched(ids: Sequence[int], day: date) -> Mapping[int, Touched]:
    """Who touched the record after a day; names of fields only, never values."""
    first = Case(
        When(action=ENTERED, then=Value(False)), default=Value(True), output_field=BooleanField()
    )
    events = (
        AuditEvent.objects.filter(object_type="project", object_id__in=ids, at__gte=end_of(day))
        .annotate(
            rank=Window(RowNumber(), partition_by=F("object_id"), order_by=[first, "-id"]),
            count=Window(Count("id"), partition_by=F("object_id")),
        )
        .filter(rank__lte=HANDS_SHOWN)
        .order_by("object_id", "rank")
        .values_list("object_id", "count", "at", "actor_label", "action", "after")
    )
    found: dict[int, Touched] = {}
    for pk, count, at, who, action, after in events:
        before = found.get(pk, Touched())
        if action == ENTERED:
            found[pk] = Touched((Hand(at, who, ACTIONS[action]),), 1, entered=True)
        elif not before.entered:
            names = ", ".join(sorted(FIELDS.get(name, name).lower() for name in after))
            what = ACTIONS.get(action, action) + (f": {names}" if names else "")
            found[pk] = Touched((*before.hands, Hand(at, who, what)), count)
    return found
