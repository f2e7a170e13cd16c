# SPDX-License-Identifier: Apache-2.0
"""Beginning a backlog, adding to it, ordering it, and changing its items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max, Min

from pilothouse.delivery.agile import rules
from pilothouse.delivery.agile.events import PointsChanged
from pilothouse.delivery.agile.ledger import NOTHING, enter, moves_of, standing_of
from pilothouse.delivery.agile.lines import Draft
from pilothouse.delivery.agile.models import (
    MOST_ITEMS,
    Backlog,
    BacklogItem,
    PointsMove,
    Release,
    Sprint,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.queries import office_people

State, Kind = BacklogItem.State, BacklogItem.Kind
GAP = 1 << 20
"""Between two ranks, so that moving an item seldom renumbers the others."""
MOST_AT_ONCE = 1000
"""Items that one call adds or changes."""
TOLD = (
    *("number", "title", "kind", "points", "value", "state", "owner", "acceptance"),
    *("epic", "release", "sprint"),
)
PLANNED = frozenset({"release", "sprint", "epic"})
"""What an item is planned into: for whoever orders the backlog."""
_SETTINGS = (
    *("method", "velocity_sprints", "sprint_days"),
    *("limit_todo", "limit_in_progress", "limit_review"),
)


@transaction.atomic
def begin_backlog(*, actor: Actor, project: Project, values: Mapping[str, Any]) -> Backlog:
    """Let a project work in sprints.

    Who: C on backlog. Writes: Backlog. Raises: Invalid, also where there is one already.
    """
    allowed = rules.require_on_backlog(actor, project, "C")
    rules.require_open(project)
    core.lock(Project.objects.all(), project.pk)
    if Backlog.objects.filter(project=project).exists():
        raise Invalid("agile.backlog_there", "This project has a backlog already.")
    row = Backlog(project=project, **values)
    names = ("method", "velocity_sprints", "sprint_days")
    return core.create(actor=allowed, obj=row, names=names, office_id=project.office_id)


@transaction.atomic
def change_settings(
    *, actor: Actor, backlog: Backlog, values: Mapping[str, Any], version: int | None
) -> Backlog:
    """Change how the team counts, and what the columns of its board take.

    Who: C on backlog. Writes: Backlog. Publishes: PointsChanged where the method changes.
    Raises: Invalid, Conflict.
    """
    row = locked(backlog.project)
    allowed = rules.require_on_backlog(actor, row.project, "C")
    before = row.method
    chosen = {name: values[name] for name in _SETTINGS if name in values}
    office = row.project.office_id
    core.change(actor=allowed, obj=row, values=chosen, version=version, office_id=office)
    if row.method != before:
        publish(PointsChanged(row.project_id))
    return row


@transaction.atomic
def add_items(
    *,
    actor: Actor,
    project: Project,
    drafts: Sequence[Draft],
    today: date,
    common: Mapping[str, Any] | None = None,
    rows: Sequence[Mapping[str, Any]] = (),
) -> list[BacklogItem]:
    """Add items at the end of the backlog, all or none.

    ``common`` are values of all (epic, release, sprint, owner); ``rows`` further ones of each,
    in the order of the drafts.
    Who: C on backlog_item; to plan them, U on backlog. Writes: BacklogItem, the ledger.
    Publishes: PointsChanged. Raises: Invalid naming the item.
    """
    backlog = locked(project)
    allowed = rules.require_add(actor, project)
    if not 1 <= len(drafts) <= MOST_AT_ONCE:
        message = f"Add 1 to {MOST_AT_ONCE} items at once; these are {len(drafts)}."
        raise Invalid("agile.too_many", message, fields={"lines": message})
    counted = BacklogItem.objects.filter(project=project)
    if counted.count() + len(drafts) > MOST_ITEMS:
        message = f"A backlog holds {MOST_ITEMS:,} items; start another project for more."
        raise Invalid("agile.full", message, fields={"lines": message})
    last = counted.aggregate(last=Max("rank"))["last"] or 0
    made, moves = [], []
    for place, draft in enumerate(drafts):
        values = {**(common or {}), **(rows[place] if place < len(rows) else {})}
        if any(values.get(name) for name in PLANNED):
            rules.require_on_backlog(actor, project, "U")
        item = BacklogItem(
            project=project,
            number=backlog.last_number + place + 1,
            rank=last + GAP * (place + 1),
            title=draft.title,
            kind=draft.kind,
            points=draft.points,
        )
        full = _with_consequences(item, values, today)
        _require_alone(item, full)
        for name, value in full.items():
            setattr(item, name, value)
        core.create(actor=allowed, obj=item, names=TOLD, office_id=project.office_id)
        _check(item, values.keys())
        made.append(item)
        moves += moves_of(item, NOTHING, today)
    backlog.last_number += len(drafts)
    backlog.save(update_fields=["last_number"])
    entered(project, moves)
    return made


@transaction.atomic
def change_item(
    *,
    actor: Actor,
    item: BacklogItem,
    values: Mapping[str, Any],
    version: int | None,
    today: date,
) -> BacklogItem:
    """Change what an item says, how far it is, and what it is planned into.

    Who: U on backlog_item, of own items the team; what it is planned into, U on backlog.
    Writes: BacklogItem, the ledger. Publishes: PointsChanged. Raises: Invalid, Conflict.
    """
    locked(item.project)
    row = _fresh(item)
    core.require_version(row, version)
    entered(row.project, _changed(actor, row, values, today))
    return row


@transaction.atomic
def change_items(
    *,
    actor: Actor,
    project: Project,
    ids: Sequence[int],
    values: Mapping[str, Any],
    today: date,
) -> list[BacklogItem]:
    """Give many items the same values, all or none.

    Who: as ``change_item``. Writes: BacklogItem, the ledger. Publishes: PointsChanged.
    Raises: Invalid naming the item, NotFound where one is not of this backlog.
    """
    locked(project)
    if not 1 <= len(ids) <= MOST_AT_ONCE:
        message = f"Choose 1 to {MOST_AT_ONCE} items; these are {len(ids)}."
        raise Invalid("agile.none_chosen", message, fields={"items": message})
    if not values:
        message = "Choose what to change of them."
        raise Invalid("agile.nothing_chosen", message, fields={"change": message})
    rows = list(_items().filter(project=project, pk__in=ids).order_by("rank", "pk"))
    if len(rows) != len(set(ids)):
        raise NotFound("agile.item", "One of the items is not in this backlog; look again.")
    moves = []
    for row in rows:
        moves += _changed(actor, row, values, today)
    entered(project, moves)
    return rows


def changed_many(
    actor: Actor,
    project: Project,
    rows: Sequence[tuple[BacklogItem, Mapping[str, Any]]],
    today: date,
) -> int:
    """Change items of a locked backlog, each to its own values; how many differed."""
    moves: list[PointsMove] = []
    count = 0
    for row, values in rows:
        count += bool(core.differing(row, values))
        moves += _changed(actor, row, values, today)
    entered(project, moves)
    return count


@transaction.atomic
def move_item(
    *,
    actor: Actor,
    item: BacklogItem,
    before: BacklogItem | None = None,
    after: BacklogItem | None = None,
    to_top: bool = False,
) -> BacklogItem:
    """Move an item before or after another one, to the top, or else to the end.

    Who: U on backlog. Writes: the rank. Raises: Invalid for a place in another backlog.
    """
    locked(item.project)
    row = _fresh(item)
    allowed = rules.require_on_backlog(actor, row.project, "U")
    rules.require_open(row.project)
    beside = before or after
    if beside is not None and beside.project_id != row.project_id:
        raise Invalid("agile.other_backlog", "The two items lie in different backlogs.")
    if beside is not None and beside.pk == row.pk:
        return row
    rank = _rank(row, before and _fresh(before), after and _fresh(after), to_top)
    if rank is None:
        _renumber(row.project)
        rank = _rank(row, before and _fresh(before), after and _fresh(after), to_top)
    assert rank is not None
    was, row.rank = row.rank, rank
    row.save(update_fields=["rank"])
    where = "to the top" if to_top else "to the end"
    if beside is not None:
        where = f"{'before' if before else 'after'} {beside.key}"
    core.record(
        actor=allowed,
        action="backlogitem.order",
        obj=row,
        before={"rank": was},
        after={"rank": rank, "moved": where},
        office_id=row.project.office_id,
    )
    return row


@transaction.atomic
def move_on_board(
    *, actor: Actor, item: BacklogItem, state: str, version: int | None, today: date
) -> BacklogItem:
    """Move an item into another column of the board; who moves one that is nobody's takes it.

    Who: U on backlog_item, of own items the team. Writes: BacklogItem, the ledger.
    Publishes: PointsChanged. Raises: Invalid where the column is full, Conflict.
    """
    backlog = locked(item.project)
    row = _fresh(item)
    core.require_version(row, version)
    allowed = rules.require_change(actor, row, moving=True)
    _require_room(backlog, row, state)
    values: dict[str, Any] = {"state": state}
    may = rules.may_of(actor, row.project)
    if row.owner_id is None and not may.changes:
        values["owner_id"] = actor.user_id
    entered(row.project, _written(allowed, row, values, today))
    return row


def locked(project: Project) -> Backlog:
    """The backlog, locked: all writes of one backlog come one after the other."""
    row = Backlog.objects.filter(project=project).values_list("pk", flat=True).first()
    if row is None:
        raise NotFound("agile.backlog", "This project has no backlog yet; begin one.")
    return core.lock(Backlog.objects.select_related("project"), row)


def _items() -> Any:
    return BacklogItem.objects.select_related(
        "project__portfolio__org_unit", "sprint", "epic", "release"
    )


def _fresh(item: BacklogItem) -> BacklogItem:
    found: BacklogItem = _items().get(pk=item.pk)
    return found


def entered(project: Project, moves: Iterable[PointsMove]) -> None:
    """Write the ledger, and say so where points changed."""
    if enter(moves):
        publish(PointsChanged(project.pk))


def _changed(
    actor: Actor, row: BacklogItem, values: Mapping[str, Any], today: date
) -> list[PointsMove]:
    """Change a locked item as the actor may."""
    differing = core.differing(row, values)
    if not differing:
        rules.require_change(actor, row)
        return []
    planned = PLANNED & differing.keys()
    allowed = actor
    if planned:
        allowed = rules.require_on_backlog(actor, row.project, "U")
    if differing.keys() - planned:
        allowed = rules.require_change(actor, row)
    return _written(allowed, row, differing, today)


def _written(
    allowed: Actor, row: BacklogItem, values: Mapping[str, Any], today: date
) -> list[PointsMove]:
    """Change a locked item with what follows from it."""
    rules.require_open(row.project)
    require_counted(row, values)
    before = standing_of(row)
    office = row.project.office_id
    full = _with_consequences(row, values, today)
    _require_alone(row, full)
    core.change(actor=allowed, obj=row, values=full, version=None, office_id=office)
    _check(row, values.keys())
    return moves_of(row, before, today)


def _with_consequences(row: BacklogItem, values: Mapping[str, Any], today: date) -> dict[str, Any]:
    """The values with those that follow from them."""
    full = dict(values)
    state = full.get("state", row.state)
    if state == State.DONE:
        full["done_on"] = row.done_on or today
    elif row.done_on is not None:
        full["done_on"] = None
        if row.sprint is not None and row.sprint.state == Sprint.State.CLOSED:
            full["sprint"] = None
    if state == State.DROPPED:
        full["sprint"] = None
    if full.get("kind") == Kind.EPIC:
        full |= {"points": None, "sprint": None, "epic": None}
    return full


def _require_alone(row: BacklogItem, values: Mapping[str, Any]) -> None:
    """An epic has no points, no sprint and no epic above it."""
    if values.get("kind", row.kind) != Kind.EPIC:
        return
    given = [name for name in ("points", "sprint", "epic") if values.get(name) is not None]
    if given:
        problems = dict.fromkeys(given, "An epic has none; its items have.")
        told = ", ".join(given)
        raise Invalid("agile.epic", f"{row.key}: {told}. An epic has none.", fields=problems)


def require_counted(row: BacklogItem, values: Mapping[str, Any]) -> None:
    """What a closed sprint has counted stays as it was counted, until the item is opened again."""
    sprint = row.sprint
    if sprint is None or sprint.state != Sprint.State.CLOSED or row.state != State.DONE:
        return
    for name in ("points", "kind", "sprint"):
        if name in values and values[name] != getattr(row, name):
            raise Invalid(
                "agile.counted",
                f"{row.key} was completed in {sprint}, which is closed, so its {name} stays. "
                "Put it back to “To do” first.",
                fields={name: f"Counted in {sprint}; put the item back to “To do” first."},
            )


def _check(item: BacklogItem, names: Iterable[str]) -> None:
    """Raise Invalid where an item names what is not of its backlog, or not open."""
    problems = {}
    given = {name: getattr(item, name.removesuffix("_id")) for name in names if hasattr(item, name)}
    epic, release, sprint = (given.get(name) for name in ("epic", "release", "sprint"))
    if epic and (epic.project_id != item.project_id or epic.kind != Kind.EPIC):
        problems["epic"] = f"{epic.key} is no epic of this backlog."
    if release and (release.project_id != item.project_id or release.state != Release.State.OPEN):
        problems["release"] = f"‘{release}’ is no open release of this project."
    if sprint and (
        sprint.project_id != item.project_id
        or sprint.state not in (Sprint.State.PLANNED, Sprint.State.ACTIVE)
    ):
        problems["sprint"] = f"‘{sprint}’ is over; choose one that is planned or active."
    owner = given.get("owner")
    if owner and not office_people(item.project.office_id).filter(pk=owner.pk).exists():
        problems["owner"] = f"{owner} is not of this organisation."
    if item.kind != Kind.EPIC and item.pk and item.children.exists():
        problems["kind"] = f"{item.key} has items below it; an epic it stays."
    if problems:
        told = " ".join(problems.values())
        raise Invalid("agile.item_values", f"{item.key}: {told}", fields=problems)


def _require_room(backlog: Backlog, row: BacklogItem, state: str) -> None:
    """A column of the board takes no more than its limit."""
    if state not in State.values:
        message = f"‘{state[:20]}’ is no state of an item."
        raise Invalid("agile.state", message, fields={"state": message})
    limit = getattr(backlog, f"limit_{state}", None)
    if limit is None or row.state == state or row.sprint_id is None:
        return
    there = BacklogItem.objects.filter(sprint_id=row.sprint_id, state=state).count()
    if there >= limit:
        label = State(state).label
        message = f"“{label}” takes {limit}, and {there} are in it; bring one of them on first."
        raise Invalid("agile.limit", message, fields={"state": message})


def _rank(
    row: BacklogItem, before: BacklogItem | None, after: BacklogItem | None, to_top: bool
) -> int | None:
    """The rank of a place; None where there is no gap."""
    others = BacklogItem.objects.filter(project=row.project).exclude(pk=row.pk)
    if before is not None:
        low = others.filter(rank__lt=before.rank).aggregate(found=Max("rank"))["found"]
        return _between(before.rank - 2 * GAP if low is None else low, before.rank)
    if after is not None:
        high = others.filter(rank__gt=after.rank).aggregate(found=Min("rank"))["found"]
        return _between(after.rank, after.rank + 2 * GAP if high is None else high)
    ends = others.aggregate(low=Min("rank"), high=Max("rank"))
    low, high = ends["low"], ends["high"]
    if low is None or high is None:
        return row.rank
    return int(low) - GAP if to_top else int(high) + GAP


def _between(low: int, high: int) -> int | None:
    middle = (low + high) // 2
    return middle if low < middle < high else None


def _renumber(project: Project) -> None:
    """Give all ranks of a backlog their gaps again, in the same order."""
    rows = list(BacklogItem.objects.filter(project=project).order_by("rank", "pk"))
    for place, row in enumerate(rows, 1):
        row.rank = GAP * place
    core.save_many(rows, ("rank",))
