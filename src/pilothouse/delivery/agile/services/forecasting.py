# SPDX-License-Identifier: Apache-2.0
"""Velocity, and when how much is done: read from the past sprints of one team."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from django.db.models import Count, Q, Sum
from django.db.models.functions import Coalesce

from pilothouse.delivery.agile import bridge
from pilothouse.delivery.agile.models import Backlog, BacklogItem, Release, Sprint
from pilothouse.delivery.agile.queries.burn import growth_by_sprint
from pilothouse.delivery.planning.queries import TaskEnds, task_ends
from pilothouse.delivery.projects.models import Project

NONE = Decimal(0)
CONFIDENCES = (50, 80, 95)
PAST = 12
"""Closed sprints that a forecast draws from, the latest."""
_COUNTED = ~Q(state=BacklogItem.State.DROPPED) & ~Q(kind=BacklogItem.Kind.EPIC)
_DONE = Q(state=BacklogItem.State.DONE)


@dataclass(frozen=True, slots=True)
class Pace:
    """What the closed sprints of a team say, and when the sprints to come end.

    ``completed`` are the points of those the forecast draws from, the oldest first; ``ahead`` the
    ends of the sprints that are planned or run, after which one follows every ``sprint_days``.
    """

    completed: tuple[Decimal, ...]
    velocity: bridge.Velocity | None
    ahead: tuple[date, ...]
    since: date
    sprint_days: int
    running: Sprint | None
    closed: tuple[Sprint, ...]

    def end_of(self, number: int) -> date:
        """The last day of the sprint of this number, the running or next one being 1."""
        if number <= len(self.ahead):
            return self.ahead[number - 1]
        last = self.ahead[-1] if self.ahead else self.since
        return last + timedelta(days=self.sprint_days * (number - len(self.ahead)))

    def sprints_until(self, day: date) -> int:
        """How many sprints end on or before a day."""
        number = sum(end <= day for end in self.ahead)
        if number < len(self.ahead):
            return number
        last = self.ahead[-1] if self.ahead else self.since
        return number + max(0, (day - last).days // self.sprint_days)


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a release, or of all that is in none (None)."""

    scope: Decimal
    done: Decimal
    done_now: Decimal
    items: int
    unsized: int

    @property
    def remaining(self) -> Decimal:
        return self.scope - self.done


NO_POINTS = Points(NONE, NONE, NONE, 0, 0)


@dataclass(frozen=True, slots=True)
class ReleaseForecast:
    """When a release is done: by confidence, by the mean of the last sprints, and in the plan.

    ``ahead`` are the points that are left up to and with this release, as they stood when the
    running sprint began. ``day`` is the date of the confidence that the release asks for.
    ``growth`` and ``growing_days`` are what follows if the scope of these releases goes on growing
    as it did in the past sprints, ``added`` points in each; None where it stood still.
    ``scope_grown`` is by how much that of the release alone grows until the last of ``days``.
    """

    release: Release
    points: Points
    ahead: Decimal
    sprints: Mapping[int, int | None]
    days: Mapping[int, date | None]
    day: date | None
    left: bridge.SprintsLeft | None
    expected: date | None
    best: date | None
    worst: date | None
    growth: bridge.Grown | None
    growing_days: Mapping[int, date | None]
    added: Sequence[Decimal]
    scope_grown: Mapping[int, Decimal]
    milestone: TaskEnds | None
    earned: bridge.PointsEarned | None
    sprints_over: int

    @property
    def late_days(self) -> int | None:
        """Calendar days from the milestone of the plan to the forecast; positive is late."""
        if self.day is None or self.milestone is None or self.milestone.finish is None:
            return None
        return (self.day - self.milestone.finish).days


@dataclass(frozen=True, slots=True)
class Reached:
    """So many points, or more, are done by a day; ``item`` is the last one in order that fits."""

    confidence: int
    points: Decimal
    item: BacklogItem | None


def pace_of(backlog: Backlog, today: date) -> Pace:
    """The pace of the team of a backlog, in two queries."""
    rows = list(
        Sprint.objects.filter(project_id=backlog.project_id)
        .exclude(state=Sprint.State.CANCELLED)
        .order_by("start", "pk")
    )
    closed = [row for row in rows if row.state == Sprint.State.CLOSED]
    coming = [row for row in rows if row.state in (Sprint.State.ACTIVE, Sprint.State.PLANNED)]
    completed = [row.completed or NONE for row in closed]
    since = max([today, *(row.finish for row in closed[-1:])])
    return Pace(
        tuple(completed[-PAST:]),
        bridge.velocity_of(completed, backlog.velocity_sprints),
        tuple(max(row.finish, today) for row in coming),
        since,
        backlog.sprint_days,
        next((row for row in coming if row.state == Sprint.State.ACTIVE), None),
        tuple(closed),
    )


