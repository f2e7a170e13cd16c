# SPDX-License-Identifier: Apache-2.0
"""Baselines: taken by the manager, decided on by others, never changed afterwards (R-BAS-01)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import Max

from pilothouse.delivery.planning import bridge, rules
from pilothouse.delivery.planning.calendars import project_time
from pilothouse.delivery.planning.events import BaselineApproved, BaselineTaken
from pilothouse.delivery.planning.models import PlanBaseline, ProjectPlan, Task
from pilothouse.delivery.planning.services.file_baselines import totals, write_rows
from pilothouse.delivery.planning.services.plans import locked_plan
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.projects.services import update_project
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish

Kind = PlanBaseline.Kind
State = PlanBaseline.State
KINDS = (Kind.FIRST, Kind.REPLAN, Kind.REBASELINE, Kind.OVER_TARGET)
"""Kinds that can be taken here."""
NAME_LENGTH = 120
REFERENCE_LENGTH = 120
REASON_LENGTH = 2000
_DERIVED = (
    "baseline_start",
    "baseline_finish",
    "start_variance_minutes",
    "finish_variance_minutes",
)
_TOLD = ("name", "kind", "finish", "cost", "reference", "taken_on", "plan_version")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a manager says of a baseline that is to be taken."""

    kind: str
    name: str
    reason: str = ""
    reference: str = ""


@transaction.atomic
def take_baseline(
    *, actor: Actor, project: Project, asked: Asked, on: date | None = None
) -> PlanBaseline:
    """Keep the plan as it stands as a baseline that waits for approval.

    ``on`` is the day whose plan it is, today if not said; the record keeps that day and the moment
    of the entry.
    Who: C on baseline. Writes: PlanBaseline with its rows. Publishes: BaselineTaken.
    Raises: Invalid naming the field, also while another one waits; NotFound without a plan.
    """
    allowed = rules.require_on_baselines(actor, project, rules.BaselineVerb.TAKE)
    rules.require_open(project)
    plan = locked_plan(project)
    counting = PlanBaseline.objects.filter(project=project, is_pmb=True).first()
    _require_sense(asked, counting, project, on)
    promises = (
        bridge.replanned(plan, counting)
        if counting is not None and asked.kind in (Kind.REPLAN, Kind.OVER_TARGET)
        else bridge.promises_now(plan)
    )
    if not any(not row.summary for row in promises):
        raise Invalid("planning.baseline_empty", "The plan has no task that could be promised.")
    whole = bridge.total(promises)
    if asked.kind == Kind.OVER_TARGET:
        _require_above(whole, counting)
    baseline = PlanBaseline(
        project=project,
        name=asked.name.strip(),
        kind=asked.kind,
        taken_on=on or clock.today(),
        taken_by_id=allowed.user_id,
        taken_label=allowed.label[:200],
        reason=asked.reason.strip(),
        reference=asked.reference.strip(),
        plan_version=plan.plan_version,
        file_name=plan.source_name,
        **totals(whole),
    )
    core.create(
        actor=allowed,
        obj=baseline,
        names=_TOLD,
        reason=baseline.reason,
        office_id=project.office_id,
    )
    write_rows(baseline, promises)
    publish(BaselineTaken(project.pk, baseline.pk))
    return baseline


@transaction.atomic
def approve_baseline(
    *,
    actor: Actor,
    baseline: PlanBaseline,
    version: int | None,
    note: str = "",
    on: date | None = None,
) -> PlanBaseline:
    """Make a baseline the one that the project is measured against; the one before is archived.

    The approved dates of the project follow. ``on`` is the day of the decision, today if not said.
    Who: whoever approves the dates of the project; not its manager, not who took the baseline.
    Writes: PlanBaseline, the variances of the tasks, the approved dates of the project.
    Publishes: BaselineApproved, ProjectChanged. Raises: Invalid, Conflict.
    """
    row, allowed = _to_decide(actor, baseline, version)
    project = row.project
    day = _decided_on(row, on)
    before = PlanBaseline.objects.filter(project=project, is_pmb=True).exclude(pk=row.pk).first()
    if row.state == State.IMPORTED:
        _require_promise_of_file(row)
    if before is not None:
        core.change(
            actor=allowed,
            obj=before,
            values={"is_pmb": False, "state": State.SUPERSEDED},
            version=None,
            action="baseline.superseded",
            office_id=project.office_id,
        )
    number = _number_for(row)
    core.change(
        actor=allowed,
        obj=row,
        values={
            "state": State.APPROVED,
            "is_pmb": True,
            "number": number,
            **_decision(allowed, day, note),
        },
        version=version,
        action="baseline.approved",
        reason=note.strip() or row.reason,
        office_id=project.office_id,
    )
    _measure_again(project)
    if row.start is not None and row.finish is not None:
        why = f"Baseline {number} ‘{row.name}’ approved. {note.strip() or row.reason}".strip()
        update_project(
            actor=actor,
            project=project,
            values={"baseline_start": row.start.date(), "baseline_finish": row.finish.date()},
            version=None,
            reason=why,
        )
    publish(BaselineApproved(project.pk, row.pk, number))
    return row


