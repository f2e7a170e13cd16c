# SPDX-License-Identifier: Apache-2.0
"""What budgets and forecasts have in common: versions that are signed on their way."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from django.utils import timezone

from pilothouse.delivery.finance.models import Budget, Forecast
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor

Version = TypeVar("Version", Budget, Forecast)


def signed(word: str, actor: Actor) -> dict[str, int | datetime | None]:
    """Who took a step of this word now, as columns."""
    return {f"{word}_by_id": actor.user_id, f"{word}_at": timezone.now()}


def take_step(
    actor: Actor,
    row: Version,
    state: str,
    version: int | None,
    values: Mapping[str, Any],
    reason: str = "",
    *,
    action: str = "",
) -> Version:
    """Bring a version into a state, with its entry in the trail."""
    core.change(
        actor=actor,
        obj=row,
        values={"state": state, **values},
        version=version,
        action=action or f"{row._meta.model_name}.{state}",
        reason=reason.strip(),
        office_id=row.project.office_id,
    )
    return row
