# SPDX-License-Identifier: Apache-2.0
"""Writing many rows of the ledger at once, by the quickest way that the database has."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from django.db import connection

from pilothouse.delivery.finance.fields import MoneyField
from pilothouse.delivery.finance.models import Actual

CHUNK = 2_000


def insert_rows(rows: Sequence[Actual], *, with_keys: bool) -> None:
    """Insert rows; ``with_keys`` where their keys are needed afterwards.

    PostgreSQL takes the others by COPY, which costs a third of an INSERT.
    """
    if with_keys or connection.vendor != "postgresql":
        Actual.objects.bulk_create(rows, batch_size=CHUNK)
        return
    columns = [column for column in Actual._meta.concrete_fields if not column.primary_key]
    money = [place for place, column in enumerate(columns) if isinstance(column, MoneyField)]
    whole = columns[money[0]].get_prep_value
    read = attrgetter(*(column.attname for column in columns))
    quote = connection.ops.quote_name
    names = ", ".join(quote(str(column.column)) for column in columns)
    table = quote(Actual._meta.db_table)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for row in rows:
            cells = list(read(row))
            for place in money:
                cells[place] = whole(cells[place])
            copy.write_row(cells)


def analyse() -> None:
    """Let PostgreSQL look at the table anew; of rows that came a moment ago it knows nothing."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE finance_actual")
