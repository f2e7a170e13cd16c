# SPDX-License-Identifier: Apache-2.0
"""The scales and service levels of an office: the versions, and a new one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.forms.scales import (
    read_scales,
    scales_initial,
    scales_sections,
)
from pilothouse.delivery.raid.models import Issue
from pilothouse.delivery.raid.queries.policies import open_scales
from pilothouse.delivery.raid.services.policies import set_policy
from pilothouse.delivery.raid.words import CLOCK_WORDS
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.pages import FormPage, form_page
from pilothouse.foundation.core.parsing import Reader


@require_GET
def scales(request: HttpRequest, office_id: int) -> HttpResponse:
    """The scales of an office, and what held before."""
    actor = actor_of(request)
    page = open_scales(actor, office_id)
    context = {
        "page": page,
        "severities": Issue.Severity.choices,
        "clock_words": CLOCK_WORDS,
        "may_change": rules.can_set_scales(actor, page.office),
    }
    return render(request, "raid/scales.html", context)


@require_http_methods(["GET", "POST"])
def scales_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Set a new version of the scales."""
    actor = actor_of(request)
    opened = open_scales(actor, office_id)
    if request.method == "GET":
        rules.require_set_scales(actor, opened.office)
    back = reverse("raid:scales", args=[office_id])
    page = FormPage(
        title=_("New scales"),
        crumbs=[
            (_("Settings"), reverse("organisation:settings")),
            (_("Scales of risks"), back),
            (_("New scales"), ""),
        ],
        sections=scales_sections(),
        submit=_("Set the scales"),
        cancel=back,
        initial=scales_initial(opened.current),
        lead=_("What was rated by older scales keeps its rating, and says so."),
        version=opened.current.number,
    )

    def save() -> str:
        reader = Reader(request.POST)
        seen = reader.version()
        found, reason = read_scales(reader)
        reader.check("raid.scales")
        row = set_policy(actor=actor, office=opened.office, scales=found, seen=seen, reason=reason)
        messages.success(request, _("Version %(n)s of the scales holds.") % {"n": row.number})
        return back

    return form_page(request, page, save)
