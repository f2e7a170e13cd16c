# SPDX-License-Identifier: Apache-2.0
"""What the tasks of plans need of each resource, and how much of it there is, in whole units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

import numpy as np

from pilothouse.engine.errors import InvalidInput
from pilothouse.engine.levelling.facts import Facts
from pilothouse.engine.levelling.instance import IntArray


@dataclass(frozen=True, slots=True)
class Need:
    """Resources by uid in the order of their columns, in units of one ``scale``-th."""

    uids: tuple[int, ...]
    capacity: tuple[int, ...]
    demand: IntArray
    """Nodes x resources."""
    scale: int


def needs_of(projects: Sequence[Facts], nodes: Sequence[tuple[int, int, bool]]) -> Need:
    """Units of all plans in one common fraction; resources of equal uid are one.

    Raises
    ------
    InvalidInput
        ``levelling.resource``.
    """
    limits: dict[int, Fraction] = {}
    units: dict[tuple[int, int, int], Fraction] = {}
    for project, facts in enumerate(projects):
        mine = {}
        for resource in facts.plan.resources:
            if resource.kind != "work":
                continue
            limit = mine[resource.uid] = Fraction(resource.max_units)
            if limits.setdefault(resource.uid, limit) != limit:
                raise InvalidInput(
                    "levelling.resource",
                    f"Resource ‘{resource.name}’ has different units in different plans; give it "
                    "the same everywhere.",
                    (resource.name,),
                )
        for assignment in facts.plan.assignments:
            uid = assignment.resource_uid
            if uid is not None and uid in mine and assignment.units > 0:
                key = (project, assignment.task_uid, uid)
                units[key] = units.get(key, Fraction(0)) + Fraction(assignment.units)
    scale = lcm(*(part.denominator for part in (*limits.values(), *units.values())))
    if scale > 10_000:
        scale = 10_000
    uids = tuple(sorted(limits))
    column = {uid: number for number, uid in enumerate(uids)}
    demand = np.zeros((len(nodes), len(uids)), dtype=np.int64)
    place = {
        (project, projects[project].rows[row].uid): node
        for node, (project, row, rolled) in enumerate(nodes)
        if not rolled and projects[project].rows[row].counts
    }
    for (project, task, uid), share in units.items():
        node = place.get((project, task))
        if node is not None:
            demand[node, column[uid]] = -(-share * scale // 1)
    capacity = tuple(int(limits[uid] * scale) for uid in uids)
    return Need(uids, capacity, demand, scale)
