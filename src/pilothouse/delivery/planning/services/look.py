# SPDX-License-Identifier: Apache-2.0
"""How a person likes to see schedules; it goes with the person to every plan."""

from __future__ import annotations

import json
import re

from pilothouse.delivery.planning.models import ScheduleLook
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

MOST = 8_000
"""Characters; sixty columns with their widths are 1,500."""
MOST_COLUMNS = 60
WIDTHS = range(30, 801)
SPLITS = range(120, 4_001)
ZOOMS = frozenset({"day", "week", "month", "quarter", "year"})
LAYERS = frozenset({"critical", "baseline", "float", "links"})
_KEY = re.compile(r"[A-Za-z_]{1,40}|own:[a-z0-9_]{1,40}")


def keep_look(*, actor: Actor, text: str) -> ScheduleLook:
    """Remember columns, zoom and layers. Who: everybody, for themselves. Raises: Invalid."""
    if len(text) > MOST:
        raise _wrong("is too long")
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        raise _wrong("is no JSON") from None
    if not isinstance(found, dict):
        raise _wrong("is no object")
    for name, value in found.items():
        if not _known(name, value):
            raise _wrong(f"has no ‘{str(name)[:40]}’ of this kind")
    if actor.user_id is None:
        raise _wrong("belongs to a person")
    row, _ = ScheduleLook.objects.update_or_create(user_id=actor.user_id, defaults={"look": found})
    return row


def _known(name: str, value: object) -> bool:
    if name in LAYERS:
        return isinstance(value, bool)
    if name == "zoom":
        return isinstance(value, str) and value in ZOOMS
    if name == "split":
        return isinstance(value, int) and value in SPLITS
    return (
        name == "columns"
        and isinstance(value, list)
        and len(value) <= MOST_COLUMNS
        and all(map(_column, value))
    )


def _column(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 2
        and isinstance(value[0], str)
        and _KEY.fullmatch(value[0]) is not None
        and type(value[1]) is int
        and value[1] in WIDTHS
    )


def _wrong(reason: str) -> Invalid:
    message = f"The look of the screen {reason}; nothing was kept."
    return Invalid("planning.look", message, fields={"look": message})
