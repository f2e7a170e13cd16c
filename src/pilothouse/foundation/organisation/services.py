# SPDX-License-Identifier: Apache-2.0
"""Keeping units, people's places, currencies, calendars and custom fields."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q
from django.utils.text import slugify

from pilothouse.engine.calendars import (
    STANDARD_WEEK,
    CalendarException,
    CalendarSpec,
    compile_calendars,
)
from pilothouse.engine.errors import EngineError
from pilothouse.foundation.access.queries import allowed_as, grants_of
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock, plausible
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import Installation
from pilothouse.foundation.core.parsing import number_of
from pilothouse.foundation.organisation.iso import CURRENCIES
from pilothouse.foundation.organisation.models import (
    Calendar,
    Currency,
    CustomField,
    FormerUnitPlace,
    Membership,
    OrgUnit,
    segment,
)
from pilothouse.foundation.organisation.queries import (
    Memory,
    may_set_for_everybody,
    office_people,
    offices_in_sight,
    subtree,
    unit_scopes,
)

UNIT_FIELDS = (
    "code",
    "name",
    "kind",
    "parent",
    "head",
    "cost_centre",
    "default_currency",
    "attribution",
    "valid_from",
    "valid_to",
)


def invalid_from(error: ValidationError, code: str) -> Invalid:
    """A model's own complaint as the error of the product."""
    if hasattr(error, "message_dict"):
        fields = {
            "" if name == "__all__" else name: " ".join(messages)
            for name, messages in error.message_dict.items()
        }
        return Invalid(code, " ".join(error.messages), fields=fields)
    return Invalid(code, " ".join(error.messages))


@transaction.atomic
def open_office(*, actor: Actor, code: str, name: str, currency: str) -> OrgUnit:
    """Open an organisation: its root unit, its currency and a standard working calendar.

    Who: the system or a system administrator. Writes: OrgUnit, Currency, Calendar.
    """
    if currency not in CURRENCIES:
        message = "Choose a currency of the list."
        raise Invalid("organisation.currency", message, fields={"currency": message})
    label, minor_units = CURRENCIES[currency]
    money = Currency.objects.filter(pk=currency).first()
    office = create_unit(
        actor=actor,
        parent=None,
        values={
            "code": code,
            "name": name,
            "kind": OrgUnit.Kind.ENTERPRISE,
            "default_currency": money or _keep_currency(actor, currency, label, minor_units),
        },
    )
    week = [[list(span) for span in day or ()] for day in STANDARD_WEEK]
    calendar = Calendar(office=office, name="Standard", week=week, is_default=True)
    core.create(
        actor=actor,
        obj=calendar,
        names=("name", "week", "exceptions", "is_default"),
        office_id=office.pk,
    )
    return office


def require_move_day(day: date, since: date | None) -> None:
    """R-ORG-02: a move takes effect today or earlier, but not before the move before it."""
    if day > clock.today():
        message = "A move takes effect today or earlier."
        raise Invalid("organisation.move_day", message, fields={"from_day": message})
    if since is not None and day < since:
        message = (
            f"It came to its present place on {written(since)}; choose that day or a later one."
        )
        raise Invalid("organisation.move_day", message, fields={"from_day": message})


def require_on_unit(
    actor: Actor, unit: OrgUnit, letter: str, object_type: str = "org_unit"
) -> Actor:
    """Raise NotAllowed unless the matrix gives the letter on this unit; else as ``allowed_as``."""
    allowed = allowed_as(actor, object_type, letter, unit_scopes(unit))
    if allowed is None:
        raise NotAllowed("organisation.unit", f"You may not do this in {unit}.")
    return allowed


def kept_office(actor: Actor, office_id: int) -> OrgUnit:
    """An office that the actor may change. Raises: NotFound, NotAllowed."""
    office = offices_in_sight(actor).filter(pk=office_id).first()
    if office is None:
        raise NotFound("organisation.office", "There is no such organisation.")
    require_on_unit(actor, office, "U")
    return office


