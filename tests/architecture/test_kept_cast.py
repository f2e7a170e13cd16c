# SPDX-License-Identifier: Apache-2.0
"""What tests get back as the cast is what assembling it anew makes."""

from __future__ import annotations

import dataclasses
import re

import pytest
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

import kept_cast
from cast import Cast, assemble, person
from pilothouse.foundation.core.models import AuditSeal
from pilothouse.foundation.core.trail.sealing import seal_events

OF_THE_MOMENT = re.compile(r"[0-9a-f-]{32,64}|-?\d{15,19}|md5\$.*|\d{4}-\d\d-\d\d[T ]\d\d:[\d:.]+")


def lasting(values) -> list:
    """Without what differs from one making to the next: moments, salts, seals, prints, random names."""
    return [OF_THE_MOMENT.sub("", str(value)) for value in values]


def told(cast: Cast) -> dict[str, list]:
    """Each person and thing of the cast with the values of its row."""
    rows = {field.name: getattr(cast, field.name) for field in dataclasses.fields(cast)}
    return {
        name: lasting(getattr(row, column.attname) for column in row._meta.concrete_fields)
        for name, row in rows.items()
    }


def made(make) -> tuple[Cast, kept_cast.Rows, int]:
    """A cast, what the database then held, and how many queries it took; all is taken back."""
    with transaction.atomic():
        with CaptureQueriesContext(connection) as queries:
            cast = make()
        tables = kept_cast.all_rows()
        transaction.set_rollback(True)
    return cast, tables, len(queries)


@pytest.fixture
def first(db):
    """The cast from which rows are kept, and what the database held with it."""
    kept_cast.forget()
    cast, tables, _ = made(kept_cast.cast_anew_or_kept)
    return cast, tables


def test_a_cast_that_is_put_back_is_as_one_that_is_made(first):
    kept, tables, queries = made(kept_cast.cast_anew_or_kept)
    anew, rows, many = made(assemble)

    assert queries < 20 < 200 < many
    assert tables == first[1]
    for table, found in tables.items():
        assert [lasting(row) for row in found] == [lasting(row) for row in rows[table]], table
    assert told(kept) == told(first[0]) == told(anew)


def test_its_events_are_sealed_as_if_they_had_just_happened(first):
    seals = []
    for make in (kept_cast.cast_anew_or_kept, assemble):
        with transaction.atomic():
            make()
            seal_events()
            seals.append(list(AuditSeal.objects.values_list("event_id", flat=True)))
            transaction.set_rollback(True)

    assert seals[0] == seals[1] != []


def test_what_one_test_does_to_the_cast_does_not_reach_the_next(first):
    kept, _, _ = made(kept_cast.cast_anew_or_kept)
    kept.harbour.name = "Sunk"

    other, _, _ = made(kept_cast.cast_anew_or_kept)

    assert other.harbour.name == "Harbour"


def test_where_somebody_is_already_the_cast_is_made_anew(first):
    person("Early Bird")

    _, _, queries = made(kept_cast.cast_anew_or_kept)

    assert queries > 200


def test_after_a_flush_the_cast_is_made_anew(first):
    emit_post_migrate_signal(verbosity=0, interactive=False, db="default")

    _, _, queries = made(kept_cast.cast_anew_or_kept)

    assert queries > 200
