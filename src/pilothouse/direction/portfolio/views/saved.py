# SPDX-License-Identifier: Apache-2.0
"""Keeping views and columns: forms that lead back to the list."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from pilothouse.direction.portfolio import services
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    """Keep what is shown under a name."""
    view = services.save_view(
        actor=actor_of(request),
        name=request.POST.get("name", ""),
        query=request.POST.get("query", ""),
        shared_office_id=_number(request.POST.get("office", "")),
        today=clock.today(),
    )
    messages.success(request, _("The view “%(name)s” is saved.") % {"name": view.name})
    return _to_view(view)


@require_POST
def rename(request: HttpRequest, view_id: int) -> HttpResponse:
    """Give a view another name."""
    view = services.change_view(
        actor=actor_of(request),
        view_id=view_id,
        values={"name": request.POST.get("name", "")},
        today=clock.today(),
    )
    return _to_view(view)


@require_POST
def delete(request: HttpRequest, view_id: int) -> HttpResponse:
    """Remove a view."""
    services.delete_view(actor=actor_of(request), view_id=view_id)
    messages.success(request, _("The view is deleted."))
    return redirect(f"{reverse('portfolio:list')}?view=0")


@require_POST
def default(request: HttpRequest) -> HttpResponse:
    """Open the list with a view, or with no view, from now on."""
    view_id = _number(request.POST.get("view", ""))
    services.set_default_view(actor=actor_of(request), view_id=view_id)
    return _back(request)


@require_POST
def columns(request: HttpRequest) -> HttpResponse:
    """Keep the chosen columns with the person."""
    chosen = [] if request.POST.get("usual") else request.POST.getlist("columns")
    services.choose_columns(actor=actor_of(request), columns=chosen)
    return _back(request)


def _to_view(view: SavedView) -> HttpResponse:
    query = f"{view.query}&" if view.query else ""
    return redirect(f"{reverse('portfolio:list')}?{query}view={view.pk}")


def _back(request: HttpRequest) -> HttpResponse:
    """To the list as it was; only its query string is taken from the form."""
    query = request.POST.get("back", "").partition("?")[2]
    return redirect(f"{reverse('portfolio:list')}?{query or 'view=0'}")


def _number(text: str) -> int | None:
    if not text:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > 12:
        raise Invalid("portfolio.number", f"‘{text[:40]}’ is no valid choice.")
    return int(text)