def person_problems(actor: Actor, office_id: int, values: Mapping[str, Any]) -> dict[str, str]:
    """Field → why its person cannot be named in an office: no place and no role there.

    It is the rule by which the forms offer people. The system may name people before their roles.
    """
    named = {name: row for name, row in values.items() if isinstance(row, User)}
    if not named or actor.is_system:
        return {}
    ids = {row.pk for row in named.values()}
    known = set(office_people(office_id).filter(pk__in=ids).values_list("pk", flat=True))
    return {
        name: f"{row} has no place and no role in this organisation, or is disabled; "
        "say first to which of its units the person belongs."
        for name, row in named.items()
        if row.pk not in known
    }


def require_people(actor: Actor, office_id: int, values: Mapping[str, Any]) -> None:
    """Raise Invalid naming every field whose person cannot be named in this office."""
    if problems := person_problems(actor, office_id, values):
        names = ", ".join(dict.fromkeys(str(values[name]) for name in problems))
        message = f"{names}: no place and no role in this organisation, or disabled."
        raise Invalid("organisation.person", message, fields=problems)


@transaction.atomic
def create_unit(
    *, actor: Actor, parent: OrgUnit | None, values: Mapping[str, Any], reason: str = ""
) -> OrgUnit:
    """Add a unit below another, or a new office as a root.

    Who: whom the matrix gives C on org_unit; a root only the system or a system administrator.
    """
    if parent is None:
        if not (actor.is_system or actor.is_system_admin):
            raise NotAllowed("organisation.root", "Only a system administrator opens a new office.")
    else:
        actor = require_on_unit(actor, parent, "C")
    if parent is not None:
        require_people(actor, parent.office_id, values)
    unit = OrgUnit(parent=parent, **values)
    unit.office_id = parent.office_id if parent else 0
    try:
        core.create(actor=actor, obj=unit, names=UNIT_FIELDS, reason=reason)
    except ValidationError as error:
        raise invalid_from(error, "organisation.unit") from error
    unit.path = (parent.path if parent else "") + segment(unit.pk)
    unit.office_id = parent.office_id if parent else unit.pk
    unit.save(update_fields=["path", "office_id"])
    return unit


@transaction.atomic
def update_unit(
    *,
    actor: Actor,
    unit: OrgUnit,
    values: Mapping[str, Any],
    version: int | None,
    reason: str = "",
    from_day: date | None = None,
) -> OrgUnit:
    """Change a unit; a new parent moves the whole branch within its office from a day (today).

    Who: U on org_unit. Writes: OrgUnit, FormerUnitPlace. Raises: Invalid, also where a move would
    make somebody sponsor and manager of one project, Conflict.
    """
    actor = require_on_unit(actor, unit, "U")
    row = core.lock(OrgUnit.objects.select_related("parent"), unit.pk)
    parent = values.get("parent", row.parent)
    _require_place(row, parent)
    last_day = values.get("valid_to", row.valid_to)
    if last_day is not None and row.valid_to is None:
        _require_closable(row)
    require_people(actor, row.office_id, core.differing(row, values))
    before = row.parent_id
    try:
        core.change(
            actor=actor,
            obj=row,
            values=values,
            version=version,
            reason=reason,
            office_id=row.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "organisation.unit") from error
    if before is not None and row.parent_id != before:
        _may_lie_below(actor, row, parent)
        _remember_place(row, before, from_day or clock.today(), reason)
        _repath(row, parent)
    return row


def move_unit(
    *,
    actor: Actor,
    unit: OrgUnit,
    parent: OrgUnit,
    from_day: date,
    version: int | None,
    reason: str,
) -> OrgUnit:
    """Put a unit below another from a day on; reports as at an earlier day keep the old place.

    Who: U on org_unit here and there. Raises: Invalid for a day in the future or before the
    last move, or a place below itself.
    """
    require_on_unit(actor, parent, "U")
    if not reason.strip():
        raise Invalid("organisation.reason", "Say why it moves.", fields={"reason": "Needed."})
    return update_unit(
        actor=actor,
        unit=unit,
        values={"parent": parent},
        version=version,
        reason=reason,
        from_day=from_day,
    )


