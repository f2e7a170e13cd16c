# SPDX-License-Identifier: Apache-2.0
"""Harbour with a plan whose tasks are uncertain, and its registers."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from cast import SYSTEM
from pilothouse.delivery.planning.services import begin_plan, edit_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.simulations.models import SimulationRun
from pilothouse.delivery.simulations.services.inputs import Ranged, set_ranges, set_template
from pilothouse.delivery.simulations.services.runs import ask_run, perform

MONDAY = date(2027, 3, 1)


def plan(
    project: Project, *tasks: tuple[str, str], links: tuple[tuple[int, int], ...] = ()
) -> None:
    """A plan from a Monday on; without links every task starts at once."""
    begin_plan(actor=SYSTEM, project=project, start=MONDAY)
    rows = [{"name": name, "duration": duration} for name, duration in tasks]
    steps = [{"do": "add", "after": None, "tasks": rows}]
    steps += [{"do": "link", "predecessor": one, "successor": other} for one, other in links]
    edit_plan(actor=SYSTEM, project=project, steps=steps)


def sure(project: Project) -> None:
    """No task lies off but by a range of its own."""
    set_template(
        actor=SYSTEM, project=project, low_pct=0, high_pct=0, shape="triangular", version=None
    )


def ranged(project: Project, shape: str = "triangular", **ranges: tuple[int, int, int]) -> None:
    """Ranges in days by task, named t1, t2, …"""
    said = {
        int(name[1:]): Ranged(*(Decimal(point) for point in points), shape)
        for name, points in ranges.items()
    }
    set_ranges(actor=SYSTEM, project=project, ranges=said)


def simulated(place, iterations: int = 2000, actor=SYSTEM, **asked) -> SimulationRun:
    """A run that has ended."""
    run = ask_run(actor=actor, place=place, iterations=iterations, **asked)
    perform(run_id=run.pk, progress=lambda _: None)
    run.refresh_from_db()
    return run
