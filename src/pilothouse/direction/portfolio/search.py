# SPDX-License-Identifier: Apache-2.0
"""Finding projects, programmes, portfolios and people from anywhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Case, CharField, Q, QuerySet, Value, When
from django.db.models.functions import Upper
from django.urls import reverse

from pilothouse.delivery.projects.rules import (
    PortfolioSight,
    ProgrammeSight,
    ProjectSight,
    portfolio_sight,
    programme_sight,
    project_sight,
    projects_in,
)
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.prepared import prepared_for, together
from pilothouse.foundation.organisation.queries import PeopleSight, people_sight

LIMIT = 8
"""Hits shown of each kind."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the result: what it is, where it leads."""

    kind: str
    label: str
    detail: str
    url: str


def search(actor: Actor, text: str) -> list[Hit]:
    """Hits in what the actor may see, best first; four queries and the grants."""
    words = text.replace("\0", "").strip()[:100]
    if not words:
        return []
    grants = grants_of(actor)
    projects = _projects.later(words, project_sight(actor, grants))
    programmes = _programmes.later(words, programme_sight(grants))
    portfolios = _portfolios.later(words, portfolio_sight(grants))
    people = _people.later(words, people_sight(actor, grants))
    together(projects, programmes, portfolios, people)
    places = (
        ("Project", "portfolio:project", projects),
        ("Programme", "projects:programme", programmes),
        ("Portfolio", "projects:portfolio", portfolios),
    )
    hits = [
        Hit(kind, name, f"{code} · {place}", reverse(address, args=[pk]))
        for kind, address, found in places
        for pk, code, name, place in found.rows
    ]
    return hits + [
        Hit("Person", name, title, reverse("projects:person", args=[pk]))
        for pk, name, title in people.rows
    ]


Rows = QuerySet[Any, tuple[Any, ...]]


def _named(rows: QuerySet[Any], text: str, place: str) -> Rows:
    """Rows by a part of code or name: an exact match first, then where one starts with it."""
    whole = Upper(Value(text, CharField()))
    found = rows.annotate(upper_code=Upper("code"), upper_name=Upper("name"))
    rank = Case(
        When(Q(upper_code=whole) | Q(upper_name=whole), then=Value(0)),
        When(Q(code__istartswith=text) | Q(name__istartswith=text), then=Value(1)),
        default=Value(2),
    )
    found = found.filter(Q(name__icontains=text) | Q(code__icontains=text))
    hits: Rows = found.order_by(rank, "name", "pk").values_list("pk", "code", "name", place)
    return hits[:LIMIT]


@prepared_for(varying=1)
def _projects(text: str, sight: ProjectSight | None) -> Rows:
    return _named(projects_in(sight), text, "portfolio__name")


@prepared_for(varying=1)
def _programmes(text: str, sight: ProgrammeSight) -> Rows:
    return _named(sight.rows(), text, "portfolio__name")


@prepared_for(varying=1)
def _portfolios(text: str, sight: PortfolioSight) -> Rows:
    return _named(sight.rows(), text, "org_unit__name")


@prepared_for(varying=1)
def _people(text: str, sight: PeopleSight) -> Rows:
    rows = sight.named(text).filter(is_active=True).order_by("full_name", "pk")
    return rows.values_list("pk", "full_name", "job_title")[:LIMIT]
