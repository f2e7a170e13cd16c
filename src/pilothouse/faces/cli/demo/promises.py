# SPDX-License-Identifier: Apache-2.0
"""The promises of the living office: what was agreed, what replaced it, and what waits.

The plan is brought in as it stood at each of these days, and kept as it stood then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from pilothouse.delivery.planning.queries import baselines_of
from pilothouse.delivery.planning.services import Asked, approve_baseline, take_baseline
from pilothouse.delivery.projects.models import Project
from pilothouse.faces.cli.demo.course import last_friday
from pilothouse.foundation.accounts.models import User

Bring = Callable[[date], None]
"""Import the plan of the project as it stood on the evening of a day."""


@dataclass(frozen=True, slots=True)
class Story:
    """What became of the promise of a project; weeks count from this one."""

    agreed_week: int
    agreed: Asked
    slipped_week: int
    replaced: Asked
    waiting: Asked


@dataclass(frozen=True, slots=True)
class Promise:
    """What a project was measured by from a day on."""

    since: date
    start: date
    finish: date
    tasks: Mapping[int, tuple[datetime | None, datetime | None]]


STORIES = {
    "HARB": Story(
        agreed_week=-63,
        agreed=Asked(
            "first", "Agreed with the mandate", "The board took the plan with the funding."
        ),
        slipped_week=-33,
        replaced=Asked(
            "replan",
            "After the water permit",
            "The water permit came a week late, and the opening of the quay moves with it.",
            "CR-3",
        ),
        waiting=Asked(
            "replan",
            "After the piles of section 1",
            "Old timber piles cost a week, and the evaluation of the tenders took two days more; "
            "what is left is promised anew.",
            "CR-9",
        ),
    )
}


def tell(
    story: Story, project: Project, people: tuple[User, User], monday: date, bring: Bring
) -> None:
    """Agree, replace once, and leave one waiting; ``people`` are manager and sponsor."""
    manager, sponsor = people
    agreed = last_friday(monday + timedelta(weeks=story.agreed_week))
    bring(agreed)
    first = take_baseline(actor=manager.actor(), project=project, asked=story.agreed, on=agreed)
    approve_baseline(
        actor=sponsor.actor(),
        baseline=first,
        version=first.version,
        note="Approved with the release of funds.",
        on=agreed + timedelta(days=4),
    )
    slipped = last_friday(monday + timedelta(weeks=story.slipped_week))
    bring(slipped)
    second = take_baseline(actor=manager.actor(), project=project, asked=story.replaced, on=slipped)
    approve_baseline(
        actor=sponsor.actor(),
        baseline=second,
        version=second.version,
        note="The steering committee agreed; the deadline of the opening stays.",
        on=slipped + timedelta(days=6),
    )


def leave_waiting(story: Story, project: Project, manager: User, day: date) -> None:
    """Keep the plan of today as a promise that nobody has decided on yet."""
    take_baseline(actor=manager.actor(), project=project, asked=story.waiting, on=day)


def promises_of(project: Project) -> list[Promise]:
    """What was decided on, oldest first, for the reports of the months after it."""
    decided = baselines_of(project).exclude(decided_on=None).order_by("decided_on", "pk")
    return [
        Promise(
            since=row.decided_on,
            start=row.start.date(),
            finish=row.finish.date(),
            tasks={task.uid: (task.start, task.finish) for task in row.rows.all()},
        )
        for row in decided
        if row.decided_on and row.start and row.finish
    ]
