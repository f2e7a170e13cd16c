# SPDX-License-Identifier: Apache-2.0
"""Who is who in the plans of the living office, and what its people said this week."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from pilothouse.delivery.planning.queries import people_page
from pilothouse.delivery.planning.services import link_person
from pilothouse.delivery.progress.models import TaskUpdate
from pilothouse.delivery.progress.queries import WeekRow, week_of
from pilothouse.delivery.progress.services import Report, report
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User

MOST = 2
"""Tasks that somebody has reported on already; the others wait to be typed in."""
WEEK = timedelta(days=7)
FURTHER = Decimal(8)
LAST = Decimal(95)
REMARKS = (
    "Two anchors failed their test and are drilled again. Who can extend the rig by a week?",
    "Going well since the second shift began.",
    "The formwork is a week late.",
)


def link_people(project: Project, manager: User, crews: Mapping[str, User]) -> None:
    """The manager says who reports for a crew, and confirms people of the same name."""
    actor = manager.actor()
    for row in people_page(actor, project.pk).people:
        person = crews.get(row.name, row.suggested)
        if person is not None:
            link_person(actor=actor, project=project, uid=row.uid, person=person, version=None)


def report_week(project: Project, team: Sequence[User], today: date) -> None:
    """Everybody of the team has reported on their first tasks; the manager has not looked yet."""
    for person in team:
        actor = person.actor()
        rows = week_of(actor, today, within=[project]).rows[:MOST]
        said = [_said(row, place, today) for place, row in enumerate(rows)]
        if said:
            report(
                actor=actor,
                person=person,
                reports=said,
                door=TaskUpdate.Door.PAGE,
                today=today,
            )


def _said(row: WeekRow, place: int, today: date) -> Report:
    remark = REMARKS[place % len(REMARKS)]
    if row.begun is None:
        hoped = max(row.finish or today, today) + WEEK
        return Report(row.project_id, row.uid, expected_finish=hoped, remark=remark)
    percent = min(row.percent + FURTHER, LAST)
    return Report(row.project_id, row.uid, percent=percent, remark=remark, need_help=place == 0)
