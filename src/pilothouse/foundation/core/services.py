# SPDX-License-Identifier: Apache-2.0
"""What every writing service uses: guarded saving with audit, and locks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import connections, models, router
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import F

from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict
from pilothouse.foundation.core.models import AuditEvent, Governed
from pilothouse.foundation.core.trail import sealing

Row = TypeVar("Row", bound=models.Model)
GovernedRow = TypeVar("GovernedRow", bound=Governed)


def lock(queryset: models.QuerySet[Row], pk: int) -> Row:
    """Fetch a row for changing; on PostgreSQL it stays locked to the end of the transaction."""
    return queryset.select_for_update(of=("self",)).get(pk=pk)


def record(
    *,
    actor: Actor,
    action: str,
    obj: models.Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    reason: str = "",
    office_id: int = 0,
) -> None:
    """Write one audit event in the transaction of the change; its commit seals it.

    A row whose key is no number, such as a currency, is found by its label; its id is 0.
    Raises: TransactionManagementError outside a transaction.
    """
    sealing.require_transaction()
    event = AuditEvent.objects.create(
        actor_id=actor.user_id,
        actor_label=actor.label[:200],
        on_behalf_of_id=actor.on_behalf_of,
        channel=actor.channel,
        action=action,
        object_type=obj._meta.model_name or "",
        object_id=obj.pk if isinstance(obj.pk, int) else 0,
        object_label=str(obj)[:300],
        office_id=office_id,
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason,
    )
    sealing.note_recorded([event.pk])


def record_many(events: Iterable[AuditEvent]) -> None:
    """Write the audit events of a change of many rows, as ``record`` does one."""
    sealing.require_transaction()
    written = AuditEvent.objects.bulk_create(events, batch_size=500)
    sealing.note_recorded([event.pk for event in written])


def save_many(rows: Sequence[models.Model], names: Iterable[str]) -> None:
    """Save the named columns of many rows of one table, each row by its key.

    Django's ``bulk_update`` builds one CASE for every row and column, which for wide rows
    costs many times more than the database's own work.
    """
    if not rows:
        return
    columns = [column.attname for column in _columns(type(rows[0]), names)]
    values = [[*(getattr(row, name) for name in columns), row.pk] for row in rows]
    save_values(type(rows[0]), names, values)


def save_values(
    model: type[models.Model], names: Iterable[str], rows: Sequence[Sequence[Any]]
) -> None:
    """As ``save_many`` for rows told by the values of these columns and, last, their keys."""
    if not rows:
        return
    connection = connections[router.db_for_write(model)]
    quote = connection.ops.quote_name
    columns = _columns(model, names)
    sets = ", ".join(f"{quote(str(column.column))} = %s" for column in columns)
    table, key = quote(model._meta.db_table), quote(str(model._meta.pk.column))
    # Names of the model's own table and columns; every value is a parameter.
    sql = f"UPDATE {table} SET {sets} WHERE {key} = %s"  # noqa: S608
    prepare = [_prepared(column, connection) for column in columns]
    with connection.cursor() as cursor:
        cursor.executemany(
            sql,
            [[*(put(cell) for put, cell in zip(prepare, row)), row[-1]] for row in rows],
        )


def _columns(model: type[models.Model], names: Iterable[str]) -> list[models.Field[Any, Any]]:
    fields = [model._meta.get_field(name) for name in names]
    return [field for field in fields if isinstance(field, models.Field)]


def _prepared(
    column: models.Field[Any, Any], connection: BaseDatabaseWrapper
) -> Callable[[Any], Any]:
    """How a value of a column is handed to the database; an instant that comes again, once."""

    def prepared(value: Any) -> Any:
        return column.get_db_prep_save(value, connection)

    return cache(prepared) if isinstance(column, models.DateTimeField) else prepared


def plain(obj: models.Model, names: Iterable[str]) -> dict[str, Any]:
    """Field values as they stand in an audit event: foreign keys by id."""
    values: dict[str, Any] = {}
    for name in names:
        field = obj._meta.get_field(name)
        values[name] = getattr(obj, field.attname if isinstance(field, models.Field) else name)
    return values


def differing(obj: models.Model, values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of the values that are not what the row has now."""
    before = plain(obj, values)
    return {
        name: value
        for name, value in values.items()
        if before[name] != (value.pk if isinstance(value, models.Model) else value)
    }


