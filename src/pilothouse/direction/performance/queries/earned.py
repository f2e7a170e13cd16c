# SPDX-License-Identifier: Apache-2.0
"""Earned value of a project as an actor may see it: figures, course and packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, QuerySet

from pilothouse.delivery.agile.models import Release
from pilothouse.delivery.finance import rules as finance
from pilothouse.delivery.finance.queries.opening import OpenedProject, open_project
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.direction.performance.models import (
    EarnedValuePoint,
    EarnedValueStatus,
    PackageMeasure,
    PackageValue,
)
from pilothouse.direction.performance.rules import can_on_measures
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, NotFound

PAGE_SIZE = 100
COSTS = ("eac_plan", "eac", "eac_pressure", "eac_weighted", "eac_recent")
"""Forecasts of cost that follow from the figures alone."""
GROUPS = {
    "now": ("bac", "pv", "ev", "ac", "percent_complete", "percent_spent"),
    "indices": ("sv", "sv_pct", "spi", "cv", "cv_pct", "cpi", "ev_recent", "ac_recent"),
    "pace": ("cpi_recent", "tcpi_bac", "tcpi_eac"),
    "forecasts": (
        *COSTS,
        *("eac_bottom_up", "etc", "vac", "vac_pct"),
    ),
    "time": ("pd", "at", "es", "sv_t", "spi_t", "ieac_t", "tspi"),
}
WITHOUT_COST = frozenset(
    ("bac", "pv", "ev", "sv", "sv_pct", "spi", "percent_complete", "ev_recent", *GROUPS["time"])
)
"""Figures in which no cost went; the others need R on actual."""


@dataclass(frozen=True, slots=True)
class FigureShown:
    """A figure with all that explains it."""

    key: str
    symbol: str
    label: str
    value: Decimal | None
    unit: str
    formula: str
    inputs: Sequence[tuple[str, Decimal | None]]
    note: str


@dataclass(frozen=True, slots=True)
class ValuePage:
    """The earned value of a project; ``status`` is None where it cannot be had."""

    opened: OpenedProject
    status: EarnedValueStatus | None
    figures: Mapping[str, FigureShown]
    points: Sequence[EarnedValuePoint]
    warnings: Sequence[str]
    notices: Sequence[str]
    sees_cost: bool
    may_measure: bool

    def group(self, name: str) -> list[FigureShown]:
        """The figures of one group that the reader may see."""
        return [self.figures[key] for key in GROUPS[name] if key in self.figures]

    @property
    def costs(self) -> list[FigureShown]:
        """Forecasts of cost."""
        return costs_of(self.figures)

    @property
    def current(self) -> EarnedValuePoint | None:
        """The last period with something earned."""
        told = [point for point in self.points if point.ev is not None]
        return told[-1] if told else None


def value_page(actor: Actor, project_id: int) -> ValuePage:
    """The earned value of a visible project, in constant queries.

    Who lacks R on actual sees what is planned and earned, and no figure in which cost went.
    Raises: NotFound, NotAllowed without R on budget.
    """
    opened = open_project(actor, project_id, finance.BUDGET)
    status = EarnedValueStatus.objects.filter(project=opened.project).first()
    sees_cost = opened.may(finance.ACTUAL, "R")
    points = list(EarnedValuePoint.objects.filter(project=opened.project))
    if not sees_cost:
        for point in points:
            point.ac = point.constant = None
    return ValuePage(
        opened=opened,
        status=status,
        figures={} if status is None else figures_shown(status.figures, sees_cost),
        points=points,
        warnings=[] if status is None else _told(status.warnings, sees_cost),
        notices=[] if status is None else _told(status.notices, sees_cost),
        sees_cost=sees_cost,
        may_measure=can_on_measures(actor, opened.project, "U", opened.grants),
    )


def figures_shown(rows: Sequence[Mapping[str, Any]], sees_cost: bool) -> dict[str, FigureShown]:
    """Kept figures by key, without those of cost where they may not be seen."""
    return {
        row["key"]: FigureShown(
            row["key"],
            row["symbol"],
            row["label"],
            _number(row["value"]),
            row["unit"],
            row["formula"],
            [(symbol, _number(value)) for symbol, value in row["inputs"]],
            row["note"],
        )
        for row in rows
        if sees_cost or row["key"] in WITHOUT_COST
    }


def costs_of(figures: Mapping[str, FigureShown]) -> list[FigureShown]:
    """The forecasts of cost that there are, the bottom-up one last."""
    told = [figures[key] for key in (*COSTS, "eac_bottom_up") if key in figures]
    return [figure for figure in told if figure.value is not None]


def packages_of(project: Project, only: str = "") -> QuerySet[PackageValue]:
    """The work packages of a project by their codes; ``only`` may be behind or over."""
    rows = PackageValue.objects.filter(project=project).order_by("wbs")
    if only == "behind":
        return rows.filter(ev__lt=F("pv"))
    return rows.filter(ac__gt=F("ev")) if only == "over" else rows


def measure_of(project: Project, wbs: str) -> PackageMeasure | None:
    """How a package is measured, where somebody chose it."""
    return PackageMeasure.objects.filter(project=project, wbs=wbs).first()


def require_measures_seen(actor: Actor, project: Project) -> None:
    """Raises NotAllowed unless the actor may see how packages are measured."""
    if not can_on_measures(actor, project, "R"):
        raise NotAllowed(
            "performance.measure_not_seen",
            f"Your roles do not allow you to see how packages of {project.code} are measured.",
        )


def releases_to_count(project: Project) -> QuerySet[Release]:
    """Releases whose points may measure a package."""
    return Release.objects.filter(project=project).exclude(state=Release.State.CANCELLED)


def _told(words: Sequence[str], sees_cost: bool) -> list[str]:
    """What may be said without telling of cost."""
    about_cost = ("Cost", "Actuals")
    return [text for text in words if sees_cost or not text.startswith(about_cost)]


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def measures_of(project: Project) -> QuerySet[PackageMeasure]:
    """The measures that were chosen in a project, by their codes."""
    return PackageMeasure.objects.filter(project=project).order_by("wbs")


def measure_by_id(actor: Actor, measure_id: int) -> PackageMeasure:
    """One measure of a project in sight. Raises: NotFound, NotAllowed."""
    rows = PackageMeasure.objects.select_related("project__portfolio__org_unit")
    visible = visible_projects(actor).order_by().values("pk")
    row = rows.filter(pk=measure_id, project__in=visible).first()
    if row is None:
        raise NotFound("performance.no_measure", "There is no such measure in your sight.")
    require_measures_seen(actor, row.project)
    return row
