# SPDX-License-Identifier: Apache-2.0
"""The board of a plan: cards in columns, limits of what is under way, what is shown at first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.models import BoardLimit, ProjectPlan
from pilothouse.delivery.planning.queries.cards import Card, Cards, State, cards_of, waiting_for
from pilothouse.delivery.planning.queries.facts import existing_plan
from pilothouse.delivery.planning.queries.grouping import grouping_of, require_group
from pilothouse.delivery.planning.queries.narrow import Narrow, streams_of
from pilothouse.delivery.planning.queries.pages import open_project
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound

CARDS_SHOWN = 25
"""Cards of a column at first; one column by itself shows ``CARDS_OF_ONE`` on a page."""
CARDS_OF_ONE = 100
NAMES_SHOWN = 3


@dataclass(frozen=True, slots=True)
class BoardCard:
    """A task on the board; ``waits`` are predecessors that keep it from beginning."""

    uid: int
    number: int
    name: str
    milestone: bool
    start: datetime | None
    finish: datetime | None
    percent: Decimal
    people: str
    critical: bool
    late: bool
    missed: bool
    waits: Sequence[str]
    waits_more: int


@dataclass(frozen=True, slots=True)
class Column:
    """A column with its first cards; ``count`` are all that the board shows in it.

    ``held`` are all tasks of the plan in it, whatever the board is narrowed to: those count for
    its limit. ``refusal`` says why nothing can be moved here.
    """

    key: str
    name: str
    count: int
    held: int
    limit: int | None
    cards: Sequence[BoardCard]
    refusal: str

    @property
    def over(self) -> bool:
        """Whether it holds more than its limit."""
        return self.limit is not None and self.held > self.limit

    @property
    def full(self) -> bool:
        """Whether one more is beyond its limit."""
        return self.limit is not None and self.held >= self.limit


@dataclass(frozen=True, slots=True)
class BoardPage:
    """The board, or one column of it by itself."""

    project: Project
    plan: ProjectPlan
    verbs: frozenset[rules.Verb]
    field: str
    narrow: Narrow
    columns: Sequence[Column]
    only: str | None
    page: int
    pages: int
    total: int
    people: Sequence[tuple[int, str]]
    streams: Sequence[tuple[int, str]]


def board_page(
    actor: Actor,
    project_id: int,
    today: date,
    *,
    field: str,
    narrow: Narrow,
    only: str | None = None,
    page: int = 1,
) -> BoardPage:
    """The columns of a field; ``only`` is the key of one that is shown by itself. Who: R on task.

    Raises: Invalid for an unknown field, NotFound for an unknown column.
    """
    project, grants = open_project(actor, project_id, rules.Verb.READ)
    plan = existing_plan(project)
    require_group(field)
    cards = cards_of(plan)
    waits = waiting_for(plan, cards)
    grouping = grouping_of(plan, cards, field, today)
    if only is not None and only not in grouping.groups:
        raise NotFound("planning.column", "There is no such column on this board.")
    held, shown = _sorted(cards, grouping.of, narrow, today)
    limits = limits_of(project, field, cards)
    count = len(shown.get(only or "", ()))
    pages = max(1, -(-count // CARDS_OF_ONE)) if only is not None else 1
    page = min(max(page, 1), pages)
    first = (page - 1) * CARDS_OF_ONE
    columns = [
        Column(
            key,
            name,
            len(shown.get(key, ())),
            held.get(key, 0),
            limits.get(key),
            [
                _card(row, cards, waits, today)
                for row in (
                    shown.get(key, ())[:CARDS_SHOWN]
                    if only is None
                    else shown.get(key, ())[first : first + CARDS_OF_ONE]
                )
            ],
            refusal_of(field, key),
        )
        for key, name in grouping.groups.items()
        if only in (None, key)
    ]
    return BoardPage(
        project,
        plan,
        rules.verbs_on_plan(actor, project, grants),
        field,
        narrow,
        columns,
        only,
        page,
        pages,
        len({row.uid for rows in shown.values() for row in rows}),
        list(cards.names.items()),
        streams_of(cards),
    )


def refusal_of(field: str, key: str) -> str:
    """Why no task can be moved into a column; empty where one can."""
    if field == "critical":
        return "Whether a task is critical follows from dates and links; it cannot be moved there."
    if (field, key) == ("state", State.LATE):
        return "A task is late when its finish lies before today; it cannot be moved there."
    if (field, key) == ("stream", "0"):
        return "Choose a workstream; on the schedule a task is taken out of all of them."
    return ""


def limits_of(project: Project, field: str, cards: Cards) -> dict[str, int]:
    """Column → the most tasks that it should hold."""
    rows = BoardLimit.objects.filter(project=project, field=field)
    kept = dict(rows.values_list("column", "most"))
    if field != "person":
        return kept
    found = {
        str(uid): next((kept[key] for key in limit_keys(field, str(uid), cards) if key in kept), 0)
        for uid in (*cards.names, 0)
    }
    return {column: most for column, most in found.items() if most}


def limit_keys(field: str, column: str, cards: Cards) -> list[str]:
    """Under what the limit of a column is kept, and may have been kept before.

    That of a person goes by the account, else by the name: a file may number resources anew.
    """
    if field != "person" or column == "0":
        return [column]
    name = " ".join(cards.names[int(column)].split()).casefold()
    by_name = f"name-{sha256(name.encode()).hexdigest()[:32]}"
    account = cards.accounts.get(int(column))
    return [by_name] if account is None else [f"account-{account}", by_name]


def _sorted(
    cards: Cards, of: Callable[[Card], Sequence[str]], narrow: Narrow, today: date
) -> tuple[dict[str, int], dict[str, list[Card]]]:
    """How many tasks each column holds, and those that are asked for, in the order of dates."""
    held: defaultdict[str, int] = defaultdict(int)
    shown: defaultdict[str, list[Card]] = defaultdict(list)
    for row in cards.tasks:
        wanted = narrow.takes(row, cards, today)
        for key in of(row):
            held[key] += 1
            if wanted:
                shown[key].append(row)
    for key, rows in shown.items():
        latest_first = key == State.COMPLETE
        rows.sort(key=_when, reverse=latest_first)
    return dict(held), dict(shown)


def _when(row: Card) -> tuple[float, int]:
    return (row.start.timestamp() if row.start else float("inf"), row.position)


def _card(row: Card, cards: Cards, waits: Mapping[int, Sequence[str]], today: date) -> BoardCard:
    names = waits.get(row.uid, ())
    return BoardCard(
        row.uid,
        row.position,
        row.name,
        row.milestone,
        row.start,
        row.finish,
        row.percent,
        cards.who(row.uid),
        row.critical and not row.done,
        row.state(today) is State.LATE,
        bool(row.deadline and row.finish and row.finish > row.deadline),
        names[:NAMES_SHOWN],
        max(len(names) - NAMES_SHOWN, 0),
    )


@dataclass(frozen=True, slots=True)
class Place:
    """Where a card lies, and where it could go: keys and names."""

    name: str
    present: Sequence[tuple[str, str]]
    targets: Sequence[tuple[str, str]]


def place_of(plan: ProjectPlan, field: str, uid: int, today: date) -> Place:
    """The columns of one card; NotFound where there is no such card."""
    require_group(field)
    cards = cards_of(plan)
    card = next((row for row in cards.tasks if row.uid == uid), None)
    if card is None:
        raise NotFound("planning.task", "There is no such task on the board.")
    grouping = grouping_of(plan, cards, field, today)
    here = grouping.of(card)
    return Place(
        card.name,
        [(key, grouping.groups.get(key, key)) for key in here],
        [
            (key, name)
            for key, name in grouping.groups.items()
            if key not in here and not refusal_of(field, key)
        ],
    )


def columns_of(
    plan: ProjectPlan, field: str, today: date
) -> tuple[Mapping[str, str], Mapping[str, int]]:
    """Key and name of each column of a field, and the limits of those that have one."""
    require_group(field)
    cards = cards_of(plan)
    return grouping_of(plan, cards, field, today).groups, limits_of(plan.home, field, cards)
