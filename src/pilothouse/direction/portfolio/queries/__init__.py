# SPDX-License-Identifier: Apache-2.0
"""Reads of the portfolio page: rows, figures, groups, choices, and the same as of any date.

Everything is read from snapshots; no health is computed on read.
"""

from pilothouse.direction.portfolio.queries.choices import View, saved_views
from pilothouse.direction.portfolio.queries.figures import Totals
from pilothouse.direction.portfolio.queries.page import PAGE_SIZE, Dashboard, dashboard
from pilothouse.direction.portfolio.queries.rows import STALE_AFTER_DAYS, Listed, trend
from pilothouse.direction.portfolio.queries.timeline import Moments, moments_of

__all__ = [
    "PAGE_SIZE",
    "STALE_AFTER_DAYS",
    "Dashboard",
    "Listed",
    "Moments",
    "Totals",
    "View",
    "dashboard",
    "moments_of",
    "saved_views",
    "trend",
]
