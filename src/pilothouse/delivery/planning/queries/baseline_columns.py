# SPDX-License-Identifier: Apache-2.0
"""Baselines as a sheet takes them: what some of them promised, as arrays beside the tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pilothouse.delivery.planning.models import BaselineTask, PlanBaseline
from pilothouse.delivery.planning.queries.baselines import open_baselines
from pilothouse.delivery.planning.queries.rows import text_of
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound

MOST_COLUMNS = 3
"""So many baselines are drawn beside a plan at once."""


@dataclass(frozen=True, slots=True)
class BaselineColumns:
    """What some baselines promised.

    ``tasks``: uid, then start and finish by each of ``baselines``, in their order; nothing where a
    baseline does not hold the task. Tasks are among them that are no longer in the plan.
    """

    baselines: Sequence[PlanBaseline]
    tasks: list[list[int | str | None]]


def baseline_columns(actor: Actor, project_id: int, numbers: Sequence[int]) -> BaselineColumns:
    """The first three of these numbers, without one the baseline that counts, in two queries.

    Instants are text such as ``2026-03-02 08:00``, as in the sheet of a plan. NotFound where the
    project has no baseline of a number.
    """
    project = open_baselines(actor, project_id, grants=grants_of(actor))
    wanted = list(dict.fromkeys(numbers))[:MOST_COLUMNS]
    rows = PlanBaseline.objects.filter(project=project)
    rows = rows.filter(number__in=wanted) if wanted else rows.filter(is_pmb=True)
    found = {row.number: row for row in rows}
    if set(wanted) - found.keys():
        raise NotFound("planning.no_baseline", "This project has no such baseline.")
    baselines = [found[number] for number in wanted] or list(found.values())
    places = {row.pk: 1 + 2 * place for place, row in enumerate(baselines)}
    tasks: dict[int, list[int | str | None]] = {}
    columns = "uid", "baseline_id", text_of("start", 16), text_of("finish", 16)
    held = BaselineTask.objects.filter(baseline__in=places).order_by("baseline", "position")
    for uid, baseline, start, finish in held.values_list(*columns):
        cells = tasks.setdefault(uid, [uid, *(None for _ in range(2 * len(places)))])
        place = places[baseline]
        cells[place : place + 2] = start, finish
    return BaselineColumns(baselines, list(tasks.values()))
