# SPDX-License-Identifier: Apache-2.0
"""What stands around an entry: remarks, links, response actions, and its way up and back."""

from __future__ import annotations

from decimal import Decimal

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from pilothouse.delivery.finance.fields import LARGEST
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.forms.entries import people
from pilothouse.delivery.raid.forms.steps import (
    LINKS,
    NUMBER,
    link_fields,
    read_reason,
    reason_field,
)
from pilothouse.delivery.raid.models import TITLE_LENGTH, EntryLink, Escalation, Risk
from pilothouse.delivery.raid.queries.opening import entry_named, escalation_of, open_entry
from pilothouse.delivery.raid.services.escalating import (
    answer_escalation,
    escalate,
    hand_back,
    withdraw_escalation,
)
from pilothouse.delivery.raid.services.linking import link_entries, unlink_entries
from pilothouse.delivery.raid.services.registering import note_entry
from pilothouse.delivery.raid.services.responses import add_response
from pilothouse.delivery.raid.views.parts import entry_form, stepped
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.pages import Field, Section, site_of
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.core.plausible import LONG_TEXT
from pilothouse.foundation.organisation.queries import office_people

form_view = require_http_methods(["GET", "POST"])


@form_view
def note(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Remark on an entry."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    page = entry_form(
        row,
        _("Remark"),
        [Section("", [Field("text", _("Remark"), "textarea", True, wide=True)])],
        submit=_("Keep the remark"),
    )

    def take(reader: Reader, version: int) -> str:
        text = reader.text("text", LONG_TEXT, required=True)
        reader.check("raid.note")
        note_entry(actor=actor, entry=row, text=text)
        return ""

    return stepped(request, page, take, _("The remark is kept."))


@form_view
def respond(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Add an action that answers a risk."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if not isinstance(row, Risk):
        raise NotFound("raid.no_response", "Only risks are answered by actions in this way.")
    if request.method == "GET":
        rules.require_keep(actor, row)
    who = people(row.office_id)
    fields = [
        Field("title", _("What is done"), required=True, wide=True),
        Field("owner", _("By whom"), "select", True, options=who),
        Field("due", _("Due"), "date", True),
        Field("cost", _("What it costs"), attrs=NUMBER),
    ]
    owner = row.actionee_id or row.owner_id
    page = entry_form(
        row,
        _("Add a response"),
        [Section("", fields)],
        initial={"owner": str(owner or "")},
    )

    def take(reader: Reader, version: int) -> str:
        values = {
            "title": reader.text("title", TITLE_LENGTH, required=True),
            "owner": reader.row("owner", office_people(row.office_id), required=True),
            "due": reader.day("due", required=True),
            "cost": reader.decimal("cost", low=Decimal(0), high=LARGEST),
        }
        reader.check("raid.entry")
        add_response(actor=actor, risk=row, values=values, version=version, site=site_of(request))
        return ""

    return stepped(request, page, take, _("The response is entered."))


@form_view
def link(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Say which other entry this one belongs to."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if request.method == "GET":
        rules.require_keep(actor, row)
    page = entry_form(
        row, _("Link to another entry"), [Section("", link_fields())], submit=_("Link")
    )

    def take(reader: Reader, version: int) -> str:
        kind = reader.choice("kind", LINKS)
        text = reader.text("other", 100, required=True)
        reader.check("raid.link_kind")
        other = entry_named(actor, row, text)
        link_entries(actor=actor, source=row, target=other, kind=kind)
        return ""

    return stepped(request, page, take, _("The link is kept."))


@form_view
def unlink(request: HttpRequest, entry_id: int, link_id: int) -> HttpResponse:
    """Take a link away."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    found = _link_of(row.pk, link_id)
    if request.method == "GET":
        rules.require_keep(actor, row)
    page = entry_form(
        row,
        _("Take the link away"),
        [Section("", [reason_field(required=False)])],
        danger=True,
    )

    def take(reader: Reader, version: int) -> str:
        why = read_reason(reader)
        reader.check("raid.link_kind")
        unlink_entries(actor=actor, link=found, reason=why)
        return ""

    return stepped(request, page, take, _("The link is gone."))


def _link_of(entry_id: int, link_id: int) -> EntryLink:
    rows = EntryLink.objects.select_related("source", "target")
    found = rows.filter(pk=link_id).first()
    if found is None or entry_id not in (found.source_id, found.target_id):
        raise NotFound("raid.no_link", "There is no such link of this entry.")
    return found


@form_view
def go_up(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Ask the level above to take an entry over."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if request.method == "GET":
        rules.require_keep(actor, row)
    lead = _("The next level that somebody answers for is asked; until then nothing is due here.")
    page = entry_form(row, _("Escalate"), [Section("", [reason_field(required=True)], lead)])

    def take(reader: Reader, version: int) -> str:
        why = read_reason(reader)
        reader.check("raid.entry")
        escalate(actor=actor, entry=row, reason=why, version=version)
        return ""

    return stepped(request, page, take, _("%(code)s goes up.") % {"code": row.code})


@form_view
def withdraw(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Take back what waits for an answer from above."""
    actor = actor_of(request)
    opened, waiting = escalation_of(actor, entry_id)
    if request.method == "GET":
        rules.require_keep(actor, opened.entry)
    page = entry_form(
        opened.entry,
        _("Withdraw the escalation"),
        [Section("", [reason_field(required=True)])],
        version=waiting.version,
    )

    def take(reader: Reader, version: int) -> str:
        why = read_reason(reader)
        reader.check("raid.entry")
        withdraw_escalation(actor=actor, escalation=waiting, reason=why, version=version)
        return ""

    return stepped(request, page, take, _("The escalation is withdrawn."))


@form_view
def answer(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Accept what came up, turn it back, or lift it further."""
    actor = actor_of(request)
    opened, waiting = escalation_of(actor, entry_id)
    if request.method == "GET":
        rules.require_answer(actor, waiting, opened.entry)
    state = Escalation.State
    options = [
        (state.ACCEPTED.value, _("Accept: this level takes it over and pays for the response")),
        (state.REJECTED.value, _("Turn back, with a reason")),
        (state.LIFTED.value, _("Lift further up, with a reason")),
    ]
    page = entry_form(
        opened.entry,
        _("Answer the escalation"),
        [
            Section(
                "",
                [
                    Field("state", _("Answer"), "select", True, options=options, wide=True),
                    reason_field(required=False),
                ],
                waiting.reason,
            )
        ],
        version=waiting.version,
    )

    def take(reader: Reader, version: int) -> str:
        said = reader.choice("state", [key for key, _word in options])
        why = read_reason(reader)
        reader.check("raid.answer")
        answer_escalation(actor=actor, escalation=waiting, state=said, reason=why, version=version)
        return reverse("raid:entry", args=[opened.entry.pk])

    return stepped(request, page, take, _("Answered."))


@form_view
def back(request: HttpRequest, entry_id: int) -> HttpResponse:
    """Hand an entry back to the place it belongs to."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if request.method == "GET":
        rules.require_keep(actor, row)
    page = entry_form(row, _("Hand it back"), [Section("", [reason_field(required=True)])])

    def take(reader: Reader, version: int) -> str:
        why = read_reason(reader)
        reader.check("raid.entry")
        hand_back(actor=actor, entry=row, reason=why, version=version)
        return ""

    return stepped(request, page, take, _("%(code)s is handed back.") % {"code": row.code})
