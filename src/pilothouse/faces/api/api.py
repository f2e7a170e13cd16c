# SPDX-License-Identifier: Apache-2.0
"""REST API v1: the same services and queries as the pages, spoken in JSON."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from pilothouse import __version__
from pilothouse.faces.api import problems
from pilothouse.faces.api.auth import Caller
from pilothouse.faces.api.documents import CONTENT_TYPE
from pilothouse.faces.api.endpoints import (
    access,
    account,
    agile,
    baselines,
    board,
    budgets,
    cases,
    dependencies,
    earned_value,
    editing,
    estimates,
    files,
    finance_desk,
    finance_orders,
    finance_rates,
    forecasts,
    funding,
    health,
    imports,
    ledger,
    ledger_checks,
    money,
    money_files,
    notices,
    options,
    organisation,
    people,
    plan_calendars,
    plan_working_time,
    plans,
    portfolio,
    projects,
    published,
    raid,
    register,
    retention,
    sandboxes,
    second_factor,
    sprints,
    templates,
    weekly,
)
from pilothouse.faces.api.parsing import StrictParser
from pilothouse.faces.api.replies import KEY, TAG

BASE = "/api/v1/"
WITH_BODY = (413, 415)
"""Refusals that only a request with a body can earn."""
PATTERNS = {"If-Match": TAG.pattern, "Idempotency-Key": KEY.pattern}
"""How headers are written; a wrong one is refused by a sentence of its own."""
ONLY_IF_THERE = ("upload_plan", "undo_plan")
"""They want a version only where there is a plan already."""


class NamedApi(NinjaAPI):
    """Calls each operation by the name of its function, so that clients read well."""

    def get_openapi_operation_id(self, operation: Operation) -> str:
        return operation.view_func.__name__


api = NamedApi(
    title="Pilothouse",
    version=__version__,
    description="What an office is doing: register, health, plans, people and roles.",
    urls_namespace="api-v1",
    auth=Caller(),
    parser=StrictParser(),
    docs_url=None,
    openapi_url=None,
)
problems.install(api)
for module in (
    portfolio,
    projects,
    plan_calendars,
    plan_working_time,
    plans,
    editing,
    sandboxes,
    options,
    baselines,
    board,
    dependencies,
    agile,
    sprints,
    cases,
    money,
    money_files,
    estimates,
    finance_desk,
    finance_orders,
    finance_rates,
    ledger,
    ledger_checks,
    forecasts,
    earned_value,
    budgets,
    funding,
    weekly,
    imports,
    files,
    published,
    raid,
    register,
    health,
    organisation,
    retention,
    second_factor,
    templates,
    people,
    access,
    notices,
    account,
):
    api.add_router("", module.router)


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI document; it follows from the code alone."""
    document = api.get_openapi_schema(path_prefix=BASE)
    for methods in document["paths"].values():
        for operation in methods.values():
            answers = operation["responses"]
            for status in WITH_BODY if "requestBody" in operation else ():
                answers[status] = {
                    "description": HTTPStatus(status).phrase,
                    "content": dict(answers[400]["content"]),
                }
            for value in operation.get("parameters", ()):
                if value["name"] in PATTERNS:
                    value["schema"]["anyOf"][0]["pattern"] = PATTERNS[value["name"]]
                if value["name"] == "If-Match" and operation["operationId"] not in ONLY_IF_THERE:
                    value["required"] = True
            for status, answer in answers.items():
                if int(status) >= 400:
                    answer["content"] = {CONTENT_TYPE: answer["content"]["application/json"]}
    return document
