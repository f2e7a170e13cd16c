# SPDX-License-Identifier: Apache-2.0
"""The real office: the United Kingdom's Government Major Projects Portfolio."""

from __future__ import annotations

from django.db import transaction

from pilothouse.faces.cli.demo.offices import appoint, open_office
from pilothouse.faces.cli.demo.people import person
from pilothouse.foundation.access.matrix import Role


@transaction.atomic
def load() -> str:
    """Open the office and seat its head."""
    office = open_office("GMPP", "Government Major Projects Portfolio (UK)")
    appoint(person("grace"), Role.DIR, office, office)
    return f"{office.name} is open."
