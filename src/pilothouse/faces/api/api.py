# SPDX-License-Identifier: Apache-2.0
"""REST API v1: the same services and queries as the pages, spoken in JSON."""

from __future__ import annotations

from functools import cache
from typing import Any

from ninja import NinjaAPI
from ninja.operation import Operation

from pilothouse import __version__
from pilothouse.faces.api import problems
from pilothouse.faces.api.auth import Caller
from pilothouse.faces.api.endpoints import (
    access,
    account,
    health,
    imports,
    organisation,
    people,
    plans,
    portfolio,
    projects,
    published,
    register,
)
from pilothouse.faces.api.parsing import StrictParser

BASE = "/api/v1/"


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
    plans,
    imports,
    published,
    register,
    health,
    organisation,
    people,
    access,
    account,
):
    api.add_router("", module.router)


@cache
def schema() -> dict[str, Any]:
    """The OpenAPI document; it follows from the code alone."""
    return api.get_openapi_schema(path_prefix=BASE)
