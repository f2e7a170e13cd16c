# SPDX-License-Identifier: Apache-2.0
"""A plan of project Harbour around a day, with Tess on some of its tasks."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

from pilothouse.delivery.planning import services as planning
from pilothouse.delivery.planning.models import Task

WEDNESDAY = date(2026, 3, 11)
"""The second week of the plan that tests of services use."""

NAMES = ("Quay", "Dredge", "Pour", "Cure", "Paint", "Survey", "Open")


def lay_plan(cast, today=WEDNESDAY):
    """From Monday of the week before: in the summary Quay, Dredge five days, then Pour five days,
    Cure for forty, Paint five; beside it Survey five days, and the milestone Open at the end.

    Tess is on all but Survey, which is Piet's. Returns the uid of each name.
    """
    monday = today - timedelta(days=today.weekday() + 7)
    actor = cast.piet.actor()
    planning.begin_plan(actor=actor, project=cast.harbour, start=monday)
    rows = [
        ("Quay", "1d", 1),
        ("Dredge", "5d", 2),
        ("Pour", "5d", 2),
        ("Cure", "40d", 2),
        ("Paint", "5d", 2),
        ("Survey", "5d", 1),
        ("Open", "0d", 1),
    ]
    tasks = [{"name": name, "duration": days, "level": level} for name, days, level in rows]
    planning.edit_plan(
        actor=actor, project=cast.harbour, steps=[{"do": "add", "after": None, "tasks": tasks}]
    )
    uids = dict(Task.objects.filter(plan__project=cast.harbour).values_list("name", "uid"))
    chain = ("Dredge", "Pour", "Cure", "Paint", "Open")
    planning.edit_plan(
        actor=actor,
        project=cast.harbour,
        steps=[
            {"do": "link", "predecessor": uids[a], "successor": uids[b]} for a, b in pairwise(chain)
        ],
    )
    people = {}
    for person in (cast.tess, cast.piet):
        made = planning.add_person(actor=actor, project=cast.harbour, person=person, version=None)
        people[person.pk] = made.uid
    planning.edit_plan(
        actor=actor,
        project=cast.harbour,
        steps=[
            *(
                {"do": "assign", "uid": uids[name], "resource": people[cast.tess.pk]}
                for name in chain
            ),
            {"do": "assign", "uid": uids["Survey"], "resource": people[cast.piet.pk]},
        ],
    )
    return uids
