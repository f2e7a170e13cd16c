# SPDX-License-Identifier: Apache-2.0
"""Every background job there is, and when those that return are due by the office's clock."""

from __future__ import annotations

from datetime import time, timedelta

from pilothouse.delivery.dependencies import tasks as dependencies
from pilothouse.delivery.finance import tasks as finance
from pilothouse.delivery.planning import tasks as planning
from pilothouse.delivery.progress import tasks as progress
from pilothouse.delivery.raid import tasks as raid
from pilothouse.delivery.simulations import tasks as simulations
from pilothouse.direction.performance import tasks as performance
from pilothouse.foundation.accounts import tasks as accounts
from pilothouse.foundation.core import tasks as core
from pilothouse.foundation.core.jobs import Periodic, Schedule
from pilothouse.foundation.notifications import tasks as notifications
from pilothouse.foundation.organisation import tasks as organisation
from pilothouse.foundation.scanning import tasks as scanning
from pilothouse.retention import tasks as retention

SCHEDULE = Schedule(
    handlers={
        "performance.refresh": performance.refresh,
        "retention.apply": retention.apply,
        "core.tidy": core.tidy,
        "core.tell_head": core.tell_head,
        "accounts.tidy": accounts.tidy,
        "organisation.remind_second_factor": organisation.remind_second_factor,
        "scanning.look": scanning.look,
        "notifications.mail": notifications.mail,
        "notifications.order_due": notifications.order_due,
        "notifications.tidy": notifications.tidy,
        "raid.watch": raid.watch,
        "planning.forget_files": planning.forget_files,
        "progress.ask": progress.ask,
        "progress.mail_week_of": progress.mail_week_of,
        "dependencies.drive": dependencies.drive,
        "dependencies.warn": dependencies.warn,
        "dependencies.remind": dependencies.remind,
        "finance.settle": finance.settle,
        "finance.value_orders": finance.value,
        "simulations.run": simulations.run,
    },
    periodic=(
        Periodic("finance.settle", daily_at=time(0, 15)),
        Periodic("performance.refresh", daily_at=time(0, 30)),
        Periodic("retention.apply", daily_at=time(2, 0)),
        Periodic("core.tidy", daily_at=time(3, 0)),
        Periodic("core.tell_head", every=timedelta(hours=1)),
        Periodic("accounts.tidy", every=timedelta(hours=1)),
        Periodic("scanning.look", every=timedelta(hours=1)),
        Periodic("notifications.order_due", every=timedelta(minutes=10)),
        Periodic("notifications.tidy", daily_at=time(3, 15)),
        Periodic("raid.watch", every=timedelta(hours=1)),
        Periodic("planning.forget_files", daily_at=time(3, 30)),
        Periodic("progress.ask", every=timedelta(hours=1)),
        Periodic("dependencies.remind", daily_at=time(7, 0)),
    ),
)
