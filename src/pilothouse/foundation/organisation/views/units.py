# SPDX-License-Identifier: Apache-2.0
"""The tree of units: look, add, edit, move."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import looked_back
from pilothouse.foundation.core.errors import NotAllowed
from pilothouse.foundation.core.pages import Field, FormPage, Options, Section, form_page
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation import forms
from pilothouse.foundation.organisation.models import Currency, OrgUnit
from pilothouse.foundation.organisation.queries import (
    get_unit,
    members_of,
    subtree,
    unit_options,
    unit_rows,
    unit_scopes,
    visible_units,
)
from pilothouse.foundation.organisation.services import (
    create_unit,
    move_unit,
    require_on_unit,
    update_unit,
)

CRUMB = ("Units", "/office/units/")
form_view = require_http_methods(["GET", "POST"])


@require_GET
def units(request: HttpRequest) -> HttpResponse:
    """The units in sight, as they are or as they were on a day."""
    actor = actor_of(request)
    reader = Reader(request.GET)
    asked = reader.day("as_of")
    reader.check("organisation.as_of")
    day = looked_back(asked, clock.today())
    held = grants_of(actor)
    context = {
        "rows": unit_rows(actor, day, held),
        "day": day,
        "may_add": not held.reach("org_unit", "C").nothing,
        "may_start": actor.is_system_admin,
    }
    return render(request, "organisation/units.html", context)


@require_GET
def unit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """One unit: facts, people, units below, where it stood."""
    actor = actor_of(request)
    row = get_unit(actor, unit_id)
    held = grants_of(actor)
    scopes = unit_scopes(row)
    today = clock.today()
    sees_roles = held.allows("role_assignment", "R", scopes)
    roles = RoleAssignment.objects.valid_on(today).filter(scope_type="org_unit", scope_id=row.pk)
    context = {
        "unit": row,
        "children": list(row.children.order_by("name")),
        "members": members_of(row),
        "roles": list(roles.select_related("person").order_by("role")) if sees_roles else None,
        "former": list(row.former_places.select_related("parent")),
        "may_change": held.allows("org_unit", "U", scopes),
        "may_add": held.allows("org_unit", "C", scopes),
        "may_appoint": held.allows("role_assignment", "C", scopes),
    }
    return render(request, "organisation/unit.html", context)


def _people(office_id: int, kept: User | None = None) -> Options:
    roles = RoleAssignment.objects.filter(office_id=office_id, voided=False).values("person_id")
    rows = User.objects.filter(is_active=True).filter(pk__in=roles)
    rows |= User.objects.filter(is_active=True, membership__org_unit__office_id=office_id)
    found = dict(rows.values_list("pk", "full_name"))
    if kept is not None:
        found[kept.pk] = kept.full_name
    ordered = sorted(found.items(), key=lambda item: item[1].casefold())
    return [("", "Nobody yet"), *((str(pk), name) for pk, name in ordered)]


def _currencies() -> Options:
    rows = Currency.objects.values_list("code", "name")
    return [("", "That of the unit above"), *((code, f"{code} {name}") for code, name in rows)]


@form_view
def unit_new(request: HttpRequest) -> HttpResponse:
    """Add a unit below another."""
    actor = actor_of(request)
    held = grants_of(actor)
    parents = [
        row for row in visible_units(actor, held) if held.allows("org_unit", "C", unit_scopes(row))
    ]
    if not parents:
        raise NotAllowed("organisation.unit", "Your roles do not allow adding units.")
    chosen = next((p for p in parents if str(p.pk) == request.GET.get("below")), parents[0])
    people = _people(chosen.office_id)
    page = FormPage(
        title="New unit",
        crumbs=[CRUMB, ("New unit", "")],
        sections=forms.unit_sections(people, _currencies(), unit_options(parents)),
        submit="Add the unit",
        cancel=reverse("organisation:units"),
        initial={"parent": str(chosen.pk), "kind": OrgUnit.Kind.DEPARTMENT},
    )

    def save() -> str:
        reader = Reader(request.POST)
        rows = OrgUnit.objects.filter(pk__in=[row.pk for row in parents])
        parent = reader.row("parent", rows, required=True)
        form = forms.read_unit(request.POST, people, new=True)
        reader.check("organisation.unit")
        row = create_unit(actor=actor, parent=parent, values=form.values, reason=form.reason)
        return reverse("organisation:unit", args=[row.pk])

    return form_page(request, page, save)


@form_view
def unit_edit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Change a unit's own fields, or close it."""
    actor = actor_of(request)
    row = get_unit(actor, unit_id)
    require_on_unit(actor, row, "U")
    back = reverse("organisation:unit", args=[row.pk])
    people = _people(row.office_id, row.head)
    page = FormPage(
        title=f"Edit {row.name}",
        crumbs=[CRUMB, (row.name, back), ("Edit", "")],
        sections=forms.unit_sections(people, _currencies()),
        submit="Save",
        cancel=back,
        initial=forms.unit_initial(row),
        version=row.version,
    )

    def save() -> str:
        form = forms.read_unit(request.POST, people, new=False)
        update_unit(
            actor=actor, unit=row, values=form.values, version=form.version, reason=form.reason
        )
        return back

    return form_page(request, page, save)


@form_view
def unit_move(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Another unit above, from a day on."""
    actor = actor_of(request)
    row = get_unit(actor, unit_id)
    require_on_unit(actor, row, "U")
    if row.parent_id is None:
        raise NotAllowed("organisation.root", "An organisation as a whole does not move.")
    back = reverse("organisation:unit", args=[row.pk])
    below = visible_units(actor).filter(subtree(row)).values("pk")
    places = visible_units(actor).filter(office_id=row.office_id).exclude(pk__in=below)
    today = clock.today()
    page = FormPage(
        title=f"Move {row.name}",
        crumbs=[CRUMB, (row.name, back), ("Move", "")],
        sections=[
            Section(
                "",
                [
                    Field("parent", "Below", "select", True, options=unit_options(places)),
                    Field(
                        "from_day",
                        "From",
                        "date",
                        required=True,
                        hint="Reports as at an earlier day keep the place it has now.",
                        attrs={"max": today.isoformat()},
                    ),
                    Field("reason", "Reason", required=True, wide=True),
                ],
                "All units and portfolios below move with it.",
            )
        ],
        submit="Move",
        cancel=back,
        initial={"parent": str(row.parent_id), "from_day": today.isoformat()},
        version=row.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        parent = reader.row("parent", places, required=True)
        day = reader.day("from_day", required=True)
        reason = reader.text("reason", 300, required=True)
        version = reader.version()
        reader.check("organisation.move")
        move_unit(
            actor=actor,
            unit=row,
            parent=parent or row,
            from_day=day or today,
            version=version,
            reason=reason,
        )
        return back

    return form_page(request, page, save)
