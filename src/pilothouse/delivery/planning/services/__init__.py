# SPDX-License-Identifier: Apache-2.0
"""Writes of plans."""

from pilothouse.delivery.planning.services.edits import (
    EditOutcome,
    Moved,
    begin_plan,
    edit_plan,
    redo_edit,
    undo_edit,
)
from pilothouse.delivery.planning.services.plans import (
    PlanOutcome,
    clean_name,
    delete_plan,
    evening_of,
    explain_dates,
    forget_events,
    import_held_plan,
    import_plan,
    last_event,
    past_events,
    plan_file,
    reschedule,
    undo,
)

__all__ = [
    "EditOutcome",
    "Moved",
    "PlanOutcome",
    "begin_plan",
    "clean_name",
    "delete_plan",
    "edit_plan",
    "evening_of",
    "explain_dates",
    "forget_events",
    "import_held_plan",
    "import_plan",
    "last_event",
    "past_events",
    "plan_file",
    "redo_edit",
    "reschedule",
    "undo",
    "undo_edit",
]
