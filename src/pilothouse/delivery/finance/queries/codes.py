# SPDX-License-Identifier: Apache-2.0
"""WBS codes that money names, held against the plan of its project."""

from __future__ import annotations

from collections.abc import Collection
from difflib import get_close_matches

from pilothouse.delivery.planning.models import Task

NEAR = 3
"""So many codes that are like another one are told."""
LIKE = 0.5
"""From so much likeness on; the code of a part is as like that of the whole."""


def unknown_codes(project_id: int, codes: Collection[str]) -> list[str]:
    """Those of the codes that no task of the plan bears; none where there is no plan.

    No code is the project as a whole.
    """
    asked = {code for code in codes if code}
    if not asked:
        return []
    tasks = Task.objects.filter(plan__project_id=project_id)
    known = set(tasks.filter(wbs__in=asked).values_list("wbs", flat=True))
    if not known and not tasks.exists():
        return []
    return sorted(asked - known)


def near_codes(project_id: int, code: str) -> list[str]:
    """Codes of the plan that are like one which it does not have, with the names of their tasks."""
    tasks = Task.objects.filter(plan__project_id=project_id).exclude(wbs="")
    names = dict(tasks.values_list("wbs", "name"))
    return [f"{near} {names[near]}" for near in get_close_matches(code, names, NEAR, LIKE)]
