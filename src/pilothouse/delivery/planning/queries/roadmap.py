# SPDX-License-Identifier: Apache-2.0
"""The roadmap of a plan: workstreams, or people, as lanes with their phases and milestones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence, Sized
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.queries.cards import Card, Cards, cards_of, stream_level
from pilothouse.delivery.planning.queries.facts import existing_plan
from pilothouse.delivery.planning.queries.pages import open_project
from pilothouse.delivery.projects.models import Project
from pilothouse.engine.drawing import Bar, Lane, Milestone
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written

LANES = ("stream", "person")
MOST_MILESTONES = 120
"""Drawn on a roadmap: those highest in the outline first."""
MOST_BARS = 300
"""Drawn on a roadmap, unless it has more lanes."""


@dataclass(frozen=True, slots=True)
class RoadmapPage:
    """A roadmap, and how much of the plan it leaves out."""

    project: Project
    plan: ProjectPlan
    group: str
    lanes: Sequence[Lane]
    milestones_left: int
    bars_left: int


def roadmap_page(actor: Actor, project_id: int, group: str) -> RoadmapPage:
    """The lanes of a plan; an unknown grouping shows workstreams. Who: R on task."""
    project, _grants = open_project(actor, project_id, rules.Verb.READ)
    plan = existing_plan(project)
    group = group if group in LANES else LANES[0]
    return _Roadmap(project, plan, cards_of(plan)).page(group)


class _Roadmap:
    """Sorts the rows of a plan into lanes."""

    def __init__(self, project: Project, plan: ProjectPlan, cards: Cards) -> None:
        self._project, self._plan, self._cards = project, plan, cards
        self._by_uid = {row.uid: row for row in cards.rows}
        self._level = stream_level(cards.rows)
        self._bars: defaultdict[int, list[Bar]] = defaultdict(list)
        self._milestones: defaultdict[int, list[Milestone]] = defaultdict(list)
        self._bars_left = 0

    def page(self, group: str) -> RoadmapPage:
        points = [row for row in self._cards.tasks if row.milestone and row.start is not None]
        points.sort(key=lambda row: (row.level, not row.critical, row.position))
        drawn = points[:MOST_MILESTONES]
        if group == "person":
            self._by_person(drawn)
            order = [*self._cards.names, 0]
            names = {**self._cards.names, 0: _("Nobody named")}
            notes: dict[int, str] = {}
        else:
            self._by_stream(drawn)
            streams = [
                row for row in self._cards.rows if self._cards.stream.get(row.uid) == row.uid
            ]
            order = [*(row.uid for row in streams), 0]
            names = {row.uid: row.name for row in streams} | {0: _("Outside the workstreams")}
            notes = {row.uid: self._share_of(row) for row in streams}
        lanes = [
            Lane(names[key], notes.get(key, ""), self._bars[key], self._milestones[key])
            for key in order
            if self._bars[key] or self._milestones[key]
        ]
        return RoadmapPage(
            self._project,
            self._plan,
            group,
            lanes,
            len(points) - len(drawn),
            self._bars_left,
        )

    def _by_stream(self, points: Sequence[Card]) -> None:
        """Phases and milestones of each workstream; one without phases is a bar by itself."""
        stream = self._cards.stream
        level = self._level + 1
        phases = [r for r in self._cards.rows if r.summary and r.active and r.level == level]
        divided = {stream.get(row.uid) for row in phases}
        whole = [
            row
            for row in self._cards.rows
            if row.active
            and row.level == self._level
            and row.uid not in divided
            and not row.milestone
        ]
        found: defaultdict[int, list[Card]] = defaultdict(list)
        for row in sorted([*phases, *whole], key=lambda row: row.position):
            found[stream.get(row.uid, 0)].append(row)
        most = self._share_of_each(found)
        for lane, rows in found.items():
            self._bars[lane] = [bar for row in rows[:most] if (bar := self._bar(row))]
        for row in points:
            self._milestones[stream.get(row.uid, 0)].append(self._milestone(row))

    def _by_person(self, points: Sequence[Card]) -> None:
        """For each person a bar over their tasks in each workstream, and their milestones."""
        parts: defaultdict[int, defaultdict[int, list[Card]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for row in self._cards.tasks:
            if not row.milestone and row.start is not None and row.finish is not None:
                for who in self._cards.people.get(row.uid, (0,)):
                    parts[who][self._cards.stream.get(row.uid, 0)].append(row)
        most = self._share_of_each(parts)
        for who, streams in parts.items():
            self._bars[who] = [self._bar_over(*part) for part in list(streams.items())[:most]]
        for row in points:
            for who in self._cards.people.get(row.uid, (0,)):
                self._milestones[who].append(self._milestone(row, owner=False))

    def _share_of_each(self, lanes: Mapping[int, Sized]) -> int:
        """The most bars that every lane can have, so that no lane goes without; at least one."""
        sizes = [len(lane) for lane in lanes.values()]
        most = max(sizes, default=1)
        while most > 1 and sum(min(size, most) for size in sizes) > MOST_BARS:
            most -= 1
        self._bars_left = sum(max(size - most, 0) for size in sizes)
        return most

    def _bar_over(self, stream: int, rows: Sequence[Card]) -> Bar:
        starts = [row.start.date() for row in rows if row.start is not None]
        ends = [row.finish.date() for row in rows if row.finish is not None]
        summary = self._by_uid.get(stream)
        name = summary.name if summary else rows[0].name
        work = sum(max(row.duration_minutes, 1) for row in rows)
        done = sum(float(row.percent) * max(row.duration_minutes, 1) for row in rows) / work
        return Bar(
            min(starts),
            max(ends),
            name,
            done / 100,
            any(row.critical and not row.done for row in rows),
            title=_("%(name)s: %(count)d tasks, %(start)s – %(finish)s, %(percent).0f %%")
            % {
                "name": name,
                "count": len(rows),
                "start": written(min(starts)),
                "finish": written(max(ends)),
                "percent": done,
            },
        )

    def _bar(self, row: Card) -> Bar | None:
        if row.start is None or row.finish is None:
            return None
        base = (
            (row.baseline_start.date(), row.baseline_finish.date())
            if row.baseline_start and row.baseline_finish
            else None
        )
        said = f"{row.name}: {written(row.start.date())} – {written(row.finish.date())}, "
        said += f"{row.percent:.0f} %"
        if base:
            said += "; " + _("approved %(start)s – %(finish)s") % {
                "start": written(base[0]),
                "finish": written(base[1]),
            }
        return Bar(
            row.start.date(),
            row.finish.date(),
            row.name,
            float(row.percent) / 100,
            row.critical and not row.done,
            base,
            said,
            self._why(row),
        )

    def _milestone(self, row: Card, owner: bool = True) -> Milestone:
        assert row.start is not None
        who = self._cards.who(row.uid)
        base = row.baseline_finish.date() if row.baseline_finish else None
        said = f"{row.name}: {written(row.start.date())}" + (f", {who}" if who else "")
        if base:
            said += "; " + _("approved %(day)s") % {"day": written(base)}
        return Milestone(
            row.start.date(),
            row.name,
            who if owner else "",
            row.critical,
            row.done,
            base,
            said,
            self._why(row),
        )

    def _why(self, row: Card) -> str:
        return reverse("planning:explain", args=[self._project.pk, row.uid])

    def _share_of(self, row: Card) -> str:
        if row.finish is None:
            return ""
        return _("%(percent)s %%, until %(day)s") % {
            "percent": f"{row.percent:.0f}",
            "day": written(row.finish.date()),
        }


def first_and_last(lanes: Sequence[Lane]) -> tuple[date, date] | None:
    """The days that lanes reach over; None of none."""
    days = [bar.start for lane in lanes for bar in lane.bars]
    days += [bar.finish for lane in lanes for bar in lane.bars]
    days += [point.day for lane in lanes for point in lane.milestones]
    return (min(days), max(days)) if days else None
