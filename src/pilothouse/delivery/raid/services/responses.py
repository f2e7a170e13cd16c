# SPDX-License-Identifier: Apache-2.0
"""Response actions of a risk."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Entry, EntryLink, Kind, Risk
from pilothouse.delivery.raid.services.linking import bind
from pilothouse.delivery.raid.services.opened import locked_as
from pilothouse.delivery.raid.services.registering import Asked, raise_entry
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid


@transaction.atomic
def add_response(
    *, actor: Actor, risk: Risk, values: Mapping[str, Any], version: int | None, site: str = ""
) -> Entry:
    """Raise an action that answers a risk, in the register of the risk.

    Who: whoever may change the risk and raise actions. Writes: Entry, EntryLink.
    Publishes: RegisterChanged. Raises: Invalid, NotAllowed, Conflict.
    """
    row = locked_as(Risk, risk, version)
    allowed = rules.require_keep(actor, row)
    if not row.is_open:
        raise Invalid("raid.over", f"{row} is {rules.state_words(row)}; it is no longer answered.")
    asked = Asked(Kind.ACTION, {**values, "confidential": row.confidential}, site=site)
    made = raise_entry(actor=actor, place=row.place, asked=asked)
    bind(allowed, row, made, EntryLink.Kind.RESPONSE)
    return made
