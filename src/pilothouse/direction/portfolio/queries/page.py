# SPDX-License-Identifier: Apache-2.0
"""Everything that the portfolio pages show, in a fixed number of queries whatever its size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pilothouse.delivery.projects.queries import standings_on
from pilothouse.delivery.projects.rules import (
    Placed,
    ProjectSight,
    project_sight,
    projects_with,
)
from pilothouse.direction.portfolio.columns import COLUMNS, CUSTOM
from pilothouse.direction.portfolio.filters import Filters, parse_query
from pilothouse.direction.portfolio.queries import choices
from pilothouse.direction.portfolio.queries.figures import (
    Cards,
    Totals,
    cards_of,
    group_totals,
    totals_of,
)
from pilothouse.direction.portfolio.queries.narrow import (
    group_key,
    group_label,
    in_scope,
    ordered,
    possible,
    shown,
)
from pilothouse.direction.portfolio.queries.rows import (
    Listed,
    Then,
    colours_then,
    listed,
)
from pilothouse.direction.portfolio.rules import can_change_view
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.queries import Memory, require_remembered

PAGE_SIZE = 50


@dataclass(frozen=True, slots=True)
class Dashboard:
    """The portfolio on a day: the rows asked for, the figures about them, what may be chosen."""

    filters: Filters
    day: date
    rows: Sequence[Listed]
    cards: Cards
    groups: Mapping[Hashable, Totals]
    shown_totals: Totals
    columns: tuple[str, ...]
    offices: Sequence[choices.Office]
    places: Sequence[choices.Place]
    programmes: Sequence[tuple[int, str]]
    types: Sequence[str]
    dates: Sequence[date]
    fields: Mapping[str, choices.Field]
    views: Sequence[choices.View]
    changeable: frozenset[int]
    editable: frozenset[int]
    may_create: bool
    has_roles: bool
    sources: Sequence[tuple[str, int]]
    """Where the projects of the list come from, with the number of each; the most first."""
    left_out: Sequence[str]
    """Why conditions of the saved view that is shown could not be kept to."""

    @property
    def total(self) -> int:
        return len(self.rows)

    @property
    def pages(self) -> int:
        return _pages(self.rows)

    @property
    def page(self) -> int:
        return min(self.filters.page, self.pages)

    @property
    def page_rows(self) -> Sequence[Listed]:
        return _page_of(self.rows, self.filters)

    @property
    def show(self) -> dict[str, bool]:
        """Every column of the table and whether it is shown."""
        return {column.key: column.key in self.columns for column in COLUMNS}

    @property
    def custom_columns(self) -> tuple[choices.Field, ...]:
        """Custom fields that are shown, in the order of the columns."""
        keys = [key.removeprefix(CUSTOM) for key in self.columns if key.startswith(CUSTOM)]
        return tuple(self.fields[key] for key in keys)

    @property
    def office_choices(self) -> list[tuple[int, str]]:
        return [(office.pk, office.name) for office in self.offices]

    @property
    def type_choices(self) -> list[tuple[str, str]]:
        return [(name, name) for name in self.types]

    def label(self, row: Listed) -> str:
        """The head of the group in which a row stands."""
        return group_label(row, self.filters.group)

    def group_of(self, row: Listed) -> Hashable:
        """The key of that group, for ``groups``."""
        return group_key(row, self.filters.group)

    @property
    def figures_key(self) -> Hashable:
        """Everything that the figures above the list are made from."""
        return self.filters, self.day, repr(self.cards), tuple(self.sources)

    @property
    def choices_key(self) -> Hashable:
        """Everything that the filters and their choices are made from."""
        return (
            self.filters,
            tuple(self.office_choices),
            tuple(self.places),
            tuple(self.programmes),
            tuple(self.types),
            tuple(self.fields.values()),
        )

    def row_key(self, row: Listed, own: Sequence[choices.Field]) -> Hashable:
        """Everything that the text of a row with these custom columns is made from."""
        custom = tuple(repr(row.custom.get(field.key)) for field in own)
        age = row.age_days(self.day) if row.is_stale(self.day) else None
        return (
            row._replace(custom={})[:-1],
            self.columns,
            custom,
            row.project_id in self.editable,
            age,
        )

    @property
    def attributions(self) -> list[choices.Office]:
        """Source and licence of every office whose projects are listed."""
        here = {row.office_id for row in self.rows}
        return [office for office in self.offices if office.attribution and office.pk in here]


def dashboard(
    actor: Actor,
    filters: Filters,
    today: date,
    own_columns: Sequence[str] = (),
    default_view: int | None = None,
) -> Dashboard:
    """The portfolio as an actor may see it and as the filters ask for it.

    With ``default_view`` that view takes the place of the filters, if the actor may use it.
    Raises: Invalid for a day before the figures of an office that is asked for begin; of a default
    view it is left out and told.
    """
    grants = grants_of(actor)
    asked = choices.ask(actor, grants)
    views = choices.views_of(asked.views)
    fields = choices.fields_by_key(asked)
    kept = None
    for view in views:
        if view.pk == (default_view or filters.view):
            kept = parse_query(view.query, today)
            filters = replace(kept, view=view.pk) if default_view else filters
    filters, left_out = possible(filters, fields, kept)
    offices = choices.offices(asked)
    if default_view and kept and (barred := _not_shown(filters, offices)):
        filters, left_out = replace(filters, as_of=None), (*left_out, barred)
    day = filters.as_of or today
    _require_shown(day, filters, offices)
    places = choices.places(asked, filters.as_of)
    dates = _kept(choices.published_dates(asked), offices)
    sight = project_sight(actor, grants)
    closed_too = bool(filters.phase or filters.state)
    now = today if filters.as_of is None else None
    found = listed(sight, ((None, filters.as_of),), closed_too, now)
    present = _in_their_places(_money_withheld(grants, found), filters.as_of)
    published, then, left = _since_publication(sight, dates, present, filters)
    offered = frozenset(place.pk for place in places)
    scope = in_scope(present, filters, offered, fields)
    gone = in_scope(_money_withheld(grants, left), filters, offered, fields)
    wanted = gone if filters.attention == "gone" else scope
    rows = ordered(shown(wanted, filters, day, then), filters, fields)
    cards = cards_of(scope, day, published, then, len(gone))
    return Dashboard(
        filters=filters,
        day=day,
        rows=rows,
        cards=cards,
        groups=group_totals(rows, filters.group) if filters.group else {},
        shown_totals=cards.totals if len(rows) == len(scope) else totals_of(rows),
        columns=_columns(filters, own_columns, fields),
        offices=offices,
        places=places,
        programmes=choices.programmes_of(present),
        types=choices.types_of(present),
        dates=choices.all_dates(_shown_from(dates, filters, offices)),
        fields=fields,
        views=views,
        changeable=frozenset(view.pk for view in views if can_change_view(actor, view, grants)),
        editable=_editable(grants, _page_of(rows, filters), filters),
        may_create=not grants.reach("portfolio", "C").nothing,
        has_roles=grants.everything or bool(grants.grants),
        sources=Counter(row.publication for row in rows).most_common(),
        left_out=left_out,
    )


def _kept(
    dates: Mapping[int, Sequence[date]], offices: Sequence[choices.Office]
) -> dict[int, Sequence[date]]:
    """Publications of days of which an office still has all figures.

    Of an earlier one the figures of what it left out are gone, so it is neither offered nor
    compared with.
    """
    first = {row.pk: row.snapshots_from or date.min for row in offices}
    return {
        office: [day for day in days if day >= first.get(office, date.min)]
        for office, days in dates.items()
    }


def _shown_from(
    dates: Mapping[int, Sequence[date]], filters: Filters, offices: Sequence[choices.Office]
) -> dict[int, list[date]]:
    """Publications of days that ``_require_shown`` does not refuse."""
    first = max(
        (row.snapshots_from or date.min for row in _asked_for(filters, offices)), default=date.min
    )
    return {office: [day for day in days if day >= first] for office, days in dates.items()}


def _require_shown(day: date, filters: Filters, offices: Sequence[choices.Office]) -> None:
    """A list of one office asks for no more than that one's past."""
    asked = _asked_for(filters, offices)
    require_remembered(day, [(row.name, Memory.SNAPSHOTS, row.snapshots_from) for row in asked])


