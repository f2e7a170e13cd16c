# SPDX-License-Identifier: Apache-2.0
"""One frozen snapshot, and the record of a project on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import classified, phase_of, project_scopes
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.project_figures import (
    DIMENSION_LABELS,
    Dimension,
    Figure,
    Sight,
    benefits_of,
    dates_of,
    dimensions_of,
    is_hidden,
    money_of,
    verdict_of,
)
from pilothouse.direction.portfolio.project_page import (
    require_known,
    sight_of,
    trail_from,
    visible_project,
)
from pilothouse.direction.portfolio.register_record import (
    ChangeLine,
    RecordLine,
    change_lines,
    record_lines,
    value_text,
)
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import looked_back, written
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.queries import history_of
from pilothouse.foundation.organisation.queries import Memory, custom_fields

OF_COST = frozenset({"over_budget", "budget_trend"})
"""Findings that tell of cost."""


@dataclass(frozen=True, slots=True)
class SnapshotPage:
    """A snapshot as it was kept; nothing of it is computed again."""

    project: Project
    row: PerformanceSnapshot
    lead: str
    sight: Sight
    verdict: str
    dimensions: tuple[Dimension, ...]
    dates: tuple[Figure, ...]
    money: tuple[Figure, ...]
    benefits: tuple[Figure, ...]
    facts: tuple[tuple[str, str], ...]
    comments: tuple[tuple[str, str], ...]
    earlier: int | None
    later: int | None
    attribution: str


@dataclass(frozen=True, slots=True)
class RecordPage:
    """The register's record on a day and every change up to it."""

    project: Project
    day: date
    lines: tuple[RecordLine, ...] | None
    none_yet: str
    changes: tuple[ChangeLine, ...]
    trail_from: date | None


def snapshot_page(actor: Actor, project_id: int, snapshot_id: int) -> SnapshotPage:
    """One snapshot of a visible project, or NotFound."""
    grants = grants_of(actor)
    project = visible_project(actor, project_id, grants)
    row = (
        PerformanceSnapshot.objects.select_related("portfolio", "programme")
        .filter(project=project, pk=snapshot_id)
        .first()
    )
    if row is None:
        raise NotFound("portfolio.snapshot", "This project has no such snapshot.")
    sight = sight_on(grants, project)
    ids = list(
        PerformanceSnapshot.objects.filter(project=project)
        .order_by("status_date")
        .values_list("pk", flat=True)
    )
    place = ids.index(row.pk)
    kind = "Published" if row.kind == "published" else "Computed"
    until = f" to {written(row.valid_to)}" if row.valid_to else ""
    return SnapshotPage(
        project=project,
        row=row,
        lead=f"{kind} snapshot of {written(row.status_date)}, valid from that day{until}. "
        f"{row.source}.",
        sight=sight,
        verdict=verdict_of(row)[1],
        dimensions=dimensions_of(row, sight),
        dates=tuple(figure for figure in dates_of(row, None) if figure.key != "planned"),
        money=money_of(row, sight),
        benefits=benefits_of(row) if sight.benefits else (),
        facts=_facts(row),
        comments=tuple(
            (key.replace("_", " ").capitalize(), str(text))
            for key, text in row.comments.items()
            if text
        ),
        earlier=ids[place - 1] if place else None,
        later=ids[place + 1] if place + 1 < len(ids) else None,
        attribution=project.attribution or "",  # type: ignore[attr-defined]
    )


def sight_on(grants: Grants, project: Project) -> Sight:
    """What the actor's roles open inside a visible project."""
    return sight_of(classified(grants, project), project_scopes(project))


def reasons_seen(row: PerformanceSnapshot, sight: Sight) -> dict[str, Any]:
    """The reasons of a snapshot without what the actor's roles leave out."""
    found = dict(row.reasons)
    if not sight.money:
        found.pop("cost", None)
    if not sight.benefits:
        found.pop("benefits", None)
    if not (sight.money and sight.spent):
        found.pop("trend", None)
    for name in DIMENSION_LABELS:
        if name in found:
            metrics = found[name].get("metrics", ())
            shown = [item for item in metrics if not is_hidden(item, sight)]
            found[name] = {**found[name], "metrics": shown}
    if "since" in found and not sight.forecast(row.eac):
        since = found["since"].items()
        found["since"] = {name: day for name, day in since if name not in OF_COST}
    return found


def _facts(row: PerformanceSnapshot) -> tuple[tuple[str, str], ...]:
    """The rest of the snapshot in words; what it does not know is left out."""
    facts = [
        ("Phase", phase_of(row.state)),
        ("State", str(Project.State(row.state).label)),
        ("Portfolio", row.portfolio.name),
        ("Programme", row.programme.name if row.programme else ""),
        ("Type", row.project_type),
        ("Manager", row.owner_name),
        ("Next milestone", row.next_milestone),
        ("Complete", "" if row.percent_complete is None else f"{row.percent_complete} %"),
        ("Late tasks", "" if row.late_tasks is None else str(row.late_tasks)),
        ("In the portfolio", "yes" if row.in_portfolio else "no longer"),
        ("Source", row.source),
    ]
    fields = custom_fields([row.office_id]).values_list("key", "label")
    facts += [(label, value_text(row.custom[key])) for key, label in fields if key in row.custom]
    return tuple((label, text) for label, text in facts if text)


def record_page(actor: Actor, project_id: int, day: date | None, today: date) -> RecordPage:
    """The record of a visible project at the end of a day, today by default.

    Raises: NotFound, Invalid for a day to come or before the trail begins.
    """
    grants = grants_of(actor)
    project = visible_project(actor, project_id, grants)
    sight = sight_on(grants, project)
    shown = looked_back(day, today, "on") or today
    require_known(project, shown, (Memory.TRAIL,), "on")
    return RecordPage(
        project=project,
        day=shown,
        lines=record_lines(project, shown, sight),
        none_yet=(
            f"The register had no entry for this project on {written(shown)}. "
            "Published snapshots on the project's page may reach further back."
        ),
        changes=change_lines(history_of(project, day=shown), sight),
        trail_from=trail_from(project),
    )
