# SPDX-License-Identifier: Apache-2.0
"""Clocks of issues: what is due when, and what was broken, recorded once (R-ISS-01)."""

from __future__ import annotations

from datetime import datetime

from pilothouse.delivery.raid.models import Entry, Issue
from pilothouse.delivery.raid.queries.policies import after, policy_of, time_of

PROMISES = ("acknowledge", "plan", "resolve")


def clocks_from(issue: Issue, start: datetime) -> dict[str, datetime | None]:
    """Until when an issue is to be acknowledged, planned and resolved, as columns.

    In working time by its severity, from ``start`` on, in the calendar of whoever holds it.
    """
    minutes = policy_of(issue.office_id).minutes_for(issue.severity)
    time = time_of(issue)
    found: dict[str, datetime | None] = {"clock_from": start}
    for promise in PROMISES:
        wanted = minutes.get(promise)
        found[f"{promise}_by"] = None if wanted is None else after(time, start, wanted)
    return found


def start_clocks(entry: Entry, start: datetime) -> None:
    """Set the columns of ``clocks_from`` on an issue and save nothing; others have no clocks."""
    if isinstance(entry, Issue):
        for name, value in clocks_from(entry, start).items():
            setattr(entry, name, value)


def save_clocks(entry: Entry, start: datetime | None) -> None:
    """Start the clocks of an issue anew and save them; without a start they stand still."""
    if not isinstance(entry, Issue):
        return
    names = [f"{promise}_by" for promise in PROMISES]
    if start is not None:
        start_clocks(entry, start)
        names.append("clock_from")
    else:
        # While a level above has not answered, nothing is due below (R-ISS-01).
        for name in names:
            setattr(entry, name, None)
    entry.save(update_fields=names)
