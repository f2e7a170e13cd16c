# SPDX-License-Identifier: Apache-2.0
"""Moving cards on the board of a plan: each move is an edit of the plan, or refused with why."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from django.db import transaction

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.models import BoardLimit, ProjectPlan
from pilothouse.delivery.planning.queries import (
    BANDS,
    Card,
    Cards,
    State,
    cards_of,
    existing_plan,
    grouping_of,
    limit_keys,
    limits_of,
    refusal_of,
    require_group,
)
from pilothouse.delivery.planning.services.edits import EditOutcome, edit_plan
from pilothouse.delivery.planning.services.plans import locked_plan
from pilothouse.delivery.planning.services.stored import as_stored
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotFound

MOST_OF_COLUMN = 999


@dataclass(frozen=True, slots=True)
class CardMove:
    """A card that is to leave one column of a field for another one.

    ``over`` says that the limit of the other column is known and may be passed.
    """

    uid: int
    field: str
    source: str
    target: str
    over: bool = False


@dataclass(frozen=True, slots=True)
class MoveOutcome:
    """What a move did to the plan, and into which column."""

    edit: EditOutcome
    name: str
    column: str


@transaction.atomic
def move_card(*, actor: Actor, project: Project, move: CardMove, today: date) -> MoveOutcome:
    """Edit the plan so that a task lies in another column (docs/how-to/use-the-board.md).

    Who: U on task. Writes: as ``edit_plan``. Publishes: PlanChanged.
    Raises: Invalid with the reason where the column cannot be reached, is full, or the plan does
    not take the edit; Conflict where the card lies elsewhere now.
    """
    rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    require_group(move.field)
    row = locked_plan(project)
    cards = cards_of(row)
    grouping = grouping_of(row, cards, move.field, today)
    card = next((one for one in cards.tasks if one.uid == move.uid), None)
    if card is None:
        raise NotFound("planning.task", "There is no such task on the board.")
    if move.target not in grouping.groups:
        raise _refused("There is no such column on this board.")
    present = grouping.of(card)
    if move.source not in present:
        raise Conflict(
            "planning.card_moved",
            f"‘{card.name}’ lies in ‘{grouping.groups.get(present[0], present[0])}’ now; somebody "
            "moved it meanwhile.",
        )
    if move.target in present:
        raise _refused(f"‘{card.name}’ lies in this column already.")
    if reason := refusal_of(move.field, move.target):
        raise _refused(reason)
    _require_room(project, cards, grouping.of, move, grouping.groups[move.target])
    steps = _STEPS[move.field](_Asked(row, cards, card, move, today))
    outcome = edit_plan(actor=actor, project=project, steps=steps)
    return MoveOutcome(outcome, card.name, grouping.groups[move.target])


@transaction.atomic
def set_board_limit(
    *, actor: Actor, project: Project, field: str, column: str, most: int | None
) -> BoardLimit | None:
    """Say how many tasks a column should hold at most; None: any number.

    Who: U on task. Writes: BoardLimit. Raises: Invalid, NotFound without a plan.
    """
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    require_group(field)
    plan = existing_plan(project)
    cards = cards_of(plan)
    if column not in grouping_of(plan, cards, field, date.max).groups:
        message = "There is no such column on this board."
        raise Invalid("planning.column", message, fields={"column": message})
    if most is not None and not 1 <= most <= MOST_OF_COLUMN:
        message = "A limit is a whole number from 1 to 999; leave it empty for none."
        raise Invalid("planning.board_limit_range", message, fields={"most": message})
    core.lock(Project.objects.all(), project.pk)
    keys = limit_keys(field, column, cards)
    rows = BoardLimit.objects.filter(project=project, field=field, column__in=keys)
    before = min(rows, key=lambda row: keys.index(row.column), default=None)
    if (before.most if before else None) == most:
        return before
    rows.delete()
    found = None
    if most is not None:
        found = BoardLimit.objects.create(project=project, field=field, column=keys[0], most=most)
    name = f"{field} {column}".strip()
    core.record(
        actor=actor,
        action="plan.board_limit",
        obj=plan,
        before={name: before.most if before else None},
        after={name: most},
        office_id=project.office_id,
    )
    return found


def _refused(message: str, field: str = "target") -> Invalid:
    return Invalid("planning.card", message, fields={field: message})


def _require_room(
    project: Project,
    cards: Cards,
    of: Callable[[Card], Sequence[str]],
    move: CardMove,
    name: str,
) -> None:
    limit = limits_of(project, move.field, cards).get(move.target)
    if limit is None or move.over:
        return
    held = sum(move.target in of(row) for row in cards.tasks)
    if held >= limit:
        message = (
            f"‘{name}’ holds {held} tasks and should hold at most {limit}. Finish one first, or "
            "say that it may be more."
        )
        raise Invalid("planning.board_limit", message, fields={"over": message})


@dataclass(frozen=True, slots=True)
class _Asked:
    """A move, and what it is about."""

    row: ProjectPlan
    cards: Cards
    card: Card
    move: CardMove
    today: date

    @property
    def day(self) -> date:
        """The day as of which progress is told: the status date of the plan, else today."""
        return self.row.status_date.date() if self.row.status_date else self.today

    def set(self, field: str, value: object) -> bridge.Step:
        return {"do": "set", "uid": self.card.uid, "field": field, "value": value}


def _to_state(asked: _Asked) -> list[bridge.Step]:
    if asked.move.target == State.NOT_STARTED:
        return _not_begun(asked)
    if asked.move.target == State.IN_PROGRESS:
        return _begun(asked)
    report = bridge.Progress(asked.card.uid, asked.day, percent=Decimal(100))
    return bridge.progress_steps(as_stored(asked.row), report)


def _not_begun(asked: _Asked) -> list[bridge.Step]:
    card = asked.card
    if not card.begun and not card.done:
        raise _refused(
            f"‘{card.name}’ has not begun; it is late, as it should be done by now. Give it other "
            "dates on the schedule, or reschedule the plan to today."
        )
    return [asked.set("percent_complete", "0")]


def _begun(asked: _Asked) -> list[bridge.Step]:
    card = asked.card
    if card.milestone:
        raise _refused(f"‘{card.name}’ is a milestone: it is reached or not, never in progress.")
    if card.done:
        raise _refused(
            f"‘{card.name}’ is complete. Say on the schedule how much of it is left after all."
        )
    if card.begun:
        raise _refused(
            f"‘{card.name}’ is in progress, and late, as it should be done by now. Say on the "
            "schedule how much is left, or reschedule the plan to today."
        )
    evening = asked.row.status_date or datetime.combine(asked.day, time.max, UTC)
    if card.start is not None and card.start <= evening:
        return [asked.set("actual_start", card.start.replace(tzinfo=None).isoformat())]
    report = bridge.Progress(card.uid, asked.day, started=asked.day)
    return bridge.progress_steps(as_stored(asked.row), report)


def _to_person(asked: _Asked) -> list[bridge.Step]:
    """One of the people of a task hands it over; with the same share."""
    plan = as_stored(asked.row).plan
    left = [
        one
        for one in plan.assignments
        if one.task_uid == asked.card.uid and str(one.resource_uid) == asked.move.source
    ]
    steps: list[bridge.Step] = [{"do": "unassign", "assignment": one.uid} for one in left]
    if asked.move.target != "0":
        units = str(left[0].units) if left else "1"
        given = {"uid": asked.card.uid, "resource": int(asked.move.target), "units": units}
        steps.append({"do": "assign", **given})
    return steps


def _to_stream(asked: _Asked) -> list[bridge.Step]:
    """Behind the last row of the other workstream, one level inside it."""
    stream = int(asked.move.target)
    rows = [row for row in asked.cards.rows if asked.cards.stream.get(row.uid) == stream]
    move = {"uids": [asked.card.uid], "after": rows[-1].uid, "level": rows[0].level + 1}
    return [{"do": "move", **move}]


def _to_priority(asked: _Asked) -> list[bridge.Step]:
    numbers = {key: number for key, _least, number in BANDS}
    return [asked.set("priority", numbers[asked.move.target])]


def _to_calendar(asked: _Asked) -> list[bridge.Step]:
    return [asked.set("calendar_uid", int(asked.move.target) if asked.move.target else None)]


def _to_work_type(asked: _Asked) -> list[bridge.Step]:
    return [asked.set("work_type", asked.move.target)]


def _to_mode(asked: _Asked) -> list[bridge.Step]:
    return [asked.set("manual", asked.move.target == "by_hand")]


_STEPS: Mapping[str, Callable[[_Asked], list[bridge.Step]]] = {
    "state": _to_state,
    "person": _to_person,
    "stream": _to_stream,
    "priority": _to_priority,
    "calendar": _to_calendar,
    "work_type": _to_work_type,
    "mode": _to_mode,
}
