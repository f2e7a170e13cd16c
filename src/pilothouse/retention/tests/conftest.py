# SPDX-License-Identifier: Apache-2.0
"""Ten years of an office, and short ways to set rules and place holds."""

from datetime import UTC, date, datetime

import pytest

from cast import SYSTEM
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.core.services import record
from pilothouse.retention.models import Kind
from pilothouse.retention.services import place_hold, set_rule


@pytest.fixture
def told(cast):
    """Write an event of an object as it happened at noon of a day, or at another instant."""

    def write(obj, day, *, at=None, office=None):
        record(
            actor=SYSTEM,
            action=f"{obj._meta.model_name}.update",
            obj=obj,
            before={"name": f"before {day}"},
            after={"name": f"after {day}"},
            office_id=(office or cast.office).pk,
        )
        event = AuditEvent.objects.latest("pk")
        instant = at or datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
        AuditEvent.objects.filter(pk=event.pk).update(at=instant)
        return event.pk

    return write


@pytest.fixture
def decade(cast, told):
    """Key → (object, day) of an event on the 1st and the 15th of every month for ten years.

    What was recorded while the office was made is of today, as everything else.
    """
    AuditEvent.objects.update(at=datetime(2036, 3, 15, 8, tzinfo=UTC))
    days = [
        date(year, month, day)
        for year in range(2026, 2036)
        for month in range(1, 13)
        for day in (1, 15)
    ]
    objects = [cast.harbour, cast.portfolio, cast.programme, cast.unit]
    return {told(obj := objects[number % 4], day): (obj, day) for number, day in enumerate(days)}


@pytest.fixture
def rule(cast):
    def set_for(months, kind=Kind.TRAIL, office=None, actor=SYSTEM):
        return set_rule(
            actor=actor,
            office=office or cast.office,
            kind=kind,
            keep_months=months,
            version=None,
            reason="The board decided",
        )

    return set_for


@pytest.fixture
def hold(cast):
    def place(scope, row, actor=SYSTEM):
        return place_hold(
            actor=actor,
            office=cast.office,
            scope_type=scope,
            scope_id=row.pk,
            reason="The court asked",
        )

    return place
