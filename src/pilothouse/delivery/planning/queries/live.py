# SPDX-License-Identifier: Apache-2.0
"""Versions of a plan as they come, for those who look at it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

from asgiref.sync import sync_to_async
from django.db import connection

from pilothouse.delivery.planning.models import ProjectPlan

EVERY_SECONDS = 2.0
LASTS_SECONDS = 120.0
"""Then the browser asks anew, and whether the person may still look is asked with it."""


async def versions_of(
    project_id: int,
    sandbox_id: int | None = None,
    *,
    every: float = EVERY_SECONDS,
    lasts: float = LASTS_SECONDS,
) -> AsyncIterator[str]:
    """The version of a plan, or of a sandbox of it, now and whenever it changes, as events.

    ``gone`` ends the stream.
    """
    until = time.monotonic() + lasts
    known: int | None = None
    yield f"retry: {int(every * 1000)}\n\n"
    while time.monotonic() < until:
        found = await sync_to_async(_version, thread_sensitive=False)(project_id, sandbox_id)
        if found is None:
            yield "event: gone\ndata:\n\n"
            return
        if found != known:
            known = found
            yield f"data: {found}\n\n"
        await asyncio.sleep(every)


def _version(project_id: int, sandbox_id: int | None) -> int | None:
    """Read in a thread of its own, whose connection is not kept: thousands may be looking."""
    try:
        rows = ProjectPlan.objects.filter(project_id=project_id)
        if sandbox_id is not None:
            rows = ProjectPlan.objects.filter(sandbox_id=sandbox_id)
        return rows.values_list("plan_version", flat=True).first()
    finally:
        connection.close()
