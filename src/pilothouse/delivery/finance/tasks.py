# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from pilothouse.delivery.finance.services.funding import projects_to_settle, settle_funding
from pilothouse.delivery.finance.services.streams import restream_all, value_orders
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.core.numbers import counted


def value(work: Work) -> str:
    """Bring new exchange rates of an office into the sums of its projects."""
    office_id = work.payload["office_id"]
    assert isinstance(office_id, int), "the job names its office"
    return f"{counted(value_orders(office_id), 'project', 'projects')} valued anew."


def settle(work: Work) -> str:
    """Let the funding of ended stages lapse, mark what is used up, and sum what is to come anew."""
    actor, today = Actor.system("funding"), clock.today()
    projects = projects_to_settle()
    changed = 0
    for place, project in enumerate(projects):
        changed += settle_funding(actor=actor, project=project, today=today)
        work.progress(100 * place // len(projects))
    restream_all(today)
    return f"{counted(changed, 'release', 'releases')} of funding changed."
