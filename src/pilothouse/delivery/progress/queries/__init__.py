# SPDX-License-Identifier: Apache-2.0
"""Reads of weekly updates."""

from pilothouse.delivery.progress.queries.updates import (
    UpdateRow,
    UpdatesPage,
    people_of,
    progress_of,
    reports_of,
    rhythm_of,
    updates_page,
    waiting_rows,
)
from pilothouse.delivery.progress.queries.week import TaskKey, Week, WeekGroup, WeekRow, week_of

__all__ = [
    "TaskKey",
    "UpdateRow",
    "UpdatesPage",
    "Week",
    "WeekGroup",
    "WeekRow",
    "people_of",
    "progress_of",
    "reports_of",
    "rhythm_of",
    "updates_page",
    "waiting_rows",
    "week_of",
]
