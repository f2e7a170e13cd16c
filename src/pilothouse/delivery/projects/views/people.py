# SPDX-License-Identifier: Apache-2.0
"""People, their roles and delegations, and what roles give."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from pilothouse.delivery.projects import people as reads
from pilothouse.delivery.projects import rules, services
from pilothouse.delivery.projects.forms import choices
from pilothouse.delivery.projects.forms import people as forms
from pilothouse.delivery.projects.queries import scope_chain
from pilothouse.delivery.projects.views.containers import form_view
from pilothouse.foundation.access.matrix import NOTES, ROLE_LABELS, Role, printed_matrix, role_words
from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.queries import Grants, Scope, grants_of
from pilothouse.foundation.access.services import (
    appointable_roles,
    end_assignment,
    end_delegation,
)
from pilothouse.foundation.accounts import services as accounts
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.queries import askers_of, second_factor_of
from pilothouse.foundation.accounts.web import actor_of, person_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.core.pages import (
    Field,
    FormPage,
    Options,
    Section,
    address_of,
    form_page,
    site_of,
)
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import (
    office_ids,
    unit_options,
    unit_scopes,
    units_kept,
    visible_units,
)

CRUMB = ("People and roles", "/register/people/")


@require_GET
def people(request: HttpRequest) -> HttpResponse:
    """People in sight with their roles; a system administrator sees every account."""
    actor = actor_of(request)
    reader = Reader(request.GET)
    text = reader.text("q", 100)
    role = reader.choice("role", [role.value for role in Role], required=False)
    page = reader.whole("page", 1, 10_000, default=1)
    inactive = reader.flag("inactive")
    reader.check("projects.people")
    today = clock.today()
    held = grants_of(actor)
    rows, total = reads.people_page(actor, text, role, page, today, with_inactive=inactive)
    pages = max(1, -(-total // reads.PAGE_SIZE))
    context = {
        "rows": rows,
        "total": total,
        "page": page,
        "pages": pages,
        "address": address_of(request),
        "q": text,
        "role": role,
        "roles": [("", "Any role"), *((item.value, ROLE_LABELS[item]) for item in Role)],
        "sees_addresses": held.offices_with("resource", "R") != frozenset(),
        "inactive": inactive,
        "may_invite": actor.is_system_admin or bool(units_kept(actor, held)),
        "may_appoint": not held.reach("role_assignment", "C").nothing,
        "may_delegate": not held.reach("delegation", "C").nothing,
    }
    return render(request, "projects/people.html", context)


@require_GET
def person(request: HttpRequest, person_id: int) -> HttpResponse:
    """One person: unit, roles, delegations, projects."""
    actor = actor_of(request)
    row = reads.get_person(actor, person_id)
    held = grants_of(actor)
    today = clock.today()
    is_self = actor.user_id == row.pk
    sees_delegations = is_self or held.offices_with("delegation", "R") != frozenset()
    given, received = reads.delegations_of(actor, row)
    assignments = reads.visible_assignments(actor, held).filter(person=row)
    context = {
        "person": row,
        "unit": row.membership.org_unit if hasattr(row, "membership") else None,
        "roles": reads.held_roles(assignments, today),
        "given": given,
        "received": received,
        "sees_delegations": sees_delegations or bool(given or received),
        "sees_account": bool(reads.with_addresses(actor, [row.pk], held)),
        "today_day": today,
        "projects": list(
            rules.visible_projects(actor, held)
            .filter(rules.named_on(row.pk), state__in=rules.OPEN_STATES)
            .order_by("code")
        ),
        "is_self": is_self,
        "is_admin": actor.is_system_admin,
        "has_second_factor": actor.is_system_admin and second_factor_of(row.pk) is not None,
        "may_edit": actor.is_system_admin or bool(units_kept(actor, held)),
        "may_appoint": not is_self and not held.reach("role_assignment", "C").nothing,
        "may_delegate": is_self and not held.reach("delegation", "C").nothing,
        "letters": dict(forms.LETTERS),
    }
    return render(request, "projects/person.html", context)


@form_view
def invite(request: HttpRequest) -> HttpResponse:
    """Open an account and mail its owner."""
    actor = actor_of(request)
    units = units_kept(actor, grants_of(actor))
    free = services.may_invite_without_unit(actor)
    if not units and not free:
        raise NotAllowed("projects.invite", "Your roles do not allow inviting people.")
    options: Options = unit_options(units)
    page = FormPage(
        title="Invite a person",
        crumbs=[CRUMB, ("Invite", "")],
        sections=forms.invite_sections([("", "None yet"), *options] if free else options, not free),
        submit="Send the invitation",
        cancel=reverse("projects:people"),
        lead="An account alone shows nothing: give a role afterwards.",
        initial={"unit": request.GET.get("unit", "")},
    )

    def save() -> str:
        form = forms.read_invitation(request.POST, units, not free)
        row = services.invite_person(
            actor=actor,
            email=form.email,
            full_name=form.full_name,
            job_title=form.job_title,
            unit=form.unit,
            site=site_of(request),
        )
        messages.success(request, f"{row.full_name} is invited; a mail went to {row.email}.")
        return reverse("projects:person", args=[row.pk])

    return form_page(request, page, save)


@require_POST
def invite_again(request: HttpRequest, person_id: int) -> HttpResponse:
    """Send a new address to somebody who has not set a password yet."""
    actor = actor_of(request)
    row = reads.get_person(actor, person_id)
    services.invite_again(actor=actor, person=row, site=site_of(request))
    messages.success(request, f"A new mail went to {row.email}.")
    return redirect("projects:person", row.pk)


@form_view
def edit(request: HttpRequest, person_id: int) -> HttpResponse:
    """Correct a name (system administrator) or set the unit (PMO)."""
    actor = actor_of(request)
    row = reads.get_person(actor, person_id)
    units = units_kept(actor, grants_of(actor))
    if not units and not actor.is_system_admin:
        raise NotAllowed("projects.person", "Your roles do not allow changing this person.")
    back = reverse("projects:person", args=[row.pk])
    unit = row.membership.org_unit_id if hasattr(row, "membership") else ""
    options = [("", "As it is"), *unit_options(units)] if units else []
    page = FormPage(
        title=f"Edit {row.full_name}",
        crumbs=[CRUMB, (row.full_name, back), ("Edit", "")],
        sections=forms.person_sections(options, name=actor.is_system_admin),
        submit="Save",
        cancel=back,
        initial={"full_name": row.full_name, "job_title": row.job_title, "unit": str(unit)},
    )

    def save() -> str:
        reader = Reader(request.POST)
        admin = actor.is_system_admin
        name = reader.text("full_name", 120, required=True) if admin else row.full_name
        title = reader.text("job_title", 120) if admin else row.job_title
        place = reader.row("unit", OrgUnit.objects.filter(pk__in=[u.pk for u in units]))
        reader.check("projects.person")
        services.update_person(
            actor=actor, person=row, full_name=name, job_title=title, unit=place, place=True
        )
        return back

    return form_page(request, page, save)


@form_view
def set_active(request: HttpRequest, person_id: int) -> HttpResponse:
    """Disable or enable an account; disabling ends every session and token at once."""
    actor, row = _administered(request, person_id)
    verb = "Disable" if row.is_active else "Enable"

    def act(reason: str) -> None:
        accounts.set_active(actor=actor, user=row, active=not row.is_active, reason=reason)

    return _with_reason(
        request,
        row,
        act,
        title=f"{verb} {row.full_name}",
        crumb=verb,
        note="Every session and token of this person ends at once. Roles and history stay."
        if row.is_active
        else "The person can sign in again; roles that are still valid count again.",
        submit=f"{verb} the account",
        danger=row.is_active,
    )


@form_view
def remove_second_factor(request: HttpRequest, person_id: int) -> HttpResponse:
    """Take the second factor off somebody who lost it."""
    actor, row = _administered(request, person_id)

    def act(reason: str) -> None:
        accounts.remove_second_factor(actor=actor, user=row, reason=reason)
        asked = bool(askers_of(row.pk, clock.today()))
        then = "is led to set one up anew" if asked else "signs in with the password alone"
        messages.success(request, f"{row.full_name} {then}, and is told by mail.")

    return _with_reason(
        request,
        row,
        act,
        title=f"Take the second factor off {row.full_name}",
        crumb="Second factor",
        note="Make sure that it is this person who asks; the password alone does then. Where a "
        "second factor is a must, the next sign-in leads to setting one up anew.",
        submit="Take it off",
    )


@form_view
def end_sessions(request: HttpRequest, person_id: int) -> HttpResponse:
    """Sign a person out everywhere; the account and its tokens stay."""
    actor, row = _administered(request, person_id)

    def act(reason: str) -> None:
        accounts.end_all_sessions(actor=actor, user=row, reason=reason)
        messages.success(request, f"{row.full_name} is signed out everywhere.")

    return _with_reason(
        request,
        row,
        act,
        title=f"End all sessions of {row.full_name}",
        crumb="End sessions",
        note="The person is signed out everywhere and can sign in again. Tokens stay.",
        submit="End all sessions",
    )


def _administered(request: HttpRequest, person_id: int) -> tuple[Actor, User]:
    """Who acts, and the person whose account a system administrator sets."""
    actor = actor_of(request)
    row = reads.get_person(actor, person_id)
    if not actor.is_system_admin:
        raise NotAllowed("accounts.admin", "Only a system administrator may do this.")
    return actor, row


def _with_reason(
    request: HttpRequest,
    row: User,
    act: Callable[[str], None],
    *,
    title: str,
    crumb: str,
    note: str,
    submit: str,
    danger: bool = True,
) -> HttpResponse:
    """A page that asks why something is done to a person's account, and does it."""
    back = reverse("projects:person", args=[row.pk])
    reason = Field("reason", "Reason", required=True, wide=True, attrs={"maxlength": "300"})
    page = FormPage(
        title=title,
        crumbs=[CRUMB, (row.full_name, back), (crumb, "")],
        sections=[Section("", [reason], note)],
        submit=submit,
        cancel=back,
        danger=danger,
    )

    def save() -> str:
        reader = Reader(request.POST)
        text = reader.text("reason", 300, required=True)
        reader.check("projects.reason")
        act(text)
        return back

    return form_page(request, page, save)


