# SPDX-License-Identifier: Apache-2.0
"""Publishing of events. Who reacts stands in ``pilothouse.reactions``."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Any

from django.db import transaction

log = logging.getLogger("pilothouse.events")


class When(StrEnum):
    """``INSIDE`` the transaction (an invariant), or ``AFTER`` the outermost commit."""

    INSIDE = "inside"
    AFTER = "after"


Handler = Callable[[Any], None]
Table = Mapping[type, Sequence[tuple[When, Handler]]]

_table: Table = {}


def install(table: Table) -> None:
    """Set the reaction table; called once while the product starts."""
    global _table
    _table = table


def publish(event: object) -> None:
    """Tell the floors above what happened; must be called inside the transaction."""
    for when, handler in _table.get(type(event), ()):
        if when is When.INSIDE:
            handler(event)
        else:
            transaction.on_commit(lambda handler=handler: _run(handler, event), robust=True)  # type: ignore[misc]


def _run(handler: Handler, event: object) -> None:
    try:
        handler(event)
    except Exception:
        log.exception("reaction %s to %r failed", handler.__name__, event)
        raise