def _not_shown(filters: Filters, offices: Sequence[choices.Office]) -> str:
    """Why the day of a default view is no longer shown, so that it bars nobody's first page."""
    try:
        _require_shown(filters.as_of or date.max, filters, offices)
    except Invalid as gone:
        return gone.message
    return ""


def _asked_for(filters: Filters, offices: Sequence[choices.Office]) -> list[choices.Office]:
    return [row for row in offices if filters.office in (None, row.pk)]


def _pages(rows: Sequence[Listed]) -> int:
    return max(1, -(-len(rows) // PAGE_SIZE))


def _page_of(rows: Sequence[Listed], filters: Filters) -> Sequence[Listed]:
    start = (min(filters.page, _pages(rows)) - 1) * PAGE_SIZE
    return rows[start : start + PAGE_SIZE]


def _columns(
    filters: Filters, own: Sequence[str], fields: Mapping[str, choices.Field]
) -> tuple[str, ...]:
    """Columns of the address, else the person's own, else the usual ones; unknown ones left out."""
    asked = filters.columns or tuple(own)
    if not asked:
        return tuple(column.key for column in COLUMNS if column.default)
    known = {column.key for column in COLUMNS} | {CUSTOM + key for key in fields}
    return tuple(key for key in asked if key in known)


def _since_publication(
    sight: ProjectSight | None,
    dates: Mapping[int, Sequence[date]],
    present: Sequence[Listed],
    filters: Filters,
) -> tuple[date | None, dict[int, Then] | None, list[Listed]]:
    """The last publication before what is shown, its colours, and the projects gone since.

    A list that is itself a publication is compared with the one before it, office by office.
    """
    newest: dict[int, date] = {}
    for row in present:
        newest[row.office_id] = max(row.status_date, newest.get(row.office_id, row.status_date))
    before = {
        office: next((day for day in days if day < newest[office]), None)
        for office, days in dates.items()
        if office in newest
    }
    held = tuple((office, day) for office, day in before.items() if day is not None)
    if not held:
        return None, None, []
    then = colours_then(sight, held)
    here = {row.project_id for row in present if not row.ended}
    left = [] if then.keys() <= here else listed(sight, held)
    gone = [row for row in left if row.project_id not in here]
    if filters.portfolio or filters.programme or filters.attention == "gone":
        gone = [
            row
            for office, day in held
            for row in _in_their_places([row for row in gone if row.office_id == office], day)
        ]
    return max(day for _, day in held), then, gone


def _in_their_places(rows: Sequence[Listed], day: date | None) -> Sequence[Listed]:
    """The rows with the places of the tree as it was on a day (R-ORG-02); None is today.

    A project that was not placed yet stays where its snapshot says.
    """
    if day is None or not rows:
        return rows
    places = standings_on([row.project_id for row in rows], day)
    return [
        row._replace(**places[row.project_id]._asdict()) if row.project_id in places else row
        for row in rows
    ]


def _editable(grants: Grants, rows: Sequence[Listed], filters: Filters) -> frozenset[int]:
    """Projects of the page whose stated fields the actor may change; none in the past."""
    if filters.as_of is not None:
        return frozenset()
    return projects_with(grants, "U", map(_placed, rows))


def _placed(row: Listed) -> Placed:
    return Placed._make(row[: len(Placed._fields)])


def _money_withheld(grants: Grants, rows: Sequence[Listed]) -> list[Listed]:
    """The rows without the money that the matrix does not open; before any sum, sort or filter."""
    if grants.everything:
        return list(rows)
    places = [_placed(row) for row in rows]
    budget = projects_with(grants, "R", places, "budget")
    spent = projects_with(grants, "R", places, "actual")
    benefits = projects_with(grants, "R", places, "benefit_profile")
    seen: list[Listed] = []
    for row in rows:
        if row.project_id not in budget:
            row = row._replace(budget=None, forecast_cost=None, bac=None, eac=None)
        elif row.eac is not None and row.project_id not in spent:
            row = row._replace(forecast_cost=None, eac=None)
        if row.project_id not in benefits:
            row = row._replace(benefits_forecast=None)
        seen.append(row)
    return seen
