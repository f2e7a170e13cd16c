# SPDX-License-Identifier: Apache-2.0
"""Reads of the audit trail: what happened to a row, and how it stood on a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import models

from pilothouse.foundation.core.clock import end_of
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.prepared import Reading, prepared_for


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field of one change; values as the audit trail keeps them."""

    name: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """One event of the trail: who did what, when and why."""

    at: datetime
    who: str
    channel: str
    action: str
    reason: str
    fields: tuple[FieldChange, ...]


def events_of(obj: models.Model) -> models.QuerySet[AuditEvent]:
    """All events of one row, newest first."""
    return AuditEvent.objects.filter(object_type=obj._meta.model_name, object_id=obj.pk).order_by(
        "-id"
    )


def change_of(event: AuditEvent) -> Change:
    """An event as pages show it, its fields in their own order."""
    names = list(dict.fromkeys([*event.before, *event.after]))
    return Change(
        event.at,
        event.actor_label,
        event.channel,
        event.action,
        event.reason,
        tuple(FieldChange(name, event.before.get(name), event.after.get(name)) for name in names),
    )


def history_of(obj: models.Model, *, day: date | None = None, limit: int = 200) -> list[Change]:
    """Changes of a row up to the end of a day (None: all), newest first."""
    return [change_of(event) for event in events_later(obj, day, limit).rows]


def events_later(obj: models.Model, day: date | None, limit: int) -> Reading[AuditEvent]:
    """The read behind ``history_of``."""
    until = None if day is None else end_of(day)
    return _event_rows.later(obj.pk, str(obj._meta.model_name), until, limit)


@prepared_for(varying=1)
def _event_rows(
    object_id: int, object_type: str, until: datetime | None, limit: int
) -> models.QuerySet[AuditEvent]:
    rows = AuditEvent.objects.filter(object_type=object_type, object_id=object_id).order_by("-id")
    return (rows if until is None else rows.filter(at__lt=until))[:limit]


def undone(values: Mapping[str, Any], events: Sequence[AuditEvent]) -> dict[str, Any]:
    """Values before these events, which come newest first: each puts back what it replaced."""
    result = dict(values)
    for event in events:
        for name, before in event.before.items():
            if name in result:
                result[name] = before
    return result


def as_of(obj: models.Model, day: date, names: Iterable[str]) -> dict[str, Any] | None:
    """Fields of a row as they stood at the end of a day; None before it was entered.

    Starts from the present values and undoes every later event, so that a field which was
    never changed needs no event. Foreign keys are ids, as in the trail.
    """
    later = list(events_of(obj).filter(at__gte=end_of(day)))
    if later and later[-1].action.endswith(".create"):
        return None
    fields = {name: _field(obj, name) for name in names}
    present = {name: getattr(obj, field.attname) for name, field in fields.items()}
    return {name: fields[name].to_python(value) for name, value in undone(present, later).items()}


def net_changes(rows: Sequence[models.Model], event: AuditEvent) -> dict[int, Change]:
    """Key of a row → what is different now from what it was at an event, and who did it last.

    A field that was changed and put back counts as unchanged; rows without a difference are left
    out. The rows are of one table.
    """
    by_pk = {row.pk: row for row in rows}
    later: dict[int, list[AuditEvent]] = defaultdict(list)
    for item in AuditEvent.objects.filter(
        object_type__in={str(row._meta.model_name) for row in rows},
        object_id__in=list(by_pk),
        pk__gt=event.pk,
    ).order_by("-id"):
        later[item.object_id].append(item)
    found: dict[int, Change] = {}
    for pk, events in later.items():
        row = by_pk[pk]
        fields = {name: _field(row, name) for item in events for name in item.after}
        present = {name: getattr(row, field.attname) for name, field in fields.items()}
        past = {n: fields[n].to_python(value) for n, value in undone(present, events).items()}
        names = sorted(name for name in fields if past[name] != present[name])
        if names:
            last = next(item for item in events if any(name in item.after for name in names))
            differences = tuple(FieldChange(name, past[name], present[name]) for name in names)
            found[pk] = replace(change_of(last), fields=differences)
    return found


def _field(obj: models.Model, name: str) -> models.Field[Any, Any]:
    field = obj._meta.get_field(name)
    if not isinstance(field, models.Field):
        raise FieldDoesNotExist(f"{obj._meta.model_name}.{name} is no column")
    return field
