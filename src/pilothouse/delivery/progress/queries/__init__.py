# SPDX-License-Identifier: Apache-2.0
"""Reads of weekly updates."""

from pilothouse.delivery.progress.queries.updates import (
    UpdateRow,
    UpdatesPage,
    asks_on,
    hanging,
    people_of,
    progress_of,
    reports_of,
    rhythm_of,
    rhythm_of_office,
    updates_page,
    waiting_rows,
)
from pilothouse.delivery.progress.queries.week import TaskKey, Week, WeekGroup, WeekRow, week_of
from pilothouse.delivery.progress.queries.weekpage import (
    WeekPage,
    own_week_page,
    person_of_plan,
    week_page_of,
)

__all__ = [
    "TaskKey",
    "UpdateRow",
    "UpdatesPage",
    "Week",
    "WeekGroup",
    "WeekPage",
    "WeekRow",
    "asks_on",
    "hanging",
    "own_week_page",
    "people_of",
    "person_of_plan",
    "progress_of",
    "reports_of",
    "rhythm_of",
    "rhythm_of_office",
    "updates_page",
    "waiting_rows",
    "week_of",
    "week_page_of",
]