MoveCheck = Callable[[Actor, OrgUnit, OrgUnit | None], None]
"""Raises Invalid where a unit must not come below another; asked before paths change."""

_may_lie_below: MoveCheck


def install_move_check(check: MoveCheck) -> None:
    """Set what a move of a unit must not do; called once at the start, by the app that knows."""
    global _may_lie_below
    _may_lie_below = check


def _require_place(row: OrgUnit, parent: OrgUnit | None) -> None:
    if parent is not None and parent.office_id != row.office_id:
        message = "A unit cannot leave its organisation."
        raise Invalid("organisation.other_office", message, fields={"parent": message})
    if parent is not None and parent.path.startswith(row.path):
        message = f"‘{parent}’ is this unit or lies below it; choose another place."
        raise Invalid("organisation.cycle", message, fields={"parent": message})
    if parent is None and row.parent_id is not None:
        message = "Only an organisation as a whole stands without a parent."
        raise Invalid("organisation.root", message, fields={"parent": message})


def _require_closable(row: OrgUnit) -> None:
    """R-ORG-03: units below must be closed or moved first."""
    below = row.children.filter(valid_to=None).count()
    if below:
        message = f"{below} units below it are still open; close or move them first."
        raise Invalid("organisation.open_children", message, fields={"valid_to": message})


def _remember_place(row: OrgUnit, parent_id: int, day: date, reason: str) -> None:
    last = FormerUnitPlace.objects.filter(unit=row).order_by("-until").first()
    require_move_day(day, last.until if last else None)
    if last is None or last.until < day:
        FormerUnitPlace.objects.create(
            unit=row, parent_id=parent_id, until=day, reason=reason[:300]
        )


def _repath(row: OrgUnit, parent: OrgUnit | None) -> None:
    old_path = row.path
    new_path = (parent.path if parent else "") + segment(row.pk)
    if new_path == old_path:
        return
    branch = list(OrgUnit.objects.filter(subtree(OrgUnit(path=old_path))))
    for member in branch:
        member.path = new_path + member.path[len(old_path) :]
    OrgUnit.objects.bulk_update(branch, ["path"])
    row.path = new_path


@transaction.atomic
def place_person(*, actor: Actor, person: User, unit: OrgUnit) -> Membership:
    """Say which unit a person belongs to."""
    actor = require_on_unit(actor, unit, "U")
    row, _ = Membership.objects.update_or_create(person=person, defaults={"org_unit": unit})
    core.record(
        actor=actor,
        action="membership.set",
        obj=row,
        after={"person": person.pk, "org_unit": unit.pk},
        office_id=unit.office_id,
    )
    return row


def may_keep_currencies(actor: Actor) -> bool:
    """Whether the actor may change the list that all offices of the installation share."""
    grants = grants_of(actor)
    return actor.is_system_admin or grants.everything or not grants.reach("fx_rate", "C").nothing


@transaction.atomic
def save_currency(*, actor: Actor, code: str, name: str, minor_units: int) -> Currency:
    """Add a currency, rename it or set its decimals.

    Who: finance or a system administrator. Writes: Currency. Raises: Invalid, NotAllowed.
    """
    if not may_keep_currencies(actor):
        raise NotAllowed("organisation.currency", "Only finance keeps the list of currencies.")
    letters = code.strip().upper()
    if len(letters) != 3 or not letters.isascii() or not letters.isalpha():
        message = "A currency code has three letters, such as EUR."
        raise Invalid("organisation.currency", message, fields={"code": message})
    if not name.strip():
        raise Invalid("organisation.currency", "Name the currency.", fields={"name": "Needed."})
    if not 0 <= minor_units <= 4:
        message = "Between 0 and 4 decimals."
        raise Invalid("organisation.currency", message, fields={"minor_units": message})
    return _keep_currency(actor, letters, name.strip(), minor_units)


def _keep_currency(actor: Actor, code: str, name: str, minor_units: int) -> Currency:
    saved = Currency.objects.select_for_update().filter(pk=code).first()
    row = Currency(code=code, name=name, minor_units=minor_units)
    names = ("code", "name", "minor_units")
    before = {} if saved is None else core.plain(saved, names)
    after = core.plain(row, names)
    changed = [name for name in names if before.get(name) != after[name]]
    if changed:
        row.save(force_insert=saved is None)
        core.record(
            actor=actor,
            action="currency.create" if saved is None else "currency.update",
            obj=row,
            before={name: before[name] for name in changed if before},
            after={name: after[name] for name in changed},
        )
    return row


