# SPDX-License-Identifier: Apache-2.0
"""Rows of a project's money fetched for changing, always the project before what hangs on it."""

from __future__ import annotations

from typing import TypeVar

from django.db.models import QuerySet

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.models import (
    Budget,
    ContingencyDraw,
    FinancialCase,
    Forecast,
    FundingRelease,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core

Row = TypeVar("Row", Budget, ContingencyDraw, FinancialCase, Forecast, FundingRelease)
_PLACE = ("portfolio__org_unit", "currency")
_OF_PROJECT = tuple(f"project__{name}" for name in _PLACE)


def locked_project(project: Project) -> Project:
    """An open project, locked. Raises: Invalid where it is over."""
    row = core.lock(Project.objects.select_related(*_PLACE), project.pk)
    rules.require_open(row)
    return row


def locked_budget(budget: Budget, version: int | None) -> Budget:
    """A budget of an open project, locked. Raises: Invalid, Conflict on a stale version."""
    return _locked(Budget.objects.all(), budget, version)


def locked_draw(draw: ContingencyDraw, version: int | None) -> ContingencyDraw:
    """As ``locked_budget`` for a draw."""
    return _locked(ContingencyDraw.objects.select_related("budget"), draw, version)


def locked_forecast(forecast: Forecast, version: int | None) -> Forecast:
    """As ``locked_budget`` for a forecast."""
    return _locked(Forecast.objects.all(), forecast, version)


def locked_release(release: FundingRelease, version: int | None) -> FundingRelease:
    """As ``locked_budget`` for a release of funding."""
    return _locked(FundingRelease.objects.all(), release, version)


def locked_case(case: FinancialCase, version: int | None) -> FinancialCase:
    """As ``locked_budget`` for a financial case."""
    return _locked(FinancialCase.objects.all(), case, version)


def _locked(rows: QuerySet[Row], row: Row, version: int | None) -> Row:
    locked_project(row.project)
    found = core.lock(rows.select_related(*_OF_PROJECT), row.pk)
    core.require_version(found, version)
    return found
