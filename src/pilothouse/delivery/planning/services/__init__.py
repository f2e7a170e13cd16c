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
from pilothouse.delivery.planning.services.people import add_person, link_person
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
from pilothouse.delivery.planning.services.progress import (
    Effect,
    Progress,
    Refusals,
    effect_of,
    enter_progress,
    refusals,
)

__all__ = [
    "EditOutcome",
    "Effect",
    "Moved",
    "PlanOutcome",
    "Progress",
    "Refusals",
    "add_person",
    "begin_plan",
    "clean_name",
    "delete_plan",
    "edit_plan",
    "effect_of",
    "enter_progress",
    "evening_of",
    "explain_dates",
    "forget_events",
    "import_held_plan",
    "import_plan",
    "last_event",
    "link_person",
    "past_events",
    "plan_file",
    "redo_edit",
    "refusals",
    "reschedule",
    "undo",
    "undo_edit",
]
