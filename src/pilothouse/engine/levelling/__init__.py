# SPDX-License-Identifier: Apache-2.0
"""Resource levelling: schedules that keep every lag and never exceed a capacity (DOMAIN 4.9)."""

from pilothouse.engine.levelling.generation import Rule, Schedule, Scheme, decode, generate
from pilothouse.engine.levelling.instance import Instance, make_instance

__all__ = ["Instance", "Rule", "Schedule", "Scheme", "decode", "generate", "make_instance"]