def points_of(project: Project, running: Sprint | None) -> dict[int | None, Points]:
    """Release → its points, in one query; None holds what is in no release."""
    now = _DONE & Q(sprint=running) if running else Q(pk__in=[])
    rows = (
        BacklogItem.objects.filter(_COUNTED, project=project)
        .order_by()
        .values_list("release_id")
        .annotate(
            all=Coalesce(Sum("points"), NONE),
            finished=Coalesce(Sum("points", filter=_DONE), NONE),
            now=Coalesce(Sum("points", filter=now), NONE),
            n=Count("pk"),
            unsized=Count("pk", filter=Q(points=None) & ~_DONE),
        )
    )
    return {row[0]: Points(*row[1:]) for row in rows}


def forecasts_of(
    backlog: Backlog, releases: Sequence[Release], today: date
) -> tuple[Pace, list[ReleaseForecast]]:
    """The forecast of each release, those before it being done first.

    ``releases`` are all of the project in their order.
    """
    project = backlog.project
    pace = pace_of(backlog, today)
    points = points_of(project, pace.running)
    keys = [(project.pk, row.milestone_uid) for row in releases if row.milestone_uid is not None]
    ends = task_ends(keys)
    closed = [row.finish for row in pace.closed]
    grown = growth_by_sprint(project, pace.closed[-PAST:])
    found, ahead = [], NONE
    still = [NONE] * len(pace.completed)
    added = still
    for row in releases:
        own = points.get(row.pk, NO_POINTS)
        is_open = row.state == Release.State.OPEN
        if is_open:
            ahead += own.remaining + own.done_now
            added = [sum(both, NONE) for both in zip(added, grown.get(row.pk, still), strict=True)]
        over = sum(finish >= row.start for finish in closed)
        milestone = ends.get((project.pk, row.milestone_uid or 0))
        left = ahead if is_open and own.remaining else NONE
        alone = grown.get(row.pk, still)
        found.append(_forecast(row, own, left, (added, alone), pace, milestone, over))
    return pace, found


def forecast_of_release(release: Release, today: date) -> ReleaseForecast | None:
    """The forecast of one release; None where its project has no backlog any more."""
    backlog = Backlog.objects.select_related("project").filter(project=release.project_id).first()
    if backlog is None:
        return None
    every = Release.objects.filter(project=release.project_id)
    _, rows = forecasts_of(backlog, list(every), today)
    return next((row for row in rows if row.release.pk == release.pk), None)


def reached_by(backlog: Backlog, pace: Pace, day: date) -> tuple[int, list[Reached]]:
    """How much of the open backlog is done by a day, at each confidence, and how far that goes."""
    sprints = pace.sprints_until(day)
    found = bridge.outputs_of(pace.completed, sprints, CONFIDENCES)
    rows = list(
        BacklogItem.objects.filter(
            _COUNTED & (~_DONE | Q(sprint=pace.running, sprint__isnull=False)),
            project=backlog.project,
        )
        .select_related("project")
        .order_by("rank", "pk")
    )
    return sprints, [
        Reached(confidence, points, _last_within(rows, points))
        for confidence, points in found.items()
    ]


def _last_within(rows: Sequence[BacklogItem], points: Decimal) -> BacklogItem | None:
    last, total = None, NONE
    for row in rows:
        total += row.points or NONE
        if total > points:
            break
        last = row
    return last


def _forecast(
    row: Release,
    own: Points,
    ahead: Decimal,
    growths: tuple[Sequence[Decimal], Sequence[Decimal]],
    pace: Pace,
    milestone: TaskEnds | None,
    over: int,
) -> ReleaseForecast:
    chances = bridge.completion_of(pace.completed, ahead)
    sprints = {
        level: chances.at(level / 100) if chances is not None else None for level in CONFIDENCES
    }
    days = {
        level: None if count is None else pace.end_of(count) for level, count in sprints.items()
    }
    left = bridge.left_at(ahead, pace.velocity) if pace.velocity and ahead else None
    added, alone = growths
    growth = bridge.growing_of(pace.completed, added, ahead, CONFIDENCES) if ahead else None
    last = max((count for count in sprints.values() if count), default=0)
    return ReleaseForecast(
        release=row,
        points=own,
        ahead=ahead,
        sprints=sprints,
        days=days,
        day=days[row.confidence],
        left=left,
        expected=_end(pace, left.expected if left else None),
        best=_end(pace, left.best if left else None),
        worst=_end(pace, left.worst if left else None),
        growth=growth,
        growing_days={
            level: _end(pace, count) for level, count in (growth.sprints if growth else {}).items()
        },
        added=added,
        scope_grown=bridge.growth_of(alone, last, CONFIDENCES) if growth and last else {},
        milestone=milestone,
        earned=bridge.earned_of(own.done, own.scope, over, row.planned_sprints),
        sprints_over=over,
    )


def _end(pace: Pace, sprints: int | None) -> date | None:
    return pace.end_of(sprints) if sprints else None
