# SPDX-License-Identifier: Apache-2.0
"""Rows of a project's money fetched for changing, always the project before what hangs on it."""

from __future__ import annotations

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import Budget, ContingencyDraw, Forecast, FundingRelease
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core

_PLACE = ("portfolio__org_unit", "currency")
_OF_PROJECT = tuple(f"project__{name}" for name in _PLACE)


def locked_project(project: Project) -> Project:
    """An open project, locked. Raises: Invalid where it is over."""
    row = core.lock(Project.objects.select_related(*_PLACE), project.pk)
    rules.require_open(row)
    return row


def locked_budget(budget: Budget, version: int | None) -> Budget:
    """A budget of an open project, locked. Raises: Invalid, Conflict on a stale version."""
    locked_project(budget.project)
    row = core.lock(Budget.objects.select_related(*_OF_PROJECT), budget.pk)
    core.require_version(row, version)
    return row


def locked_draw(draw: ContingencyDraw, version: int | None) -> ContingencyDraw:
    """As ``locked_budget`` for a draw."""
    locked_project(draw.project)
    rows = ContingencyDraw.objects.select_related(*_OF_PROJECT, "budget")
    row = core.lock(rows, draw.pk)
    core.require_version(row, version)
    return row


def locked_forecast(forecast: Forecast, version: int | None) -> Forecast:
    """As ``locked_budget`` for a forecast."""
    locked_project(forecast.project)
    row = core.lock(Forecast.objects.select_related(*_OF_PROJECT), forecast.pk)
    core.require_version(row, version)
    return row


def locked_release(release: FundingRelease, version: int | None) -> FundingRelease:
    """As ``locked_budget`` for a release of funding."""
    locked_project(release.project)
    row = core.lock(FundingRelease.objects.select_related(*_OF_PROJECT), release.pk)
    core.require_version(row, version)
    return row
