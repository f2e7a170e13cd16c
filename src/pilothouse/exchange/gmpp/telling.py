# SPDX-License-Identifier: Apache-2.0
"""What the published years say of one project: its present values and its snapshots."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pilothouse.delivery.projects.models import Portfolio, Project
from pilothouse.direction.performance.services import Facts, Publication
from pilothouse.exchange.gmpp.reading import Figure, Published, status_date_of
from pilothouse.exchange.models import PublishedRecord
from pilothouse.foundation.core.dates import written

LABELS = {
    "rating_comment": "Delivery confidence",
    "schedule_comment": "Schedule",
    "variance_comment": "Budget and forecast of the year",
    "wlc_comment": "Whole-life cost",
    "benefits_comment": "Benefits",
    "comment": "Comment",
}
ABSENT_LABELS = {
    "rating": "Delivery confidence",
    "start": "Start date",
    "start_forecast": "Start date",
    "end": "End date",
    "end_baseline": "Baseline end date",
    "end_forecast": "Forecast end date",
    "wlc": "Whole-life cost",
    "wlc_forecast": "Forecast of the whole-life cost",
    "benefits": "Benefits",
    "benefits_forecast": "Forecast benefits",
}


@dataclass(frozen=True, slots=True)
class Promise:
    """The first start and end that were published, and in which report."""

    start: date | None = None
    end: date | None = None
    end_year: int = 0
    cost: Decimal | None = None
    cost_year: int = 0


def promise_of(
    rows: Mapping[int, Published], stored: Mapping[int, PublishedRecord], until: int
) -> Promise:
    """First published start, end and whole-life cost up to a year's report."""
    start = end = None
    cost = None
    end_year = cost_year = 0
    for year in sorted({*rows, *stored}):
        if year > until:
            break
        row = rows.get(year)
        source = stored[year] if row is None else row
        last = source.end_baseline or source.end
        whole = stored[year].whole_life_cost if row is None else row.wlc
        start = start or source.start
        if end is None and last is not None:
            end, end_year = last, year
        if cost is None and whole is not None:
            cost, cost_year = whole, year
    if start and end and end < start:
        start = None
    return Promise(start, end, end_year, cost, cost_year)


def correction_of(
    project: Project, rows: Mapping[int, Published], stored: Mapping[int, PublishedRecord]
) -> dict[str, Any]:
    """The approved dates anew, where this load names earlier ones than the register took.

    Dates that a person approved in the meantime stay.
    """
    year = max(stored)
    taken = promise_of({}, stored, year)
    if (project.baseline_start, project.baseline_finish) != (taken.start, taken.end):
        return {}
    promise = promise_of(rows, stored, year)
    return {"baseline_start": promise.start, "baseline_finish": promise.end}


def is_early(row: Published | None) -> bool:
    """Whether a report shows the project in early planning."""
    return row is not None and row.rating is not None and row.rating.label == "Early planning"


def state_on(years: list[int], last_report: int, *, early: bool) -> tuple[str, str]:
    """Life-cycle state and its reason; why a project left is not published."""
    if years[-1] < last_report:
        return (
            Project.State.CLOSED,
            f"Last published in the report of {years[-1]}; why it left is not published.",
        )
    if early:
        return Project.State.INITIATING, f"Early planning in the report of {years[-1]}."
    return Project.State.EXECUTING, f"Published in the report of {years[-1]}."


def values_of(
    rows: Mapping[int, Published], stored: Mapping[int, PublishedRecord]
) -> dict[str, Any]:
    """The register's values as of the last year of this load.

    A cost below 0, as of a franchise that pays, stays in the published snapshot only.
    """
    year = max(rows)
    values = _values(rows[year], promise_of(rows, stored, year))
    below = [name for name in ("budget", "forecast_cost") if (values[name] or 0) < 0]
    return values | dict.fromkeys(below)


def _values(row: Published, promise: Promise) -> dict[str, Any]:
    colour = row.rating.colour if row.rating else ""
    return {
        "name": row.name,
        "purpose": row.description,
        "project_type": row.category,
        "planned_start": row.start,
        "planned_finish": row.end,
        "baseline_start": promise.start,
        "baseline_finish": promise.end,
        "budget": row.wlc,
        "forecast_cost": row.wlc_forecast,
        "benefits_approved": row.benefits,
        "benefits_forecast": row.benefits_forecast,
        "stated_colour": "" if colour == "grey" else colour,
        "stated_comment": row.comments.get("rating_comment", ""),
        "stated_on": status_date_of(row.year),
    }


def publications_of(
    project: Project | None,
    rows: Mapping[int, Published],
    stored: Mapping[int, PublishedRecord],
    years: list[int],
    portfolios: Mapping[str, Portfolio],
    sources: Mapping[int, str],
    published: Container[tuple[int, date]],
) -> list[Publication]:
    """Snapshots of the years of this load, with a closing one where the project left.

    A year may be set in between others; a closing one that an earlier load ``published`` for a
    project and day stays.
    """
    assert project is not None, "projects are entered before their snapshots"
    found: list[Publication] = []
    present = {*rows, *stored}
    for before, year in zip([0, *years], years, strict=False):
        told = (project.pk, status_date_of(year)) in published
        if year in rows:
            found.append(_status(project, rows, stored, year, portfolios, sources[year]))
        elif told or year in present or before not in present:
            continue
        elif before in rows or year in sources:
            found.append(_leaving(project, rows, stored, before, year, portfolios, sources))
    return found


