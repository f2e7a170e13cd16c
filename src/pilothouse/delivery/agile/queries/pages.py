# SPDX-License-Identifier: Apache-2.0
"""What the pages of a backlog show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from pilothouse.delivery.agile.models import Backlog, BacklogItem, Release, Sprint, SprintItem
from pilothouse.delivery.agile.queries.opening import Opened, item_of, open_backlog, team_of
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core.actor import Actor

State, Kind = BacklogItem.State, BacklogItem.Kind
PAGE_SIZE = 100
NONE = Decimal(0)
SHOWN = ("open", "unsized", "unplanned", "done", "dropped", "all")
COLUMNS = (State.TODO, State.IN_PROGRESS, State.REVIEW, State.DONE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a backlog is narrowed; empty means all."""

    show: str = "open"
    text: str = ""
    kind: str = ""
    epic: int = 0
    release: int = 0
    sprint: int = 0
    owner: int = 0

    @property
    def narrowed(self) -> bool:
        return self != Wanted(show=self.show)


@dataclass(frozen=True, slots=True)
class Choices:
    """What an item can be planned into, and who can own it."""

    epics: Sequence[BacklogItem]
    releases: Sequence[Release]
    sprints: Sequence[Sprint]
    people: Sequence[User]


@dataclass(frozen=True, slots=True)
class EpicSum:
    """Points of what lies below an epic."""

    items: int
    scope: Decimal
    done: Decimal


