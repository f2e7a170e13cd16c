# SPDX-License-Identifier: Apache-2.0
"""What the living office knows of single tasks: values of its own fields, and steps."""

from __future__ import annotations

from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.planning.services import edit_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User

OWN = {
    "Temporary berth ready": {"supervisor": "Northmouth Marine", "working_hours": "Day"},
    "Demolition of old deck": {"supervisor": "Northmouth Marine", "working_hours": "Day and night"},
    "Combi-wall piles section 1": {"supervisor": "Pile & Anchor", "working_hours": "Day"},
    "Combi-wall piles section 2": {"supervisor": "Pile & Anchor", "working_hours": "Day"},
    "Dredging to 18 metres": {"working_hours": "Tide"},
}
STEPS = {
    "Crane rail": (("Beam cast", 3), ("Rail laid", 4), ("Rail aligned and measured", 2)),
    "Load tests": (("Bollards at 200 t", 1), ("Crane at 125 %", 2), ("Report accepted", 1)),
    "Operating manuals and training": (("Manuals written", 2), ("Operators trained", 1)),
}
"""Task → its steps with their weight."""


def fill_in(project: Project, manager: User) -> None:
    """The manager fills in fields of tasks and breaks some into steps, in one edit."""
    named = dict(Task.objects.filter(plan__project=project).values_list("name", "uid"))
    own = [
        {"do": "custom", "uid": named[name], "key": key, "value": value}
        for name, values in OWN.items()
        for key, value in values.items()
    ]
    steps = [
        {"do": "set", "uid": named[name], "field": field, "value": value}
        for name, parts in STEPS.items()
        for field, value in (
            ("steps", [{"name": part, "weight": str(weight)} for part, weight in parts]),
            ("percent_type", "steps"),
        )
    ]
    edit_plan(actor=manager.actor(), project=project, steps=[*own, *steps])
