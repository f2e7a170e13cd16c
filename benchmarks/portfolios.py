# SPDX-License-Identifier: Apache-2.0
"""Made-up selections of any size, and readers of OR-Library's knapsack files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from pilothouse.engine.selection import (
    Candidate,
    Exclusion,
    Prerequisite,
    PrerequisiteForm,
    SelectionModel,
)

PERIODS, SKILLS = 12, 10
TIGHTNESS = 0.7


def dense_model(candidates: int, seed: int = 1) -> SelectionModel:
    """A tight portfolio: 12 periods, 10 skills of which each project needs 2 to 4.

    Every project lasts 3 to 6 periods and may start in each that lets it end inside the horizon.
    Budget and capacity of a period are 70 % of what all projects want of it at their average start.
    A tenth of the projects need another one (half of these finished before), a tenth stand in
    groups of three of which one may be selected, a fiftieth is mandatory with any start.
    """
    random = np.random.default_rng(seed)
    made = tuple(_project(number, candidates, random) for number in range(candidates))
    money = np.zeros(PERIODS)
    skills = np.zeros((SKILLS, PERIODS))
    for project in made:
        for start in project.starts:
            for place, cost in enumerate(project.cost):
                money[start - 1 + place] += cost / len(project.starts)
            for skill, need in project.demand.items():
                for place, amount in enumerate(need):
                    skills[int(skill[1:]), start - 1 + place] += amount / len(project.starts)
    order = random.permutation(np.arange(candidates // 50, candidates))
    needy = order[: candidates // 10]
    needed = order[candidates // 10 : 2 * (candidates // 10)]
    alone = order[2 * (candidates // 10) : 3 * (candidates // 10)]
    forms = (PrerequisiteForm.SELECTED, PrerequisiteForm.FINISHED)
    return SelectionModel(
        candidates=made,
        periods=PERIODS,
        budget=tuple(np.round(TIGHTNESS * money).tolist()),
        capacity={
            f"S{skill}": tuple(np.round(TIGHTNESS * skills[skill], 1).tolist())
            for skill in range(SKILLS)
        },
        delay_factors=tuple(round(0.98**period, 4) for period in range(PERIODS)),
        prerequisites=tuple(
            Prerequisite(made[one].code, made[other].code, forms[place % 2])
            for place, (one, other) in enumerate(zip(needy, needed))
        ),
        exclusions=tuple(
            Exclusion(f"group {place}", tuple(made[one].code for one in alone[place : place + 3]))
            for place in range(0, len(alone) - 2, 3)
        ),
    )


def _project(number: int, candidates: int, random: np.random.Generator) -> Candidate:
    length = int(random.integers(3, 7))
    used = sorted(random.choice(SKILLS, int(random.integers(2, 5)), replace=False).tolist())
    cost = tuple(random.integers(10, 100, length).astype(float).tolist())
    demand = {
        f"S{skill}": tuple(np.round(random.uniform(0.2, 4.0, length), 1).tolist()) for skill in used
    }
    return Candidate(
        code=f"C{number:04d}",
        value=round(float(random.uniform(10, 100)), 1),
        cost=cost,
        demand=demand,
        starts=tuple(range(1, PERIODS - length + 2)),
        mandatory=number < candidates // 50,
    )


def knapsack_model(
    values: list[float], uses: list[list[float]], limits: list[float]
) -> SelectionModel:
    """A multidimensional knapsack as a selection of one period: each limit is a skill."""
    width = len(str(len(values)))
    return SelectionModel(
        candidates=tuple(
            Candidate(
                f"I{number:0{width}d}",
                value,
                demand={f"R{row}": (use[number],) for row, use in enumerate(uses)},
            )
            for number, value in enumerate(values)
        ),
        capacity={f"R{row}": (limit,) for row, limit in enumerate(limits)},
    )


def read_mknap1(text: str) -> Iterator[tuple[SelectionModel, float]]:
    """Petersen's problems, each with its optimum (files mknap1 of OR-Library)."""
    numbers = iter(text.split())
    for _ in range(int(next(numbers))):
        count, rows, optimum = int(next(numbers)), int(next(numbers)), float(next(numbers))
        values = [float(next(numbers)) for _ in range(count)]
        uses = [[float(next(numbers)) for _ in range(count)] for _ in range(rows)]
        limits = [float(next(numbers)) for _ in range(rows)]
        yield knapsack_model(values, uses, limits), optimum


def read_mknapcb(text: str) -> Iterator[SelectionModel]:
    """Chu and Beasley's problems (files mknapcb1 to 9 of OR-Library)."""
    for model, _ in read_mknap1(text):
        yield model


def read_best_known(path: Path) -> dict[str, float]:
    """Best known values by name, such as 5.100-00 (first table of mkcbres)."""
    found: dict[str, float] = {}
    for name, value in re.findall(r"^(\d+\.\d+-\d+)\s+(\d+)\s*$", path.read_text(), re.M):
        found.setdefault(name, float(value))
    return found
