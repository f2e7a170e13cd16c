# SPDX-License-Identifier: Apache-2.0
"""Pages of retention: what is kept how long, what goes next, what is held, what went."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid
from pilothouse.foundation.core.pages import Field, FormPage, Section, form_page
from pilothouse.foundation.core.parsing import Reader
from pilothouse.retention import forms
from pilothouse.retention.kinds import term
from pilothouse.retention.models import Kind
from pilothouse.retention.queries import (
    UNSEEN,
    Outlook,
    get_hold,
    holdable,
    office_lines,
    office_page,
    outlook,
    rule_of,
)
from pilothouse.retention.rules import get_office, require_hold, require_set_rule
from pilothouse.retention.services import place_hold, release_hold, set_rule

SETTINGS = ("Settings", "/office/settings/")


@require_GET
def offices(request: HttpRequest) -> HttpResponse:
    """Every office whose rules may be read, in a line."""
    actor = actor_of(request)
    context = {"lines": office_lines(actor), "keeps_all": actor.is_system_admin, "term": term}
    return render(request, "retention/offices.html", context)


@require_GET
def office(request: HttpRequest, office_id: int) -> HttpResponse:
    """Rules, holds and runs of one office."""
    page = office_page(actor_of(request), office_id, clock.today())
    context = {
        "page": page,
        "term": term,
        "kinds": dict(Kind.choices),
    }
    return render(request, "retention/office.html", context)


@require_http_methods(["GET", "POST"])
def rule(request: HttpRequest, office_id: int, data: str) -> HttpResponse:
    """A rule in two steps: see what would go, then set it."""
    actor = actor_of(request)
    today = clock.today()
    place, line = rule_of(actor, office_id, data, today)
    require_set_rule(actor, place)

    def show(
        values: dict[str, str],
        error: Invalid | Conflict | None = None,
        seen: tuple[int | None, Outlook | None] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        context = {
            "office": place,
            "line": line,
            "values": values,
            "error": error,
            "seen": seen,
            "term": term,
        }
        return render(request, "retention/rule.html", context, status=status)

    saved = "" if line.keep_months is None else str(line.keep_months)
    if request.method != "POST":
        return show({"keep_months": saved, "reason": "", "version": str(line.version)})
    typed = {name: value for name, value in request.POST.items() if isinstance(value, str)}
    try:
        form = forms.read_rule(request.POST, line.about.kind)
        months = form.keep_months
        if request.POST.get("seen") != f"{months or ''}" or request.POST.get("step") != "set":
            return show(typed, seen=(months, outlook(place, line.about, months, today)))
        set_rule(
            actor=actor,
            office=place,
            kind=line.about.kind,
            keep_months=months,
            version=form.version,
            reason=form.reason,
        )
    except (Invalid, Conflict) as error:
        return show(typed | {"version": str(line.version)}, error, status=error.status)
    messages.success(request, f"{line.about.kind.label}: kept {_kept(months)}.")
    return redirect("retention:office", place.pk)


def _kept(months: int | None) -> str:
    return term(months) if months is None else f"for {term(months)}"


@require_http_methods(["GET", "POST"])
def hold_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Keep everything of an object, whatever the rules say."""
    actor = actor_of(request)
    place = get_office(actor, office_id)
    require_hold(actor, place)
    choices = holdable(actor, place)
    back = reverse("retention:office", args=[place.pk])
    page = FormPage(
        title="Place a legal hold",
        crumbs=[SETTINGS, ("Retention", back), ("Legal hold", "")],
        sections=[
            Section(
                "",
                [
                    Field("scope_id", "What is held", "select", required=True, options=choices),
                    Field("reason", "Reason", required=True, wide=True, attrs={"maxlength": "300"}),
                ],
                "Nothing of it, and of what lies or ever lay below it, is removed until the hold "
                "is released. What is gone already does not come back.",
            )
        ],
        submit="Place the hold",
        cancel=back,
        initial={"scope_id": choices[0][0]},
    )

    def save() -> str:
        scope_type, scope_id, reason = forms.read_hold(request.POST, choices)
        place_hold(
            actor=actor, office=place, scope_type=scope_type, scope_id=scope_id, reason=reason
        )
        messages.success(request, "The legal hold is placed.")
        return back

    return form_page(request, page, save)


@require_http_methods(["GET", "POST"])
def hold_release(request: HttpRequest, hold_id: int) -> HttpResponse:
    """Let the rules apply again to what was held."""
    actor = actor_of(request)
    line = get_hold(actor, hold_id)
    hold = line.hold
    require_hold(actor, hold.office)
    if hold.released_at is not None:
        raise Invalid("retention.released", "This legal hold was released already.")
    back = reverse("retention:office", args=[hold.office_id])
    name = line.label if line.label != UNSEEN else f"a {hold.get_scope_type_display().lower()}"
    page = FormPage(
        title=f"Release the legal hold of {name}",
        crumbs=[SETTINGS, ("Retention", back), ("Release", "")],
        sections=[
            Section(
                "",
                [Field("reason", "Reason", required=True, wide=True, attrs={"maxlength": "300"})],
                f"Held because: {hold.reason}. From the next night on the rules of "
                f"{hold.office} apply again, and what they no longer keep is removed for good.",
            )
        ],
        submit="Release the hold",
        cancel=back,
        version=hold.version,
        danger=True,
    )

    def save() -> str:
        reader = Reader(request.POST)
        reason, version = reader.text("reason", forms.REASON, required=True), reader.version()
        reader.check("retention.release")
        release_hold(actor=actor, hold=hold, version=version, reason=reason)
        messages.success(request, "The legal hold is released.")
        return back

    return form_page(request, page, save)
