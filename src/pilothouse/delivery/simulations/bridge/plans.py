# SPDX-License-Identifier: Apache-2.0
"""Plans of projects as the one that is simulated, and as the engine's file of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pilothouse.engine.errors import EngineError
from pilothouse.engine.formats.plan_json import write_plan_json
from pilothouse.engine.network.joined import Bond, join_plans, joined_uid
from pilothouse.engine.network.plan import Plan
from pilothouse.engine.schedule import Dialect, dialect_of
from pilothouse.foundation.core.errors import Invalid

MOST_MILESTONES = 100
"""Ends of projects whose dates one run tells (``simulate.MOST_MILESTONES``)."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """One plan as a file, the plans that are in it, and the milestones that end them."""

    file: bytes
    plans: Sequence[Plan]
    ends: tuple[int, ...]
    dialect: str
    alone: bool
    told: tuple[str, ...]

    def numbered(self, place: int) -> Callable[[int], int]:
        """The uid in the file for the uid of a task of one of the plans."""
        if self.alone:
            return lambda uid: uid
        return lambda uid: joined_uid(place, uid)


def join(
    name: str,
    named: Sequence[tuple[str, Plan]],
    bonds: Sequence[tuple[int, int, int, int]],
    *,
    alone: bool,
) -> Prepared:
    """One plan as it is, or several beside each other with the dependencies between them.

    ``bonds`` are (place of the giver, its task, place of the receiver, its task).
    Raises: Invalid with the engine's sentence.
    """
    plans = [plan for _, plan in named]
    if alone:
        file = write_plan_json(plans[0])
        return Prepared(file, plans, (0,), dialect_of(plans[0]), True, ())
    dialects = {dialect_of(plan) for plan in plans}
    dialect = next(iter(dialects)) if len(dialects) == 1 else Dialect.STANDARD
    between = [Bond((giver, task), (receiver, waits)) for giver, task, receiver, waits in bonds]
    try:
        joined = join_plans(name, plans, between, by_resources=dialect is Dialect.MICROSOFT_PROJECT)
    except EngineError as error:
        raise Invalid(error.code, error.message) from error
    told = [
        f"What {named[bonds[at][0]][0]} gives {named[bonds[at][2]][0]} hangs on a task that a plan "
        "no longer has; that dependency was left out."
        for at in joined.left_out
    ]
    if len(dialects) > 1:
        told.append(
            "The plans come from different tools; all of them were scheduled by the standard rules."
        )
    if len(plans) > MOST_MILESTONES:
        told.append(f"Dates are told of the first {MOST_MILESTONES} projects, by code.")
    return Prepared(write_plan_json(joined.plan), plans, joined.ends, dialect, False, tuple(told))
