# SPDX-License-Identifier: Apache-2.0
"""Writes of backlogs, and what is forecast from them."""

from pilothouse.delivery.agile.lines import Draft, ReadLines, read_lines
from pilothouse.delivery.agile.services.backlog import (
    MOST_AT_ONCE,
    add_items,
    begin_backlog,
    change_item,
    change_items,
    change_settings,
    move_item,
    move_on_board,
)
from pilothouse.delivery.agile.services.forecasting import (
    CONFIDENCES,
    PAST,
    Pace,
    Points,
    Reached,
    ReleaseForecast,
    forecast_of_release,
    forecasts_of,
    pace_of,
    points_of,
    reached_by,
)
from pilothouse.delivery.agile.services.releases import (
    Proposal,
    accept_forecast,
    end_release,
    proposal_of,
    save_release,
)
from pilothouse.delivery.agile.services.sprints import (
    cancel_sprint,
    change_sprint,
    close_sprint,
    plan_sprint,
    start_sprint,
)
from pilothouse.delivery.agile.services.table import (
    COLUMNS,
    RowLook,
    Taken,
    look_at_table,
    take_table,
)

__all__ = [
    "COLUMNS",
    "CONFIDENCES",
    "MOST_AT_ONCE",
    "PAST",
    "Draft",
    "Pace",
    "Points",
    "Proposal",
    "Reached",
    "ReadLines",
    "ReleaseForecast",
    "RowLook",
    "Taken",
    "accept_forecast",
    "add_items",
    "begin_backlog",
    "cancel_sprint",
    "change_item",
    "change_items",
    "change_settings",
    "change_sprint",
    "close_sprint",
    "end_release",
    "forecast_of_release",
    "forecasts_of",
    "look_at_table",
    "move_item",
    "move_on_board",
    "pace_of",
    "plan_sprint",
    "points_of",
    "proposal_of",
    "reached_by",
    "read_lines",
    "save_release",
    "start_sprint",
    "take_table",
]
