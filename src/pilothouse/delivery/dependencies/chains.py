# SPDX-License-Identifier: Apache-2.0
"""Whether tasks of several plans would wait for each other in a circle."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence

from pilothouse.delivery.dependencies import rules
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.planning.queries import Outline, TaskKey, outline_of
from pilothouse.delivery.projects.models import Project

NAMED = 12
"""So many tasks of a circle are named."""


class Network:
    """The links of all plans that open dependencies bind, read as far as a search comes."""

    def __init__(self, office_id: int) -> None:
        self._outlines: dict[int, Outline] = {}
        self._given: defaultdict[TaskKey, list[TaskKey]] = defaultdict(list)
        rows = PlanDependency.objects.filter(
            state__in=PlanDependency.OPEN, giver__office_id=office_id, receiver_uid__isnull=False
        )
        columns = "giver_id", "giver_uid", "receiver_id", "receiver_uid"
        for giver, giver_uid, receiver, receiver_uid in rows.values_list(*columns):
            self._given[giver, giver_uid].append((receiver, receiver_uid or 0))

    def outline(self, project_id: int) -> Outline:
        """The plan of a project, read once."""
        if project_id not in self._outlines:
            self._outlines[project_id] = outline_of(project_id)
        return self._outlines[project_id]

    def circle_of(self, row: PlanDependency) -> list[TaskKey]:
        """The tasks by which what waits for this dependency would be what it waits for."""
        if row.receiver_uid is None:
            return []
        return self.chain((row.receiver_id, row.receiver_uid), (row.giver_id, row.giver_uid))

    def chain(self, first: TaskKey, last: TaskKey) -> list[TaskKey]:
        """The tasks from ``first`` to ``last``, each waiting for the one before; empty if none.

        A summary is done when all below it is, and what it waits for all below it waits for.
        """
        came_from: dict[TaskKey, TaskKey | None] = {}
        waiting: deque[TaskKey] = deque()

        def reach(task: TaskKey, before: TaskKey | None) -> None:
            for key in (task, *self._below(task)):
                if key not in came_from:
                    came_from[key] = before if key == task else task
                    waiting.append(key)

        reach(first, None)
        while waiting:
            task = waiting.popleft()
            for end in (task, *self._above(task)):
                if end == last:
                    return self._back(came_from, task, last)
                for following in self._following(end):
                    reach(following, task)
        return []

    def _following(self, task: TaskKey) -> Iterable[TaskKey]:
        project_id, uid = task
        after = self.outline(project_id).after.get(uid, ())
        return [*((project_id, other) for other in after), *self._given.get(task, ())]

    def _above(self, task: TaskKey) -> list[TaskKey]:
        return [(task[0], uid) for uid in self.outline(task[0]).above.get(task[1], ())]

    def _below(self, task: TaskKey) -> list[TaskKey]:
        return [(task[0], uid) for uid in self.outline(task[0]).below.get(task[1], ())]

    @staticmethod
    def _back(
        came_from: dict[TaskKey, TaskKey | None], task: TaskKey, last: TaskKey
    ) -> list[TaskKey]:
        found = [last] if last != task else []
        step: TaskKey | None = task
        while step is not None:
            found.append(step)
            step = came_from[step]
        return found[::-1]


def told(network: Network, chain: Sequence[TaskKey], seen: Collection[int]) -> str:
    """A circle in words; of projects that are not in ``seen`` no task is named."""
    rows = Project.objects.in_bulk({project_id for project_id, _ in chain})
    words = [
        f"{rows[project_id].code} ‘{network.outline(project_id).names.get(uid, uid)}’"
        if project_id in seen
        else f"{rules.code_for_others(rows[project_id])} (a task that you do not see)".strip()
        for project_id, uid in chain[:NAMED]
    ]
    more = f" → and {len(chain) - NAMED} more" if len(chain) > NAMED else ""
    return (
        "These tasks would wait for each other in a circle: "
        f"{' → '.join(words)}{more} → {words[0]}."
    )
