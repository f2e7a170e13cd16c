# SPDX-License-Identifier: Apache-2.0
"""What the tasks of a plan come to for health, and how that changes with some of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from pilothouse.foundation.core.rounding import half_up


@dataclass(frozen=True, slots=True)
class PlanFacts:
    """What health needs to know of a plan."""

    plan_version: int
    finish: date | None
    baseline_finish: date | None
    baseline_start: date | None
    next_milestone: str
    next_milestone_on: date | None
    percent_complete: Decimal | None
    late_tasks: int
    missed_deadlines: int
    negative_float: int
    import_differences: int
    milestone_slip_days: int | None
    status_date: date | None


class Told(NamedTuple):
    """What a plan tells of one task that is work or a milestone and still wanted."""

    name: str
    milestone: bool
    finish: datetime | None
    done: bool
    percent_complete: Decimal
    duration_minutes: int
    deadline: datetime | None
    total_float_minutes: int | None
    baseline_start: datetime | None
    baseline_finish: datetime | None


@dataclass(frozen=True, slots=True)
class Tally:
    """Sums over tasks, from which the figures of any day follow.

    ``due`` counts open tasks by the day of their finish; ``milestones``, ``starts`` and
    ``finishes`` of the baseline count what is the same.
    """

    weight: int
    done: Decimal
    missed_deadlines: int
    negative_float: int
    due: Mapping[date, int]
    milestones: Mapping[Told, int]
    starts: Mapping[datetime, int]
    finishes: Mapping[datetime, int]

    @classmethod
    def of(cls, rows: Iterable[Told]) -> Tally:
        """The sums of these tasks."""
        return cls(0, Decimal(0), 0, 0, {}, {}, {}, {}).again((), rows)

    def again(self, gone: Iterable[Told], fresh: Iterable[Told]) -> Tally:
        """The sums where some tasks went, or were other ones, and others came."""
        weight, done = self.weight, self.done
        missed, negative = self.missed_deadlines, self.negative_float
        due, milestones = Counter(self.due), Counter(self.milestones)
        starts, finishes = Counter(self.starts), Counter(self.finishes)
        for sign, rows in ((-1, gone), (1, fresh)):
            for row in rows:
                weight += sign * row.duration_minutes
                done += sign * row.percent_complete * row.duration_minutes
                if row.milestone:
                    milestones[row] += sign
                if row.baseline_start is not None:
                    starts[row.baseline_start] += sign
                if row.baseline_finish is not None:
                    finishes[row.baseline_finish] += sign
                if row.done:
                    continue
                negative += sign * ((row.total_float_minutes or 0) < 0)
                if row.finish is not None:
                    due[row.finish.date()] += sign
                    missed += sign * (row.deadline is not None and row.finish > row.deadline)
        return Tally(weight, done, missed, negative, +due, +milestones, +starts, +finishes)

    def facts(
        self,
        today: date,
        *,
        plan_version: int,
        finish: datetime | None,
        status_date: date | None,
        import_differences: int = 0,
        promised: tuple[datetime | None, datetime | None] | None = None,
    ) -> PlanFacts:
        """Summary figures of a plan as at a day.

        ``promised`` are start and finish of the baseline, where tasks that it holds may be gone.
        """
        ahead = min(
            (
                (row.finish.date(), row.name)
                for row in self.milestones
                if not row.done and row.finish is not None and row.finish.date() >= today
            ),
            default=None,
        )
        slips = [
            (row.finish.date() - row.baseline_finish.date()).days
            for row in self.milestones
            if row.baseline_finish and row.finish
        ]
        start, end = promised or (min(self.starts, default=None), max(self.finishes, default=None))
        return PlanFacts(
            plan_version=plan_version,
            finish=finish.date() if finish else None,
            baseline_start=start.date() if start else None,
            baseline_finish=end.date() if end else None,
            next_milestone=ahead[1] if ahead else "",
            next_milestone_on=ahead[0] if ahead else None,
            percent_complete=half_up(self.done / self.weight) if self.weight else None,
            late_tasks=sum(count for day, count in self.due.items() if day < today),
            missed_deadlines=self.missed_deadlines,
            negative_float=self.negative_float,
            import_differences=import_differences,
            milestone_slip_days=max(slips, default=None),
            status_date=status_date,
        )