def calendar_spec(calendar: Calendar) -> CalendarSpec:
    """An office calendar as the engine reads it."""
    return CalendarSpec(
        uid=calendar.pk or 0,
        name=calendar.name,
        week=tuple(tuple((int(a), int(b)) for a, b in day) for day in calendar.week),
        exceptions=tuple(
            CalendarException(
                date.fromisoformat(item["first"]),
                date.fromisoformat(item["last"]),
                tuple((int(a), int(b)) for a, b in item["intervals"]),
                item.get("name", ""),
            )
            for item in calendar.exceptions
        ),
    )


@transaction.atomic
def save_calendar(
    *,
    actor: Actor,
    office: OrgUnit,
    calendar: Calendar | None,
    name: str,
    week: list[list[list[int]]],
    exceptions: list[dict[str, Any]],
    is_default: bool,
    version: int | None = None,
) -> Calendar:
    """Add or change a working calendar; the engine must accept it."""
    actor = require_on_unit(actor, office, "U")
    values = {
        "name": name.strip(),
        "week": week,
        "exceptions": exceptions,
        "is_default": is_default,
    }
    trial = Calendar(pk=calendar.pk if calendar else None, office=office, **values)
    try:
        compile_calendars([calendar_spec(trial)])
    except (EngineError, ValueError) as error:
        message = error.message if isinstance(error, EngineError) else str(error)
        raise Invalid("organisation.calendar", message, fields={"week": message}) from error
    if is_default:
        others = Calendar.objects.filter(office=office, is_default=True)
        for other in others.exclude(pk=calendar.pk if calendar else 0):
            core.change(
                actor=actor,
                obj=other,
                values={"is_default": False},
                version=None,
                office_id=office.pk,
            )
    try:
        if calendar is None:
            row = Calendar(office=office, **values)
            return core.create(actor=actor, obj=row, names=values, office_id=office.pk)
        core.change(actor=actor, obj=calendar, values=values, version=version, office_id=office.pk)
    except ValidationError as error:
        raise invalid_from(error, "organisation.calendar") from error
    return calendar


@transaction.atomic
def save_custom_field(
    *,
    actor: Actor,
    office: OrgUnit,
    field: CustomField | None,
    label: str,
    kind: str,
    choices: list[str],
    position: int = 0,
    is_active: bool = True,
    version: int | None = None,
    of: CustomField.Of = CustomField.Of.PROJECT,
) -> CustomField:
    """Add or change a field of the office's projects or tasks; its kind stays once it exists."""
    actor = require_on_unit(actor, office, "U")
    cleaned = [choice.strip() for choice in choices if choice.strip()]
    if kind == CustomField.Kind.CHOICE and not cleaned:
        message = "A list needs at least one entry."
        raise Invalid("organisation.choices", message, fields={"choices": message})
    values: dict[str, object] = {
        "label": label.strip(),
        "choices": cleaned,
        "position": position,
        "is_active": is_active,
    }
    try:
        if field is None:
            key = slugify(label).replace("-", "_")[:40]
            row = CustomField(office=office, of=of, key=key, kind=kind, **values)
            names = ("of", "key", "kind", *values)
            return core.create(actor=actor, obj=row, names=names, office_id=office.pk)
        if field.kind != kind:
            message = "The kind of a field cannot change; make a new field."
            raise Invalid("organisation.kind", message, fields={"kind": message})
        core.change(actor=actor, obj=field, values=values, version=version, office_id=office.pk)
    except ValidationError as error:
        refused = invalid_from(error, "organisation.custom_field")
        if "key" in refused.fields:
            # The key follows from the label, which is all that was given.
            refused.fields["label"] = refused.fields.pop("key")
        raise refused from error
    return field


