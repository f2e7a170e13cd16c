# SPDX-License-Identifier: Apache-2.0
"""Resource levelling: schedules that keep every lag and never exceed a capacity (DOMAIN 4.9)."""

from pilothouse.engine.levelling.generation import Rule, Schedule, Scheme, decode, generate
from pilothouse.engine.levelling.instance import Instance, make_instance
from pilothouse.engine.levelling.leveller import Levelled, Limit, Status, level
from pilothouse.engine.levelling.proof import Effort, Prover

__all__ = [
    "Effort",
    "Instance",
    "Levelled",
    "Limit",
    "Prover",
    "Rule",
    "Schedule",
    "Scheme",
    "Status",
    "decode",
    "generate",
    "level",
    "make_instance",
]
