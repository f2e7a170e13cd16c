# SPDX-License-Identifier: Apache-2.0
"""A project that works in sprints: Piet orders, Tess is on the team."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from cast import SYSTEM, Cast
from pilothouse.delivery.agile.lines import read_lines
from pilothouse.delivery.agile.models import Backlog, BacklogItem, Release, Sprint
from pilothouse.delivery.agile.services import (
    add_items,
    begin_backlog,
    change_items,
    close_sprint,
    move_on_board,
    plan_sprint,
    save_release,
    start_sprint,
)
from pilothouse.delivery.planning.services import begin_plan, edit_plan
from pilothouse.delivery.projects.models import Project

MONDAY = date(2026, 3, 2)
SETTINGS = {"method": "agile", "velocity_sprints": 3, "sprint_days": 14}


@dataclass
class Team:
    """The backlog of Harbour and shorthand for what happens to it."""

    cast: Cast
    backlog: Backlog

    @property
    def project(self) -> Project:
        return self.cast.harbour

    @property
    def piet(self):
        return self.cast.piet.actor()

    @property
    def tess(self):
        return self.cast.tess.actor()

    def write(self, text: str, day: date = MONDAY, **common: object) -> list[BacklogItem]:
        """Items written line by line."""
        drafts = read_lines(text).drafts
        return add_items(
            actor=self.piet, project=self.project, drafts=drafts, today=day, common=common
        )

    def sprint(self, number: int = 0, *items: BacklogItem) -> Sprint:
        """The sprint of two weeks that starts so many sprints after Monday 2 March 2026."""
        start = MONDAY + timedelta(weeks=2 * number)
        values = {"name": "", "start": start, "finish": start + timedelta(days=11)}
        row = plan_sprint(actor=self.piet, project=self.project, values=values)
        if items:
            self.plan(items, sprint=row)
        return row

    def plan(self, items, day: date = MONDAY, **values: object) -> None:
        """Plan items into a sprint, a release or below an epic."""
        ids = [item.pk for item in items]
        change_items(actor=self.piet, project=self.project, ids=ids, values=values, today=day)

    def start(self, sprint: Sprint, day: date | None = None) -> Sprint:
        return start_sprint(actor=self.piet, sprint=sprint, version=None, today=day or sprint.start)

    def close(self, sprint: Sprint, forward: Sprint | None = None) -> Sprint:
        return close_sprint(
            actor=self.piet, sprint=sprint, version=None, today=sprint.finish, forward=forward
        )

    def done(self, item: BacklogItem, day: date) -> BacklogItem:
        return move_on_board(actor=self.piet, item=item, state="done", version=None, today=day)

    def run(self, *completed: int | str) -> None:
        """Closed sprints that completed so many points each, one after the other."""
        for number, points in enumerate(completed):
            (item,) = self.write(f"Work of sprint {number} ({points})")
            sprint = self.start(self.sprint(number, item))
            self.done(item, sprint.finish)
            self.close(sprint)

    def grow(self, more: int) -> Release:
        """A release of 50 points: three sprints did 10 each, and each brought so many more."""
        release = self.release()
        items = self.write("A (10)\nB (10)\nC (10)\nRest (20)", release=release)
        for number, item in enumerate(items[:3]):
            sprint = self.start(self.sprint(number, item))
            day = sprint.start + timedelta(days=3)
            self.write(f"More of {number} ({more})", day=day, release=release)
            self.done(item, sprint.finish)
            self.close(sprint)
        return release

    def release(self, name: str = "Release 1", **values: object) -> Release:
        chosen = {"name": name, "start": MONDAY, "planned_sprints": 8, "position": 1} | values
        return save_release(actor=self.piet, project=self.project, release=None, values=chosen)


def gather(cast: Cast) -> Team:
    """Harbour begins to work in sprints."""
    backlog = begin_backlog(actor=cast.piet.actor(), project=cast.harbour, values=SETTINGS)
    return Team(cast, backlog)


def lay_plan(project: Project) -> None:
    """Build for 20 days from 2 March 2026 on, then “Go live” on 27 March, then a warranty."""
    begin_plan(actor=SYSTEM, project=project, start=MONDAY)
    tasks = [
        {"name": "Build", "duration": "20d"},
        {"name": "Go live", "duration": "0d"},
        {"name": "Warranty", "duration": "10d"},
    ]
    steps = [
        {"do": "add", "after": None, "tasks": tasks},
        {"do": "link", "predecessor": 1, "successor": 2},
        {"do": "link", "predecessor": 2, "successor": 3},
    ]
    edit_plan(actor=SYSTEM, project=project, steps=steps)
