# SPDX-License-Identifier: Apache-2.0
"""Reads of plans."""

from pilothouse.delivery.planning.queries.baselines import (
    BaselineRow,
    BaselinesPage,
    Span,
    TaskPromise,
    baseline_columns,
    baseline_of,
    baselines_of,
    baselines_page,
    open_baselines,
)
from pilothouse.delivery.planning.queries.facts import (
    PlanFacts,
    Told,
    edits_after,
    facts_from,
    plan_facts,
    plan_of,
    planned_among,
    planned_ends,
)
from pilothouse.delivery.planning.queries.pages import (
    PlanPage,
    Reconciliation,
    TaskPage,
    open_project,
    plan_page,
    reconciliation,
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

__all__ = [
    "FILTERS",
    "PAGE_SIZE",
    "BaselineRow",
    "BaselinesPage",
    "PeoplePage",
    "PlanFacts",
    "PlanPage",
    "PlanPerson",
    "Reconciliation",
    "Span",
    "TaskPage",
    "TaskPromise",
    "TaskRow",
    "Told",
    "baseline_columns",
    "baseline_of",
    "baselines_of",
    "baselines_page",
    "days_of",
    "duration_text",
    "edits_after",
    "facts_from",
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
    "resource_of",
    "task_page",
]
