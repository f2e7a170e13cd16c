# SPDX-License-Identifier: Apache-2.0
"""The living office: a made-up port authority whose dates move with today."""

from __future__ import annotations

from django.db import transaction

from pilothouse.faces.cli.demo.offices import appoint, open_office
from pilothouse.faces.cli.demo.people import person
from pilothouse.foundation.access.matrix import Role


@transaction.atomic
def load() -> str:
    """Open the office and seat its cast."""
    office = open_office("NPA", "Northmouth Port Authority")
    appoint(person("ada"), Role.DIR, office, office)
    appoint(person("femi"), Role.FIN, office, office)
    appoint(person("rosa"), Role.RMG, office, office)
    for name in ("piet", "sam", "tess", "otto", "root"):
        person(name)
    return f"{office.name} is open."
