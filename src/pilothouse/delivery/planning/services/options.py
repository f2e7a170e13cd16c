# SPDX-License-Identifier: Apache-2.0
"""Quick options: level resources, crash, fast-track. Proposed first, then accepted as one edit."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db import transaction

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.calendars import minutes_between, project_time
from pilothouse.delivery.planning.models import PlanEdit, ProjectPlan, Sandbox, Task
from pilothouse.delivery.planning.queries import days_of, existing_plan
from pilothouse.delivery.planning.services.edits import EditOutcome, save_edit
from pilothouse.delivery.planning.services.plans import locked_plan
from pilothouse.delivery.planning.services.stored import Stored, stored
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.rules import sees_budget
from pilothouse.engine.network.plan import Plan
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed

CRASH_ROWS = 60
"""Tasks that can be given a cost slope on the page: critical ones, then those with least float."""
Slopes = Mapping[int, tuple[Decimal, Decimal]]
"""Task → what a day less costs, and how many days it can be shortened by."""


@dataclass(frozen=True, slots=True)
class Delay:
    """A task that levelling would move; delays are elapsed, dates as scheduled."""

    uid: int
    name: str
    start_before: datetime
    start: datetime
    finish_before: datetime
    finish: datetime
    delay_days: Decimal
    unresolved: bool


@dataclass(frozen=True, slots=True)
class Levelling:
    """What levelling proposes; ``held`` tasks have a delay of an earlier levelling now.

    ``overloads`` are days on which a resource is asked for more than it has, over all resources.
    """

    plan: ProjectPlan
    finish_before: date
    finish: date
    later_days: Decimal | None
    overloads_before: int
    overloads: int
    missed_deadlines: int
    bound: date | None
    best: bool
    delays: Sequence[Delay]
    held: int


@dataclass(frozen=True, slots=True)
class CrashLine:
    """A task that can be shortened, the terms that were given, and what is proposed."""

    uid: int
    name: str
    duration_days: Decimal
    float_days: Decimal | None
    cost_per_day: Decimal | None
    most_days: Decimal | None
    less_days: Decimal | None
    cost: Decimal | None


@dataclass(frozen=True, slots=True)
class CrashPlan:
    """What crashing proposes; nothing but the tasks where no gain was asked for."""

    plan: ProjectPlan
    lines: Sequence[CrashLine]
    wanted_days: Decimal | None
    gain_days: Decimal | None
    cost: Decimal | None
    finish_before: date | None
    finish: date | None
    whole: bool


@dataclass(frozen=True, slots=True)
class Way:
    """One way to let two tasks overlap."""

    key: str
    before: str
    after: str
    was: str
    becomes: str
    finish: date
    gain_days: Decimal


def level_proposal(
    *,
    actor: Actor,
    project: Project,
    sandbox: Sandbox | None = None,
    within_float: bool = False,
    keep_dates: bool = True,
) -> Levelling:
    """What levelling would delay, in the plan or in a sandbox of it; nothing is written.

    Who: U on task. Raises: Invalid for a plan that cannot be levelled, NotFound.
    """
    rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    row = existing_plan(project, sandbox)
    known = stored(row)
    plan, proposal = _levelled(known, row, within_float, keep_dates)
    found = proposal.projects[0]
    names = {task.uid: task.name for task in plan.tasks}
    now = known.scheduled.result
    time = project_time(row.home, row)
    delays = [
        Delay(
            uid,
            names[uid],
            now.tasks[uid].start,
            move.start,
            now.tasks[uid].finish,
            move.finish,
            Decimal(move.delay_minutes) / 1440,
            move.unresolved,
        )
        for uid, move in found.tasks.items()
        if move.unresolved
        or (now.tasks[uid].start, now.tasks[uid].finish) != (move.start, move.finish)
    ]
    return Levelling(
        row,
        now.finish.date(),
        found.finish.date(),
        days_of(minutes_between(time, now.finish, found.finish), row.minutes_per_day),
        _days(proposal.overloads_before),
        _days(proposal.overloads),
        len(found.missed_deadlines),
        proposal.bound and proposal.bound.date(),
        proposal.bound is not None and found.finish <= proposal.bound and not proposal.overloads,
        delays,
        sum(1 for task in known.scheduled.plan.tasks if task.leveling_delay_minutes),
    )


@transaction.atomic
def accept_levelling(
    *,
    actor: Actor,
    project: Project,
    seen: int,
    sandbox: Sandbox | None = None,
    within_float: bool = False,
    keep_dates: bool = True,
) -> EditOutcome:
    """Write the delays that levelling proposes as one edit; the same options give the same ones.

    Who: U on task. Writes: as ``edit_plan``. Publishes: as ``edit_plan``.
    Raises: Conflict where the plan is no longer the version that was ``seen``, Invalid where
    nothing would change.
    """
    actor, row, known = _for_change(actor, project, sandbox, seen)
    plan, _ = _levelled(known, row, within_float, keep_dates)
    return _made(actor, project, row, known, plan, "Resources levelled")


@transaction.atomic
def clear_levelling(
    *, actor: Actor, project: Project, seen: int, sandbox: Sandbox | None = None
) -> EditOutcome:
    """Take all delays of levelling back as one edit. Who, writes, raises: as accepting it."""
    actor, row, known = _for_change(actor, project, sandbox, seen)
    return _made(
        actor, project, row, known, bridge.cleared(known.scheduled.plan), "Levelling cleared"
    )


def crash_proposal(
    *,
    actor: Actor,
    project: Project,
    sandbox: Sandbox,
    slopes: Slopes,
    gain_days: Decimal | None,
) -> CrashPlan:
    """The cheapest days to gain so many; nothing is written.

    Who: U on task and R on budget, for it tells cost. Raises: Invalid, NotFound.
    """
    rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    _require_money(actor, project)
    row = existing_plan(project, sandbox)
    known = stored(row)
    per_day = row.minutes_per_day
    if gain_days is None:
        lines = _crash_lines(row, slopes, {}, {})
        return CrashPlan(
            row, lines, None, None, None, row.finish and row.finish.date(), None, False
        )
    plan, found = bridge.crashed(known.scheduled, slopes, int(gain_days * per_day))
    after = bridge.settled(known.scheduled, plan, row.work_after_status_date).after
    time = project_time(row.home, row)
    gained = minutes_between(time, after.result.finish, known.scheduled.result.finish)
    return CrashPlan(
        row,
        _crash_lines(row, slopes, found.shortened, found.costs),
        gain_days,
        days_of(gained, per_day),
        found.cost,
        known.scheduled.result.finish.date(),
        after.result.finish.date(),
        found.whole,
    )


@transaction.atomic
def apply_crash(
    *,
    actor: Actor,
    project: Project,
    sandbox: Sandbox,
    slopes: Slopes,
    gain_days: Decimal,
    seen: int,
) -> EditOutcome:
    """Shorten the tasks that ``crash_proposal`` names, as one edit of a sandbox.

    Who: U on task and R on budget. Writes: as ``edit_plan``, and the terms into the sandbox.
    Raises: as accepting a levelling.
    """
    _require_money(actor, project)
    if not slopes:
        message = "Say for at least one task what a day less costs."
        raise Invalid("planning.no_slopes", message, fields={"slopes": message})
    actor, row, known = _for_change(actor, project, sandbox, seen)
    plan, _ = bridge.crashed(known.scheduled, slopes, int(gain_days * row.minutes_per_day))
    sandbox.slopes = {str(uid): [str(cost), str(days)] for uid, (cost, days) in slopes.items()}
    sandbox.save(update_fields=["slopes"])
    return _made(actor, project, row, known, plan, "Tasks crashed")


def overlap_ways(
    *, actor: Actor, project: Project, sandbox: Sandbox, share_pct: Decimal
) -> tuple[ProjectPlan, list[Way]]:
    """Links on the critical path that could let tasks overlap, and what each would gain.

    Who: U on task; nothing is written. Raises: Invalid, NotFound.
    """
    rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    row = existing_plan(project, sandbox)
    known = stored(row)
    names = {task.uid: task.name for task in known.scheduled.plan.tasks}
    words = bridge.link_words(known.scheduled.plan)
    return row, [
        Way(
            _key(way),
            names[way.before.predecessor],
            names[way.before.successor],
            words(way.before),
            words(way.after),
            way.finish.date(),
            Decimal(way.gain_minutes) / row.minutes_per_day,
        )
        for way in _ways(known, row, share_pct)
    ]


@transaction.atomic
def apply_overlaps(
    *,
    actor: Actor,
    project: Project,
    sandbox: Sandbox,
    share_pct: Decimal,
    keys: Collection[str],
    seen: int,
) -> EditOutcome:
    """Let the chosen tasks overlap, as one edit of a sandbox.

    Who: U on task. Writes: as ``edit_plan``. Raises: Invalid without a choice or for two ways
    of one link, Conflict as accepting a levelling.
    """
    actor, row, known = _for_change(actor, project, sandbox, seen)
    chosen = [way for way in _ways(known, row, share_pct) if _key(way) in set(keys)]
    if not chosen or len({way.before for way in chosen}) < len(chosen):
        message = "Choose which tasks are to overlap, and one way for each pair."
        raise Invalid("planning.overlaps", message, fields={"ways": message})
    plan = bridge.with_overlaps(known.scheduled.plan, chosen)
    return _made(actor, project, row, known, plan, "Tasks fast-tracked")


def _levelled(
    known: Stored, row: ProjectPlan, within_float: bool, keep_dates: bool
) -> tuple[Plan, bridge.LevelProposal]:
    return bridge.levelled(
        known.scheduled,
        within_float=within_float,
        keep_dates=keep_dates,
        work_after_status_date=row.work_after_status_date,
    )


def _days(overloads: Sequence[bridge.Overload]) -> int:
    """Days with any overload, added up over resources."""
    found = set()
    for span in overloads:
        for step in range((span.finish.date() - span.start.date()).days + 1):
            found.add((span.resource_uid, span.start.date() + timedelta(days=step)))
    return len(found)


def _ways(known: Stored, row: ProjectPlan, share_pct: Decimal) -> tuple[bridge.Overlap, ...]:
    return bridge.overlapping(
        known.scheduled, share_pct / 100, work_after_status_date=row.work_after_status_date
    )


def _key(way: bridge.Overlap) -> str:
    return f"{way.before.predecessor}.{way.before.successor}.{way.after.type.value}"


def _require_money(actor: Actor, project: Project) -> None:
    if not sees_budget(actor, project):
        raise NotAllowed(
            "planning.no_money",
            f"What days less cost shows the budget of project {project.code}, which your roles do "
            "not open.",
        )


def _for_change(
    actor: Actor, project: Project, sandbox: Sandbox | None, seen: int
) -> tuple[Actor, ProjectPlan, Stored]:
    actor = rules.require_on_plan(actor, project, rules.Verb.CHANGE)
    rules.require_open(project)
    row = locked_plan(project, sandbox)
    if row.plan_version != seen:
        raise Conflict(
            "planning.proposal_stale",
            f"The plan was changed in the meantime: the proposal was made for version {seen}, and "
            f"it is at {row.plan_version} now. Nothing was changed; look at the new proposal.",
        )
    return actor, row, stored(row)


def _made(
    actor: Actor, project: Project, row: ProjectPlan, known: Stored, plan: Plan, words: str
) -> EditOutcome:
    found = bridge.settled(known.scheduled, plan, row.work_after_status_date)
    if not found.delta:
        raise Invalid("planning.no_proposal", "Nothing would change; there is nothing to accept.")
    return save_edit(actor, project, row, known, found, PlanEdit.Kind.EDIT, words)


def _crash_lines(
    row: ProjectPlan,
    slopes: Slopes,
    shortened: Mapping[int, int],
    costs: Mapping[int, Decimal],
) -> list[CrashLine]:
    """Tasks that have not begun, those with the least float first, and all with terms."""
    tasks = Task.objects.filter(
        plan=row,
        summary=False,
        active=True,
        external=False,
        elapsed_duration=False,
        duration_minutes__gt=0,
        percent_complete=0,
        actual_start=None,
    ).order_by("total_float_minutes", "position")
    found = []
    for place, task in enumerate(tasks):
        if place >= CRASH_ROWS and task.uid not in slopes:
            continue
        cost, most = slopes.get(task.uid, (None, None))
        less = shortened.get(task.uid)
        found.append(
            CrashLine(
                task.uid,
                task.name,
                Decimal(task.duration_minutes) / row.minutes_per_day,
                days_of(task.total_float_minutes, row.minutes_per_day),
                cost,
                most,
                Decimal(less) / row.minutes_per_day if less else None,
                costs.get(task.uid),
            )
        )
    return found
