# SPDX-License-Identifier: Apache-2.0
"""The rule that everybody must have a second factor: of an office, and of the installation."""

from __future__ import annotations

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import ngettext

from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import Installation
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Notice,
    Section,
    address_of,
    as_text,
    form_page,
    site_of,
)
from pilothouse.foundation.core.parsing import Reader, page_number
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.second_factor import (
    Lacking,
    lacking,
    remind,
    require_set_for_everybody,
    set_rule_of_installation,
    set_rule_of_office,
)
from pilothouse.foundation.organisation.services import kept_office
from pilothouse.foundation.organisation.views.settings import CRUMB
from pilothouse.foundation.organisation.views.units import form_view

PAGE = 50
NOTE = (
    "Until that day people are reminded on every page. From it on, pages and API open to nobody "
    "before a second factor is set up. Leave the day empty to ask for none."
)


def _how_far(found: Lacking) -> str:
    without = found.people.count()
    if without == 0:
        return "Everybody of them has a second factor." if found.bound else "It binds nobody yet."
    said = ngettext(
        "%(without)s of %(bound)s people has no second factor.",
        "%(without)s of %(bound)s people have no second factor.",
        without,
    )
    return said % {"without": f"{without:,}", "bound": f"{found.bound:,}"}


def _rule_page(request: HttpRequest, office: OrgUnit | None) -> HttpResponse:
    actor = actor_of(request)
    row = office or Installation.objects.first() or Installation()
    since = row.second_factor_from
    page = FormPage(
        title="Second factor",
        crumbs=[CRUMB, ("Second factor", "")],
        sections=[
            Section(
                "",
                [
                    Field("since", "A must from", "date"),
                    Field(
                        "reason",
                        "Reason",
                        wide=True,
                        hint="Needed to ask for less than before. Kept in the history.",
                        attrs={"maxlength": "300"},
                    ),
                ],
                NOTE,
            )
        ],
        submit="Save",
        cancel=reverse("organisation:settings"),
        initial={"since": as_text(since)},
        lead=f"For everybody with a role or a place in {office.name}."
        if office
        else "For every account of this installation, system administrators' too.",
        version=row.version,
        notices=[
            Notice(
                "info",
                _how_far(lacking(actor, office.pk if office else None, clock.today())),
                _people_address(office),
                "See who",
            )
        ],
    )

    def save() -> str:
        reader = Reader(request.POST)
        day, reason = reader.day("since"), reader.text("reason", 300)
        version = reader.version()
        reader.check("organisation.second_factor")
        if office is None:
            set_rule_of_installation(actor=actor, since=day, version=version, reason=reason)
        else:
            set_rule_of_office(
                actor=actor, office=office, since=day, version=version, reason=reason
            )
        return reverse("organisation:settings")

    return form_page(request, page, save)


@form_view
def office_rule(request: HttpRequest, office_id: int) -> HttpResponse:
    """From which day everybody of an office must have a second factor."""
    return _rule_page(request, kept_office(actor_of(request), office_id))


@form_view
def installation_rule(request: HttpRequest) -> HttpResponse:
    """From which day every account must have a second factor."""
    require_set_for_everybody(actor_of(request))
    return _rule_page(request, None)


def _people_address(office: OrgUnit | None) -> str:
    if office is None:
        return reverse("organisation:second-factor-everybody-people")
    return reverse("organisation:second-factor-people", args=[office.pk])


def _people_page(request: HttpRequest, office: OrgUnit | None) -> HttpResponse:
    actor = actor_of(request)
    if request.method == "POST":
        mails = remind(actor=actor, office=office, site=site_of(request))
        said = ngettext("%(mails)s mail goes out.", "%(mails)s mails go out.", mails)
        messages.success(request, said % {"mails": mails})
        return redirect(_people_address(office))
    found = lacking(actor, office.pk if office else None, clock.today())
    page: Page[User] = Paginator(found.people, PAGE).get_page(page_number(request.GET))
    row = office or Installation.objects.first()
    context = {
        "office": office,
        "since": row.second_factor_from if row else None,
        "bound": found.bound,
        "rows": list(page.object_list),
        "page": page.number,
        "pages": page.paginator.num_pages,
        "total": page.paginator.count,
        "address": address_of(request),
        "rule": reverse("organisation:second-factor", args=[office.pk])
        if office
        else reverse("organisation:second-factor-everybody"),
    }
    return render(request, "organisation/second_factor.html", context)


@form_view
def office_people(request: HttpRequest, office_id: int) -> HttpResponse:
    """Who of an office has no second factor; remind them by mail."""
    return _people_page(request, kept_office(actor_of(request), office_id))


@form_view
def installation_people(request: HttpRequest) -> HttpResponse:
    """Which accounts have no second factor; remind their owners by mail."""
    require_set_for_everybody(actor_of(request))
    return _people_page(request, None)
