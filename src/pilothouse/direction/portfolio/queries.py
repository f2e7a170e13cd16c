# SPDX-License-Identifier: Apache-2.0
"""The project list: rows, cards, groups, and the same as of any date.

Everything is read from snapshots; nothing is computed on read.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Max, Q, QuerySet, Sum
from django.utils import timezone

from pilothouse.delivery.projects.models import Portfolio, Programme
from pilothouse.delivery.projects.rules import (
    ACTIVE_STATES,
    OPEN_STATES,
    phase_of,
    project_condition,
    visible_portfolios,
)
from pilothouse.direction.performance.models import PerformanceSnapshot
from pilothouse.direction.portfolio.models import SavedView
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import CustomField, OrgUnit
from pilothouse.foundation.organisation.queries import custom_fields, office_ids

PAGE_SIZE = 50
STALE_AFTER_DAYS = 35
DIMENSIONS = ("schedule", "cost", "scope", "benefits", "risk", "resources")
COLOURS = ("red", "amber", "green", "grey")


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list: what is shown, how it sorts, whether it is shown at first."""

    key: str
    label: str
    sort: str = ""
    numeric: bool = False
    default: bool = True


COLUMNS = (
    Column("overall", "Health", "-severity"),
    Column("stated", "Stated", "stated"),
    Column("dimensions", "Schedule · Cost · Scope · Benefits · Risk · Resources"),
    Column("phase", "Phase", "state"),
    Column("start", "Start", "planned_start", default=False),
    Column("finish", "Finish", "forecast_finish"),
    Column("slip", "Slip", "-slip_days", numeric=True),
    Column("budget", "Budget", "-budget", numeric=True),
    Column("forecast", "Forecast", "-forecast_cost", numeric=True, default=False),
    Column("benefits_money", "Benefits", "-benefits_forecast", numeric=True, default=False),
    Column("milestone", "Next milestone", "next_milestone_on"),
    Column("owner", "Manager", "owner_name"),
    Column("portfolio", "Portfolio", "portfolio__name", default=False),
    Column("programme", "Programme", "programme__name", default=False),
    Column("type", "Type", "project_type", default=False),
    Column("age", "Data from", "data_as_of"),
)
SORTS = {
    "name": "name",
    "code": "project__code",
    **{column.key: column.sort for column in COLUMNS if column.sort},
}
GROUPS = {
    "portfolio": "Portfolio",
    "programme": "Programme",
    "overall": "Health",
    "phase": "Phase",
    "type": "Type",
    "owner": "Manager",
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address of the list asks for."""

    as_of: date | None = None
    q: str = ""
    office: int | None = None
    portfolio: int | None = None
    programme: int | None = None
    overall: str = ""
    stated: str = ""
    phase: str = ""
    attention: str = ""
    sort: str = "overall"
    descending: bool = False
    group: str = ""
    page: int = 1
    columns: tuple[str, ...] = ()
    custom: tuple[tuple[str, str], ...] = ()


def parse_filters(data: Mapping[str, str], today: date, columns: Iterable[str] = ()) -> Filters:
    """Read the query string; a malformed value is an error that names it."""

    def number(name: str) -> int | None:
        text = data.get(name, "")
        if not text:
            return None
        if not text.isdecimal() or len(text) > 12:
            raise Invalid("portfolio.filter", f"‘{text[:40]}’ is no valid value for {name}.")
        return int(text)

    as_of = None
    if data.get("as_of"):
        try:
            as_of = date.fromisoformat(data["as_of"])
        except ValueError:
            raise Invalid(
                "portfolio.as_of",
                f"‘{data['as_of'][:40]}’ is no date; write it as 2019-09-30.",
                fields={"as_of": "Not a date."},
            ) from None
        if as_of >= today:
            as_of = None
    sort = data.get("sort", "") or "overall"
    descending = sort.startswith("-")
    sort = sort.lstrip("-")
    known = {column.key for column in COLUMNS}
    return Filters(
        as_of=as_of,
        q=data.get("q", "").replace("\0", "").strip()[:200],
        office=number("office"),
        portfolio=number("portfolio"),
        programme=number("programme"),
        overall=data.get("overall", "") if data.get("overall", "") in COLOURS else "",
        stated=data.get("stated", "") if data.get("stated", "") in COLOURS else "",
        phase=data.get("phase", "")[:40],
        attention=data.get("attention", "")
        if data.get("attention", "") in {"late", "stale", "changed", "worse", "over"}
        else "",
        sort=sort if sort in SORTS else "overall",
        descending=descending,
        group=data.get("group", "") if data.get("group", "") in GROUPS else "",
        page=max(1, min(number("page") or 1, 10_000)),
        columns=tuple(key for key in columns if key in known or key.startswith("custom_"))
        or tuple(column.key for column in COLUMNS if column.default),
        custom=tuple(
            (key[7:][:40], value[:200])
            for key, value in data.items()
            if key.startswith("custom_") and value
        ),
    )


def base_rows(
    actor: Actor, as_of: date | None, grants: Grants | None = None
) -> QuerySet[PerformanceSnapshot]:
    """Snapshots that held on a day (None: the latest), of projects the actor may read."""
    held = grants or grants_of(actor)
    rows = PerformanceSnapshot.objects.filter(in_portfolio=True)
    if as_of is None:
        rows = rows.filter(valid_to=None)
    else:
        rows = rows.filter(Q(valid_to=None) | Q(valid_to__gt=as_of), status_date__lte=as_of)
    condition = project_condition(actor, held)
    if condition is not None:
        from_projects = _visible_ids(condition)
        rows = rows.filter(project_id__in=from_projects)
    return rows


def _visible_ids(condition: Q) -> QuerySet[Any, int]:
    from_project = PerformanceSnapshot._meta.get_field("project").related_model
    return from_project._default_manager.filter(condition).values_list("pk", flat=True)


def filtered(
    rows: QuerySet[PerformanceSnapshot], filters: Filters, today: date
) -> QuerySet[PerformanceSnapshot]:
    """Narrow the list as asked; closed projects stay out of the present list unless asked for."""
    if filters.office:
        rows = rows.filter(office_id=filters.office)
    if filters.portfolio:
        paths = Portfolio.objects.filter(pk=filters.portfolio).values_list("path", flat=True)
        path = paths.first() or "!"
        rows = rows.filter(portfolio__path__gte=path, portfolio__path__lt=path + "~")
    if filters.programme:
        rows = rows.filter(programme_id=filters.programme)
    if filters.phase:
        rows = rows.filter(state__in=_states_of_phase(filters.phase))
    else:
        rows = rows.filter(state__in=OPEN_STATES)
    if filters.overall:
        rows = rows.filter(overall=filters.overall)
    if filters.stated:
        rows = rows.filter(stated=filters.stated)
    if filters.q:
        rows = rows.filter(
            Q(name__icontains=filters.q)
            | Q(project__code__icontains=filters.q)
            | Q(owner_name__icontains=filters.q)
            | Q(portfolio__name__icontains=filters.q)
        )
    day = filters.as_of or today
    if filters.attention == "late":
        rows = rows.filter(slip_days__gt=0)
    elif filters.attention == "stale":
        rows = rows.filter(data_as_of__lt=day - timedelta(days=STALE_AFTER_DAYS))
    elif filters.attention == "changed":
        rows = rows.exclude(stated=F("previous_stated")).exclude(previous_stated="")
    elif filters.attention == "worse":
        rows = rows.filter(worse_condition())
    elif filters.attention == "over":
        rows = rows.filter(forecast_cost__gt=F("budget"))
    for key, value in filters.custom:
        rows = rows.filter(**{f"custom__{key}": _json_value(value)})
    return rows


def worse_condition() -> Q:
    """Stated colour went down since the snapshot before."""
    return Q(previous_stated="green", stated__in=["amber", "red"]) | Q(
        previous_stated="amber", stated="red"
    )


def _json_value(text: str) -> object:
    if text in {"yes", "no"}:
        return text == "yes"
    try:
        return float(text)
    except ValueError:
        return text


def _states_of_phase(name: str) -> list[str]:
    if name == "all":
        return [*OPEN_STATES, "closed", "benefits_tracking", "completed", "cancelled"]
    return [
        state
        for state in (*OPEN_STATES, "closed", "benefits_tracking", "completed", "cancelled")
        if phase_of(state).lower() == name.lower()
    ]


VALUES = (
    "id",
    "project_id",
    "project__code",
    "name",
    "state",
    "portfolio_id",
    "portfolio__name",
    "programme__name",
    "project_type",
    "owner_name",
    "currency_code",
    "planned_start",
    "forecast_finish",
    "baseline_finish",
    "slip_days",
    "budget",
    "forecast_cost",
    "benefits_forecast",
    "next_milestone",
    "next_milestone_on",
    "data_as_of",
    "overall",
    *DIMENSIONS,
    "previous_overall",
    "stated",
    "stated_label",
    "previous_stated",
    "status_date",
    "custom",
    "percent_complete",
    "strategic_critical",
    "project__version",
    "baseline_start",
)


def ordered(rows: QuerySet[PerformanceSnapshot], filters: Filters) -> QuerySet[PerformanceSnapshot]:
    """Sort as asked, ties by worst health, then name."""
    text = SORTS[filters.sort]
    backwards = text.startswith("-") != filters.descending
    name = text.lstrip("-")
    first = F(name).desc(nulls_last=True) if backwards else F(name).asc(nulls_last=True)
    if filters.group:
        head = {
            "portfolio": "portfolio__name",
            "programme": "programme__name",
            "overall": "-severity",
            "phase": "state",
            "type": "project_type",
            "owner": "owner_name",
        }[filters.group]
        group = F(head.lstrip("-"))
        lead = group.desc(nulls_last=True) if head.startswith("-") else group.asc(nulls_last=True)
        return rows.order_by(lead, first, "-severity", "name", "id")
    return rows.order_by(first, "-severity", "name", "id")


@dataclass(frozen=True, slots=True)
class Row:
    """One project as the list shows it."""

    values: Mapping[str, Any]
    phase: str
    trend: str
    age_days: int | None
    stale: bool

    def __getattr__(self, name: str) -> Any:
        try:
            return self.values[name]
        except KeyError:
            raise AttributeError(name) from None


_RANK = {"green": 0, "amber": 1, "red": 2}


def trend(before: str, now: str) -> str:
    """up, down, same, or nothing where there is no earlier colour."""
    if before not in _RANK or now not in _RANK:
        return ""
    if _RANK[now] < _RANK[before]:
        return "up"
    return "down" if _RANK[now] > _RANK[before] else "same"


def to_rows(rows: Iterable[Mapping[str, Any]], day: date) -> list[Row]:
    """Add what follows from a row alone."""
    result: list[Row] = []
    for values in rows:
        as_of = values["data_as_of"]
        age = (day - as_of).days if as_of else None
        result.append(
            Row(
                values,
                phase_of(values["state"]),
                trend(values["previous_stated"], values["stated"])
                or trend(values["previous_overall"], values["overall"]),
                age,
                age is not None and age > STALE_AFTER_DAYS,
            )
        )
    return result


@dataclass(frozen=True, slots=True)
class Money:
    """Sums in one currency."""

    currency: str
    count: int
    budget: Decimal
    forecast: Decimal
    by_colour: Mapping[str, Decimal]


@dataclass(frozen=True, slots=True)
class Cards:
    """Figures above the list."""

    total: int
    by_colour: Mapping[str, int]
    by_stated: Mapping[str, int]
    money: tuple[Money, ...]
    late: int
    stale: int
    worse: int
    better: int
    over_budget: int
    last_published: date | None


@dataclass(frozen=True, slots=True)
class GroupTotal:
    """Totals of one group, money per currency."""

    key: str
    count: int
    red: int
    amber: int
    green: int
    grey: int
    currency: str
    budget: Decimal | None
    forecast: Decimal | None


@dataclass(frozen=True, slots=True)
class Dashboard:
    """All that the portfolio page shows."""

    rows: list[Row]
    total: int
    page: int
    pages: int
    cards: Cards
    filters: Filters
    day: date
    groups: list[GroupTotal]
    portfolios: list[tuple[int, str, int]]
    offices: list[tuple[int, str]]
    dates: list[date]
    fields: list[CustomField]
    views: list[SavedView]
    attributions: list[str]
    columns: tuple[Column, ...] = field(default=COLUMNS)


def dashboard(actor: Actor, filters: Filters) -> Dashboard:
    """The portfolio page in a fixed number of queries whatever its size."""
    today = timezone.localdate()
    grants = grants_of(actor)
    day = filters.as_of or today
    base = filtered(base_rows(actor, filters.as_of, grants), filters, today)
    cards = cards_of(base, day)
    pages = max(1, -(-cards.total // PAGE_SIZE))
    page = min(filters.page, pages)
    start = (page - 1) * PAGE_SIZE
    values = ordered(base, filters).values(*VALUES)[start : start + PAGE_SIZE]
    offices = list(
        OrgUnit.objects.filter(parent=None)
        .filter(Q() if office_ids(actor, grants) is None else Q(pk__in=office_ids(actor, grants)))
        .values_list("pk", "name", "attribution")
    )
    shown = base.values_list("office_id", flat=True).distinct() if len(offices) > 1 else None
    shown_ids = set(shown) if shown is not None else {office[0] for office in offices}
    return Dashboard(
        rows=to_rows(values, day),
        total=cards.total,
        page=page,
        pages=pages,
        cards=cards,
        filters=filters,
        day=day,
        groups=group_totals(base, filters.group) if filters.group else [],
        portfolios=[
            (pk, name, len(path) // 6 - 1)
            for pk, name, path in visible_portfolios(actor, grants).values_list(
                "pk", "name", "path"
            )
        ],
        offices=[(pk, name) for pk, name, _ in offices],
        dates=published_dates(actor, grants),
        fields=list(custom_fields(office_ids(actor, grants))),
        views=saved_views(actor, grants),
        attributions=[text for pk, _, text in offices if text and pk in shown_ids],
    )


def cards_of(rows: QuerySet[PerformanceSnapshot], day: date) -> Cards:
    """Counts and sums over all pages of the list, in two queries."""
    flags = rows.aggregate(
        late=Count("id", filter=Q(slip_days__gt=0)),
        stale=Count("id", filter=Q(data_as_of__lt=day - timedelta(days=STALE_AFTER_DAYS))),
        worse=Count("id", filter=worse_condition()),
        better=Count(
            "id",
            filter=Q(previous_stated="red", stated__in=["amber", "green"])
            | Q(previous_stated="amber", stated="green"),
        ),
        over=Count("id", filter=Q(forecast_cost__gt=F("budget"))),
        published=Max("status_date", filter=Q(kind="published")),
    )
    counts = dict.fromkeys(COLOURS, 0)
    stated = dict.fromkeys(COLOURS, 0)
    money: dict[str, dict[str, Any]] = {}
    for currency, overall, said, count, budget, forecast in (
        rows.values_list("currency_code", "overall", "stated")
        .annotate(n=Count("id"), b=Sum("budget"), f=Sum("forecast_cost"))
        .order_by()
    ):
        counts[overall] += count
        stated[said] += count
        sums = money.setdefault(
            currency,
            {
                "count": 0,
                "budget": Decimal(0),
                "forecast": Decimal(0),
                "by": dict.fromkeys(COLOURS, Decimal(0)),
            },
        )
        sums["count"] += count
        sums["budget"] += budget or 0
        sums["forecast"] += forecast or 0
        sums["by"][overall] += budget or 0
    return Cards(
        total=sum(counts.values()),
        by_colour=counts,
        by_stated=stated,
        money=tuple(
            Money(code, sums["count"], sums["budget"], sums["forecast"], sums["by"])
            for code, sums in sorted(money.items())
        ),
        late=flags["late"],
        stale=flags["stale"],
        worse=flags["worse"],
        better=flags["better"],
        over_budget=flags["over"],
        last_published=flags["published"],
    )


def group_totals(rows: QuerySet[PerformanceSnapshot], group: str) -> list[GroupTotal]:
    """Totals by group and currency; currencies are never added together."""
    name = {
        "portfolio": "portfolio__name",
        "programme": "programme__name",
        "overall": "overall",
        "phase": "state",
        "type": "project_type",
        "owner": "owner_name",
    }[group]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for key, currency, overall, count, budget, forecast in (
        rows.values_list(name, "currency_code", "overall")
        .annotate(n=Count("id"), b=Sum("budget"), f=Sum("forecast_cost"))
        .order_by()
    ):
        label = phase_of(key) if group == "phase" else (key or "None")
        entry = found.setdefault(
            (label, currency), {**dict.fromkeys(COLOURS, 0), "budget": None, "forecast": None}
        )
        entry[overall] += count
        for field_name, amount in (("budget", budget), ("forecast", forecast)):
            if amount is not None:
                entry[field_name] = (entry[field_name] or Decimal(0)) + amount
    return [
        GroupTotal(
            label,
            sum(entry[colour] for colour in COLOURS),
            entry["red"],
            entry["amber"],
            entry["green"],
            entry["grey"],
            currency,
            entry["budget"],
            entry["forecast"],
        )
        for (label, currency), entry in sorted(found.items())
    ]


def published_dates(actor: Actor, grants: Grants | None = None) -> list[date]:
    """Status dates of published snapshots in sight, newest first."""
    held = grants or grants_of(actor)
    rows = PerformanceSnapshot.objects.filter(kind="published")
    offices = office_ids(actor, held)
    if offices is not None:
        rows = rows.filter(office_id__in=offices)
    return list(rows.values_list("status_date", flat=True).distinct().order_by("-status_date")[:60])


def saved_views(actor: Actor, grants: Grants | None = None) -> list[SavedView]:
    """Own views and those shared in the actor's offices."""
    held = grants or grants_of(actor)
    return list(
        SavedView.objects.filter(
            Q(owner_id=actor.user_id) | Q(shared_office_id__in=sorted(held.offices))
        ).select_related("owner")
    )


@dataclass(frozen=True, slots=True)
class Breach:
    """One line of the cockpit: what is wrong, how bad, and where it is mended."""

    kind: str
    severity: int
    project_id: int
    project: str
    code: str
    sentence: str
    since: date | None
    owner: str
    url_name: str


def programme_choices(actor: Actor) -> list[tuple[int, str]]:
    """Programmes of the visible portfolios."""
    ids = visible_portfolios(actor).values_list("pk", flat=True)
    return list(Programme.objects.filter(portfolio_id__in=ids).values_list("pk", "name"))


def open_states() -> tuple[str, ...]:
    """States in which a project is expected to report."""
    return ACTIVE_STATES
