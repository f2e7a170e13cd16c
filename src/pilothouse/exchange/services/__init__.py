# SPDX-License-Identifier: Apache-2.0
"""What can be brought in: tables of projects step by step, published portfolios year by year."""

from pilothouse.exchange.gmpp.loading import (
    MatchReport,
    SourceFile,
    load_years,
    shipped_files,
    source_file,
)
from pilothouse.exchange.services.applying import apply_import, undo_import, when_applied
from pilothouse.exchange.services.backlog import (
    WaitingTable,
    accept_backlog,
    leave_backlog,
    look_at_backlog,
    receive_backlog,
    receive_held_backlog,
    tell_backlog_columns,
)
from pilothouse.exchange.services.budget import read_budget, take_held_budget
from pilothouse.exchange.services.forgetting import forget_imports, past_imports
from pilothouse.exchange.services.reading import (
    MAX_IMPORT_BYTES,
    MAX_IMPORT_COLUMNS,
    MAX_IMPORT_ROWS,
    Reading,
    check_import,
    discard_import,
    plain_name,
    read_again,
    reading_of,
    start_held_import,
    start_import,
)
from pilothouse.exchange.services.stored import Scanned, scan_stored
from pilothouse.exchange.services.week import (
    ReadSheet,
    read_week_sheet,
    release_held_sheet,
    week_sheet,
)

__all__ = [
    "MAX_IMPORT_BYTES",
    "MAX_IMPORT_COLUMNS",
    "MAX_IMPORT_ROWS",
    "MatchReport",
    "ReadSheet",
    "Reading",
    "Scanned",
    "SourceFile",
    "WaitingTable",
    "accept_backlog",
    "apply_import",
    "check_import",
    "discard_import",
    "forget_imports",
    "leave_backlog",
    "load_years",
    "look_at_backlog",
    "past_imports",
    "plain_name",
    "read_again",
    "read_budget",
    "read_week_sheet",
    "reading_of",
    "receive_backlog",
    "receive_held_backlog",
    "release_held_sheet",
    "scan_stored",
    "shipped_files",
    "source_file",
    "start_held_import",
    "start_import",
    "take_held_budget",
    "tell_backlog_columns",
    "undo_import",
    "week_sheet",
    "when_applied",
]
