# SPDX-License-Identifier: Apache-2.0
"""Writes of weekly updates."""

from pilothouse.delivery.progress.services.asking import (
    OpenLink,
    ask_due,
    ask_now,
    end_links,
    live_links,
    mail_week,
    open_link,
    tidy,
)
from pilothouse.delivery.progress.services.deciding import (
    confirm_updates,
    reject_updates,
    set_rhythm,
    set_rhythm_of_office,
)
from pilothouse.delivery.progress.services.forgetting import forget_updates, past_updates
from pilothouse.delivery.progress.services.reading import Mistakes, Report, read_row, shown_before
from pilothouse.delivery.progress.services.reporting import (
    Reported,
    mistakes_in,
    report,
    require_none,
    rows_of,
)

__all__ = [
    "Mistakes",
    "OpenLink",
    "Report",
    "Reported",
    "ask_due",
    "ask_now",
    "confirm_updates",
    "end_links",
    "forget_updates",
    "live_links",
    "mail_week",
    "mistakes_in",
    "open_link",
    "past_updates",
    "read_row",
    "reject_updates",
    "report",
    "require_none",
    "rows_of",
    "set_rhythm",
    "set_rhythm_of_office",
    "shown_before",
    "tidy",
]
