# SPDX-License-Identifier: Apache-2.0
"""The guided start of a fresh installation."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from pilothouse.delivery.projects.start import office_starts, require_opens_offices
from pilothouse.delivery.projects.views.containers import form_view
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.access.services import appoint_first_director
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.pages import Field, FormPage, Notice, Section, form_page
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import offered_currencies
from pilothouse.foundation.organisation.services import open_office

CRUMB = ("Start", "/register/start/")


@require_GET
def welcome(request: HttpRequest) -> HttpResponse:
    """Where signing in leads: the start of an empty house, accounts for its keeper, else home."""
    actor = actor_of(request)
    if actor.is_system_admin and not grants_of(actor).grants:
        starts = office_starts(actor)
        done = starts and all(office.has_director for office in starts)
        return redirect("projects:people" if done else "projects:start")
    return redirect("/")


@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """Four steps with what is done and who does the next one."""
    actor = actor_of(request)
    starts = office_starts(actor)
    if not actor.is_system_admin and not any(office.directs for office in starts):
        raise NotAllowed("projects.start", "The start is for those who set up an office.")
    context = {"offices": starts, "is_admin": actor.is_system_admin}
    return render(request, "projects/start.html", context)


@form_view
def organisation(request: HttpRequest) -> HttpResponse:
    """Open an organisation with its currency and a standard calendar."""
    actor = actor_of(request)
    require_opens_offices(actor)
    currencies = offered_currencies()
    page = FormPage(
        title="Open an organisation",
        crumbs=[CRUMB, ("Organisation", "")],
        sections=[
            Section(
                "",
                [
                    Field("name", "Name", required=True, attrs={"maxlength": "200"}),
                    Field("code", "Code", required=True, hint="Short, such as PORT."),
                    Field(
                        "currency",
                        "Currency",
                        "select",
                        required=True,
                        options=[("", "Choose one"), *currencies],
                    ),
                ],
                "It starts with a working week from Monday to Friday, 08:00–12:00 and 13:00–17:00; "
                "the director changes it under Settings.",
            )
        ],
        submit="Open the organisation",
        cancel=reverse("projects:start"),
    )

    def save() -> str:
        reader = Reader(request.POST)
        name = reader.text("name", 200, required=True)
        code = reader.text("code", 40, required=True)
        currency = reader.choice("currency", [code for code, _ in currencies])
        reader.check("projects.start")
        office = open_office(actor=actor, code=code, name=name, currency=currency)
        messages.success(request, f"{office.name} is open.")
        return reverse("projects:start-director", args=[office.pk])

    return form_page(request, page, save)


@form_view
def director(request: HttpRequest, office_id: int) -> HttpResponse:
    """Name the first director: somebody else, or oneself in a one-person office."""
    actor = actor_of(request)
    require_opens_offices(actor)
    office = OrgUnit.objects.filter(pk=office_id, parent=None).first()
    if office is None:
        raise NotFound("projects.office", "There is no such organisation.")
    people = User.objects.filter(is_active=True)
    options = [("", "Choose one")]
    options += [
        (str(pk), f"{name} (you)" if pk == actor.user_id else name)
        for pk, name in people.values_list("pk", "full_name")
    ]
    page = FormPage(
        title=f"First director of {office.name}",
        crumbs=[CRUMB, ("Director", "")],
        sections=[
            Section(
                "",
                [
                    Field("person", "Person", "select", required=True, options=options),
                    Field("reason", "Who decided this", required=True, wide=True),
                    Field(
                        "alone",
                        "I am the only person of this office and name myself",
                        "checkbox",
                        hint="Recorded in the audit trail as the start of the office.",
                    ),
                ],
                "A system administrator has no business right. The director has, and appoints "
                "everybody else. This can be done once for each office.",
            )
        ],
        submit="Name the director",
        cancel=reverse("projects:start"),
        notices=[
            Notice(
                "info",
                "The person has no account yet?",
                reverse("projects:person-invite"),
                "Invite them",
            )
        ],
    )

    def save() -> str:
        reader = Reader(request.POST)
        person = reader.row("person", people, required=True)
        reason = reader.text("reason", 300, required=True)
        if person is not None and person.pk == actor.user_id and not reader.flag("alone"):
            reader.wrong("alone", "Nobody gives themselves a role unless they are alone.")
        reader.check("projects.start")
        if person is None:
            raise Invalid("projects.start", "Choose a person.", fields={"person": "Needed."})
        appoint_first_director(
            actor=actor,
            person=person,
            office_id=office.pk,
            valid_from=clock.today(),
            reason=reason,
        )
        messages.success(request, f"{person} directs {office.name}.")
        return reverse("projects:start")

    return form_page(request, page, save)