@dataclass(frozen=True, slots=True)
class BacklogPage:
    """A page of a backlog in its order."""

    opened: Opened
    rows: Sequence[BacklogItem]
    wanted: Wanted
    counts: Mapping[str, int]
    sums: Mapping[int, EpicSum]
    choices: Choices
    total: int
    points: Decimal
    page: int
    pages: int

    @property
    def project(self) -> Project:
        return self.opened.project


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the board, with how much it takes."""

    state: str
    label: str
    limit: int | None
    cards: Sequence[BacklogItem]
    points: Decimal

    @property
    def over(self) -> bool:
        return self.limit is not None and len(self.cards) > self.limit


@dataclass(frozen=True, slots=True)
class Board:
    """The running sprint, or another one, by state."""

    opened: Opened
    sprint: Sprint | None
    columns: Sequence[Column]
    coming: Sprint | None

    @property
    def project(self) -> Project:
        return self.opened.project


@dataclass(frozen=True, slots=True)
class SprintRow:
    """A sprint with the points of what it holds now, or held when it closed."""

    sprint: Sprint
    items: int
    points: Decimal
    done: Decimal
    unsized: int


@dataclass(frozen=True, slots=True)
class SprintPage:
    """One sprint with its items; of a closed one what became of each."""

    opened: Opened
    row: SprintRow
    items: Sequence[BacklogItem]
    results: Sequence[SprintItem]
    others: Sequence[Sprint]


@dataclass(frozen=True, slots=True)
class ItemPage:
    """One item, the sprints that it was in, and what lies below it."""

    opened: Opened
    item: BacklogItem
    sprints: Sequence[SprintItem]
    children: Sequence[BacklogItem]
    sum: EpicSum | None


def _condition(wanted: Wanted) -> Q:
    found = Q()
    if wanted.text:
        found &= Q(title__icontains=wanted.text) | Q(acceptance__icontains=wanted.text)
        number = wanted.text.rpartition("-")[2]
        if number.isascii() and number.isdecimal() and len(number) < 8:
            found |= Q(number=int(number))
    if wanted.kind:
        found &= Q(kind=wanted.kind)
    for name in ("epic", "release", "sprint", "owner"):
        if (number := getattr(wanted, name)) > 0:
            found &= Q(**{f"{name}_id": number})
        elif number < 0:
            found &= Q(**{name: None})
    return found


_SHOWN: Mapping[str, Q] = {
    "open": Q(state__in=BacklogItem.OPEN),
    "unsized": Q(state__in=BacklogItem.OPEN, points=None) & ~Q(kind=Kind.EPIC),
    "unplanned": Q(state__in=BacklogItem.OPEN, sprint=None, release=None) & ~Q(kind=Kind.EPIC),
    "done": Q(state=State.DONE),
    "dropped": Q(state=State.DROPPED),
    "all": Q(),
}


def items_of(project: Project, wanted: Wanted) -> QuerySet[BacklogItem]:
    """The items of a backlog that a filter leaves, in their order."""
    rows = BacklogItem.objects.filter(_condition(wanted), _SHOWN[wanted.show], project=project)
    return rows.select_related("project", "owner", "epic__project", "release", "sprint").order_by(
        "rank", "pk"
    )


def backlog_page(actor: Actor, project_id: int, wanted: Wanted, page: int) -> BacklogPage | Opened:
    """A page of a backlog; only what was opened where the project has none yet."""
    opened = open_backlog(actor, project_id)
    if opened.found is None:
        return opened
    project = opened.project
    matching = BacklogItem.objects.filter(_condition(wanted), project=project).order_by()
    counts = matching.aggregate(
        **{name: Count("pk", filter=_SHOWN[name] or Q(pk__isnull=False)) for name in SHOWN},
        sum=Coalesce(Sum("points", filter=_SHOWN[wanted.show] or Q(pk__isnull=False)), NONE),
    )
    total = counts[wanted.show]
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(page, 1), pages)
    first = (page - 1) * PAGE_SIZE
    rows = list(items_of(project, wanted)[first : first + PAGE_SIZE])
    return BacklogPage(
        opened,
        rows,
        wanted,
        counts,
        epic_sums(project),
        choices_of(project),
        total,
        counts["sum"],
        page,
        pages,
    )


def epic_sums(project: Project) -> dict[int, EpicSum]:
    """Epic → number and points of the items below it that were not dropped."""
    rows = (
        BacklogItem.objects.filter(project=project, epic__isnull=False)
        .exclude(state=State.DROPPED)
        .order_by()
        .values_list("epic_id")
        .annotate(
            n=Count("pk"),
            all=Coalesce(Sum("points"), NONE),
            finished=Coalesce(Sum("points", filter=Q(state=State.DONE)), NONE),
        )
    )
    return {row[0]: EpicSum(*row[1:]) for row in rows}


def choices_of(project: Project) -> Choices:
    """What items of a backlog can be planned into."""
    epics = BacklogItem.objects.filter(project=project, kind=Kind.EPIC).exclude(state=State.DROPPED)
    return Choices(
        list(epics.select_related("project").order_by("rank", "pk")),
        list(Release.objects.filter(project=project, state=Release.State.OPEN)),
        list(sprints_to_come(project)),
        team_of(project),
    )


def sprints_to_come(project: Project) -> QuerySet[Sprint]:
    """Sprints that still take items, in the order in which they come."""
    states = (Sprint.State.ACTIVE, Sprint.State.PLANNED)
    return Sprint.objects.filter(project=project, state__in=states).order_by("start", "pk")


def board_of(actor: Actor, project_id: int) -> Board:
    """The running sprint by state; without one, what comes next."""
    opened = open_backlog(actor, project_id)
    backlog = opened.require()
    rows = list(sprints_to_come(opened.project))
    running = next((row for row in rows if row.state == Sprint.State.ACTIVE), None)
    coming = next((row for row in rows if row.state == Sprint.State.PLANNED), None)
    columns = _columns(backlog, running) if running else ()
    return Board(opened, running, columns, coming)


def _columns(backlog: Backlog, sprint: Sprint) -> list[Column]:
    cards: defaultdict[str, list[BacklogItem]] = defaultdict(list)
    rows = sprint.items.select_related("project", "owner", "epic__project")
    for row in rows.order_by("rank", "pk"):
        cards[row.state].append(row)
    return [
        Column(
            state.value,
            str(state.label),
            getattr(backlog, f"limit_{state.value}", None),
            cards[state],
            sum((card.points or NONE for card in cards[state]), NONE),
        )
        for state in COLUMNS
    ]


def sprint_rows(project: Project) -> list[SprintRow]:
    """All sprints of a project with their points, the latest first, in two queries."""
    sums = {
        row[0]: row[1:]
        for row in BacklogItem.objects.filter(project=project, sprint__isnull=False)
        .order_by()
        .values_list("sprint_id")
        .annotate(
            n=Count("pk"),
            all=Coalesce(Sum("points"), NONE),
            finished=Coalesce(Sum("points", filter=Q(state=State.DONE)), NONE),
            unsized=Count("pk", filter=Q(points=None)),
        )
    }
    rows = Sprint.objects.filter(project=project).order_by("-start", "-pk")
    return [SprintRow(row, *sums.get(row.pk, (0, NONE, NONE, 0))) for row in rows]


def sprint_page(actor: Actor, sprint: Sprint) -> SprintPage:
    """One sprint: what it holds, or what became of what it held."""
    opened = open_backlog(actor, sprint.project_id)
    items = list(
        sprint.items.select_related("project", "owner", "epic__project", "release").order_by(
            "rank", "pk"
        )
    )
    results = sprint.rows.select_related("item__project", "item__owner").order_by("item__rank")
    sums = SprintRow(
        sprint,
        len(items),
        sum((item.points or NONE for item in items), NONE),
        sum((item.points or NONE for item in items if item.state == State.DONE), NONE),
        sum(item.points is None for item in items),
    )
    closed = sprint.state == Sprint.State.CLOSED
    others = sprints_to_come(sprint.project).exclude(pk=sprint.pk)
    return SprintPage(
        opened,
        sums,
        items,
        list(results) if closed else [],
        list(others.filter(state=Sprint.State.PLANNED)),
    )


def item_page(actor: Actor, item_id: int) -> ItemPage:
    """One item in sight."""
    item = item_of(actor, item_id)
    children = item.children.select_related("project", "owner", "sprint", "release")
    return ItemPage(
        open_backlog(actor, item.project_id),
        item,
        list(item.sprint_rows.exclude(result="").select_related("sprint").order_by("pk")),
        list(children.order_by("rank", "pk")),
        epic_sums(item.project).get(item.pk) if item.kind == Kind.EPIC else None,
    )


def releases_of(project: Project) -> list[Release]:
    """All releases of a project in their order."""
    return list(Release.objects.filter(project=project))
