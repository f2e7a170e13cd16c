# SPDX-License-Identifier: Apache-2.0
"""The description of the API: as OpenAPI for programs, as a page for people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from pilothouse.faces.api.api import BASE, schema
from pilothouse.faces.api.auth import Caller
from pilothouse.faces.api.documents import problem
from pilothouse.faces.api.problems import problem_of


@login_not_required
@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """The OpenAPI document, for those who may use the API."""
    try:
        if Caller()(request) is None:
            return problem(request, 401, "api.sign_in", "Send a live token, or sign in.")
    except Exception as error:
        return problem_of(request, error)
    return JsonResponse(schema())


@login_not_required
@csrf_exempt
def unknown(request: HttpRequest, rest: str = "") -> HttpResponse:
    """Any other address under /api/."""
    return problem(request, 404, "api.not_found", "There is nothing at this address.")


@dataclass(frozen=True, slots=True)
class Value:
    """One parameter, field of a body or field of an answer."""

    name: str
    kind: str
    required: bool
    where: str
    description: str


@dataclass(frozen=True, slots=True)
class Described:
    """One operation as the page shows it."""

    anchor: str
    method: str
    path: str
    summary: str
    parameters: list[Value]
    body: list[Value]
    answer: list[Value]
    statuses: list[str]


@require_GET
def docs(request: HttpRequest) -> HttpResponse:
    """The reference, rendered here: no script of anybody else."""
    context = {"groups": described(schema()), "base": BASE}
    return render(request, "api/docs.html", context)


def described(document: dict[str, Any]) -> dict[str, list[Described]]:
    """Operations by group, with references followed."""
    components = document["components"]["schemas"]
    groups: dict[str, list[Described]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            answers = operation["responses"]
            first = next(code for code in answers if int(code) < 300)
            item = Described(
                anchor=operation["operationId"],
                method=method.upper(),
                path=path,
                summary=operation.get("description", ""),
                parameters=[
                    Value(
                        entry["name"],
                        _kind(entry["schema"]),
                        bool(entry.get("required")),
                        entry["in"],
                        entry.get("description") or entry["schema"].get("description", ""),
                    )
                    for entry in operation.get("parameters", [])
                ],
                body=_fields(_content(operation.get("requestBody", {})), components),
                answer=_fields(_content(answers[first]), components),
                statuses=[str(code) for code in sorted(answers)],
            )
            groups.setdefault(operation["tags"][0], []).append(item)
    return groups


def _content(part: dict[str, Any]) -> dict[str, Any]:
    for kind in part.get("content", {}).values():
        return dict(kind["schema"])
    return {}


def _fields(node: dict[str, Any], components: dict[str, Any]) -> list[Value]:
    """Fields of an object; of a list page those of its items."""
    target = components.get(node.get("$ref", "").rpartition("/")[2], node)
    properties = target.get("properties", {})
    if {"items", "total", "next"} <= set(properties):
        return _fields(properties["items"]["items"], components)
    needed = target.get("required", [])
    return [
        Value(name, _kind(entry), name in needed, "body", entry.get("description", ""))
        for name, entry in properties.items()
    ]


def _kind(entry: dict[str, Any]) -> str:
    """A type in a few words."""
    if "$ref" in entry:
        return str(entry["$ref"]).rpartition("/")[2]
    if "enum" in entry:
        return " | ".join(str(value) or "“”" for value in entry["enum"])
    if "anyOf" in entry:
        return " | ".join(dict.fromkeys(_kind(option) for option in entry["anyOf"]))
    if "allOf" in entry:
        return _kind(entry["allOf"][0])
    if entry.get("type") == "array":
        return f"list of {_kind(entry.get('items', {}))}"
    return str(entry.get("format") or entry.get("type") or "any")
