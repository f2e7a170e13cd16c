# SPDX-License-Identifier: Apache-2.0
"""Whole minutes, and how many of a task are left and done (R-PRG-04)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from pilothouse.engine.network.plan import PlanTask


def whole_minutes(value: Decimal) -> int:
    """To the whole minute, half away from zero."""
    return int(value.quantize(Decimal(1), ROUND_HALF_UP))


def left_and_done(task: PlanTask, duration: int) -> tuple[int, int]:
    """Working minutes left and done of work that has begun and lasts ``duration`` in all.

    As the task tells them, else from its percentage.
    """
    left = task.remaining_minutes
    if left is None:
        left = whole_minutes(duration * (100 - task.percent_complete) / Decimal(100))
    done = task.actual_duration_minutes
    return left, max(0, duration - left) if done is None else done
