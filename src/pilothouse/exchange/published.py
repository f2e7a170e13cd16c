# SPDX-License-Identifier: Apache-2.0
"""What the match report of published portfolios says: years, methods, doubts, notices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.exchange.gmpp.matching import Method
from pilothouse.exchange.models import PublishedFile, PublishedRecord
from pilothouse.exchange.rules import visible_published
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.organisation.models import OrgUnit

NEW, IDENTIFIER, NAME, CONTINUATION = "new", "identifier", "name", "continuation"
GROUPS = {
    Method.NEW: NEW,
    Method.NUMBER: IDENTIFIER,
    Method.NAME: NAME,
    Method.NAME_ELSEWHERE: NAME,
    Method.CORE_NAME: NAME,
    Method.NAME_SUCCESSOR: CONTINUATION,
    Method.FORMER_NAME: CONTINUATION,
    Method.SIMILAR: CONTINUATION,
}
TABS = {
    "matched": "How projects were matched",
    "doubts": "Could not be matched",
    "left": "No longer reported",
    "notices": "Notices of the loader",
}


@dataclass(frozen=True, slots=True)
class Year:
    """One loaded year in figures."""

    file: PublishedFile
    records: int
    groups: Mapping[str, int]
    doubts: int
    left: int
    notices: int


def published_years(actor: Actor) -> list[tuple[OrgUnit, list[Year]]]:
    """Every office with published years in sight, its years from the oldest on."""
    files = list(visible_published(actor).select_related("office").order_by("office__name", "year"))
    rows: dict[int, dict[int, str]] = {file.pk: {} for file in files}
    records = PublishedRecord.objects.filter(file__in=files).order_by()
    for file_id, project_id, method in records.values_list("file_id", "project_id", "method"):
        rows[file_id][project_id] = method
    found: dict[OrgUnit, list[Year]] = {}
    for file in files:
        years = found.setdefault(file.office, [])
        before = rows[years[-1].file.pk] if years else {}
        groups = Counter(GROUPS[Method(method)] for method in rows[file.pk].values())
        years.append(
            Year(
                file,
                len(rows[file.pk]),
                groups,
                len(file.near_misses),
                len(set(before) - set(rows[file.pk])),
                len(file.notices),
            )
        )
    return list(found.items())


def file_of(actor: Actor, file_id: int) -> PublishedFile:
    """One published year in sight, or NotFound."""
    file = visible_published(actor).select_related("office").filter(pk=file_id).first()
    if file is None:
        raise NotFound("exchange.published", "There is no such published year.")
    return file


@dataclass(frozen=True, slots=True)
class YearReport:
    """The lists of one year by tab, and which projects the actor may open."""

    parts: Mapping[str, Sequence[Any]]
    counts: Mapping[str, int]
    linked: frozenset[int]


def report_of(actor: Actor, file: PublishedFile) -> YearReport:
    """Records with method and evidence, doubtful pairs, projects that left, notices."""
    records = list(file.records.order_by("department", "name"))
    before = (
        PublishedFile.objects.filter(office=file.office, year__lt=file.year)
        .order_by("-year")
        .first()
    )
    present = {record.project_id for record in records}
    left = [] if before is None else list(before.records.order_by("department", "name"))
    left = [record for record in left if record.project_id not in present]
    seen = visible_projects(actor).filter(office_id=file.office.office_id)
    linked = frozenset(seen.values_list("pk", flat=True))
    names = {record.name for record in (*records, *left) if record.project_id not in linked}
    parts = {
        "matched": [record for record in records if record.project_id in linked],
        "doubts": [
            miss
            for miss in file.near_misses
            if miss["name"] not in names and miss["other"] not in names
        ],
        "left": [record for record in left if record.project_id in linked],
        "notices": file.notices,
    }
    return YearReport(parts, {name: len(rows) for name, rows in parts.items()}, linked)
