# SPDX-License-Identifier: Apache-2.0
"""Reads of plans."""

from pilothouse.delivery.planning.queries.baseline_columns import (
    MOST_COLUMNS,
    BaselineColumns,
    baseline_columns,
)
from pilothouse.delivery.planning.queries.baselines import (
    BaselineRow,
    BaselinesPage,
    TaskPromise,
    baseline_of,
    baselines_of,
    baselines_page,
    open_baselines,
)
from pilothouse.delivery.planning.queries.facts import (
    edits_after,
    plan_facts,
    plan_of,
    planned_among,
    planned_ends,
    remember_tally,
)
from pilothouse.delivery.planning.queries.live import versions_of
from pilothouse.delivery.planning.queries.pages import (
    PlanPage,
    Reconciliation,
    SchedulePage,
    TaskPage,
    open_project,
    plan_page,
    reconciliation,
    schedule_page,
    task_page,
)
from pilothouse.delivery.planning.queries.people import (
    PeoplePage,
    PlanPerson,
    people_page,
    resource_of,
)
from pilothouse.delivery.planning.queries.rows import (
    FILTERS,
    PAGE_SIZE,
    TaskRow,
    days_of,
    duration_text,
    late_condition,
)
from pilothouse.delivery.planning.queries.sheet import (
    COLUMNS,
    FLAGS,
    Sheet,
    SheetChanges,
    changes_of,
    sheet_of,
)
from pilothouse.delivery.planning.queries.tally import PlanFacts, Tally, Told

__all__ = [
    "COLUMNS",
    "FILTERS",
    "FLAGS",
    "MOST_COLUMNS",
    "PAGE_SIZE",
    "BaselineColumns",
    "BaselineRow",
    "BaselinesPage",
    "PeoplePage",
    "PlanFacts",
    "PlanPage",
    "PlanPerson",
    "Reconciliation",
    "SchedulePage",
    "Sheet",
    "SheetChanges",
    "Tally",
    "TaskPage",
    "TaskPromise",
    "TaskRow",
    "Told",
    "baseline_columns",
    "baseline_of",
    "baselines_of",
    "baselines_page",
    "changes_of",
    "days_of",
    "duration_text",
    "edits_after",
    "late_condition",
    "open_baselines",
    "open_project",
    "people_page",
    "plan_facts",
    "plan_of",
    "plan_page",
    "planned_among",
    "planned_ends",
    "reconciliation",
    "remember_tally",
    "resource_of",
    "schedule_page",
    "sheet_of",
    "task_page",
    "versions_of",
]
