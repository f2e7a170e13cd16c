# SPDX-License-Identifier: Apache-2.0
"""What can be done to dependencies between projects, and what follows by itself."""

from pilothouse.delivery.dependencies.services.agreeing import (
    Proposal,
    change_dates,
    propose_dependency,
    take_step,
)
from pilothouse.delivery.dependencies.services.driving import (
    drive_plan,
    drive_receiver,
    refuse_circle,
)
from pilothouse.delivery.dependencies.services.measuring import DRIVE, refresh_forecasts
from pilothouse.delivery.dependencies.services.telling import (
    WARN,
    Letter,
    remind_arbiters,
    topics,
    warn_late,
)

__all__ = [
    "DRIVE",
    "WARN",
    "Letter",
    "Proposal",
    "change_dates",
    "drive_plan",
    "drive_receiver",
    "propose_dependency",
    "refresh_forecasts",
    "refuse_circle",
    "remind_arbiters",
    "take_step",
    "topics",
    "warn_late",
]