@transaction.atomic
def reject_baseline(
    *, actor: Actor, baseline: PlanBaseline, version: int | None, note: str
) -> PlanBaseline:
    """Turn down a baseline that waits; it stays readable and counts for nothing.

    Who: as ``approve_baseline``. Writes: PlanBaseline. Raises: Invalid without a reason, Conflict.
    """
    row, allowed = _to_decide(actor, baseline, version)
    if row.state != State.PROPOSED:
        raise _settled(row)
    if not note.strip():
        message = "Say why the baseline is turned down."
        raise Invalid("planning.baseline_note", message, fields={"note": message})
    return _close(allowed, row, State.REJECTED, version, note)


@transaction.atomic
def withdraw_baseline(*, actor: Actor, baseline: PlanBaseline, version: int | None) -> PlanBaseline:
    """Take back a baseline that waits, so that another can be taken.

    Who: C on baseline. Writes: PlanBaseline. Raises: Invalid once it is decided, Conflict.
    """
    allowed = rules.require_on_baselines(actor, baseline.project, rules.BaselineVerb.TAKE)
    rules.require_open(baseline.project)
    row = _locked(baseline, version)
    if row.state != State.PROPOSED:
        raise _settled(row)
    return _close(allowed, row, State.WITHDRAWN, version, "")


@transaction.atomic
def rename_baseline(
    *, actor: Actor, baseline: PlanBaseline, name: str, version: int | None
) -> PlanBaseline:
    """Give a baseline another name; what it promises stays as it is.

    Who: C on baseline. Writes: PlanBaseline. Raises: Invalid, Conflict.
    """
    allowed = rules.require_on_baselines(actor, baseline.project, rules.BaselineVerb.TAKE)
    row = _locked(baseline, version)
    _check(_name_problems(name))
    core.change(
        actor=allowed,
        obj=row,
        values={"name": name.strip()},
        version=version,
        action="baseline.renamed",
        office_id=row.project.office_id,
    )
    return row


def _require_sense(
    asked: Asked, counting: PlanBaseline | None, project: Project, on: date | None
) -> None:
    if PlanBaseline.objects.filter(project=project, state=State.PROPOSED).exists():
        raise Invalid(
            "planning.baseline_waiting",
            "A baseline waits for approval already; have it decided or withdraw it first.",
        )
    problems = _name_problems(asked.name)
    if asked.kind not in KINDS:
        problems["kind"] = f"Choose one of: {', '.join(Kind(kind).label for kind in KINDS)}."
    elif counting is None and asked.kind != Kind.FIRST:
        problems["kind"] = "Nothing was promised yet that could be replaced; take a first baseline."
    elif counting is not None and asked.kind == Kind.FIRST:
        problems["kind"] = (
            f"‘{counting}’ counts already; have it approved, or take one that follows it."
        )
    if asked.kind in KINDS and asked.kind != Kind.FIRST:
        if not asked.reason.strip():
            problems["reason"] = "Say why what was promised is replaced."
        if not asked.reference.strip():
            problems["reference"] = "Name the approved change or exception plan that asks for it."
    if len(asked.reason.strip()) > REASON_LENGTH:
        problems["reason"] = f"At most {REASON_LENGTH:,} characters."
    if len(asked.reference.strip()) > REFERENCE_LENGTH:
        problems["reference"] = f"At most {REFERENCE_LENGTH} characters."
    if on is not None and on > clock.today():
        problems["on"] = f"{written(on)} lies ahead."
    _check(problems)


