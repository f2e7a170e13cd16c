# SPDX-License-Identifier: Apache-2.0
"""What this process remembers of plans, as long as it is proved to be what the database holds.

A plan of thousands of rows takes a second to read. What is remembered of it is given back only
where its proof is that of the stored plan (docs/adr/0026): whoever writes rows below a plan saves
the plan itself with another version or number, at another instant, in the same transaction.
"""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import Generic, TypeVar

from django.db.models import QuerySet

from pilothouse.delivery.planning.models import PlanBaseline, ProjectPlan
from pilothouse.foundation.core.prepared import prepared_for

T = TypeVar("T")
Proof = tuple[object, ...]

MOST_ROWS = 10_000
"""Tasks of all plans that are remembered at once; the plan used last is kept however large."""


Baselines = tuple[tuple[int, int | None, bool], ...]
"""Of each baseline of a project its key, its number, and whether it is the one that counts."""


def state_of(plan: ProjectPlan) -> Proof:
    """What no two states of a plan and the rows below it have in common.

    The instant to the microsecond tells a change from one of the same number that was rolled
    back.
    """
    return (
        plan.pk,
        plan.version,
        plan.plan_version,
        plan.updated_at,
        plan.status_date,
        plan.work_after_status_date,
        plan.engine_version,
    )


def baselines_of(plan: ProjectPlan) -> Baselines:
    """The baselines, which hang on the project and change apart from its plan.

    Their rows are written once, so that these tell what they hold.
    """
    return tuple(_baselines_in(plan.home_id))


@prepared_for(1)
def _baselines_in(project_id: int) -> QuerySet[PlanBaseline, tuple[int, int | None, bool]]:
    rows = PlanBaseline.objects.filter(project_id=project_id).order_by("pk")
    return rows.values_list("pk", "number", "is_pmb")


def counting(baselines: Baselines) -> int | None:
    """The key of the baseline that counts."""
    return next((pk for pk, _, counts in baselines if counts), None)


class Memory(Generic[T]):
    """Something of each of the last plans, by proof; several threads may use it.

    What is put in is never changed afterwards.
    """

    def __init__(self, most_rows: int = MOST_ROWS) -> None:
        self._most = most_rows
        self._kept: OrderedDict[int, tuple[Proof, int, T]] = OrderedDict()
        self._lock = Lock()

    def holds(self, plan: int) -> bool:
        """Whether anything of a plan was put in, in whatever state of it."""
        return plan in self._kept

    def get(self, plan: int, proof: Proof) -> T | None:
        """What was put in under this proof; nothing where the plan is another by now."""
        with self._lock:
            found = self._kept.get(plan)
            if found is None or found[0] != proof:
                return None
            self._kept.move_to_end(plan)
            return found[2]

    def put(self, plan: int, proof: Proof, rows: int, value: T) -> None:
        """Remember something of a plan with so many tasks, instead of what was known of it."""
        with self._lock:
            self._kept[plan] = (proof, rows, value)
            self._kept.move_to_end(plan)
            while len(self._kept) > 1 and sum(kept[1] for kept in self._kept.values()) > self._most:
                self._kept.popitem(last=False)

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._kept.clear()
