# SPDX-License-Identifier: Apache-2.0
"""Health of portfolios and programmes, and the thresholds of the colours."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.projects.queries import get_portfolio, get_programme
from pilothouse.direction.performance import forms
from pilothouse.direction.performance.models import ThresholdPolicy
from pilothouse.direction.performance.queries import (
    ColourChange,
    checked_policy,
    policies_of,
    policy_of,
    preview_policy,
    require_latest,
    roll_up_of,
)
from pilothouse.direction.performance.rules import (
    can_set_policy,
    require_coming,
    require_set_policy,
)
from pilothouse.direction.performance.services import set_policy
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import offices_in_sight


@require_GET
def portfolio(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Rolled-up colours of a portfolio with their reasons."""
    actor = actor_of(request)
    row = get_portfolio(actor, portfolio_id)
    context = {
        "place": row,
        "record": "projects:portfolio",
        "list_filter": f"?portfolio={row.pk}",
        "health": roll_up_of(actor, row),
    }
    return render(request, "performance/roll_up.html", context)


@require_GET
def programme(request: HttpRequest, programme_id: int) -> HttpResponse:
    """Rolled-up colours of a programme with their reasons."""
    actor = actor_of(request)
    row = get_programme(actor, programme_id)
    context = {
        "place": row,
        "record": "projects:programme",
        "list_filter": f"?programme={row.pk}",
        "health": roll_up_of(actor, row),
    }
    return render(request, "performance/roll_up.html", context)


def _office(actor: Actor, office_id: int) -> OrgUnit:
    row = offices_in_sight(actor).filter(pk=office_id).first()
    if row is None:
        raise NotFound("performance.office", "There is no such organisation.")
    return row


def _in_force(rows: list[ThresholdPolicy]) -> ThresholdPolicy | None:
    today = clock.today()
    return next((row for row in rows if row.valid_from <= today), None)


@require_GET
def thresholds(request: HttpRequest, office_id: int) -> HttpResponse:
    """What makes a colour, since when and why, and what held before."""
    actor = actor_of(request)
    office = _office(actor, office_id)
    rows = policies_of(office)
    current = _in_force(rows)
    context = {
        "office": office,
        "policy": policy_of(current),
        "current": current,
        "history": [(row, policy_of(row)) for row in rows],
        "may_change": can_set_policy(actor, office),
    }
    return render(request, "performance/thresholds.html", context)


@require_http_methods(["GET", "POST"])
def thresholds_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """New thresholds in two steps: see which projects change colour, then set them."""
    actor = actor_of(request)
    office = _office(actor, office_id)
    require_set_policy(actor, office)
    today = clock.today()
    rows = policies_of(office)
    latest = policy_of(rows[0] if rows else None)

    def show(
        values: dict[str, str],
        error: Invalid | Conflict | None = None,
        changes: list[ColourChange] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "office": office,
            "policy": latest,
            "values": values,
            "error": error,
            "changes": changes,
        }
        return render(request, "performance/thresholds_form.html", context, status=status)

    if request.method != "POST":
        return show(forms.policy_initial(latest, today))
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    try:
        form = forms.read_policy(request.POST, today)
        require_coming(form.valid_from, today)
        policy = checked_policy(form.rules)
        require_latest(office, form.number)
        if request.POST.get("step") != "set":
            return show(typed, changes=preview_policy(actor, office, policy))
        set_policy(
            actor=actor,
            office=office,
            data=form.rules,
            valid_from=form.valid_from,
            reason=form.reason,
        )
    except (Invalid, Conflict) as error:
        known = {f"green.{name}": text for name, text in error.fields.items()}
        error.fields |= {name: text for name, text in known.items() if name in typed}
        kept = forms.policy_initial(latest, today) | typed | {"number": str(latest.number)}
        return show(kept, error, status=error.status)
    messages.success(request, f"The thresholds of {office} are set.")
    return redirect("performance:thresholds", office.pk)