def _name_problems(name: str) -> dict[str, str]:
    if not name.strip():
        return {"name": "Give the baseline a name."}
    if len(name.strip()) > NAME_LENGTH:
        return {"name": f"At most {NAME_LENGTH} characters."}
    return {}


def _check(problems: dict[str, str]) -> None:
    if problems:
        raise Invalid("planning.baseline", " ".join(problems.values()), fields=problems)


def _require_above(whole: bridge.Total, counting: PlanBaseline | None) -> None:
    """An over-target baseline accepts a cost above the one that was promised."""
    promised = None if counting is None else counting.cost
    if whole.cost is None or promised is None:
        message = "Cost is not known on both sides, so nothing can be over target; take a replan."
    elif whole.cost <= promised:
        message = (
            f"It costs {whole.cost:,.2f}, which is not above the {promised:,.2f} of ‘{counting}’; "
            "take a replan."
        )
    else:
        return
    raise Invalid("planning.baseline_not_above", message, fields={"kind": message})


def _locked(baseline: PlanBaseline, version: int | None) -> PlanBaseline:
    core.lock(Project.objects.all(), baseline.project_id)
    row = core.lock(
        PlanBaseline.objects.select_related("project__portfolio__org_unit"), baseline.pk
    )
    core.require_version(row, version)
    return row


def _to_decide(
    actor: Actor, baseline: PlanBaseline, version: int | None
) -> tuple[PlanBaseline, Actor]:
    allowed = rules.require_decide(actor, baseline)
    rules.require_open(baseline.project)
    row = _locked(baseline, version)
    if row.state not in (State.PROPOSED, State.IMPORTED):
        raise _settled(row)
    return row, allowed


def _settled(row: PlanBaseline) -> Invalid:
    return Invalid(
        "planning.baseline_settled",
        f"‘{row}’ is {row.get_state_display().lower()}; only one that waits can be decided on.",
    )


def _require_promise_of_file(row: PlanBaseline) -> None:
    """Of the baselines of a file the number 0 is approved, before any other was."""
    if row.number != 0 or not row.is_pmb:
        raise Invalid(
            "planning.baseline_of_file",
            "Of the baselines of a file only number 0 is approved, before any taken here; "
            "take a baseline of the plan as it stands instead.",
        )


def _decided_on(row: PlanBaseline, on: date | None) -> date:
    today = clock.today()
    day = on or today
    if day > today:
        message = f"{written(day)} lies ahead; a decision is entered once it is taken."
    elif row.state != State.IMPORTED and day < row.taken_on:
        message = f"It was taken on {written(row.taken_on)}; choose that day or a later one."
    else:
        return day
    raise Invalid("planning.baseline_day", message, fields={"on": message})


def _number_for(row: PlanBaseline) -> int:
    if row.kind == Kind.FIRST or row.number is not None:
        return row.number or 0
    rows = PlanBaseline.objects.filter(project_id=row.project_id)
    last = rows.aggregate(last=Max("number"))["last"]
    return int(last or 0) + 1


def _decision(actor: Actor, day: date, note: str) -> dict[str, object]:
    return {
        "decided_on": day,
        "decided_by_id": actor.user_id,
        "decided_label": actor.label[:200],
        "decision_note": note.strip(),
    }


def _close(
    actor: Actor, row: PlanBaseline, state: State, version: int | None, note: str
) -> PlanBaseline:
    core.change(
        actor=actor,
        obj=row,
        values={"state": state, **_decision(actor, clock.today(), note)},
        version=version,
        action=f"baseline.{state.value}",
        reason=note.strip(),
        office_id=row.project.office_id,
    )
    return row


def _measure_again(project: Project) -> None:
    """Give every task the dates of the baseline that counts now, and its variance from them."""
    plan = ProjectPlan.objects.filter(project=project).first()
    if plan is None:
        return
    promised, time = bridge.promised(plan), project_time(project, plan)
    changed = []
    for task in Task.objects.filter(plan=plan).only("uid", "start", "finish", *_DERIVED):
        then = promised.get(task.uid, (None, None))
        now = bridge.wall(task.start), bridge.wall(task.finish)
        values = (*map(bridge.kept, then), *bridge.variances_of(then, now, time))
        if values != tuple(getattr(task, name) for name in _DERIVED):
            for name, value in zip(_DERIVED, values, strict=True):
                setattr(task, name, value)
            changed.append(task)
    core.save_many(changed, _DERIVED)
