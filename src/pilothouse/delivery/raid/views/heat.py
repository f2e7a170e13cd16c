# SPDX-License-Identifier: Apache-2.0
"""The heat map of a register's risks."""

from __future__ import annotations

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from pilothouse.delivery.raid.models import Aspect, Level, Risk
from pilothouse.delivery.raid.queries.heat import Asked, heat_map
from pilothouse.delivery.raid.queries.opening import place_of
from pilothouse.delivery.raid.words import MOVE_WORDS
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.pages import address_of
from pilothouse.foundation.core.parsing import Reader


@require_GET
def of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The risks of a project."""
    return _shown(request, Level.PROJECT, project_id)


@require_GET
def of_programme(request: HttpRequest, programme_id: int) -> HttpResponse:
    """The risks of a programme."""
    return _shown(request, Level.PROGRAMME, programme_id)


@require_GET
def of_portfolio(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """The risks of a portfolio."""
    return _shown(request, Level.PORTFOLIO, portfolio_id)


def _shown(request: HttpRequest, level: Level, place_id: int) -> HttpResponse:
    actor = actor_of(request)
    place = place_of(actor, level, place_id)
    page = heat_map(actor, place, _asked(request))
    context = {
        "page": page,
        "place": place,
        "level": str(level),
        "address": address_of(request),
        "aspects": Aspect.choices,
        "natures": Risk.Nature.choices,
        "move_words": MOVE_WORDS,
    }
    return render(request, "raid/heat.html", context)


def _asked(request: HttpRequest) -> Asked:
    get = request.GET
    aspect, nature = get.get("aspect", ""), get.get("nature", "")
    reader = Reader(get)
    since: date | None = reader.day("since")
    reader.check("raid.since")
    return Asked(
        Aspect(aspect) if aspect in Aspect.values else Aspect.CURRENT,
        nature if nature in Risk.Nature.values else Risk.Nature.THREAT,
        since,
        bool(get.get("below")),
    )
