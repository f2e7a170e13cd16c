# SPDX-License-Identifier: Apache-2.0
"""Offices and units, currencies, calendars, custom fields."""

from __future__ import annotations

from typing import Annotated

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from ninja import Query

from pilothouse.delivery.projects.start import office_starts, require_opens_offices
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.access import assignment_out
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    office_of,
    person_ref,
    read,
    ref,
    unknown,
    updates,
    values_of,
    visible_calendars,
)
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page,
    page_of,
    reply,
    slice_of,
    version_of,
    whole,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import (
    AssignmentOut,
    CalendarIn,
    CalendarNew,
    CalendarOut,
    CurrencyIn,
    CurrencyOut,
    CustomFieldIn,
    CustomFieldNew,
    CustomFieldOut,
    DirectorIn,
    FormerUnitOut,
    InstallationOut,
    InstallationPatch,
    OfficeIn,
    OfficeOut,
    PersonRef,
    QueryDay,
    UnitIn,
    UnitMove,
    UnitOut,
    UnitPatch,
    UnitRowOut,
)
from pilothouse.foundation.access.services import appoint_first_director
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import looked_back
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.core.models import Installation
from pilothouse.foundation.organisation import services
from pilothouse.foundation.organisation.models import Calendar, Currency, CustomField, OrgUnit
from pilothouse.foundation.organisation.queries import (
    get_unit,
    members_of,
    office_ids,
    unit_rows,
    visible_units,
)

router = Router(tags=["Organisation"])


def _unit(row: OrgUnit) -> UnitOut:
    return UnitOut(
        id=row.pk,
        version=row.version,
        code=row.code,
        name=row.name,
        kind=row.kind,
        parent_id=row.parent_id,
        office_id=row.office_id,
        head=person_ref(row.head),
        cost_centre=row.cost_centre,
        default_currency=row.default_currency_id,
        attribution=row.attribution,
        valid_from=row.valid_from,
        valid_to=row.valid_to,
    )


def _installation() -> InstallationOut:
    row = Installation.objects.first()
    return InstallationOut(
        version=row.version if row else 1, time_zone=clock.zone().key, today=clock.today()
    )


@router.get("/installation", response=read(InstallationOut))
def read_installation(request: HttpRequest) -> HttpResponse:
    """The time zone of the installation, and the day it is in it."""
    told = _installation()
    return reply(told, version=told.version)


@router.patch("/installation", response=updates(InstallationOut))
def update_installation(
    request: HttpRequest, payload: InstallationPatch, if_match: IfMatch = None
) -> HttpResponse:
    """Choose the time zone: a system administrator, or whoever keeps every organisation."""
    services.set_time_zone(
        actor=actor_of(request),
        time_zone=payload.time_zone,
        version=version_of(if_match),
        reason=payload.reason,
    )
    told = _installation()
    return reply(told, version=told.version)


@router.get("/offices", response=read(Page[OfficeOut]))
def list_offices(request: HttpRequest) -> HttpResponse:
    """Your organisations and what each still lacks at the start; all for an administrator."""
    return whole(
        [
            OfficeOut(
                id=row.pk,
                name=row.name,
                has_director=row.has_director,
                has_portfolio=row.has_portfolio,
                has_project=row.has_project,
            )
            for row in office_starts(actor_of(request))
        ]
    )


