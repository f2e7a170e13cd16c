# SPDX-License-Identifier: Apache-2.0
"""A part of the network of a plan: tasks with early and late dates, and the links among them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from pilothouse.delivery.planning import rules
from pilothouse.delivery.planning.models import ProjectPlan, TaskLink
from pilothouse.delivery.planning.queries.cards import Card, Cards, cards_of
from pilothouse.delivery.planning.queries.facts import existing_plan
from pilothouse.delivery.planning.queries.pages import open_project
from pilothouse.delivery.planning.queries.rows import days_of, link_text
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotFound

MOST_NODES = 150
"""Tasks that are drawn; of a larger part the first in the order of the plan."""
PARTS = ("all", "critical", "summary", "around")
STEPS = range(1, 6)


@dataclass(frozen=True, slots=True)
class NetworkTask:
    """A task of the part; ``before`` and ``after`` are its links in words, also beyond it."""

    card: Card
    float_days: Decimal | None
    before: Sequence[str]
    after: Sequence[str]


@dataclass(frozen=True, slots=True)
class NetworkLink:
    """A link inside the part; ``words`` are its type and lag where it is not plain."""

    source: int
    target: int
    words: str
    critical: bool


@dataclass(frozen=True, slots=True)
class NetworkPage:
    """The part of the network that is asked for, and what of it is left out."""

    project: Project
    plan: ProjectPlan
    part: str
    uid: int | None
    steps: int
    tasks: Sequence[NetworkTask]
    links: Sequence[NetworkLink]
    left_out: int
    summaries: Sequence[tuple[int, str]]
    choices: Sequence[tuple[int, str]]
    everything: int

    @property
    def chosen(self) -> str:
        """The name of the task or summary that the part is about."""
        names = dict((*self.summaries, *self.choices))
        return names.get(self.uid or 0, "").strip()


def network_page(
    actor: Actor, project_id: int, *, part: str, uid: int | None, steps: int
) -> NetworkPage:
    """A part of a plan; where none is asked for, all of a small one, else the critical path.

    Who: R on task. Raises: Invalid for an unknown part, NotFound for an unknown task.
    """
    project, _grants = open_project(actor, project_id, rules.Verb.READ)
    plan = existing_plan(project)
    cards = cards_of(plan)
    links = _links(plan)
    linked = {uid for first, second, _words in links for uid in (first, second)}
    rows = [row for row in cards.rows if row.active and (not row.summary or row.uid in linked)]
    part = part or ("all" if len(rows) <= MOST_NODES else "critical")
    wanted = _part(part, rows, cards, links, uid, steps)
    inside = [row for row in rows if row.uid in wanted]
    drawn = inside[:MOST_NODES]
    return NetworkPage(
        project,
        plan,
        part,
        uid,
        steps,
        _told(drawn, cards, links, plan),
        _inside(drawn, links),
        len(inside) - len(drawn),
        [(row.uid, "\u2003" * (row.level - 1) + row.name) for row in cards.rows if row.summary],
        [(row.uid, row.name) for row in rows],
        len(rows),
    )


_Link = tuple[int, int, str]


def _links(plan: ProjectPlan) -> list[_Link]:
    """Predecessor, successor, and type with lag as people write them behind a number."""
    columns = "predecessor_uid", "successor_uid", "type", "lag_minutes", "lag_kind", "lag_percent"
    rows = TaskLink.objects.filter(plan=plan).order_by("pk").values_list(*columns)
    return [
        (first, second, link_text(0, kind, lag, unit, percent, plan.minutes_per_day)[1:])
        for first, second, kind, lag, unit, percent in rows
    ]


def _part(
    part: str,
    rows: Sequence[Card],
    cards: Cards,
    links: Sequence[_Link],
    uid: int | None,
    steps: int,
) -> set[int]:
    if part == "all":
        return {row.uid for row in rows}
    if part == "critical":
        return {row.uid for row in rows if row.critical and not row.summary}
    if part == "summary":
        return _below(cards, uid)
    if part == "around":
        return _around(rows, links, uid, steps)
    message = f"‘{part[:20]}’ is no part of a network; it has: {', '.join(PARTS)}."
    raise Invalid("planning.network_part", message, fields={"part": message})


def _below(cards: Cards, uid: int | None) -> set[int]:
    top = next((row for row in cards.rows if row.uid == uid), None)
    if top is None:
        raise NotFound("planning.task", "There is no such task in this plan.")
    found = {top.uid}
    for row in cards.rows[cards.rows.index(top) + 1 :]:
        if row.level <= top.level:
            break
        found.add(row.uid)
    return found


def _around(rows: Sequence[Card], links: Sequence[_Link], uid: int | None, steps: int) -> set[int]:
    if uid not in {row.uid for row in rows}:
        raise NotFound("planning.task", "There is no such task in the network of this plan.")
    near: defaultdict[int, set[int]] = defaultdict(set)
    for first, second, _words in links:
        near[first].add(second)
        near[second].add(first)
    found = edge = {uid}
    for _ in range(min(max(steps, STEPS.start), STEPS.stop - 1)):
        edge = {other for one in edge for other in near[one]} - found
        found = found | edge
    return found


def _told(
    rows: Sequence[Card], cards: Cards, links: Sequence[_Link], plan: ProjectPlan
) -> list[NetworkTask]:
    names: Mapping[int, str] = {row.uid: row.name for row in cards.rows}
    before: defaultdict[int, list[str]] = defaultdict(list)
    after: defaultdict[int, list[str]] = defaultdict(list)
    for first, second, words in links:
        suffix = f" ({words})" if words else ""
        before[second].append(names.get(first, "") + suffix)
        after[first].append(names.get(second, "") + suffix)
    return [
        NetworkTask(
            row,
            days_of(row.float_minutes, plan.minutes_per_day),
            before.get(row.uid, ()),
            after.get(row.uid, ()),
        )
        for row in rows
    ]


def _inside(rows: Sequence[Card], links: Sequence[_Link]) -> list[NetworkLink]:
    """One line between two tasks, whatever number of links they have."""
    here = {row.uid: row for row in rows}
    words: defaultdict[tuple[int, int], list[str]] = defaultdict(list)
    for first, second, told in links:
        if first in here and second in here:
            words[first, second].append(told)
    return [
        NetworkLink(
            first,
            second,
            ", ".join(one or "FS" for one in told) if any(told) else "",
            here[first].critical and here[second].critical,
        )
        for (first, second), told in words.items()
    ]
