# SPDX-License-Identifier: Apache-2.0
"""One entry: its page, what it says, how it is rated, and the steps it takes."""

from __future__ import annotations

from dataclasses import replace

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.forms import entries as forms
from pilothouse.delivery.raid.forms.steps import (
    rating_initial,
    rating_sections,
    read_rating,
    read_reason,
    read_step,
    reason_field,
    step_fields,
)
from pilothouse.delivery.raid.models import Aspect, Entry, Kind, Risk
from pilothouse.delivery.raid.queries.entry_page import entry_page
from pilothouse.delivery.raid.queries.opening import level_of, open_entry
from pilothouse.delivery.raid.queries.policies import policy_of
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.rating import rate_risk
from pilothouse.delivery.raid.services.registering import FIELDS, edit_entry, void_entry
from pilothouse.delivery.raid.services.states import take_step
from pilothouse.delivery.raid.views.parts import entry_form, stepped
from pilothouse.delivery.raid.words import (
    ACTION_WORDS,
    CLOCK_WORDS,
    FIELD_WORDS,
    LINK_WORDS,
    PROXIMITY_WORDS,
    STEP_LEADS,
    STEP_WORDS,
)
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.pages import Section
from pilothouse.foundation.core.parsing import Reader

form_view = require_http_methods(["GET", "POST"])


@require_GET
def one(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with everything that is known of it."""
    page = entry_page(actor_of(request), entry_id)
    place = page.entry.place
    context = {
        "page": page,
        "place": place,
        "level": str(level_of(place)),
        "unit": place.currency_id if isinstance(place, Project) else "",
        "step_words": STEP_WORDS,
        "link_words": LINK_WORDS,
        "clock_words": CLOCK_WORDS,
        "proximity_words": PROXIMITY_WORDS,
        "field_words": FIELD_WORDS,
        "action_words": ACTION_WORDS,
    }
    return render(request, "raid/entry.html", context)


@form_view
def edit(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Change what an entry says."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if request.method == "GET":
        rules.require_keep(actor, row)
    names = FIELDS[Kind(row.kind)]
    reason = Section("", [reason_field(required=False, label=_("Why it is changed"))])
    page = entry_form(
        row,
        _("Change %(code)s") % {"code": row.code},
        [*forms.entry_sections(row), reason],
        submit=_("Save"),
        initial=forms.entry_initial(row, names),
    )

    def take(reader: Reader, version: int) -> str:
        values = forms.read_entry(reader, row, names)
        tasks = forms.read_tasks(reader, row)
        why = read_reason(reader)
        reader.check("raid.entry")
        edit_entry(actor=actor, entry=row, values=values, version=version, tasks=tasks, reason=why)
        return ""

    return stepped(request, page, take, _("%(code)s is kept.") % {"code": row.code})


@form_view
def rate(request: HttpRequest, entry_id: int, aspect: str) -> HttpResponse:
    """Rate a risk from one aspect."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if not isinstance(row, Risk) or aspect not in Aspect.values:
        raise NotFound("raid.no_rating", "There is no such rating; only risks are rated.")
    if request.method == "GET":
        rules.require_keep(actor, row)
    unit = row.place.currency_id if isinstance(row.place, Project) else ""
    named = Aspect(aspect)
    page = entry_form(
        row,
        _("Rate %(code)s: %(aspect)s") % {"code": row.code, "aspect": _(str(named.label)).lower()},
        rating_sections(policy_of(row.office_id), unit),
        submit=_("Save the rating"),
        initial=rating_initial(row.ratings.filter(aspect=aspect).first()),
    )

    def take(reader: Reader, version: int) -> str:
        rated, why = read_rating(reader), read_reason(reader)
        reader.check("raid.rating")
        rate_risk(actor=actor, risk=row, aspect=named, rated=rated, version=version, reason=why)
        return ""

    return stepped(request, page, take, _("%(code)s is rated.") % {"code": row.code})


@form_view
def step(request: HttpRequest, entry_id: int, step: str) -> HttpResponse:
    """Take a step, with what it needs to be said."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if step not in STEP_WORDS or rules.way_of(row, Step(step)) is None:
        raise NotFound("raid.no_step", "There is no such step for this kind of entry.")
    taken = Step(step)
    if request.method == "GET":
        rules.require_step(actor, row, taken)
    fields = step_fields(row, taken)
    page = entry_form(
        row,
        str(STEP_WORDS[taken]),
        [Section("", fields, str(STEP_LEADS[taken]))],
        danger=taken is Step.CANCEL,
    )

    def take(reader: Reader, version: int) -> str:
        said = read_step(reader, row)
        reader.check("raid.entry")
        done = take_step(actor=actor, entry=row, step=taken, taken=said, version=version)
        after = done.became or done.entry
        return reverse("raid:entry", args=[after.pk])

    return stepped(request, page, take, _done(row, taken))


def _done(row: Entry, taken: Step) -> str:
    if taken is Step.OCCUR:
        return _("%(code)s has occurred; this is the issue it became.") % {"code": row.code}
    return _("%(code)s: %(step)s.") % {"code": row.code, "step": STEP_WORDS[taken]}


@form_view
def void(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take an entry that should not be out of every count."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if request.method == "GET":
        rules.require_void(actor, row)
    page = entry_form(
        row,
        _("Void %(code)s") % {"code": row.code},
        [Section("", [reason_field(required=True)], _("It stays readable, its number used."))],
        danger=True,
    )

    def take(reader: Reader, version: int) -> str:
        why = read_reason(reader)
        reader.check("raid.entry")
        void_entry(actor=actor, entry=row, version=version, reason=why)
        return ""

    page = replace(page, submit=_("Void it"))
    return stepped(request, page, take, _("%(code)s is voided.") % {"code": row.code})
