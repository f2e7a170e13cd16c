# SPDX-License-Identifier: Apache-2.0
"""The whole input of a run at this moment: the plan, or many joined, and all that is uncertain."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from django.db.models import Q, QuerySet

from pilothouse.delivery.dependencies.queries import driving_among
from pilothouse.delivery.finance.models import ExchangeRate
from pilothouse.delivery.finance.rates import Rates
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.services import whole_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import OPEN_STATES
from pilothouse.delivery.raid.queries.quantified import QuantifiedRisk, quantified_risks
from pilothouse.delivery.simulations.bridge import model, plans
from pilothouse.delivery.simulations.models import (
    Correlation,
    CostItem,
    SimulationRun,
    TaskRange,
    Uncertainty,
)
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid

Row = TypeVar("Row", TaskRange, CostItem, Correlation)
MOST_PLANS = 2_000


@dataclass
class Assembled:
    """The input of a run as files of the engine, and where it comes from.

    ``places`` are the projects in their order: id, code and uid of the milestone that ends each;
    ``told`` what was left out.
    """

    plan: bytes
    risks: bytes
    places: list[list[Any]]
    plan_versions: dict[str, int]
    told: list[str]
    dialect: str
    after_status_date: bool
    milestones: tuple[int, ...]


def assemble(run: SimulationRun) -> Assembled:
    """Raises: Invalid where there is no plan to simulate, and for a missing exchange rate."""
    rows = list(_plans(run))
    if not rows:
        raise Invalid(
            "simulations.no_plan",
            f"{run.place.code} has no open project with a plan. Make or import a plan first.",
        )
    if len(rows) > MOST_PLANS:
        raise Invalid(
            "simulations.too_many_plans",
            f"{run.place.code} has {len(rows):,} plans; at most {MOST_PLANS:,} are simulated "
            "together. Simulate its programmes.",
        )
    projects = [row.project for row in rows if row.project is not None]
    ids = [project.pk for project in projects]
    at = {pk: place for place, pk in enumerate(ids)}
    joined = plans.join(
        run.place.name,
        [(project.code, whole_plan(row)) for project, row in zip(projects, rows, strict=True)],
        [
            (
                at[bond.giver_id],
                bond.giver_uid,
                at[bond.receiver_id],
                bond.receiver_uid,
            )
            for bond in driving_among(ids)
        ],
        alone=run.project_id is not None,
    )
    currency = _currency(run)
    document = model.Document(currency, told=[*_without_plan(run, ids), *joined.told])
    _fill(document, run, projects, joined, currency)
    return Assembled(
        joined.file,
        json.dumps(document.whole(), ensure_ascii=False).encode(),
        [
            [project.pk, project.code, end]
            for project, end in zip(projects, joined.ends, strict=True)
        ],
        {project.code: row.plan_version for project, row in zip(projects, rows, strict=True)},
        document.told,
        joined.dialect,
        rows[0].work_after_status_date,
        joined.ends[: plans.MOST_MILESTONES] if run.project_id is None else (),
    )


def _within(run: SimulationRun) -> Q:
    if run.project_id is not None:
        return Q(pk=run.project_id)
    if run.programme_id is not None:
        return Q(programme=run.programme_id)
    assert run.portfolio is not None
    path = run.portfolio.path
    return Q(portfolio__path__gte=path, portfolio__path__lt=path + "~")


def _plans(run: SimulationRun) -> QuerySet[ProjectPlan]:
    projects = Project.objects.filter(_within(run), state__in=OPEN_STATES)
    rows = ProjectPlan.objects.filter(project__in=projects, pk__in=Task.objects.values("plan"))
    return rows.select_related("project__currency", "project__portfolio").order_by("project__code")


def _without_plan(run: SimulationRun, ids: Sequence[int]) -> list[str]:
    """Projects that are not in the simulation, for they have no plan."""
    if run.project_id is not None:
        return []
    codes = (
        Project.objects.filter(_within(run), state__in=OPEN_STATES)
        .exclude(pk__in=ids)
        .order_by("code")
        .values_list("code", flat=True)
    )
    return [f"{code} has no plan and is not in this simulation." for code in codes]


def _currency(run: SimulationRun) -> str:
    if run.project is not None:
        return run.project.currency_id
    portfolio = run.portfolio or (run.programme.portfolio if run.programme else None)
    assert portfolio is not None
    return portfolio.currency_id


def _fill(
    document: model.Document,
    run: SimulationRun,
    projects: Sequence[Project],
    joined: plans.Prepared,
    currency: str,
) -> None:
    """What is uncertain about each project; read in a fixed number of queries."""
    templates = {row.project_id: row for row in Uncertainty.objects.filter(project__in=projects)}
    usual = templates.get(run.project_id or 0) or Uncertainty()
    document.template = model.template_of(usual)
    ranges = _by_project(TaskRange.objects.filter(project__in=projects).order_by("uid"))
    costs = _by_project(CostItem.objects.filter(project__in=projects, voided=False).order_by("pk"))
    bound = _by_project(
        Correlation.objects.filter(project__in=projects, voided=False).order_by("pk")
    )
    risks: defaultdict[int, list[QuantifiedRisk]] = defaultdict(list)
    for risk in quantified_risks([project.pk for project in projects]):
        risks[risk.project_id].append(risk)
    converter = _Converter(run, currency)
    for place, project in enumerate(projects):
        own = templates.get(project.pk)
        model.add_project(
            document,
            project.code,
            joined.plans[place],
            joined.numbered(place),
            converter.of(project),
            ranges=ranges[project.pk],
            template=own if own is not None and run.project_id is None else None,
            costs=costs[project.pk],
            correlations=bound[project.pk],
            risks=risks[project.pk],
        )


def _by_project(rows: Iterable[Row]) -> defaultdict[int, list[Row]]:
    found: defaultdict[int, list[Row]] = defaultdict(list)
    for row in rows:
        found[row.project_id].append(row)
    return found


class _Converter:
    """Amounts of projects in the currency of the run, by the closing rate of today."""

    def __init__(self, run: SimulationRun, currency: str) -> None:
        self._run, self._currency, self._today = run, currency, clock.today()
        self._rates: Rates | None = None

    def of(self, project: Project) -> Callable[[Decimal], Decimal]:
        """How amounts of a project are converted; a missing rate is an error (R-FX-01)."""
        if project.currency_id == self._currency:
            return lambda amount: amount
        rates = self._rates = self._rates or Rates(self._run.office)
        kind = ExchangeRate.Kind.CLOSING
        return lambda amount: rates.convert(
            kind, amount, project.currency_id, self._currency, self._today
        )