def _check(obj: models.Model) -> None:
    """Django's own checks of a row; what is taken already is told of the field that is to blame.

    Of a constraint over several fields that is the last: the code within its office.
    """
    try:
        obj.full_clean(validate_unique=True, validate_constraints=True)
    except ValidationError as error:
        found = error.message_dict
        blamed = {
            str(constraint.violation_error_message): constraint.fields[-1]
            for constraint in obj._meta.constraints
            if isinstance(constraint, models.UniqueConstraint) and not constraint.condition
        }
        for message in found.pop(NON_FIELD_ERRORS, []):
            found.setdefault(blamed.get(message, NON_FIELD_ERRORS), []).append(message)
        raise ValidationError(found) from error


def create(
    *, actor: Actor, obj: GovernedRow, names: Iterable[str], reason: str = "", office_id: int = 0
) -> GovernedRow:
    """Insert a governed row with its audit event."""
    obj.created_by_id = obj.updated_by_id = actor.user_id
    _check(obj)
    obj.save(force_insert=True)
    record(
        actor=actor,
        action=f"{obj._meta.model_name}.create",
        obj=obj,
        after=plain(obj, names),
        reason=reason,
        office_id=office_id,
    )
    return obj


def change(
    *,
    actor: Actor,
    obj: GovernedRow,
    values: Mapping[str, Any],
    version: int | None,
    action: str = "",
    reason: str = "",
    office_id: int = 0,
) -> bool:
    """Set named columns of a governed row if nobody changed it since ``version``.

    Returns whether anything changed. Raises ``Conflict`` naming who changed what.
    """
    before = plain(obj, values)
    require_version(obj, version)
    for name, value in values.items():
        setattr(obj, name, value)
    after = plain(obj, values)
    if before == after:
        return False
    obj.updated_by_id = actor.user_id
    _check(obj)
    seen = obj.version
    updated = (
        type(obj)._base_manager.filter(pk=obj.pk, version=seen).update(version=F("version") + 1)
    )
    if not updated:
        raise _stale(obj)
    obj.version = seen + 1
    obj.save(update_fields=[*values, "updated_by", "updated_at"])
    changed = [name for name in before if before[name] != after[name]]
    record(
        actor=actor,
        action=action or f"{obj._meta.model_name}.update",
        obj=obj,
        before={name: before[name] for name in changed},
        after={name: after[name] for name in changed},
        reason=reason,
        office_id=office_id,
    )
    return True


def touch(*, actor: Actor, obj: Governed) -> None:
    """Give a governed row its next version after a change of what hangs on it."""
    obj.updated_by_id = actor.user_id
    obj.version += 1
    obj.save(update_fields=["version", "updated_by", "updated_at"])


def require_version(obj: Governed, version: int | None) -> None:
    """Raise ``Conflict`` naming who changed what if the row is no longer at ``version``."""
    if version is not None and version != obj.version:
        raise _stale(obj)


def _stale(obj: Governed) -> Conflict:
    last = (
        AuditEvent.objects.filter(object_type=obj._meta.model_name, object_id=obj.pk)
        .order_by("-id")
        .first()
    )
    who = last.actor_label if last else "somebody else"
    what = ", ".join(sorted(name.replace("_", " ") for name in last.after)) if last else "it"
    return Conflict(
        "core.stale",
        f"‘{obj}’ was changed by {who} in the meantime ({what}). Your change was not saved. "
        "Look at what is saved now; send yours again to replace it.",
    )
