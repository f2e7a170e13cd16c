# SPDX-License-Identifier: Apache-2.0
"""Opening an office of the demo and putting its people in place."""

from __future__ import annotations

from datetime import date

from pilothouse.faces.cli.demo.people import SYSTEM
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.services import assign_role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes
from pilothouse.foundation.organisation.services import create_unit

FIRST_DAY = date(2012, 1, 1)
"""Before anything the demo shows, so that every date can be looked at."""


def open_office(code: str, name: str) -> OrgUnit:
    """A top unit: it shares nothing with others."""
    values = {"code": code, "name": name, "kind": "enterprise", "valid_from": FIRST_DAY}
    return create_unit(actor=SYSTEM, parent=None, values=values)


def appoint(user: User, role: Role, unit: OrgUnit, office: OrgUnit) -> None:
    """Give a role on a unit from the first day on."""
    assign_role(
        actor=SYSTEM,
        person=user,
        role=role,
        scope=("org_unit", unit.pk),
        office_id=office.pk,
        within=unit_scopes(unit),
        valid_from=FIRST_DAY,
    )
