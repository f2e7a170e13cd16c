# SPDX-License-Identifier: Apache-2.0
"""The cast of each test after the first: the rows that the first one led to, put back as they were.

To lead eight people through every service takes 250 queries and a tenth of a second; thousands of
tests begin so. ``tests/architecture/test_kept_cast.py`` holds what is put back against a cast anew.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models.signals import post_migrate

from cast import Cast, assemble
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.trail.sealing import note_recorded

Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Kept:
    """What a cast made of tables that were empty, and its people and projects as they came."""

    rows: Rows
    columns: dict[str, list[str]]
    cast: Cast


_kept: list[Kept] = []


def cast_anew_or_kept() -> Cast:
    """The two offices; put back where nothing lies in their tables yet and the test takes it back.

    A test that commits gets a cast of its own, as reactions to it are part of such a test.
    """
    if not connection.in_atomic_block:
        return assemble()
    if not _kept:
        before = all_rows()
        cast = assemble()
        _keep(before, cast)
        return cast
    [kept] = _kept
    if _is_empty(kept.rows):
        _put_back(kept)
        return copy.deepcopy(kept.cast)
    return assemble()


def forget(**_: object) -> None:
    """Let the next cast be made anew, and kept."""
    _kept.clear()


# A flush may let the database count from 1 again, below the ids that are kept.
post_migrate.connect(forget, dispatch_uid="kept_cast")


def all_rows() -> Rows:
    """Everything that the database holds, table by table."""
    found = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            name = connection.ops.quote_name(table)
            cursor.execute(f"select * from {name}")  # noqa: S608 # a table of ours
            found[table] = cursor.fetchall()
    return found


def _keep(before: Rows, cast: Cast) -> None:
    after = all_rows()
    changed = {table: rows for table, rows in after.items() if rows != before[table]}
    if any(before[table] for table in changed):
        return
    columns = {}
    with connection.cursor() as cursor:
        for table in changed:
            told = connection.introspection.get_table_description(cursor, table)
            columns[table] = [column.name for column in told]
    _kept.append(Kept(changed, columns, copy.deepcopy(cast)))


def _is_empty(tables: Rows) -> bool:
    names = map(connection.ops.quote_name, tables)
    asked = " union all ".join(f"select 1 from {name}" for name in names)  # noqa: S608 # as above
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return cursor.fetchone() is None


def _put_back(kept: Kept) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for table, rows in kept.rows.items():
            columns = kept.columns[table]
            names = ", ".join(map(connection.ops.quote_name, columns))
            marks = ", ".join(["%s"] * len(columns))
            into = f"insert into {connection.ops.quote_name(table)} ({names})"
            cursor.executemany(f"{into} values ({marks})", rows)
    note_recorded(AuditEvent.objects.values_list("pk", flat=True))
