# SPDX-License-Identifier: Apache-2.0
"""The cockpit."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pilothouse.direction.portfolio import cockpit as cockpits
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.pages import address_of


@require_GET
def cockpit(request: HttpRequest) -> HttpResponse:
    """What is in breach, who must act, what changed."""
    today = clock.today()
    asked = cockpits.parse_asked(request.GET.dict(), today)
    page = cockpits.cockpit(actor_of(request), asked, today)
    context = {"page": page, "now": today, "address": address_of(request)}
    return render(request, "portfolio/cockpit.html", context)