def _scope(text: str) -> Scope | None:
    kind, _, number = text.partition(":")
    if kind and number.isdecimal() and len(number) < 16:
        return kind, int(number)
    return None


def _places(actor: Actor, held: Grants) -> Options:
    """Everything on which the actor may give some role."""
    found: list[tuple[str, str]] = [("", "Choose one")]
    for unit in visible_units(actor, held):
        if held.allows("role_assignment", "C", unit_scopes(unit)):
            found.append((f"org_unit:{unit.pk}", f"Unit: {unit.name}"))
    for row in rules.visible_portfolios(actor, held).select_related("org_unit"):
        if held.allows("role_assignment", "C", rules.portfolio_scopes(row)):
            found.append((f"portfolio:{row.pk}", f"Portfolio: {row.name}"))
    programmes = rules.visible_programmes(actor, held).select_related("portfolio__org_unit")
    for programme in programmes:
        if held.allows("role_assignment", "C", rules.programme_scopes(programme)):
            found.append((f"programme:{programme.pk}", f"Programme: {programme.name}"))
    projects = rules.visible_projects(actor, held).filter(state__in=rules.OPEN_STATES)
    for project in projects.select_related("portfolio__org_unit").order_by("name"):
        if held.allows("role_assignment", "C", rules.project_scopes(project)):
            found.append((f"project:{project.pk}", f"Project: {project.name}"))
    return found