@router.post("/offices", response=creates(UnitOut))
def open_office(
    request: HttpRequest, payload: OfficeIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Open an organisation with its currency and a standard calendar; administrators only."""
    actor = actor_of(request)
    require_opens_offices(actor)

    def make() -> tuple[UnitOut, int]:
        row = services.open_office(
            actor=actor, code=payload.code, name=payload.name, currency=payload.currency
        )
        return _unit(row), row.version

    return created(request, idempotency_key, make)


@router.post("/offices/{int:office_id}/director", response=creates(AssignmentOut))
def name_first_director(request: HttpRequest, office_id: int, payload: DirectorIn) -> HttpResponse:
    """Name the first director of an organisation; administrators only, once for each."""
    actor = actor_of(request)
    require_opens_offices(actor)
    office = OrgUnit.objects.filter(pk=office_id, parent=None).first()
    if office is None:
        raise NotFound("organisation.office", "There is no such organisation.")
    person = User.objects.filter(pk=payload.person_id, is_active=True).first()
    if person is None:
        raise unknown("person_id", "There is no such person who can sign in.")
    if person.pk == actor.user_id and not payload.alone:
        message = "Nobody gives themselves a role unless they are alone."
        raise Invalid("access.self", message, fields={"alone": message})
    row = appoint_first_director(
        actor=actor,
        person=person,
        office_id=office.pk,
        valid_from=clock.today(),
        reason=payload.reason,
    )
    return reply(assignment_out(row), status=201, version=row.version)


@router.get("/units", response=read(Page[UnitRowOut]))
def list_units(
    request: HttpRequest, paging: Query[Paging], as_of: QueryDay | None = None
) -> HttpResponse:
    """Units of your organisations as a tree, each branch together, now or as of a day."""
    day = looked_back(as_of, clock.today())
    rows = unit_rows(actor_of(request), day)
    items = [
        UnitRowOut(
            **_unit(row.unit).model_dump(exclude={"parent_id"}),
            parent_id=row.above,
            depth=row.depth,
            members=row.members,
            closed=row.closed,
        )
        for row in slice_of(rows, paging)
    ]
    return page(request, items, len(rows), paging)


@router.post("/units", response=creates(UnitOut))
def create_unit(
    request: HttpRequest, payload: UnitIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Add a unit below another."""
    actor = actor_of(request)

    def make() -> tuple[UnitOut, int]:
        parent = visible_units(actor).filter(pk=payload.parent_id).first()
        if parent is None:
            raise unknown("parent_id", "There is no such unit.")
        values = values_of(request, payload, office_id=parent.office_id, leave=("parent_id",))
        row = services.create_unit(actor=actor, parent=parent, values=values)
        return _unit(row), row.version

    return created(request, idempotency_key, make)


@router.get("/units/{int:unit_id}", response=read(UnitOut))
def read_unit(request: HttpRequest, unit_id: int) -> HttpResponse:
    """One unit."""
    row = get_unit(actor_of(request), unit_id)
    return reply(_unit(row), version=row.version)


@router.patch("/units/{int:unit_id}", response=updates(UnitOut))
def update_unit(
    request: HttpRequest, unit_id: int, payload: UnitPatch, if_match: IfMatch = None
) -> HttpResponse:
    """Change fields of a unit."""
    actor = actor_of(request)
    row = get_unit(actor, unit_id)
    row = services.update_unit(
        actor=actor,
        unit=row,
        values=values_of(request, payload, office_id=row.office_id, leave=("reason",)),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_unit(row), version=row.version)


@router.post("/units/{int:unit_id}/move", response=updates(UnitOut))
def move_unit(
    request: HttpRequest, unit_id: int, payload: UnitMove, if_match: IfMatch = None
) -> HttpResponse:
    """Put a unit below another from a day on; earlier reports keep the old tree."""
    actor = actor_of(request)
    row = get_unit(actor, unit_id)
    parent = visible_units(actor).filter(pk=payload.parent_id).first()
    if parent is None:
        raise unknown("parent_id", "There is no such unit.")
    row = services.move_unit(
        actor=actor,
        unit=row,
        parent=parent,
        from_day=payload.from_day,
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_unit(row), version=row.version)


@router.get("/units/{int:unit_id}/members", response=read(Page[PersonRef]))
def list_unit_members(request: HttpRequest, unit_id: int) -> HttpResponse:
    """People whose unit this is, by name."""
    members = members_of(get_unit(actor_of(request), unit_id))
    return whole([PersonRef(id=row.person_id, name=row.person.full_name) for row in members])


@router.get("/units/{int:unit_id}/places", response=read(Page[FormerUnitOut]))
def list_unit_places(request: HttpRequest, unit_id: int) -> HttpResponse:
    """Units below which this one stood before, and until when."""
    unit = get_unit(actor_of(request), unit_id)
    return whole(
        [
            FormerUnitOut(parent=ref(row.parent), until=row.until, reason=row.reason)
            for row in unit.former_places.select_related("parent")
        ]
    )


def _currency(row: Currency) -> CurrencyOut:
    return CurrencyOut(code=row.code, name=row.name, minor_units=row.minor_units)


@router.get("/currencies", response=read(Page[CurrencyOut]))
def list_currencies(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Currencies by code."""
    return page_of(request, Currency.objects.order_by("code"), paging, _currency)


@router.put("/currencies/{code}", response=read(CurrencyOut))
def save_currency(request: HttpRequest, code: str, payload: CurrencyIn) -> HttpResponse:
    """Add a currency, or rename it."""
    row = services.save_currency(
        actor=actor_of(request), code=code, name=payload.name, minor_units=payload.minor_units
    )
    return reply(_currency(row))


def _calendar(row: Calendar) -> CalendarOut:
    return CalendarOut(
        id=row.pk,
        version=row.version,
        office_id=row.office_id,
        name=row.name,
        week=row.week,
        exceptions=row.exceptions,
        is_default=row.is_default,
    )


def _get_calendar(request: HttpRequest, calendar_id: int) -> Calendar:
    rows = visible_calendars(actor_of(request)).select_related("office")
    row = rows.filter(pk=calendar_id).first()
    if row is None:
        raise NotFound("organisation.calendar", "There is no such calendar.")
    return row


def _save_calendar(
    request: HttpRequest,
    payload: CalendarIn,
    office: OrgUnit,
    row: Calendar | None,
    version: int | None,
) -> Calendar:
    data = payload.model_dump(mode="json")
    return services.save_calendar(
        actor=actor_of(request),
        office=office,
        calendar=row,
        name=payload.name,
        week=data["week"],
        exceptions=data["exceptions"],
        is_default=payload.is_default,
        version=version,
    )


@router.get("/calendars", response=read(Page[CalendarOut]))
def list_calendars(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Working calendars of your organisations."""
    return page_of(request, visible_calendars(actor_of(request)), paging, _calendar)


@router.post("/calendars", response=creates(CalendarOut))
def create_calendar(
    request: HttpRequest, payload: CalendarNew, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Add a working calendar: seven days, Monday first, each a list of [from, to] in minutes."""

    def make() -> tuple[CalendarOut, int]:
        office = office_of(actor_of(request), payload.office_id)
        row = _save_calendar(request, payload, office, None, None)
        return _calendar(row), row.version

    return created(request, idempotency_key, make)


@router.get("/calendars/{int:calendar_id}", response=read(CalendarOut))
def read_calendar(request: HttpRequest, calendar_id: int) -> HttpResponse:
    """One calendar."""
    row = _get_calendar(request, calendar_id)
    return reply(_calendar(row), version=row.version)


@router.put("/calendars/{int:calendar_id}", response=updates(CalendarOut))
def update_calendar(
    request: HttpRequest, calendar_id: int, payload: CalendarIn, if_match: IfMatch = None
) -> HttpResponse:
    """Replace a calendar."""
    row = _get_calendar(request, calendar_id)
    row = _save_calendar(request, payload, row.office, row, version_of(if_match))
    return reply(_calendar(row), version=row.version)


def _field(row: CustomField) -> CustomFieldOut:
    return CustomFieldOut(
        id=row.pk,
        version=row.version,
        office_id=row.office_id,
        of=row.of,
        key=row.key,
        label=row.label,
        kind=row.kind,
        choices=row.choices,
        position=row.position,
        is_active=row.is_active,
    )


def _visible_fields(actor: Actor) -> QuerySet[CustomField]:
    offices = office_ids(actor)
    rows = CustomField.objects.select_related("office")
    return rows if offices is None else rows.filter(office_id__in=offices)


def _get_field(actor: Actor, field_id: int) -> CustomField:
    row = _visible_fields(actor).filter(pk=field_id).first()
    if row is None:
        raise NotFound("organisation.custom_field", "There is no such field.")
    return row


@router.get("/custom-fields", response=read(Page[CustomFieldOut]))
def list_custom_fields(
    request: HttpRequest,
    paging: Query[Paging],
    retired: Annotated[bool, Query(description="Those out of use too.")] = False,
) -> HttpResponse:
    """Fields that your organisations added to their projects and tasks."""
    rows = _visible_fields(actor_of(request))
    rows = rows if retired else rows.filter(is_active=True)
    return page_of(request, rows.order_by("office_id", "position", "pk"), paging, _field)


@router.get("/custom-fields/{int:field_id}", response=read(CustomFieldOut))
def read_custom_field(request: HttpRequest, field_id: int) -> HttpResponse:
    """One field."""
    row = _get_field(actor_of(request), field_id)
    return reply(_field(row), version=row.version)


@router.post("/custom-fields", response=creates(CustomFieldOut))
def create_custom_field(
    request: HttpRequest, payload: CustomFieldNew, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Add a field to projects or tasks of an organisation; its key follows from the label."""
    actor = actor_of(request)

    def make() -> tuple[CustomFieldOut, int]:
        row = services.save_custom_field(
            actor=actor,
            office=office_of(actor, payload.office_id),
            field=None,
            label=payload.label,
            kind=payload.kind,
            choices=payload.choices,
            position=payload.position,
            is_active=payload.is_active,
            of=CustomField.Of(payload.of),
        )
        return _field(row), row.version

    return created(request, idempotency_key, make)


@router.put("/custom-fields/{int:field_id}", response=updates(CustomFieldOut))
def update_custom_field(
    request: HttpRequest, field_id: int, payload: CustomFieldIn, if_match: IfMatch = None
) -> HttpResponse:
    """Relabel a field, change its list, or take it out of use; its kind stays."""
    actor = actor_of(request)
    row = _get_field(actor, field_id)
    row = services.save_custom_field(
        actor=actor,
        office=row.office,
        field=row,
        label=payload.label,
        kind=row.kind,
        choices=payload.choices,
        position=payload.position if "position" in payload.model_fields_set else row.position,
        is_active=payload.is_active,
        version=version_of(if_match),
    )
    return reply(_field(row), version=row.version)
