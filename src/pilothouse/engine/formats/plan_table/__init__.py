# SPDX-License-Identifier: Apache-2.0
"""Plans as tables of a spreadsheet: which column means what, and the rows as tasks.

The format is described in ``docs/reference/plan-tables.md``.
"""

from pilothouse.engine.formats.plan_table.columns import (
    Column,
    guess_columns,
    header_key,
    header_line,
)
from pilothouse.engine.formats.plan_table.edits import TableEdit, apply_edits
from pilothouse.engine.formats.plan_table.reader import (
    LAST_UID,
    MOST_ROWS,
    Problem,
    ReadTable,
    read_plan_table,
)

__all__ = [
    "LAST_UID",
    "MOST_ROWS",
    "Column",
    "Problem",
    "ReadTable",
    "TableEdit",
    "apply_edits",
    "guess_columns",
    "header_key",
    "header_line",
    "read_plan_table",
]
