# SPDX-License-Identifier: Apache-2.0
"""What the team of the vessel traffic system estimated: early, when most lay ahead, and now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pilothouse.delivery.estimates.services import Asked, accept_estimate, make_estimate
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User

EARLY_WEEK = -14
"""When the first estimates were made."""
EARLY = ("Sensor integration", "Traffic picture", "Alarms and rules", "Recording and replay")
SPREAD = (Decimal("0.75"), Decimal("0.95"), Decimal("1.4"))
"""Least, likeliest and greatest of an early estimate, as shares of what was planned."""
NOW: tuple[tuple[str, tuple[int, int, int]], ...] = (
    ("Parallel running", (25, 30, 50)),
    ("Warranty period", (55, 60, 75)),
)


def estimate_early(project: Project, people: Mapping[str, User], day: date) -> None:
    """Three points for the tasks that lay ahead; the manager accepts them."""
    for name in EARLY:
        task = _task(project, name)
        if task is None:
            continue
        planned = Decimal(task.duration_minutes) / 480
        least, likely, most = (round(planned * share, 1) for share in SPREAD)
        row = make_estimate(
            actor=people["kofi"].actor(),
            project=project,
            asked=_three(task.uid, least, likely, most, "As the suppliers and the last port say."),
            today=day,
        )
        accept_estimate(actor=people["kofi"].actor(), estimate=row, version=None, today=day)


def estimate_now(project: Project, people: Mapping[str, User], day: date) -> None:
    """What is still to come, proposed; and the whole project by its like."""
    for name, points in NOW:
        task = _task(project, name)
        if task is None:
            continue
        least, likely, most = map(Decimal, points)
        asked = _three(task.uid, least, likely, most, "The duty officers want a quiet month.")
        make_estimate(
            actor=people["kofi"].actor(),
            project=project,
            asked=asked,
            today=day,
        )
    inputs: dict[str, Any] = {
        "reference": "Traffic system of the port across the strait",
        "actual": Decimal(260),
        "reference_size": Decimal(5),
        "size": Decimal(6),
        "similarity": "fair",
    }
    whole = Asked(None, "days", "analogous", "budget", inputs, "Six radars here, five there.")
    make_estimate(actor=people["kofi"].actor(), project=project, asked=whole, today=day)


def _three(uid: int, least: Decimal, likely: Decimal, most: Decimal, basis: str) -> Asked:
    points = {"least": least, "likely": likely, "most": most}
    return Asked(uid, "days", "three_point", "budget", points, basis)


def _task(project: Project, name: str) -> Task | None:
    rows = Task.objects.filter(plan__project=project, name=name, actual_finish=None)
    return rows.first()