@form_view
def role_new(request: HttpRequest) -> HttpResponse:
    """Appoint somebody: first where, then whom and to what."""
    actor = actor_of(request)
    held = grants_of(actor)
    scope = _scope(request.GET.get("scope", ""))
    if scope is None:
        places = _places(actor, held)
        if len(places) == 1:
            raise NotAllowed("access.appoint", "Your roles do not allow giving roles.")
        context = {"places": places, "person": request.GET.get("person", "")}
        return render(request, "projects/role_where.html", context)
    within, office_id, name = scope_chain(actor, *scope)
    roles = appointable_roles(actor, [*within, scope])
    if not roles:
        raise NotAllowed("access.appoint", f"Your roles do not allow giving roles on {name}.")
    known = choices.people([office_id])
    options = [("", "Choose one"), *(item for item in known[1:] if item[0] != str(actor.user_id))]
    page_of = reads.PAGES.get(scope[0], "")
    back = reverse(page_of, args=[scope[1]]) if page_of else reverse("projects:people")
    today = clock.today()
    page = FormPage(
        title=f"Give a role on {name}",
        crumbs=[CRUMB, (name, back), ("Give a role", "")],
        sections=forms.role_sections(options, roles, None, today),
        submit="Give the role",
        cancel=back,
        lead="It holds here and for everything below. Nobody gives themselves a role.",
        initial={
            "person": request.GET.get("person", ""),
            "role": request.GET.get("role", ""),
            "valid_from": today.isoformat(),
        },
    )

    def save() -> str:
        form = forms.read_appointment(request.POST, options, roles)
        services.give_role(
            actor=actor,
            person=form.person,
            role=form.role,
            scope=scope,
            valid_from=form.valid_from,
            valid_to=form.valid_to,
            reason=form.reason,
        )
        messages.success(request, f"{form.person} is {role_words(form.role)} on {name}.")
        return back

    return form_page(request, page, save)


