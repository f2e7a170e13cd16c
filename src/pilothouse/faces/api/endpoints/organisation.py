# SPDX-License-Identifier: Apache-2.0
"""Units, people, currencies, calendars, custom fields, thresholds."""

from __future__ import annotations

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from ninja import Query, Router

from pilothouse.direction.performance import services as performance
from pilothouse.engine.health import Policy, policy_from_data, policy_to_data
from pilothouse.faces.api.auth import actor_of
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
from pilothouse.faces.api.replies import Page, Paging, created, page_of, reply, version_of
from pilothouse.faces.api.schemas import (
    CalendarIn,
    CalendarNew,
    CalendarOut,
    CurrencyIn,
    CurrencyOut,
    CustomFieldIn,
    CustomFieldNew,
    CustomFieldOut,
    LimitsOut,
    PersonOut,
    QueryDay,
    QueryId,
    ThresholdsIn,
    ThresholdsOut,
    UnitIn,
    UnitMove,
    UnitOut,
    UnitPatch,
)
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation import services
from pilothouse.foundation.organisation.models import Calendar, Currency, CustomField, OrgUnit
from pilothouse.foundation.organisation.queries import (
    custom_fields,
    get_unit,
    office_ids,
    visible_people,
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


@router.get("/units", response=read(Page[UnitOut]))
def list_units(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Units of your organisations, each branch together."""
    rows = visible_units(actor_of(request)).select_related("head").order_by("path", "pk")
    return page_of(request, rows, paging, _unit)


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


def _person(row: User, addresses: bool) -> PersonOut:
    place = getattr(row, "membership", None)
    return PersonOut(
        id=row.pk,
        name=row.full_name,
        job_title=row.job_title,
        unit=ref(place.org_unit) if place else None,
        is_active=row.is_active,
        email=row.email if addresses else None,
    )


def _sees_addresses(request: HttpRequest) -> bool:
    return not grants_of(actor_of(request)).reach("role_assignment", "C").nothing


@router.get("/people", response=read(Page[PersonOut]))
def list_people(
    request: HttpRequest, paging: Query[Paging], q: Annotated[str, Query(max_length=100)] = ""
) -> HttpResponse:
    """People of your organisations, by name."""
    addresses = _sees_addresses(request)
    rows = visible_people(actor_of(request)).select_related("membership__org_unit")
    if q:
        rows = rows.filter(full_name__icontains=q)
    rows = rows.order_by("full_name", "pk")
    return page_of(request, rows, paging, lambda row: _person(row, addresses))


@router.get("/people/{int:person_id}", response=read(PersonOut))
def read_person(request: HttpRequest, person_id: int) -> PersonOut:
    """One person."""
    actor = actor_of(request)
    rows = visible_people(actor).select_related("membership__org_unit")
    row = rows.filter(pk=person_id).first()
    if row is None:
        raise NotFound("organisation.person", "There is no such person.")
    return _person(row, row.pk == actor.user_id or _sees_addresses(request))


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
        key=row.key,
        label=row.label,
        kind=row.kind,
        choices=row.choices,
        position=row.position,
        is_active=row.is_active,
    )


@router.get("/custom-fields", response=read(Page[CustomFieldOut]))
def list_custom_fields(request: HttpRequest, paging: Query[Paging]) -> HttpResponse:
    """Active fields that your organisations added to their projects."""
    rows = custom_fields(office_ids(actor_of(request)))
    return page_of(request, rows.order_by("office_id", "position", "pk"), paging, _field)


@router.post("/custom-fields", response=creates(CustomFieldOut))
def create_custom_field(
    request: HttpRequest, payload: CustomFieldNew, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Add a field to the projects of an organisation; its key follows from the label."""
    actor = actor_of(request)

    def make() -> tuple[CustomFieldOut, int]:
        row = services.save_custom_field(
            actor=actor,
            office=office_of(actor, payload.office_id),
            field=None,
            label=payload.label,
            kind=payload.kind,
            choices=payload.choices,
            is_active=payload.is_active,
        )
        return _field(row), row.version

    return created(request, idempotency_key, make)


@router.put("/custom-fields/{int:field_id}", response=updates(CustomFieldOut))
def update_custom_field(
    request: HttpRequest, field_id: int, payload: CustomFieldIn, if_match: IfMatch = None
) -> HttpResponse:
    """Relabel a field, change its list, or take it out of use; its kind stays."""
    actor = actor_of(request)
    offices = office_ids(actor)
    rows = CustomField.objects.select_related("office")
    rows = rows if offices is None else rows.filter(office_id__in=offices)
    row = rows.filter(pk=field_id).first()
    if row is None:
        raise NotFound("organisation.custom_field", "There is no such field.")
    row = services.save_custom_field(
        actor=actor,
        office=row.office,
        field=row,
        label=payload.label,
        kind=row.kind,
        choices=payload.choices,
        is_active=payload.is_active,
        version=version_of(if_match),
    )
    return reply(_field(row), version=row.version)


def _thresholds(office: OrgUnit, policy: Policy) -> ThresholdsOut:
    rules = [LimitsOut.model_validate(item) for item in policy_to_data(policy)]
    return ThresholdsOut(office_id=office.pk, number=policy.number, rules=rules)


@router.get("/thresholds", response=read(ThresholdsOut))
def read_thresholds(
    request: HttpRequest, office_id: QueryId, on: QueryDay | None = None
) -> ThresholdsOut:
    """The limits of the colours of one organisation, as at a day (today)."""
    office = office_of(actor_of(request), office_id)
    return _thresholds(office, performance.policy_on(office.pk, on or timezone.localdate()))


@router.post("/thresholds", response=creates(ThresholdsOut))
def set_thresholds(
    request: HttpRequest, payload: ThresholdsIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Set new limits from a day on; earlier snapshots keep theirs."""
    actor = actor_of(request)

    def make() -> tuple[ThresholdsOut, None]:
        office = office_of(actor, payload.office_id)
        row = performance.set_policy(
            actor=actor,
            office=office,
            data=[
                {
                    "metric": item.metric,
                    "green": str(item.green),
                    "amber": None if item.amber is None else str(item.amber),
                }
                for item in payload.rules
            ],
            valid_from=payload.valid_from,
            reason=payload.reason,
        )
        return _thresholds(office, policy_from_data(row.number, row.rules)), None

    return created(request, idempotency_key, make)
