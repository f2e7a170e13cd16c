# SPDX-License-Identifier: Apache-2.0
"""Two baselines side by side, or one with the plan as it stands (R-BAS-02). Reads only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Literal

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.calendars import project_time
from pilothouse.delivery.planning.models import PlanBaseline, ProjectPlan
from pilothouse.delivery.planning.queries import days_of, require_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.rounding import TENTH, half_up
from pilothouse.foundation.core.tables import Cell

NOW, PMB, ORIGINAL = "now", "pmb", "original"
"""What a side can be asked for by besides the key of a baseline."""
ONLY = ("all", "changed", "late", "new", "gone")
LINES_SHOWN = 100
COLUMNS = (
    *("WBS", "Task", "Kind", "Left start", "Left finish", "Right start", "Right finish"),
    *("Start variance (days)", "Finish variance (days)", "Duration variance (days)"),
    "Work variance (hours)",
)
_MINUTES_PER_HOUR = 60
Kind = Literal["", "changed", "late", "new", "gone"]
"""What stands out in a line: the first of gone, new, late, changed."""


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a comparison; without a baseline it is the plan as it stands."""

    key: str
    baseline: PlanBaseline | None

    @property
    def label(self) -> str:
        """How the side is called in a sentence."""
        if self.baseline is None:
            return "the plan now"
        number = "" if self.baseline.number is None else f"{self.baseline.number} · "
        return f"{number}{self.baseline.name}"

    @property
    def word(self) -> str:
        """How the side is called in the name of a file."""
        row = self.baseline
        if row is None:
            return "plan"
        return f"baseline-{row.number}" if row.number is not None else "waiting"


@dataclass(frozen=True, slots=True)
class Variances:
    """One task of a comparison with its variances in the units in which people read them."""

    row: bridge.Promise
    left: bridge.Promise | None
    right: bridge.Promise | None
    kind: Kind
    start_days: Decimal | None
    finish_days: Decimal | None
    duration_days: Decimal | None
    work_hours: Decimal | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison: its sides, its sums, and those lines that are asked for.

    ``money`` says whether the actor sees cost; without it no line and no sum has any.
    """

    project: Project
    plan: ProjectPlan | None
    left: Side
    right: Side
    choices: Sequence[Side]
    sums: bridge.Sums
    finish_days: Decimal | None
    work_hours: Decimal | None
    money: bool
    counts: dict[str, int]
    only: str
    lines: Sequence[Variances]

    def page(self, number: int) -> tuple[int, int, Sequence[Variances]]:
        """The page, the last one where there are fewer; how many there are; its lines."""
        pages = max(-(-len(self.lines) // LINES_SHOWN), 1)
        number = min(max(number, 1), pages)
        first = (number - 1) * LINES_SHOWN
        return number, pages, self.lines[first : first + LINES_SHOWN]

    @property
    def file_name(self) -> str:
        """A name for the file of this comparison."""
        told = self.project.code
        code = "".join(char if char.isalnum() and char.isascii() else "-" for char in told)
        return f"{code}-{self.left.word}-to-{self.right.word}.csv"

    def table(self) -> tuple[list[str], list[list[Cell]]]:
        """Head and rows of the file."""
        head = [*COLUMNS, *(["Cost variance"] if self.money else [])]
        return head, [self._cells(line) for line in self.lines]

    def _cells(self, line: Variances) -> list[Cell]:
        dates = [
            instant and instant.replace(second=0)
            for side in (line.left, line.right)
            for instant in ((side.start, side.finish) if side else (None, None))
        ]
        found: list[Cell] = [line.row.wbs, line.row.name, line.kind, *dates]
        found += [line.start_days, line.finish_days, line.duration_days, line.work_hours]
        return [*found, line.cost] if self.money else found


def compare_baselines(
    *, actor: Actor, project: Project, left: str, right: str, only: str = "all"
) -> Compared:
    """Hold one promise against another, or against the plan as it stands.

    A side is the key of a baseline, ``pmb``, ``original``, or ``now``; nothing is the PMB on the
    left and the plan on the right. Who: R on baseline; cost only with R on budget.
    Raises: NotFound where there is no such baseline, or no plan.
    """
    rules.require_on_baselines(actor, project, rules.BaselineVerb.READ)
    plan = ProjectPlan.objects.filter(project=project).first()
    known = list(PlanBaseline.objects.filter(project=project).order_by("-is_pmb", "number", "pk"))
    sides = [_side(known, plan, key) for key in (left or PMB, right or NOW)]
    money = sees_budget(actor, project)
    rows = [_rows(side, plan, money) for side in sides]
    found = bridge.compare_baselines(rows[0], rows[1], project_time(project, plan))
    only = only if only in ONLY else "all"
    per_day = plan.minutes_per_day if plan else 480
    return Compared(
        project=project,
        plan=plan,
        left=sides[0],
        right=sides[1],
        choices=_choices(known, plan),
        sums=found.sums,
        finish_days=days_of(found.sums.finish_minutes, per_day),
        work_hours=hours(found.sums.work_minutes),
        money=money,
        counts={name: sum(_is(name, line) for line in found.lines) for name in ONLY},
        only=only,
        lines=[variances(line, per_day) for line in found.lines if _is(only, line)],
    )


def _side(known: Sequence[PlanBaseline], plan: ProjectPlan | None, key: str) -> Side:
    if key == NOW:
        require_plan(plan)
        return Side(NOW, None)
    for row in known:
        names = {str(row.pk), PMB if row.is_pmb else "", ORIGINAL if row.number == 0 else ""}
        if key in names - {""}:
            return Side(str(row.pk), row)
    raise NotFound("planning.no_baseline", "This project has no such baseline.")


def _choices(known: Sequence[PlanBaseline], plan: ProjectPlan | None) -> list[Side]:
    sides = [Side(str(row.pk), row) for row in known]
    return sides if plan is None else [Side(NOW, None), *sides]


def _rows(side: Side, plan: ProjectPlan | None, money: bool) -> list[bridge.Promise]:
    if side.baseline is not None:
        rows = bridge.promises_in(side.baseline)
    else:
        rows = [] if plan is None else bridge.promises_now(plan)
    return rows if money else [replace(row, cost=None) for row in rows]


def _is(only: str, line: bridge.Line) -> bool:
    """Whether a filter shows a line; all but the first leave summaries out, as the sums do."""
    if only == "all":
        return True
    return not line.row.summary and bool(getattr(line, only))


def variances(line: bridge.Line, per_day: int) -> Variances:
    """A line in the units in which people read it."""
    kinds: tuple[Kind, ...] = ("gone", "new", "late", "changed")
    kind: Kind = next((name for name in kinds if getattr(line, name)), "")
    return Variances(
        line.row,
        line.left,
        line.right,
        kind,
        days_of(line.start_minutes, per_day),
        days_of(line.finish_minutes, per_day),
        days_of(line.duration_minutes, per_day),
        hours(line.work_minutes),
        line.cost,
    )


def hours(minutes: int | None) -> Decimal | None:
    """Minutes as hours with one decimal."""
    return None if minutes is None else half_up(Decimal(minutes) / _MINUTES_PER_HOUR, TENTH)
