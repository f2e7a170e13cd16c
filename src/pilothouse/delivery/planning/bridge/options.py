# SPDX-License-Identifier: Apache-2.0
"""What could be done about a plan: its loads, levelled, crashed, fast-tracked."""

from __future__ import annotations

from pilothouse.delivery.planning.bridge.engine import Scheduled
from pilothouse.engine.levelling import Load, loads_of


def loads(scheduled: Scheduled) -> tuple[Load, ...]:
    """What a plan as scheduled asks of its resources."""
    dates = {uid: (row.start, row.finish) for uid, row in scheduled.result.tasks.items()}
    return loads_of(scheduled.plan, dates)
