# SPDX-License-Identifier: Apache-2.0
"""How work packages are measured, and what is claimed for them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from pilothouse.delivery.agile.models import Backlog
from pilothouse.delivery.finance.models import BudgetLine
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.projects.models import Project
from pilothouse.direction.performance.models import PackageMeasure, PackageValue
from pilothouse.direction.performance.rules import require_on_measures, require_running
from pilothouse.direction.performance.services import refresh_many
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

Method = PackageMeasure.Method
COLUMNS = (
    *("method", "contour", "percent", "accepted", "milestones", "units", "units_done", "unit"),
    *("follows", "release"),
)
MOST_MILESTONES = 50
NAME_LENGTH = 200


@transaction.atomic
def set_measure(
    *,
    actor: Actor,
    project: Project,
    wbs: str,
    values: Mapping[str, Any],
    version: int | None = None,
    reason: str = "",
) -> PackageMeasure:
    """Say how a work package earns its budget, or claim progress for it.

    Without a code it is the project as a whole. What was claimed may fall, with a reason.
    Who: C on work_package_measure for the first time, then U. Writes: PackageMeasure and the
    earned value. Raises: Invalid naming the field, Conflict.
    """
    code = wbs.strip()
    core.lock(Project.objects.all(), project.pk)
    row = PackageMeasure.objects.filter(project=project, wbs=code).first()
    allowed = require_on_measures(actor, project, "C" if row is None else "U")
    require_running(project)
    before = row or PackageMeasure(project=project, wbs=code)
    wanted = {name: values[name] for name in COLUMNS if name in values}
    _check(project, code, before, wanted, reason.strip())
    if row is None:
        for name, value in wanted.items():
            setattr(before, name, value)
        core.create(
            actor=allowed,
            obj=before,
            names=("wbs", *COLUMNS),
            reason=reason.strip(),
            office_id=project.office_id,
        )
    else:
        row.project = project
        core.change(
            actor=allowed,
            obj=row,
            values=wanted,
            version=version,
            reason=reason.strip(),
            office_id=project.office_id,
        )
    refresh_many(project_ids=[project.pk], today=clock.today())
    return before


def _check(
    project: Project, code: str, before: PackageMeasure, wanted: dict[str, Any], reason: str
) -> None:
    if code and not _is_package(project, code):
        message = f"There is no work package ‘{code}’ in the budget or the plan."
        raise Invalid("performance.no_package", message, fields={"wbs": message})
    after = {name: wanted.get(name, getattr(before, name)) for name in COLUMNS}
    problems = dict(_problems(project, code, after))
    if not problems and _claims(after) < _claims(_as_it_is(before)) and not reason:
        problems["reason"] = "Less is claimed than before; say why."
    if problems:
        raise Invalid(
            "performance.measure",
            f"Work package ‘{code or project.code}’ cannot be measured so. "
            f"{' '.join(problems.values())}",
            fields=problems,
        )


def _is_package(project: Project, code: str) -> bool:
    return (
        PackageValue.objects.filter(project=project, wbs=code).exists()
        or BudgetLine.objects.filter(budget__project=project, wbs=code).exists()
        or Task.objects.filter(plan__project=project, wbs=code).exists()
    )


def _problems(project: Project, code: str, after: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    method = after["method"]
    if method not in Method.values:
        yield "method", "Choose one of the list."
    if after["contour"] not in PackageMeasure.Contour.values:
        yield "contour", "Choose one of the list."
    if method == Method.WEIGHTED_MILESTONES:
        wrong = _wrong_milestones(after["milestones"])
        if wrong:
            yield "milestones", wrong
    if method == Method.UNITS_DONE and after["units"] <= 0:
        yield "units", "Say how many units there are in all."
    if method == Method.APPORTIONED:
        wrong = _wrong_base(project, code, after["follows"])
        if wrong:
            yield "follows", wrong
    release = after["release"]
    if method == Method.POINTS:
        if not Backlog.objects.filter(project=project).exists():
            yield "method", "The project has no backlog, so there are no points to count."
        elif release is not None and release.project_id != project.pk:
            yield "release", "This release is of another project."


def _wrong_milestones(rows: Any) -> str:
    if not rows or len(rows) > MOST_MILESTONES:
        return f"Give 1 to {MOST_MILESTONES} milestones, each with a weight."
    for item in rows:
        if not str(item["name"]).strip() or len(item["name"]) > NAME_LENGTH:
            return f"Each milestone needs a name of at most {NAME_LENGTH} characters."
        if not Decimal(0) < Decimal(item["weight"]) <= Decimal(1_000_000):
            return f"The weight of ‘{item['name']}’ must lie above 0."
    return ""


def _wrong_base(project: Project, code: str, follows: str) -> str:
    """Why a package cannot take the percentage of another, empty where it can."""
    if not follows or not _is_package(project, follows):
        return "Name the work package whose percentage it takes."
    others = dict(
        PackageMeasure.objects.filter(project=project, method=Method.APPORTIONED).values_list(
            "wbs", "follows"
        )
    )
    seen = {code}
    current: str | None = follows
    while current is not None:
        if current in seen:
            return f"‘{follows}’ follows this one already; let one of them earn by itself."
        seen.add(current)
        current = others.get(current)
    return ""


def _as_it_is(row: PackageMeasure) -> dict[str, Any]:
    return {name: getattr(row, name) for name in COLUMNS}


def _claims(values: Mapping[str, Any]) -> Decimal:
    """What is claimed by hand, in the measure of its method."""
    method = values["method"]
    if method == Method.UNITS_DONE:
        return Decimal(values["units_done"])
    if method == Method.WEIGHTED_MILESTONES:
        done = (Decimal(item["weight"]) for item in values["milestones"] if item["done"])
        return sum(done, Decimal(0))
    if method == Method.PERCENT_COMPLETE and values["percent"] is not None:
        return Decimal(values["percent"])
    return Decimal(0)
