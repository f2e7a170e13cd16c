# SPDX-License-Identifier: Apache-2.0
"""What the project managers of the living office try on copies of their plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pilothouse.delivery.planning.queries import tasks_to_come
from pilothouse.delivery.planning.services import edit_plan, make_sandbox
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User


@dataclass(frozen=True, slots=True)
class Trial:
    """A sandbox; ``changes`` are task, cell and value."""

    code: str
    by: str
    name: str
    purpose: str
    changes: tuple[tuple[str, str, Any], ...]


TRIALS = (
    Trial(
        "HARB",
        "piet",
        "Crew B helps with the pavement",
        "Does the quay open earlier if the second crew paves, too?",
        (
            ("Pavement and drainage", "duration", "30d"),
            ("Lighting and power", "duration", "20d"),
        ),
    ),
    Trial(
        "HARB",
        "piet",
        "Without shore power",
        "What the hand-over gains if shore power is left to a project of its own.",
        (("Shore power ducts", "active", False), ("Load tests", "duration", "8d")),
    ),
)


def try_on(projects: Mapping[str, Project], people: Mapping[str, User]) -> None:
    """Make the sandboxes and change in them what is tried; what is done already is left."""
    for trial in TRIALS:
        project, actor = projects[trial.code], people[trial.by].actor()
        uids = {name: uid for uid, name in tasks_to_come(project, 500)}
        sandbox = make_sandbox(actor=actor, project=project, name=trial.name, purpose=trial.purpose)
        steps = [
            {"do": "set", "uid": uid, "field": field, "value": value}
            for name, field, value in trial.changes
            for text, uid in uids.items()
            if text.endswith(name)
        ]
        edit_plan(actor=actor, project=project, sandbox=sandbox, steps=steps)
