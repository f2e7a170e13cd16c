# SPDX-License-Identifier: Apache-2.0
"""Money as files: rows of the ledger, a forecast, earned value, a portfolio or programme."""

from __future__ import annotations

from typing import Annotated, Literal

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Query

from pilothouse.delivery.finance import rules
from pilothouse.delivery.finance.forecast_files import forecast_file
from pilothouse.delivery.finance.ledger_export import ledger_export
from pilothouse.delivery.finance.queries import actuals as reads
from pilothouse.delivery.finance.queries.forecasts import forecast_of
from pilothouse.delivery.finance.queries.opening import open_office, open_project
from pilothouse.delivery.finance.queries.together import money_together
from pilothouse.delivery.finance.together_files import together_file
from pilothouse.delivery.projects.queries import get_portfolio, get_programme
from pilothouse.direction.performance.files import value_file
from pilothouse.direction.performance.queries.earned import value_page
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import REFUSED
from pilothouse.faces.api.endpoints.ledger import Narrowed
from pilothouse.faces.api.replies import TABLE_FILE
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import ProblemOut
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.pages import attachment

router = Router(tags=["Money as files"])
FILE = {200: bytes, REFUSED: ProblemOut}
Kind = Annotated[Literal["xlsx", "csv"], Query(description="The kind of file.")]


@router.get("/projects/{int:project_id}/actuals/export", response=FILE, openapi_extra=TABLE_FILE)
def download_actuals(
    request: HttpRequest, project_id: int, wanted: Query[Narrowed], format: Kind = "csv"
) -> HttpResponseBase:
    """The rows of the ledger of a project, in parts; a workbook holds at most 100,000."""
    opened = open_project(actor_of(request), project_id, rules.ACTUAL)
    rows = reads.rows_of_project(opened, reads.RowFilter(**wanted.model_dump()))
    return ledger_export(rows, opened.project.code, format)


@router.get("/offices/{int:office_id}/actuals/export", response=FILE, openapi_extra=TABLE_FILE)
def download_actuals_of_office(
    request: HttpRequest, office_id: int, wanted: Query[Narrowed], format: Kind = "csv"
) -> HttpResponseBase:
    """The rows of the ledger of an office, in parts; a workbook holds at most 100,000."""
    opened = open_office(actor_of(request), office_id, rules.ACTUAL)
    rows = reads.rows_of_office(opened, reads.RowFilter(**wanted.model_dump()))
    return ledger_export(rows, opened.office.code, format)


@router.get("/forecasts/{int:forecast_id}/export", response=FILE, openapi_extra=TABLE_FILE)
def download_forecast(
    request: HttpRequest, forecast_id: int, format: Kind = "xlsx"
) -> HttpResponse:
    """A version of a forecast, with live sums as a workbook."""
    return attachment(*forecast_file(*forecast_of(actor_of(request), forecast_id), format))


@router.get(
    "/projects/{int:project_id}/earned-value/export", response=FILE, openapi_extra=TABLE_FILE
)
def download_earned_value(
    request: HttpRequest, project_id: int, format: Kind = "xlsx"
) -> HttpResponse:
    """Work packages, periods and figures with live indices as a workbook; as CSV the packages."""
    return attachment(*value_file(value_page(actor_of(request), project_id), format))


@router.get("/portfolios/{int:portfolio_id}/money/export", response=FILE, openapi_extra=TABLE_FILE)
def download_portfolio_money(
    request: HttpRequest, portfolio_id: int, format: Kind = "xlsx"
) -> HttpResponse:
    """The money of a portfolio: projects, months and categories; as CSV the projects."""
    actor = actor_of(request)
    page = money_together(actor, get_portfolio(actor, portfolio_id), clock.today())
    return attachment(*together_file(page, format))


@router.get("/programmes/{int:programme_id}/money/export", response=FILE, openapi_extra=TABLE_FILE)
def download_programme_money(
    request: HttpRequest, programme_id: int, format: Kind = "xlsx"
) -> HttpResponse:
    """The money of a programme: projects, months and categories; as CSV the projects."""
    actor = actor_of(request)
    page = money_together(actor, get_programme(actor, programme_id), clock.today())
    return attachment(*together_file(page, format))
