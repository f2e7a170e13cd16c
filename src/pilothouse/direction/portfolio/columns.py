# SPDX-License-Identifier: Apache-2.0
"""What the list can show, sort and group by. One table for page, export and saved views."""

from __future__ import annotations

from dataclasses import dataclass

from pilothouse.delivery.projects.models import Project

COLOURS = ("red", "amber", "green", "grey")
"""Worst first; grey is not rated."""

COLOUR_WORDS = {"red": "Red", "amber": "Amber", "green": "Green", "grey": "Not rated"}

DIMENSIONS = {
    "schedule": "Schedule",
    "cost": "Cost",
    "scope": "Scope",
    "benefits": "Benefits",
    "risk": "Risk",
    "resources": "Resources",
}

CUSTOM = "custom."
"""Prefix of the key of a custom field in columns, sorting and filters."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: its key in addresses, its head, and whether it is shown at first.

    ``sort`` names the fact it is sorted by; ``falling`` says that the large comes first.
    """

    key: str
    label: str
    sort: str = ""
    falling: bool = False
    numeric: bool = False
    default: bool = True


COLUMNS = (
    Column("phase", "Phase", "phase_number"),
    Column("state", "State", "state_number", default=False),
    Column("overall", "Overall", "severity", falling=True),
    Column("stated", "Stated", "stated_severity", falling=True),
    Column("dimensions", "Six dimensions"),
    Column("trend", "Trend", "trend_number", falling=True),
    Column("start", "Start", "planned_start", default=False),
    Column("finish", "Finish", "forecast_finish"),
    Column("slip", "Slip, days", "slip_days", falling=True, numeric=True),
    Column("budget", "Budget", "budget", falling=True, numeric=True),
    Column("bac", "BAC", "bac", falling=True, numeric=True, default=False),
    Column("forecast", "Forecast", "forecast_cost", falling=True, numeric=True),
    Column("variance", "Over budget", "variance_pct", falling=True, numeric=True, default=False),
    Column(
        "benefits_money",
        "Benefits forecast",
        "benefits_forecast",
        falling=True,
        numeric=True,
        default=False,
    ),
    Column("progress", "Complete", "percent_complete", numeric=True, default=False),
    Column("milestone", "Next milestone", "next_milestone_on"),
    Column("programme", "Programme", "programme_name", default=False),
    Column("type", "Type", "project_type", default=False),
    Column("age", "Data from", "data_as_of"),
)
"""The project itself (name, code, portfolio, manager) always stands first."""

SORTS = {
    "name": ("name", False),
    "code": ("code", False),
    **{column.key: (column.sort, column.falling) for column in COLUMNS if column.sort},
}

GROUPS = {
    "portfolio": "Portfolio",
    "programme": "Programme",
    "unit": "Unit",
    "overall": "Overall",
    "stated": "Stated",
    "phase": "Phase",
    "state": "State",
    "type": "Type",
    "owner": "Manager",
}

SPANS = {
    "quarter": "3 months",
    "half": "6 months",
    "year": "1 year",
    "three": "3 years",
}
"""Days that the timeline shows, from a little before the day of the page on; else all."""

ATTENTION = {
    "late": "Late",
    "stale": "Stale data",
    "over": "Over budget",
    "disagree": "Stated and computed differ",
    "worse": "Worse since the last publication",
    "better": "Better since the last publication",
    "new": "New since the last publication",
    "gone": "Gone since the last publication",
}

PHASE_CHOICES = {
    "initiation": "Initiation",
    "planning": "Planning",
    "execution": "Execution",
    "closing": "Closing",
    "benefits": "Benefits",
    "cancelled": "Cancelled",
    "all": "All, closed ones too",
}

STATE_CHOICES = {state.value: str(state.label) for state in Project.State}
"""In the order of the life of a project."""
