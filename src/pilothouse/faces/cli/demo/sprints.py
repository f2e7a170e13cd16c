# SPDX-License-Identifier: Apache-2.0
"""The team of the vessel traffic system: ten sprints behind it, one running."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pilothouse.delivery.agile.models import BacklogItem, Release, Sprint
from pilothouse.delivery.agile.services import (
    Draft,
    add_items,
    begin_backlog,
    change_item,
    change_items,
    change_settings,
    close_sprint,
    end_release,
    move_on_board,
    plan_sprint,
    read_lines,
    save_release,
    start_sprint,
)
from pilothouse.delivery.planning.queries import tasks_to_come
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User

State = BacklogItem.State
FIRST_WEEK, WEEKS = -21, 2
CREW = ("tess", "ivan", "emre")
"""Who is on the team."""
GOALS = (
    "One radar on the screen",
    "Tracks that do not jump",
    "Two sensors, one ship",
    "The picture on the pilots' tablets",
    "Release 1 on the watch floor",
    "The first alarms",
    "Alarms that nobody switches off",
    "Names of ships from the port system",
    "What happened last night, played again",
    "The duty officer's evening",
)
TAKEN = (19, 20, 22, 24, 16, 23, 20, 26, 21, 22)
"""Points that the team took into each sprint."""
LEFT = {2: 1, 4: 2, 7: 1, 8: 1}
"""Sprint → items that were not done at its end."""
BACKLOG: tuple[tuple[str, int, int, str], ...] = (
    (
        "Traffic picture",
        1,
        0,
        """
        Show the plots of the north radar on the chart (8)
        Draw the fairway and its lights from the chart data (5)
        Zoom and shift without losing a track (5)
        task: Test bench with a recorded hour of traffic (3)
        Follow a ship as one track (8)
        Predict where a track is in six minutes (5)
        bug: Tracks jump when the radar turns north (5)
        Bring in the AIS messages (8)
        Join radar and AIS to one ship (13)
        Name and call sign beside each ship (3)
        bug: Two ships that pass become one (5)
        Show the picture on the pilots' tablets (8)
        Day and night colours (3)
        Draught and tide at the lock sill (5)
        task: Load test with 400 ships (3)
        Sign-in for pilots and watch officers (5)
        task: Train the first watch (2)
        """,
    ),
    (
        "Alarms",
        2,
        4,
        """
        Warn of a closest approach below 200 metres (8)
        Guard zone around the dredger (5)
        Speed limit by part of the fairway (5)
        Acknowledge, and say why (3)
        bug: An alarm sounds twice on the second screen (2)
        Sort alarms by how long is left (3)
        Mute a class of alarms for one ship (5)
        Alarm for a ship that stops sending (5)
        Anchor watch (5)
        task: Rules agreed with the harbour master (3)
        """,
    ),
    (
        "Port system",
        2,
        6,
        """
        Names and berths from the port system (8)
        Pilot on board, from the pilots' list (5)
        Expected arrivals of the next 24 hours (5)
        bug: A ship without a number stops the exchange (3)
        Report berth times back to the port system (5)
        Tugs ordered, beside the ship (3)
        task: Interface test with the agents (3)
        """,
    ),
    (
        "Replay",
        2,
        7,
        """
        Keep 90 days of tracks and voice (8)
        Play an evening again, at ten times the speed (8)
        Cut an incident out for the inquiry (5)
        Mark a moment while it happens (2)
        """,
    ),
    (
        "Switch-over",
        3,
        8,
        """
        Run beside the old system for thirty days (5)
        Compare the tracks of both systems (3)
        Fall back to the old system within a minute (5)
        Handbook of the watch (2)
        task: Cable to the second control room (3)
        Alarm texts in three languages (2)
        Second control room, the same picture (8)
        task: Train all five watches (5)
        The night of the switch, rehearsed (8)
        Weather and visibility from the new masts (5)
        Report of the month for the inspectorate (5)
        task: Old displays taken out (3)
        bug: The clock of the south mast drifts (3)
        """,
    ),
    (
        "Open data",
        4,
        10,
        """
        Arrivals of the day on the port's web site (5)
        Positions for the tug company, five minutes late (8)
        Statistics of passages by month (5)
        Delay of each call, with its cause (8)
        task: What may be shown, agreed with the lawyers (3)
        Download for the universities (5)
        """,
    ),
)
"""Epic, its release, the sprint before which it was written, and its items."""
UNSIZED = ("Drones over the fairway", "Forecast of the evening peak", "Voice of the pilots as text")


@dataclass
class _Team:
    """Who does what, and where the story stands."""

    project: Project
    manager: User
    people: Sequence[User]
    first: date
    releases: dict[int, Release]
    turn: int = 0

    def start_of(self, sprint: int) -> date:
        return self.first + timedelta(weeks=WEEKS * sprint)

    def next_owner(self) -> User:
        self.turn += 1
        return self.people[self.turn % len(self.people)]


def play(project: Project, people: Mapping[str, User], monday: date) -> None:
    """Write the backlog as it was written, and run the sprints as they ran."""
    manager = people["kofi"]
    first = monday + timedelta(weeks=FIRST_WEEK)
    backlog = begin_backlog(
        actor=manager.actor(),
        project=project,
        values={"method": "agile", "velocity_sprints": 3, "sprint_days": 14},
    )
    change_settings(
        actor=manager.actor(),
        backlog=backlog,
        values={"limit_in_progress": 4, "limit_review": 3},
        version=None,
    )
    team = _Team(project, manager, [people[name] for name in CREW], first, {})
    _plan_releases(team)
    for number, goal in enumerate((*GOALS, "Pilots see what the watch sees")):
        _write(team, number)
        sprint = _plan(team, number, goal)
        if number == len(GOALS):
            _run_half(team, sprint, monday)
        else:
            _run(team, sprint, number)
        if number == 4:
            _release(team, number)
    _plan(team, len(GOALS) + 1, "Everything that the acceptance asks for")
    lines = [Draft(title) for title in UNSIZED]
    add_items(actor=manager.actor(), project=project, drafts=lines, today=monday)


def _plan_releases(team: _Team) -> None:
    tasks = tasks_to_come(team.project, 500)
    planned = (
        ("Release 1: the picture", 5, 97, None, "Pilots and watch look at the same picture."),
        ("Release 2: acceptance", 7, 95, "Factory acceptance", "What the factory test asks for."),
        ("Release 3: switch-over", 5, 60, "Switch-over", "The old system can be switched off."),
        ("Release 4: open data", 3, 34, "Warranty period", "Others see what they may see."),
    )
    for position, (name, sprints, points, milestone, goal) in enumerate(planned, 1):
        started = {1: 0, 2: 5, 3: 9, 4: 13}[position]
        found = (uid for uid, text in tasks if milestone and text.endswith(milestone))
        team.releases[position] = save_release(
            actor=team.manager.actor(),
            project=team.project,
            release=None,
            values={
                "name": name,
                "goal": goal,
                "position": position,
                "start": team.start_of(started),
                "planned_sprints": sprints,
                "planned_points": points,
                "milestone_uid": next(found, None),
            },
        )


def _write(team: _Team, sprint: int) -> None:
    """What was written into the backlog before a sprint."""
    day = team.start_of(sprint) - timedelta(days=3)
    for title, release, before, text in BACKLOG:
        if before != sprint:
            continue
        epic = Draft(title, BacklogItem.Kind.EPIC)
        actor, project = team.manager.actor(), team.project
        (above,) = add_items(actor=actor, project=project, drafts=[epic], today=day)
        add_items(
            actor=actor,
            project=project,
            drafts=read_lines(text).drafts,
            today=day,
            common={"epic": above, "release": team.releases[release]},
        )


def _plan(team: _Team, number: int, goal: str) -> Sprint:
    """Plan a sprint, and fill it in the order of the backlog with what it can take."""
    start = team.start_of(number)
    sprint = plan_sprint(
        actor=team.manager.actor(),
        project=team.project,
        values={
            "name": "",
            "goal": goal,
            "start": start,
            "finish": start + timedelta(days=11),
            "capacity": 24,
        },
    )
    wanted = (TAKEN[number] if number < len(TAKEN) else 22) - _points_of(sprint)
    rows = team.project.backlog_items.filter(
        sprint=None, state=State.TODO, points__isnull=False
    ).order_by("rank")
    chosen = []
    for row in rows:
        if wanted >= (row.points or 0):
            chosen.append(row.pk)
            wanted -= row.points or 0
    if chosen and number <= len(GOALS):
        change_items(
            actor=team.manager.actor(),
            project=team.project,
            ids=chosen,
            values={"sprint": sprint},
            today=start - timedelta(days=1),
        )
    return sprint


def _points_of(sprint: Sprint) -> int:
    return sum(row.points or 0 for row in sprint.items.all())


def _run(team: _Team, sprint: Sprint, number: int) -> None:
    """A sprint that is over: its items are done one after the other, some are left."""
    actor, start = team.manager.actor(), team.start_of(number)
    start_sprint(actor=actor, sprint=sprint, version=None, today=start)
    rows = list(sprint.items.order_by("rank"))
    done = rows[: len(rows) - LEFT.get(number, 0)]
    for place, row in enumerate(rows):
        owner = {"owner": team.next_owner()}
        change_item(actor=actor, item=row, values=owner, version=None, today=start)
        if row in done:
            day = start + timedelta(days=2 + 9 * place // max(1, len(rows) - 1))
            for state in (State.IN_PROGRESS, State.DONE):
                move_on_board(actor=actor, item=row, state=state, version=None, today=day)
    finish = start + timedelta(days=11)
    close_sprint(actor=actor, sprint=sprint, version=None, today=finish)


def _run_half(team: _Team, sprint: Sprint, monday: date) -> None:
    """The sprint that runs: some of it done, some in work, some not begun."""
    actor = team.manager.actor()
    start_sprint(actor=actor, sprint=sprint, version=None, today=sprint.start)
    steps = (State.DONE, State.DONE, State.REVIEW, State.IN_PROGRESS, State.IN_PROGRESS)
    for place, row in enumerate(sprint.items.order_by("rank")):
        owner = {"owner": team.next_owner() if place < 6 else None}
        change_item(actor=actor, item=row, values=owner, version=None, today=sprint.start)
        if place < len(steps):
            day = min(sprint.start + timedelta(days=2 + place), monday)
            move_on_board(actor=actor, item=row, state=steps[place], version=None, today=day)


def _release(team: _Team, number: int) -> None:
    """The first release is out; what was not done of it comes with the second."""
    actor, day = team.manager.actor(), team.start_of(number) + timedelta(days=11)
    left = team.releases[1].items.filter(state__in=BacklogItem.OPEN)
    ids = list(left.values_list("pk", flat=True))
    if ids:
        change_items(
            actor=actor,
            project=team.project,
            ids=ids,
            values={"release": team.releases[2]},
            today=day,
        )
    end_release(
        actor=actor,
        release=team.releases[1],
        state=Release.State.RELEASED,
        version=None,
        today=day,
    )
