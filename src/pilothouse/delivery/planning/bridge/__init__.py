# SPDX-License-Identifier: Apache-2.0
"""Rows of a plan ↔ the engine's plan: files, schedules, comparisons."""

from pilothouse.delivery.planning.bridge.compare import Comparison, compare
from pilothouse.delivery.planning.bridge.edits import (
    MOST_STEPS,
    Edited,
    Step,
    edited,
    replayed,
    words_of,
)
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
from pilothouse.delivery.planning.bridge.progress import (
    Progress,
    accepted,
    progress_steps,
    with_status_date,
)
from pilothouse.delivery.planning.bridge.store import (
    COMPUTED,
    Rows,
    assignment_row,
    baseline_rows,
    computed,
    link_row,
    plan_values,
    rows_of,
    task_row,
)
from pilothouse.engine.formats.plan_json import decode_delta, encode_delta
from pilothouse.engine.schedule import Explanation

__all__ = [
    "COMPUTED",
    "MOST_STEPS",
    "Comparison",
    "Edited",
    "Explanation",
    "Progress",
    "Rows",
    "Scheduled",
    "Step",
    "accepted",
    "archive",
    "assignment_row",
    "baseline_rows",
    "compare",
    "computed",
    "decode_delta",
    "edited",
    "encode_delta",
    "explain_task",
    "link_row",
    "load_plan",
    "office_calendar",
    "plan_values",
    "progress_steps",
    "read_archive",
    "read_file",
    "replayed",
    "rows_of",
    "schedule",
    "task_row",
    "with_status_date",
    "without_addresses",
    "without_costs",
    "words_of",
    "write_file",
]
