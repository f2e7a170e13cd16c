# SPDX-License-Identifier: Apache-2.0
"""What ``level_plans`` is handed beside the rules of scheduling."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from pilothouse.engine.levelling.generation import Rule, Scheme
from pilothouse.engine.levelling.proof import Effort
from pilothouse.engine.network.plan import Plan


@dataclass(frozen=True, slots=True)
class LevelOptions:
    """How plans are levelled.

    Parameters
    ----------
    within_float : bool
        Delay tasks within their total float only, so that no finish moves; what finds no room
        stays and is reported. Otherwise plans may finish later.
    rule : Rule
        Which task comes first.
    scheme : Scheme
        How the first schedule is generated. Tries start from both schemes.
    keep_dates : bool
        Delay no task past the latest dates that the plan names for it or a summary above:
        constraints, deadlines where they count in float, late finishes of other projects, the
        imposed finish. What finds no room by then stays and is reported.
    schedules : int
        How many schedules are tried beyond that of the rule.
    seconds : float, optional
        Of ``clock``, for these tries. With it the proposal depends on the machine.
    proof : Effort, optional
        For the solver, which is asked where tries and bound leave a gap, of plans that are served
        together on one calendar. Without it no solver is started.
    seed : int
        Of the random numbers of these tries. Equal options give equal proposals.
    clock : callable
        Seconds that only grow; ``time.process_time`` counts CPU.
    """

    within_float: bool = False
    rule: Rule = Rule.LATE_START
    scheme: Scheme = Scheme.SERIAL
    keep_dates: bool = True
    schedules: int = 0
    seconds: float | None = None
    proof: Effort | None = None
    seed: int = 0
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class ProjectPlan:
    """A plan to level with others; greater ``priority`` is served first."""

    plan: Plan
    priority: int = 500