def clean_custom(fields: Mapping[str, CustomField], values: Mapping[str, Any]) -> dict[str, Any]:
    """Check values of custom fields against their types; empty ones are left out."""
    cleaned: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for key, value in values.items():
        field = fields.get(key)
        if field is None:
            problems[f"custom.{key}"] = "There is no such field."
            continue
        text = str(value).strip() if value is not None else ""
        if text == "":
            continue
        try:
            cleaned[key] = _typed(field, text)
        except ValueError as error:
            problems[f"custom.{key}"] = f"{field.label}: {error}"
    if problems:
        raise Invalid("projects.custom", " ".join(problems.values()), fields=problems)
    return cleaned


def _typed(field: CustomField, text: str) -> object:
    if field.kind == CustomField.Kind.NUMBER:
        try:
            number = float(number_of(text) or 0)
        except ValueError:
            raise ValueError(f"‘{text}’ is no number; write it as 1,250.5.") from None
        if abs(number) > 1e15:
            raise ValueError(f"‘{text}’ is out of range.")
        return number
    if field.kind == CustomField.Kind.DATE:
        try:
            day = date.fromisoformat(text)
        except ValueError:
            raise ValueError(f"‘{text}’ is no date; write it as 2026-11-30.") from None
        try:
            plausible.day(day)
        except ValidationError as error:
            raise ValueError(error.message) from None
        return day.isoformat()
    if field.kind == CustomField.Kind.YES_NO:
        if text.lower() in {"yes", "true", "1", "on"}:
            return True
        if text.lower() in {"no", "false", "0"}:
            return False
        raise ValueError("write yes or no.")
    if field.kind == CustomField.Kind.CHOICE and text not in field.choices:
        raise ValueError(f"‘{text}’ is not in the list ({', '.join(field.choices)}).")
    if len(text) > 500:
        raise ValueError(f"at most 500 characters; these are {len(text):,}.")
    return text


def get_custom_field(office: OrgUnit, field_id: int) -> CustomField:
    """One field of an office, or NotFound."""
    row = CustomField.objects.filter(office=office, pk=field_id).first()
    if row is None:
        raise NotFound("organisation.custom_field", "There is no such field.")
    return row


@transaction.atomic
def set_time_zone(
    *, actor: Actor, time_zone: str, version: int | None, reason: str = ""
) -> Installation:
    """Choose the time zone of the installation: when a day begins, and how times are shown.

    Stored instants stay; other processes notice within a minute.
    Who: ``may_set_for_everybody``. Writes: Installation. Raises: NotAllowed, Invalid, Conflict.
    """
    require_set_time_zone(actor)
    if time_zone not in clock.zone_names():
        message = f"‘{time_zone[:64]}’ is no time zone of the list, such as Europe/Oslo."
        raise Invalid("organisation.time_zone", message, fields={"time_zone": message})
    row = installation_row(actor)
    core.change(
        actor=actor, obj=row, values={"time_zone": time_zone}, version=version, reason=reason
    )
    clock.forget()
    transaction.on_commit(clock.forget)
    return row


def installation_row(actor: Actor) -> Installation:
    """The row of the installation, locked; made where nothing was set yet."""
    row = Installation.objects.select_for_update().first()
    return row or core.create(actor=actor, obj=Installation(pk=1), names=("time_zone",))


def require_set_time_zone(actor: Actor) -> None:
    """Raise NotAllowed unless the actor may choose the time zone of the installation."""
    if not (actor.is_system or may_set_for_everybody(actor)):
        raise NotAllowed(
            "organisation.time_zone",
            "The time zone holds for every organisation here; a system administrator sets it.",
        )


def begin_later(*, actor: Actor, office: OrgUnit, memory: Memory, first: date) -> None:
    """Note that of an office's past nothing is whole before a day; it never moves back.

    Who: the system, in the transaction that removes what was before. Writes: OrgUnit.
    """
    if not actor.is_system:
        raise NotAllowed("organisation.memory", "Only the rules of retention shorten the past.")
    rows = OrgUnit.objects.filter(Q(**{memory: None}) | Q(**{f"{memory}__lt": first}), pk=office.pk)
    rows.update(**{memory: first})
