# SPDX-License-Identifier: Apache-2.0
"""Made-up selections of any size."""

from __future__ import annotations

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
