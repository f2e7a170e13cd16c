# SPDX-License-Identifier: Apache-2.0
"""Rows of a plan ↔ the engine's plan: files, schedules, comparisons."""

from pilothouse.delivery.planning.bridge.compare import Comparison, compare
from pilothouse.delivery.planning.bridge.engine import (
    Scheduled,
    archive,
    explain_task,
    office_calendar,
    read_archive,
    read_file,
    schedule,
    without_addresses,
    without_costs,
    write_file,
)
from pilothouse.delivery.planning.bridge.load import load_plan
from pilothouse.delivery.planning.bridge.store import Rows, computed, plan_values, rows_of
from pilothouse.engine.schedule import Explanation

__all__ = [
    "Comparison",
    "Explanation",
    "Rows",
    "Scheduled",
    "archive",
    "compare",
    "computed",
    "explain_task",
    "load_plan",
    "office_calendar",
    "plan_values",
    "read_archive",
    "read_file",
    "rows_of",
    "schedule",
    "without_addresses",
    "without_costs",
    "write_file",
]
