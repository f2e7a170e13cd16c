# SPDX-License-Identifier: Apache-2.0
"""Earned value of projects and places, and how work packages are measured."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.finance import rules as finance
from pilothouse.delivery.finance.queries.opening import open_project
from pilothouse.delivery.projects.models import Portfolio, Programme, Project
from pilothouse.delivery.projects.queries import get_portfolio, get_programme, get_project
from pilothouse.direction.performance.models import PackageMeasure, PackageValue
from pilothouse.direction.performance.queries.earned import (
    FigureShown,
    measure_by_id,
    measures_of,
    packages_of,
    releases_to_count,
    require_measures_seen,
    value_page,
)
from pilothouse.direction.performance.services.measures import set_measure
from pilothouse.direction.performance.services.sums import value_of_place
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    read,
    unknown,
    updates,
)
from pilothouse.faces.api.replies import Page, Paging, created, page_of, reply, version_of
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas_value import (
    EarnedValueOut,
    FigureInputOut,
    FigureOut,
    LeftOutOut,
    MeasureFields,
    MeasureNew,
    MeasureOut,
    MilestoneOut,
    PlaceValueOut,
    PointOut,
    ProjectShareOut,
    WorkPackageOut,
)
from pilothouse.foundation.core import clock

router = Router(tags=["Earned value"])
PROJECT = "/projects/{int:project_id}"
MEASURE = "/package-measures/{int:measure_id}"
Only = Annotated[
    Literal["all", "behind", "over"],
    Query(description="`behind`: earned below planned; `over`: cost above earned."),
]


@router.get(PROJECT + "/earned-value", response=read(EarnedValueOut))
def read_earned_value(request: HttpRequest, project_id: int) -> HttpResponse:
    """Figures and course of a project at its status date, each figure with its formula."""
    page = value_page(actor_of(request), project_id)
    status = page.status
    return reply(
        EarnedValueOut(
            project_id=project_id,
            status_date=status.status_date if status else None,
            currency=status.currency_code if status else page.opened.project.currency_id,
            source=status.source if status else "",
            budget_number=status.budget_number if status else None,
            baseline_number=status.baseline_number if status else None,
            plan_version=status.plan_version if status else None,
            rates=status.rates if status else "",
            figures=_figures(page.figures.values()),
            points=[_point(row) for row in page.points],
            warnings=list(page.warnings),
            notices=list(page.notices),
        )
    )


@router.get(PROJECT + "/work-packages", response=read(Page[WorkPackageOut]))
def list_work_packages(
    request: HttpRequest, project_id: int, paging: Query[Paging], only: Only = "all"
) -> HttpResponse:
    """Work packages with their figures at the status date."""
    opened = open_project(actor_of(request), project_id, finance.BUDGET)
    sees_cost = opened.may(finance.ACTUAL, "R")
    wanted = "" if only == "over" and not sees_cost else only

    def shown(row: PackageValue) -> Schema:
        return WorkPackageOut(
            wbs=row.wbs,
            name=row.name,
            method=row.method,
            contour=row.contour,
            start=row.start,
            finish=row.finish,
            budget=row.bac,
            planned=row.pv,
            earned=row.ev,
            spent=row.ac if sees_cost else None,
            percent=row.percent,
            reason=row.reason,
            notice=row.notice,
        )

    return page_of(request, packages_of(opened.project, wanted), paging, shown)


@router.get(PROJECT + "/package-measures", response=read(Page[MeasureOut]))
def list_package_measures(
    request: HttpRequest, project_id: int, paging: Query[Paging]
) -> HttpResponse:
    """How the work packages of a project are measured, where somebody chose it."""
    actor = actor_of(request)
    project = get_project(actor, project_id)
    require_measures_seen(actor, project)
    return page_of(request, measures_of(project), paging, _measure)


@router.post(PROJECT + "/package-measures", response=creates(MeasureOut))
def create_package_measure(
    request: HttpRequest,
    project_id: int,
    payload: MeasureNew,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Choose how a work package earns its budget; without a code, the project as a whole."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        project = get_project(actor, project_id)
        require_measures_seen(actor, project)
        if measures_of(project).filter(wbs=payload.wbs.strip()).exists():
            raise unknown("wbs", "This package has a measure already; change that one.")
        row = set_measure(
            actor=actor,
            project=project,
            wbs=payload.wbs,
            values=_values(project, payload),
            reason=payload.reason,
        )
        return _measure(row), row.version

    return created(request, idempotency_key, make)


@router.patch(MEASURE, response=updates(MeasureOut))
def update_package_measure(
    request: HttpRequest, measure_id: int, payload: MeasureFields, if_match: IfMatch = None
) -> HttpResponse:
    """Change how a work package is measured, or claim progress for it."""
    actor = actor_of(request)
    row = measure_by_id(actor, measure_id)
    kept = set_measure(
        actor=actor,
        project=row.project,
        wbs=row.wbs,
        values=_values(row.project, payload),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return reply(_measure(kept), version=kept.version)


@router.get("/portfolios/{int:portfolio_id}/earned-value", response=read(PlaceValueOut))
def read_portfolio_value(request: HttpRequest, portfolio_id: int) -> HttpResponse:
    """Earned value of a portfolio, from sums."""
    return _place(request, get_portfolio(actor_of(request), portfolio_id))


@router.get("/programmes/{int:programme_id}/earned-value", response=read(PlaceValueOut))
def read_programme_value(request: HttpRequest, programme_id: int) -> HttpResponse:
    """Earned value of a programme, from sums."""
    return _place(request, get_programme(actor_of(request), programme_id))


def _place(request: HttpRequest, place: Portfolio | Programme) -> HttpResponse:
    value = value_of_place(actor_of(request), place, clock.today())
    months = [_point(row) for row in value.months]
    if not value.sees_cost:
        for month in months:
            month.spent = None
    return reply(
        PlaceValueOut(
            currency=value.currency,
            figures=_figures(value.figures.values()),
            months=months,
            projects=[
                ProjectShareOut(
                    project_id=row.project_id,
                    code=row.code,
                    name=row.name,
                    status_date=row.status_date,
                    budget=row.bac,
                    planned=row.pv,
                    earned=row.ev,
                    spent=row.ac,
                )
                for row in value.projects
            ],
            warnings=list(value.warnings),
            without=list(value.without),
            left_out=[LeftOutOut(code=code, reason=why) for code, why in value.left_out],
            oldest=value.oldest,
        )
    )


def _values(project: Project, payload: MeasureFields) -> dict[str, Any]:
    sent = payload.model_dump(exclude_unset=True, exclude={"wbs", "reason"})
    if "milestones" in sent:
        sent["milestones"] = [
            {"name": item["name"], "weight": str(item["weight"]), "done": item["done"]}
            for item in sent["milestones"]
        ]
    if "release_id" in sent:
        number = sent.pop("release_id")
        sent["release"] = None
        if number is not None:
            sent["release"] = releases_to_count(project).filter(pk=number).first()
            if sent["release"] is None:
                raise unknown("release_id", "There is no such release of this project.")
    return sent


def _figures(rows: Iterable[FigureShown]) -> list[FigureOut]:
    return [
        FigureOut(
            key=row.key,
            symbol=row.symbol,
            label=row.label,
            value=row.value,
            unit=row.unit,
            formula=row.formula,
            inputs=[FigureInputOut(symbol=symbol, value=value) for symbol, value in row.inputs],
            note=row.note,
        )
        for row in rows
    ]


def _point(row: Any) -> PointOut:
    return PointOut(
        period=row.name, first=row.first, last=row.last, planned=row.pv, earned=row.ev, spent=row.ac
    )


def _measure(row: PackageMeasure) -> MeasureOut:
    return MeasureOut(
        id=row.pk,
        version=row.version,
        project_id=row.project_id,
        wbs=row.wbs,
        method=row.method,
        contour=row.contour,
        percent=row.percent,
        accepted=row.accepted,
        milestones=[MilestoneOut(**item) for item in row.milestones],
        units=row.units,
        units_done=row.units_done,
        unit=row.unit,
        follows=row.follows,
        release_id=row.release_id,
    )
