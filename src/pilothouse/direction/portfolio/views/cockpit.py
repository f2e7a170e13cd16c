# SPDX-License-Identifier: Apache-2.0
"""The cockpit."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from pilothouse.direction.portfolio import cockpit as cockpits
from pilothouse.foundation.accounts.web import actor_of


@require_GET
def cockpit(request: HttpRequest) -> HttpResponse:
    """What is in breach, who must act, what changed."""
    today = timezone.localdate()
    asked = cockpits.parse_asked(request.GET.dict(), today)
    page = cockpits.cockpit(actor_of(request), asked, today)

    def address(**changes: object) -> str:
        """This page with some filters changed; an empty one is dropped."""
        values = {**request.GET.dict(), "page": "", **changes}
        return "?" + urlencode({name: value for name, value in values.items() if value})

    context = {"page": page, "now": today, "address": address}
    return render(request, "portfolio/cockpit.html", context)
