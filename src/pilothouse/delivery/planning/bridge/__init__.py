# SPDX-License-Identifier: Apache-2.0
"""Rows of a plan ↔ the engine's plan: files, schedules, comparisons."""

from pilothouse.delivery.planning.bridge.baselines import (
    Brought,
    Promised,
    baseline_rows,
    baselines_of_tasks,
    brought,
    numbers_in,
    promised,
    promises_in,
    promises_now,
    replanned,
)
from pilothouse.delivery.planning.bridge.changes import Updates, updates_of
from pilothouse.delivery.planning.bridge.closed import closed_days
from pilothouse.delivery.planning.bridge.compare import Comparison, compare, variances_of
from pilothouse.delivery.planning.bridge.edits import (
    MOST_STEPS,
    Edited,
    Step,
    edited,
    names_in,
    replayed,
    words_of,
)
from pilothouse.delivery.planning.bridge.engine import (
    Scheduled,
    archive,
    end_of,
    explain_task,
    read_archive,
    read_file,
    schedule,
    schedule_to_edit,
    without_addresses,
    without_costs,
    write_file,
)
from pilothouse.delivery.planning.bridge.instants import kept, wall
from pilothouse.delivery.planning.bridge.load import load_plan
from pilothouse.delivery.planning.bridge.merging import (
    CellChange,
    Coming,
    DateChange,
    Differences,
    LineChange,
    Merged,
    differences,
    merged,
)
from pilothouse.delivery.planning.bridge.progress import (
    Progress,
    accepted,
    progress_steps,
    with_status_date,
)
from pilothouse.delivery.planning.bridge.quality import assess_plan
from pilothouse.delivery.planning.bridge.store import (
    CELLS,
    COMPUTED,
    Rows,
    assignment_row,
    cells_of,
    computed,
    link_row,
    plan_values,
    rows_of,
    task_row,
)
from pilothouse.delivery.planning.bridge.table import HEADER, plan_table
from pilothouse.engine.baselines import Comparison as BaselineComparison
from pilothouse.engine.baselines import Line, Promise, Sums, Total, total
from pilothouse.engine.baselines import compare as compare_baselines
from pilothouse.engine.formats.plan_json import decode_delta, encode_delta
from pilothouse.engine.schedule import Explanation

__all__ = [
    "CELLS",
    "COMPUTED",
    "HEADER",
    "MOST_STEPS",
    "BaselineComparison",
    "Brought",
    "CellChange",
    "Coming",
    "Comparison",
    "DateChange",
    "Differences",
    "Edited",
    "Explanation",
    "Line",
    "LineChange",
    "Merged",
    "Progress",
    "Promise",
    "Promised",
    "Rows",
    "Scheduled",
    "Step",
    "Sums",
    "Total",
    "Updates",
    "accepted",
    "archive",
    "assess_plan",
    "assignment_row",
    "baseline_rows",
    "baselines_of_tasks",
    "brought",
    "cells_of",
    "closed_days",
    "compare",
    "compare_baselines",
    "computed",
    "decode_delta",
    "differences",
    "edited",
    "encode_delta",
    "end_of",
    "explain_task",
    "kept",
    "link_row",
    "load_plan",
    "merged",
    "names_in",
    "numbers_in",
    "plan_table",
    "plan_values",
    "progress_steps",
    "promised",
    "promises_in",
    "promises_now",
    "read_archive",
    "read_file",
    "replanned",
    "replayed",
    "rows_of",
    "schedule",
    "schedule_to_edit",
    "task_row",
    "total",
    "updates_of",
    "variances_of",
    "wall",
    "with_status_date",
    "without_addresses",
    "without_costs",
    "words_of",
    "write_file",
]
