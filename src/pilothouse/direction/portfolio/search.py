# SPDX-License-Identifier: Apache-2.0
"""Finding projects, programmes, portfolios and people from anywhere."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Case, IntegerField, Q, Value, When
from django.urls import reverse

from pilothouse.delivery.projects.rules import (
    visible_portfolios,
    visible_programmes,
    visible_projects,
)
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.queries import people_named

LIMIT = 8
"""Hits shown of each kind."""


@dataclass(frozen=True, slots=True)
class Hit:
    """One line of the result: what it is, where it leads."""

    kind: str
    label: str
    detail: str
    url: str


def _rank(text: str, *names: str) -> Case:
    """0 for an exact match, 1 where a name starts with the text, 2 elsewhere."""
    exact, starts = Q(pk__in=[]), Q(pk__in=[])
    for name in names:
        exact |= Q(**{f"{name}__iexact": text})
        starts |= Q(**{f"{name}__istartswith": text})
    return Case(
        When(exact, then=Value(0)),
        When(starts, then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )


def search(actor: Actor, text: str) -> list[Hit]:
    """Hits in what the actor may see, best first; four queries and the grants."""
    words = text.replace("\0", "").strip()[:100]
    if not words:
        return []
    grants = grants_of(actor)
    hits: list[Hit] = []
    named = Q(name__icontains=words) | Q(code__icontains=words)
    for pk, code, name, place in (
        visible_projects(actor, grants)
        .filter(named)
        .order_by(_rank(words, "code", "name"), "name", "pk")
        .values_list("pk", "code", "name", "portfolio__name")[:LIMIT]
    ):
        url = reverse("portfolio:project", args=[pk])
        hits.append(Hit("Project", name, f"{code} · {place}", url))
    for pk, code, name, place in (
        visible_programmes(actor, grants)
        .filter(named)
        .order_by(_rank(words, "code", "name"), "name", "pk")
        .values_list("pk", "code", "name", "portfolio__name")[:LIMIT]
    ):
        url = reverse("projects:programme", args=[pk])
        hits.append(Hit("Programme", name, f"{code} · {place}", url))
    for pk, code, name, place in (
        visible_portfolios(actor, grants)
        .filter(named)
        .order_by(_rank(words, "code", "name"), "name", "pk")
        .values_list("pk", "code", "name", "org_unit__name")[:LIMIT]
    ):
        url = reverse("projects:portfolio", args=[pk])
        hits.append(Hit("Portfolio", name, f"{code} · {place}", url))
    for pk, name, title in (
        people_named(actor, grants, words)
        .filter(is_active=True)
        .order_by("full_name", "pk")
        .values_list("pk", "full_name", "job_title")[:LIMIT]
    ):
        hits.append(Hit("Person", name, title, reverse("projects:person", args=[pk])))
    return hits