def _status(
    project: Project,
    rows: Mapping[int, Published],
    stored: Mapping[int, PublishedRecord],
    year: int,
    portfolios: Mapping[str, Portfolio],
    source: str,
) -> Publication:
    row = rows[year]
    promise = promise_of(rows, stored, year)
    state, _ = state_on([year], year, early=is_early(row))
    day = status_date_of(year)
    return Publication(
        project=_as_of(project, _values(row, promise), portfolios[row.department.code], state),
        facts=_facts(day, row, promise),
        status_date=day,
        source=f"GMPP report {year} ({source}, {row.place}), Open Government Licence v3.0"[:200],
        values={
            "stated": row.rating.colour if row.rating else "grey",
            "stated_label": row.rating.label if row.rating else "Not published",
            "comments": comments_of(row),
            "figures": [_figure(figure) for figure in figures_of(row, promise)],
            "in_portfolio": True,
        },
    )


def _leaving(
    project: Project,
    rows: Mapping[int, Published],
    stored: Mapping[int, PublishedRecord],
    before: int,
    year: int,
    portfolios: Mapping[str, Portfolio],
    sources: Mapping[int, str],
) -> Publication:
    """The project is not in this year's report; its last values are kept, its colour is not."""
    day = status_date_of(year)
    promise = promise_of(rows, stored, before)
    row = rows.get(before)
    if row is not None:
        values, portfolio = _values(row, promise), portfolios[row.department.code]
        facts = _facts(status_date_of(before), row, promise)
    else:
        kept = stored[before]
        portfolio = portfolios[kept.department]
        values = {
            "name": kept.name,
            "project_type": kept.category,
            "planned_start": kept.start,
            "planned_finish": kept.end,
            "budget": kept.whole_life_cost,
        }
        facts = Facts(
            today=day,
            forecast_finish=kept.end,
            baseline_start=promise.start,
            baseline_finish=promise.end,
            budget=kept.whole_life_cost,
            data_as_of=status_date_of(before),
        )
    return Publication(
        project=_as_of(project, values, portfolio, Project.State.CLOSED),
        facts=facts,
        status_date=day,
        source=f"Not in the GMPP report {year}"
        + (f" ({sources[year]})" if year in sources else ""),
        values={
            "stated": "grey",
            "stated_label": "Left the portfolio",
            "comments": {
                "Portfolio": f"Last published in the report of {before}, not in that of {year}. "
                "Why it left is not published."
            },
            "figures": [],
            "in_portfolio": False,
        },
    )


def _as_of(
    project: Project, values: Mapping[str, Any], portfolio: Portfolio, state: str
) -> Project:
    return Project(
        pk=project.pk,
        code=project.code,
        office_id=project.office_id,
        portfolio=portfolio,
        currency_id=project.currency_id,
        state=state,
        **values,
    )


def _facts(day: date, row: Published, promise: Promise) -> Facts:
    notes: dict[str, str] = {}
    if promise.end is not None:
        last = written(promise.end)
        notes["slip_pct"] = (
            f"The approved finish is the first end date that was published, {last} in the "
            f"report of {promise.end_year}; reports give no other baseline."
        )
    return Facts(
        today=day,
        forecast_finish=row.end,
        baseline_start=promise.start,
        baseline_finish=promise.end,
        budget=row.wlc,
        forecast_cost=row.wlc_forecast,
        benefits_approved=row.benefits,
        benefits_forecast=row.benefits_forecast,
        data_as_of=day,
        notes=notes,
    )


def comments_of(row: Published) -> dict[str, str]:
    """All published texts under readable headings, with what was withheld and why."""
    comments: dict[str, str] = {}
    if row.description:
        comments["Description"] = row.description
    for key, text in row.comments.items():
        comments[LABELS.get(key, key)] = text
    if row.absent:
        comments["Not published"] = "\n".join(
            f"{ABSENT_LABELS.get(key, key)}: {words}" for key, words in row.absent.items()
        )
    return comments


def figures_of(row: Published, promise: Promise) -> list[Figure]:
    """The figures of the year, and the first whole-life cost for comparison."""
    figures = list(row.figures)
    if promise.cost is not None and promise.cost_year != row.year:
        figures.append(
            Figure(
                "first_whole_life_cost",
                f"Whole-life cost first published (report of {promise.cost_year})",
                promise.cost,
                "GBP",
            )
        )
    return figures


def _figure(figure: Figure) -> dict[str, str | None]:
    return {
        "key": figure.key,
        "label": figure.label,
        "value": None if figure.value is None else str(figure.value),
        "unit": figure.unit,
        "words": figure.words,
    }
