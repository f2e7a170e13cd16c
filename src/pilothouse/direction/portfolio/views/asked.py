# SPDX-License-Identifier: Apache-2.0
"""What an address of the portfolio asks for, with the person's own habits filled in."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from pilothouse.direction.portfolio import columns as table
from pilothouse.direction.portfolio.filters import parse_filters
from pilothouse.direction.portfolio.queries import STALE_AFTER_DAYS, Dashboard, dashboard
from pilothouse.direction.portfolio.services import VIEW_PREFERENCE, columns_kept
from pilothouse.foundation.accounts.web import actor_of, person_of
from pilothouse.foundation.core import clock


def portfolio_of(request: HttpRequest) -> Dashboard:
    """The portfolio the request asks for; a bare address opens the person's default view."""
    today = clock.today()
    person = person_of(request)
    return dashboard(
        actor_of(request),
        parse_filters(request.GET, today),
        today,
        own_columns=columns_kept(person),
        default_view=None if request.GET else person.preferences.get(VIEW_PREFERENCE),
    )


def context(request: HttpRequest, board: Dashboard, layout: str) -> dict[str, Any]:
    """What the frame of every layout of the list needs."""
    as_of = board.filters.as_of
    return {
        "board": board,
        "filters": board.filters,
        "cards": board.cards,
        "layout": layout,
        "table": table,
        "active_view": next((view for view in board.views if view.pk == board.filters.view), None),
        "default_view": person_of(request).preferences.get(VIEW_PREFERENCE),
        "start": {
            "register": reverse("projects:portfolio-new"),
            "imports": reverse("exchange:import-new"),
        },
        "stale_after": STALE_AFTER_DAYS,
        "project_url": reverse("portfolio:project", args=[0]).removesuffix("0/"),
        "on_that_day": f"?as_of={as_of.isoformat()}" if as_of else "",
    }
