# SPDX-License-Identifier: Apache-2.0
"""What an office may tune: calendars, currencies, custom fields, attribution."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.web import actor_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import NotAllowed, NotFound
from pilothouse.foundation.core.models import Installation
from pilothouse.foundation.core.pages import Field, FormPage, Section, form_page
from pilothouse.foundation.core.parsing import Reader
from pilothouse.foundation.organisation import forms
from pilothouse.foundation.organisation.models import Calendar, Currency, CustomField, OrgUnit
from pilothouse.foundation.organisation.queries import (
    may_set_for_everybody,
    offices_in_sight,
    unit_scopes,
)
from pilothouse.foundation.organisation.second_factor import installation_asks_from
from pilothouse.foundation.organisation.services import (
    get_custom_field,
    kept_office,
    may_keep_currencies,
    require_set_time_zone,
    save_calendar,
    save_currency,
    save_custom_field,
    set_time_zone,
    update_unit,
)
from pilothouse.foundation.organisation.views.units import form_view

CRUMB = ("Settings", "/office/settings/")


@require_GET
def settings(request: HttpRequest) -> HttpResponse:
    """Everything that may be tuned, office by office."""
    actor = actor_of(request)
    held = grants_of(actor)
    costs = held.offices_with("cost_rate", "R")
    offices = [
        {
            "office": office,
            "calendars": list(office.calendars.all()),
            "fields": list(office.custom_fields.all()),
            "may_change": held.allows("org_unit", "U", unit_scopes(office)),
            "sees_retention": held.allows("retention_rule", "R", unit_scopes(office)),
            "sees_money": held.allows("fiscal_period", "R", unit_scopes(office)),
            "sees_costs": costs is None or office.pk in costs,
        }
        for office in offices_in_sight(actor, held)
    ]
    may_set = may_set_for_everybody(actor, held)
    context = {
        "offices": offices,
        "currencies": list(Currency.objects.all()),
        "may_keep_currencies": may_keep_currencies(actor),
        "keeps_retention": actor.is_system_admin,
        "time_zone": clock.zone().key,
        "now": timezone.now(),
        "may_set_for_everybody": may_set,
        "factor_from": installation_asks_from() if may_set else None,
        "spans": forms.spans_text,
        "days": forms.DAYS,
    }
    return render(request, "organisation/settings.html", context)


@form_view
def time_zone(request: HttpRequest) -> HttpResponse:
    """When a day begins, and how times are shown, in the whole installation."""
    actor = actor_of(request)
    require_set_time_zone(actor)
    row = Installation.objects.first()
    zones = [(name, name.replace("_", " ")) for name in clock.zone_names()]
    page = FormPage(
        title="Time zone",
        crumbs=[CRUMB, ("Time zone", "")],
        sections=[
            Section(
                "",
                [
                    Field("time_zone", "Time zone", "select", required=True, options=zones),
                    Field("reason", "Reason", wide=True, attrs={"maxlength": "300"}),
                ],
                "Days change at its midnight, and times are shown in it. What is stored stays.",
            )
        ],
        submit="Save",
        cancel=reverse("organisation:settings"),
        initial={"time_zone": clock.zone().key},
        version=row.version if row else 1,
    )

    def save() -> str:
        reader = Reader(request.POST)
        name = reader.choice("time_zone", [key for key, _ in zones])
        reason = reader.text("reason", 300)
        version = reader.version()
        reader.check("organisation.time_zone")
        set_time_zone(actor=actor, time_zone=name, version=version, reason=reason)
        return reverse("organisation:settings")

    return form_page(request, page, save)


def _calendar_page(request: HttpRequest, office: OrgUnit, row: Calendar | None) -> HttpResponse:
    rows = forms.exception_rows(row, request.POST)
    title = f"Edit {row.name}" if row else "New calendar"
    copied = row or Calendar.objects.filter(office=office, is_default=True).first()
    initial = forms.calendar_initial(copied) if copied else {}
    if row is None:
        initial = {name: text for name, text in initial.items() if name.startswith("day.")}
    page = FormPage(
        title=title,
        crumbs=[CRUMB, (title, "")],
        sections=forms.calendar_sections(rows),
        submit="Save the calendar",
        cancel=reverse("organisation:settings"),
        initial=initial,
        lead=f"Working time of {office.name}; plans are scheduled by it.",
        version=row.version if row else None,
    )

    def save() -> str:
        form = forms.read_calendar(request.POST, rows, new=row is None)
        save_calendar(
            actor=actor_of(request),
            office=office,
            calendar=row,
            name=form.name,
            week=form.week,
            exceptions=form.exceptions,
            is_default=form.is_default,
            version=form.version,
        )
        return reverse("organisation:settings")

    return form_page(request, page, save)


@form_view
def calendar_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Add a working calendar; the week starts as the default one."""
    return _calendar_page(request, kept_office(actor_of(request), office_id), None)


