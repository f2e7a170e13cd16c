# SPDX-License-Identifier: Apache-2.0
"""The templates that the living office keeps from its own plans."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pilothouse.delivery.planning.queries import summaries_of
from pilothouse.delivery.planning.services import keep_template
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User


@dataclass(frozen=True, slots=True)
class Kept:
    """A template, and the plan, or the part of it, that it is kept from."""

    code: str
    part: str
    name: str
    kind: str
    purpose: str


TEMPLATES = (
    Kept(
        "HARB",
        "",
        "Quay or berth from mandate to hand-over",
        "Construction, stage gates",
        "Mandate, permits, tender, works and hand-over with the decisions between them.",
    ),
    Kept(
        "HARB",
        "Procurement",
        "Tender and award of works",
        "Procurement",
        "From the tender documents to the signed contract, to be put into any plan.",
    ),
    Kept(
        "HARB",
        "Commissioning and hand-over",
        "Commissioning and hand-over",
        "Construction",
        "Tests, training and the list of snags at the end of works.",
    ),
)


def keep(projects: Mapping[str, Project], people: Mapping[str, User]) -> None:
    """Keep them."""
    for item in TEMPLATES:
        project = projects[item.code]
        parts = summaries_of(project)
        root = next((uid for uid, text in parts if text.endswith(item.part)), None)
        keep_template(
            actor=people["ada"].actor(),
            project=project,
            name=item.name,
            kind=item.kind,
            purpose=item.purpose,
            root=root if item.part else None,
        )
