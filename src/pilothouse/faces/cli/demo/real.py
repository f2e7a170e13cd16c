# SPDX-License-Identifier: Apache-2.0
"""The real office: the United Kingdom's Government Major Projects Portfolio."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from pilothouse.exchange.services import load_years, shipped_files
from pilothouse.faces.cli.demo.people import SYSTEM, account, appoint
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.organisation.queries import unit_scopes


@transaction.atomic
def load(today: date) -> str:
    """Load every published year that is shipped, and seat the head of the office."""
    report = load_years(actor=SYSTEM, files=shipped_files(), today=today)
    office = report.office
    grace = account("grace", "Grace Whitehall", "Head of the major projects office")
    appoint(
        grace,
        Role.DIR,
        ("org_unit", office.pk),
        office_id=office.pk,
        within=unit_scopes(office),
    )
    return (
        f"{report.entered} projects of {office.name}, {len(report.years)} years from "
        f"{min(report.years)} to {max(report.years)}, {report.snapshots} published statuses"
    )