@form_view
def calendar_edit(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """Change a working calendar."""
    row = Calendar.objects.filter(pk=calendar_id).first()
    if row is None:
        raise NotFound("organisation.calendar", "There is no such calendar.")
    return _calendar_page(request, kept_office(actor_of(request), row.office_id), row)


def _currency_page(request: HttpRequest, row: Currency | None) -> HttpResponse:
    actor = actor_of(request)
    if not may_keep_currencies(actor):
        raise NotAllowed("organisation.currency", "Only finance keeps the list of currencies.")
    initial = {"minor_units": "2"}
    if row is not None:
        initial = {"name": row.name, "minor_units": str(row.minor_units)}
    sections = forms.currency_sections()
    if row is not None:
        sections = [Section("", [f for f in sections[0].fields if f.name != "code"])]
    page = FormPage(
        title=f"Edit {row.code}" if row else "New currency",
        crumbs=[CRUMB, (row.code if row else "New currency", "")],
        sections=sections,
        submit="Save the currency",
        cancel=reverse("organisation:settings"),
        initial=initial,
        lead="Currencies are shared by all organisations of this installation.",
    )

    def save() -> str:
        reader = Reader(request.POST)
        code = row.code if row else reader.text("code", 3, required=True)
        name = reader.text("name", 60, required=True)
        decimals = reader.whole("minor_units", 0, 4)
        if row is None and Currency.objects.filter(pk=code.upper()).exists():
            reader.wrong("code", f"{code.upper()} is in the list already.")
        reader.check("organisation.currency")
        save_currency(actor=actor, code=code, name=name, minor_units=decimals)
        return reverse("organisation:settings")

    return form_page(request, page, save)


@form_view
def currency_new(request: HttpRequest) -> HttpResponse:
    """Add a currency."""
    return _currency_page(request, None)


@form_view
def currency_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Rename a currency or set its decimals."""
    row = Currency.objects.filter(pk=code.upper()).first()
    if row is None:
        raise NotFound("organisation.currency", "There is no such currency.")
    return _currency_page(request, row)


def _field_page(request: HttpRequest, office: OrgUnit, row: CustomField | None) -> HttpResponse:
    what = "A field of every project, or of every task of their plans"
    if row:
        every = "project" if row.of == CustomField.Of.PROJECT else "task of its plans"
        what = f"It holds: {row.get_kind_display().lower()}. A field of every {every}"
    page = FormPage(
        title=f"Edit {row.label}" if row else "New field",
        crumbs=[CRUMB, (row.label if row else "New field", "")],
        sections=forms.field_sections(new=row is None),
        submit="Save the field",
        cancel=reverse("organisation:settings"),
        initial=forms.field_initial(row) if row else {"is_active": "on", "position": "0"},
        lead=(
            f"{what} of {office.name}: those of projects stand in lists, filters and exports, "
            "those of tasks are columns of the schedule."
        ),
        version=row.version if row else None,
    )

    def save() -> str:
        form = forms.read_field(request.POST, row)
        save_custom_field(
            actor=actor_of(request),
            office=office,
            field=row,
            label=form.label,
            kind=form.kind,
            choices=form.choices,
            position=form.position,
            is_active=form.is_active,
            version=form.version,
            of=form.of,
        )
        return reverse("organisation:settings")

    return form_page(request, page, save)


@form_view
def field_new(request: HttpRequest, office_id: int) -> HttpResponse:
    """Add a typed field to the projects of an office."""
    return _field_page(request, kept_office(actor_of(request), office_id), None)


@form_view
def field_edit(request: HttpRequest, office_id: int, field_id: int) -> HttpResponse:
    """Rename, order, extend or retire a field; its kind stays."""
    office = kept_office(actor_of(request), office_id)
    return _field_page(request, office, get_custom_field(office, field_id))


@form_view
def attribution(request: HttpRequest, office_id: int) -> HttpResponse:
    """Source and licence of the office's data, shown where the data is shown."""
    actor = actor_of(request)
    office = kept_office(actor, office_id)
    page = FormPage(
        title="Source and licence",
        crumbs=[CRUMB, ("Source and licence", "")],
        sections=[
            Section(
                "",
                [
                    Field(
                        "attribution",
                        "Text",
                        "textarea",
                        wide=True,
                        hint="Leave empty where the data is the office's own.",
                    )
                ],
                "Shown below every list of this organisation's projects.",
            )
        ],
        submit="Save",
        cancel=reverse("organisation:settings"),
        initial={"attribution": office.attribution},
        version=office.version,
    )

    def save() -> str:
        reader = Reader(request.POST)
        text = reader.text("attribution", 2000)
        version = reader.version()
        reader.check("organisation.attribution")
        update_unit(actor=actor, unit=office, values={"attribution": text}, version=version)
        return reverse("organisation:settings")

    return form_page(request, page, save)
