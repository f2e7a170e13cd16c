# SPDX-License-Identifier: Apache-2.0
"""The promises of the living office: what was agreed, what replaced it, and what waits.

The plan is brought in as it stood at each of these days, and kept as it stood then.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from pilothouse.delivery.planning.queries import baselines_of
from pilothouse.delivery.planning.services import (
    Asked,
    approve_baseline,
    rename_baseline,
    take_baseline,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.faces.cli.demo.course import last_friday
from pilothouse.foundation.accounts.models import User

Bring = Callable[[date], None]
"""Import the plan of the project as it stood on the evening of a day."""


@dataclass(frozen=True, slots=True)
class Story:
    """What became of the promise of a project; weeks count from this one."""

    agreed_week: int
    agreed_as: str
    slipped_week: int
    replaced: Asked
    waiting: Asked


STORIES = {
    "HARB": Story(
        agreed_week=-38,
        agreed_as="Agreed with the award of funds",
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
    first = baselines_of(project).get(number=0)
    first = rename_baseline(
        actor=manager.actor(), baseline=first, name=story.agreed_as, version=first.version
    )
    approve_baseline(
        actor=sponsor.actor(),
        baseline=first,
        version=first.version,
        note="Approved with the release of funds.",
        on=agreed,
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
