# SPDX-License-Identifier: Apache-2.0
"""Registers: of a project, a programme, a portfolio, and the board of everything in sight."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Kind, Level
from pilothouse.delivery.raid.queries.files import register_file
from pilothouse.delivery.raid.queries.opening import level_of, place_of
from pilothouse.delivery.raid.queries.register import SHOWS, Asked, everything, register
from pilothouse.delivery.raid.services.quick import raise_quick
from pilothouse.delivery.raid.words import (
    CLOCK_WORDS,
    EMPTY_WORDS,
    KIND_WORDS,
    PROXIMITY_WORDS,
    SHOW_WORDS,
)
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.core.pages import address_of, attachment, site_of
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.core.tables import TYPES

form_view = require_http_methods(["GET", "POST"])
LINE_LENGTH = 500


@require_GET
def every(request: HttpRequest) -> HttpResponse:
    """All entries in sight."""
    return _shown(request, None)


@form_view
def of_project(request: HttpRequest, project_id: int) -> HttpResponse:
    """The register of a project; POST adds an entry typed in one line."""
    return _of_place(request, Level.PROJECT, project_id)


@form_view
def of_programme(request: HttpRequest, programme_id: int) -> HttpResponse:
    """The register of a programme, with what its projects handed up."""
    return _of_place(request, Level.PROGRAMME, programme_id)


@form_view
def of_portfolio(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """The register of a portfolio, with what was handed up to it."""
    return _of_place(request, Level.PORTFOLIO, portfolio_id)


def _of_place(request: HttpRequest, level: Level, place_id: int) -> HttpResponse:
    actor = actor_of(request)
    place = place_of(actor, level, place_id)
    if request.method != "POST":
        return _shown(request, place)
    reader = Reader(request.POST)
    try:
        kind = reader.choice("kind", Kind.values)
        line = reader.text("line", LINE_LENGTH)
        reader.check("raid.quick")
        row = raise_quick(
            actor=actor, place=place, kind=Kind(kind), line=line, site=site_of(request)
        )
    except Invalid as error:
        return _shown(request, place, error)
    messages.success(
        request, _("%(code)s ‘%(title)s’ is entered.") % {"code": row.code, "title": row.title}
    )
    return redirect(f"{request.path}?{request.GET.urlencode()}" if request.GET else request.path)


def asked_of(request: HttpRequest) -> Asked:
    """How the address narrows and sorts a register."""
    get = request.GET
    owner = get.get("owner", "")
    return Asked(
        kind=get.get("kind", ""),
        show=get.get("show", "open"),
        text=get.get("q", ""),
        owner=int(owner) if owner.isascii() and owner.isdecimal() and len(owner) < 16 else None,
        category=get.get("category", "").replace("\0", ""),
        tag=get.get("tag", "").replace("\0", ""),
        sort=get.get("sort", ""),
        page=page_number(get),
        below=bool(get.get("below")),
    )


def _shown(
    request: HttpRequest, place: rules.Place | None, error: Invalid | None = None
) -> HttpResponse:
    page = register(actor_of(request), place, asked_of(request))
    address = address_of(request)
    typed = request.POST.get("line", "")[:LINE_LENGTH] if error is not None else ""
    chosen = request.POST.get("kind", "") if error is not None else page.asked.kind
    context = {
        "page": page,
        "place": place,
        "level": str(level_of(place)) if place is not None else "",
        "home": home_of(place) if place is not None else reverse("raid:list"),
        "address": address,
        "files": [
            (kind.upper(), reverse("raid:export", args=[kind]) + _with_place(address(), place))
            for kind in ("xlsx", "csv")
        ],
        "tabs": [
            (kind, word, address(kind=kind, sort=""), page.kinds.get(kind))
            for kind, word in KIND_WORDS.items()
        ],
        "filters": [(name, SHOW_WORDS[name], page.counts[name]) for name in SHOWS],
        "nothing": EMPTY_WORDS[page.asked.show],
        "kinds": [(str(kind), _(str(kind.label))) for kind in page.may_raise],
        "chosen": chosen,
        "typed": typed,
        "error": error,
        "proximity_words": PROXIMITY_WORDS,
        "clock_words": CLOCK_WORDS,
    }
    return render(request, "raid/register.html", context, status=422 if error else 200)


def _with_place(query: str, place: rules.Place | None) -> str:
    """The query of a register, with the place whose register it is."""
    if place is None:
        return query
    return f"{query}{'&' if len(query) > 1 else ''}{level_of(place)}={place.pk}"


@require_GET
def export(request: HttpRequest, kind: str) -> HttpResponse:
    """A register as the address narrows it, as a file."""
    actor = actor_of(request)
    if kind not in TYPES:
        raise NotFound("raid.file", "A register leaves as xlsx or csv.")
    place = None
    for level in (Level.PROJECT, Level.PROGRAMME, Level.PORTFOLIO):
        number = request.GET.get(str(level), "")
        if number.isascii() and number.isdecimal() and len(number) < 16:
            place = place_of(actor, level, int(number))
    lines = everything(actor, place, asked_of(request))
    name = f"raid-{place.code.lower() if place is not None else 'all'}.{kind}"
    about = place.name if place is not None else "Everything in sight"
    return attachment(name, TYPES[kind], register_file(lines, kind, about))


def home_of(place: rules.Place) -> str:
    """The address of the register of a place."""
    return reverse(f"raid:{level_of(place)}", args=[place.pk])