@form_view
def role_end(request: HttpRequest, assignment_id: int) -> HttpResponse:
    """End an assignment on a day; a day before its first voids it."""
    actor = actor_of(request)
    rows = reads.visible_assignments(actor).select_related("person")
    row: RoleAssignment | None = rows.filter(pk=assignment_id).first()
    if row is None:
        raise NotFound("access.assignment", "There is no such assignment.")
    scope = (row.scope_type, row.scope_id)
    within, _, name = scope_chain(actor, *scope)
    if Role(row.role) not in appointable_roles(actor, [*within, scope], "U"):
        raise NotAllowed("access.appoint", "You may not take this role away.")
    back = reverse("projects:person", args=[row.person_id])
    today = clock.today()
    page = FormPage(
        title=f"End: {row.person} as {role_words(Role(row.role))}",
        crumbs=[CRUMB, (row.person.full_name, back), ("End a role", "")],
        sections=[
            Section(
                "",
                [
                    Field(
                        "last_day",
                        "Last day",
                        "date",
                        required=True,
                        hint="A day before the first one voids the assignment.",
                    ),
                    Field("reason", "Reason", required=True, wide=True, attrs={"maxlength": "300"}),
                ],
                f"On {name}, from {written(row.valid_from)}. After the last day it gives nothing.",
            )
        ],
        submit="End the role",
        cancel=back,
        initial={"last_day": today.isoformat()},
        version=row.version,
        danger=True,
    )

    def save() -> str:
        reader = Reader(request.POST)
        day = reader.day("last_day", required=True)
        reason = reader.text("reason", 300, required=True)
        version = reader.version()
        reader.check("projects.role_end")
        end_assignment(
            actor=actor,
            assignment=row,
            last_day=day or date.min,
            within=within,
            version=version,
            reason=reason,
        )
        return back

    return form_page(request, page, save)


@require_GET
def matrix(request: HttpRequest) -> HttpResponse:
    """The whole permission matrix as people read it."""
    context = {
        "roles": [(role.name, label) for role, label in ROLE_LABELS.items()],
        "table": printed_matrix(),
        "notes": NOTES,
    }
    return render(request, "projects/matrix.html", context)


@form_view
def delegation_new(request: HttpRequest) -> HttpResponse:
    """Let somebody act in one's place for a time."""
    actor = actor_of(request)
    me = person_of(request)
    held = grants_of(actor)
    if held.reach("delegation", "C").nothing:
        raise NotAllowed("access.delegate", "You hold no role that can be delegated.")
    offices = office_ids(actor, held)
    known = choices.people(held.offices if offices is None else offices)
    options = [("", "Choose one"), *(item for item in known[1:] if item[0] != str(me.pk))]
    back = reverse("projects:person", args=[me.pk])
    today = clock.today()
    page = FormPage(
        title="Delegate",
        crumbs=[CRUMB, (me.full_name, back), ("Delegate", "")],
        sections=forms.delegation_sections(options, today),
        submit="Delegate",
        cancel=back,
        lead="The other person acts in your place; what was delegated cannot be passed on.",
        initial={"valid_from": today.isoformat(), "letter_R": "on"},
    )

    def save() -> str:
        form = forms.read_delegation(request.POST, options)
        services.delegate_own(
            actor=actor,
            person=me,
            to_person=form.to_person,
            actions=form.actions,
            valid_from=form.valid_from,
            valid_to=form.valid_to,
            reason=form.reason,
            amount_limit=form.amount_limit,
        )
        return back

    return form_page(request, page, save)


@require_POST
def delegation_end(request: HttpRequest, delegation_id: int) -> HttpResponse:
    """Take a delegation back at once."""
    me = person_of(request)
    row = Delegation.objects.filter(pk=delegation_id, from_person=me, voided=False).first()
    if row is None:
        raise NotFound("access.delegation", "There is no such delegation of yours.")
    end_delegation(actor=actor_of(request), delegation=row)
    messages.success(request, f"{row.to_person} no longer acts in your place.")
    return redirect("projects:person", me.pk)
