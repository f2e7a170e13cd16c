# SPDX-License-Identifier: Apache-2.0
"""Resource levelling: schedules that keep every lag and never exceed a capacity (DOMAIN 4.9)."""

from pilothouse.engine.levelling.facts import without_delays
from pilothouse.engine.levelling.generation import Rule, Schedule, Scheme, decode, generate
from pilothouse.engine.levelling.instance import Instance, make_instance
from pilothouse.engine.levelling.leveller import Levelled, Limit, Status, level
from pilothouse.engine.levelling.loads import Load, loads_of
from pilothouse.engine.levelling.options import LevelOptions, ProjectPlan
from pilothouse.engine.levelling.plans import level_plans
from pilothouse.engine.levelling.proof import Effort, Prover
from pilothouse.engine.levelling.proposals import (
    Overload,
    ProjectProposal,
    Proposal,
    TaskMove,
    accept,
)

__all__ = [
    "Effort",
    "Instance",
    "LevelOptions",
    "Levelled",
    "Limit",
    "Load",
    "Overload",
    "ProjectPlan",
    "ProjectProposal",
    "Proposal",
    "Prover",
    "Rule",
    "Schedule",
    "Scheme",
    "Status",
    "TaskMove",
    "accept",
    "decode",
    "generate",
    "level",
    "level_plans",
    "loads_of",
    "make_instance",
    "without_delays",
]
