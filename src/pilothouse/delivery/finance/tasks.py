# SPDX-License-Identifier: Apache-2.0
"""Background entry points."""

from __future__ import annotations

from pilothouse.delivery.finance.services.funding import projects_to_settle, settle_funding
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.jobs import Work
from pilothouse.foundation.core.numbers import counted


def settle(work: Work) -> str:
    """Let the funding of ended stages lapse, and mark what is used up."""
    actor, today = Actor.system("funding"), clock.today()
    projects = projects_to_settle()
    changed = 0
    for place, project in enumerate(projects):
        changed += settle_funding(actor=actor, project=project, today=today)
        work.progress(100 * place // len(projects))
    return f"{counted(changed, 'release', 'releases')} of funding changed."
