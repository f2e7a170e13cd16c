# SPDX-License-Identifier: Apache-2.0
"""Edits of a plan: cells, outline, links and assignments, and how they are taken back."""

from pilothouse.engine.editing.amounts import Amount, Measures, read_amount, write_amount
from pilothouse.engine.editing.cells import FIRST_YEAR, LAST_YEAR, Constraint, with_custom
from pilothouse.engine.editing.delta import (
    OPTIONS,
    Delta,
    RowsChanged,
    difference,
    key_of,
    replay,
)
from pilothouse.engine.editing.editor import Editor, apply
from pilothouse.engine.editing.merging import Clash, Merged, merge
from pilothouse.engine.editing.operations import (
    UNSEEN,
    AddTasks,
    Assign,
    DeleteTasks,
    Field,
    Indent,
    MoveTasks,
    Operation,
    PutLink,
    RemoveLink,
    SetCustom,
    SetField,
    SetPredecessors,
    SetUnits,
    SetWork,
    Stretch,
    Unassign,
)
from pilothouse.engine.editing.predecessors import read_predecessors, write_predecessors

__all__ = [
    "FIRST_YEAR",
    "LAST_YEAR",
    "OPTIONS",
    "UNSEEN",
    "AddTasks",
    "Amount",
    "Assign",
    "Clash",
    "Constraint",
    "DeleteTasks",
    "Delta",
    "Editor",
    "Field",
    "Indent",
    "Measures",
    "Merged",
    "MoveTasks",
    "Operation",
    "PutLink",
    "RemoveLink",
    "RowsChanged",
    "SetCustom",
    "SetField",
    "SetPredecessors",
    "SetUnits",
    "SetWork",
    "Stretch",
    "Unassign",
    "apply",
    "difference",
    "key_of",
    "merge",
    "read_amount",
    "read_predecessors",
    "replay",
    "with_custom",
    "write_amount",
    "write_predecessors",
]
