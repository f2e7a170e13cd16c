# SPDX-License-Identifier: Apache-2.0
"""Steps of an entry from being raised to being over (8.1, 8.2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.planning.queries import task_ends
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    Action,
    Aspect,
    Assumption,
    Decision,
    Entry,
    EntryLink,
    Escalation,
    Issue,
    Kind,
    Risk,
    RiskRating,
)
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services import news
from pilothouse.delivery.raid.services.clocks import clocks_from, save_clocks
from pilothouse.delivery.raid.services.linking import bind
from pilothouse.delivery.raid.services.opened import locked, locked_as, save
from pilothouse.delivery.raid.services.registering import Asked, raise_entry, required
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

CLOSED_AS = ("expired", "avoided", "gone")


@dataclass(frozen=True, slots=True)
class Taken:
    """What is said with a step: why, and what this kind of step needs beside."""

    reason: str = ""
    closed_as: str = ""
    duplicate_of: Entry | None = None
    becomes: str = ""
    answer: str = ""
    rationale: str = ""
    decided_by: str = ""
    decided_on: date | None = None


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """The entry after a step, and what it became where it became something."""

    entry: Entry
    became: Entry | None = None


@transaction.atomic
def take_step(
    *, actor: Actor, entry: Entry, step: Step, taken: Taken, version: int | None
) -> StepOutcome:
    """Bring an entry a step on; a risk that occurs becomes an issue with its contingency plan.

    Who: by the table of ways; nobody verifies what they did themselves (R-GEN-08).
    Writes: Entry, and what it became. Publishes: RegisterChanged.
    Raises: Invalid naming what the step needs, NotAllowed, Conflict.
    """
    row = locked(entry, version)
    allowed = rules.require_step(actor, row, step)
    way = rules.way_of(row, step)
    assert way is not None
    why = required(taken.reason, f"you {step} it") if way.reasoned else taken.reason.strip()
    values: dict[str, Any] = {"state": way.target, "state_reason": why}
    handler = _HANDLERS.get((Kind(row.kind), step))
    if handler is not None:
        values.update(handler(row, allowed, taken))
    over = _is_over(row, way.target)
    values["closed_on"] = clock.today() if over else None
    save(allowed, row, values, version, action=step, reason=why, cause=step)
    if over:
        _withdraw_waiting(allowed, row)
    if step in (Step.RESOLVE, Step.FINISH):
        news.to_verify(actor, row)
    became = _became(actor, row, step, taken)
    if row.kind == Kind.ACTION and step in (Step.FINISH, Step.VERIFY):
        _settle_residual(allowed, row)
    return StepOutcome(row, became)


def _is_over(row: Entry, state: str) -> bool:
    before, row.state = row.state, state
    try:
        return not row.is_open
    finally:
        row.state = before


def _assess(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    assert isinstance(row, Risk)
    if row.score is None:
        raise Invalid(
            "raid.not_rated",
            f"{row} is not rated yet. Give it a probability and an impact first.",
            fields={"probability": "Needed.", "impact": "Needed."},
        )
    return {}


def _plan(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    assert isinstance(row, Risk)
    if not row.strategy:
        raise Invalid(
            "raid.no_strategy",
            f"Say first how {row} is answered.",
            fields={"strategy": "Choose one of the list."},
        )
    return {}


def _close_risk(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    if taken.closed_as not in CLOSED_AS:
        raise Invalid(
            "raid.closed_as",
            f"Say whether {row} has passed, was avoided, or is no longer relevant.",
            fields={"closed_as": "Choose one of the list."},
        )
    return {"closed_as": taken.closed_as, "escalate_by": None, "escalate_why": ""}


def _reopen_risk(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    return {"closed_as": ""}


def _occur(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    return {"escalate_by": None, "escalate_why": ""}


def _assign(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    if row.owner_id is None:
        raise Invalid(
            "raid.no_owner",
            f"Name an owner of {row} first.",
            fields={"owner": "Choose somebody."},
        )
    return _acknowledged(row)


def _acknowledged(row: Entry) -> dict[str, Any]:
    assert isinstance(row, Issue)
    return {} if row.acknowledged_at else {"acknowledged_at": timezone.now()}


def _start_issue(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    assert isinstance(row, Issue)
    return {**_acknowledged(row), "planned_at": row.planned_at or timezone.now()}


def _resolve(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    assert isinstance(row, Issue)
    now = timezone.now()
    return {
        **_acknowledged(row),
        "planned_at": row.planned_at or now,
        "resolved_at": now,
        "resolver_id": actor.user_id,
        "resolution": taken.reason.strip(),
    }


def _reopen_issue(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    assert isinstance(row, Issue)
    return {
        **clocks_from(row, timezone.now()),
        "resolved_at": None,
        "resolver_id": None,
        "duplicate_of_id": None,
        "reopened": row.reopened + 1,
    }


def _duplicate(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    other = taken.duplicate_of
    if other is None or other.kind != Kind.ISSUE or not rules.same_register(other, row):
        raise Invalid(
            "raid.duplicate_of",
            f"Name the issue of the same register that {row} says again.",
            fields={"duplicate_of": "Choose another issue of this register."},
        )
    if Issue.rows.get(pk=other.pk).duplicate_of_id is not None:
        raise Invalid(
            "raid.duplicate_of",
            f"{other.code} is a duplicate itself. Name the issue that it says again.",
            fields={"duplicate_of": "It is a duplicate itself."},
        )
    return {"duplicate_of_id": other.pk}


def _validate(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    return {"outcome": taken.reason.strip()}


def _invalidate(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    if taken.becomes not in (Kind.RISK, Kind.ISSUE):
        raise Invalid(
            "raid.becomes",
            f"What {row} took for true is not. Say whether a risk or an issue follows from it.",
            fields={"becomes": "Choose a risk or an issue."},
        )
    return _validate(row, actor, taken)


def _decide(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    problems: dict[str, str] = {}
    if not taken.answer.strip():
        problems["answer"] = "Say what was decided."
    if not taken.rationale.strip():
        problems["rationale"] = "Say why; it cannot be changed later."
    if not taken.decided_by.strip():
        problems["decided_by"] = "Name the person or the body that decided."
    if taken.decided_on is not None and taken.decided_on > clock.today():
        problems["decided_on"] = "That day is still to come."
    if problems:
        raise Invalid("raid.decision", " ".join(problems.values()), fields=problems)
    return {
        "answer": taken.answer.strip(),
        "rationale": taken.rationale.strip(),
        "decided_by": taken.decided_by.strip(),
        "decided_on": taken.decided_on or clock.today(),
    }


def _finish(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    return {
        "done_on": clock.today(),
        "done_by_id": actor.user_id,
        "done_note": taken.reason.strip(),
    }


def _reopen_action(row: Entry, actor: Actor, taken: Taken) -> Mapping[str, Any]:
    return {"done_on": None, "done_by_id": None, "done_note": ""}


_Handler = Callable[[Entry, Actor, Taken], Mapping[str, Any]]
_HANDLERS: Mapping[tuple[Kind, Step], _Handler] = {
    (Kind.RISK, Step.ASSESS): _assess,
    (Kind.RISK, Step.PLAN): _plan,
    (Kind.RISK, Step.RUN): _plan,
    (Kind.RISK, Step.CLOSE): _close_risk,
    (Kind.RISK, Step.REOPEN): _reopen_risk,
    (Kind.RISK, Step.OCCUR): _occur,
    (Kind.ISSUE, Step.ASSIGN): _assign,
    (Kind.ISSUE, Step.START): _start_issue,
    (Kind.ISSUE, Step.RESOLVE): _resolve,
    (Kind.ISSUE, Step.REOPEN): _reopen_issue,
    (Kind.ISSUE, Step.DUPLICATE): _duplicate,
    (Kind.ASSUMPTION, Step.VALIDATE): _validate,
    (Kind.ASSUMPTION, Step.INVALIDATE): _invalidate,
    (Kind.DECISION, Step.DECIDE): _decide,
    (Kind.ACTION, Step.FINISH): _finish,
    (Kind.ACTION, Step.REOPEN): _reopen_action,
}


def _became(actor: Actor, row: Entry, step: Step, taken: Taken) -> Entry | None:
    """The issue of a risk that occurred, what follows from a false assumption, or nothing."""
    if step is Step.OCCUR:
        made = _follow_up(actor, row, Kind.ISSUE, taken)
    elif step is Step.INVALIDATE:
        made = _follow_up(actor, row, Kind(taken.becomes), taken)
    elif step is Step.DECIDE:
        _supersede(actor, row)
        return None
    else:
        return None
    bind(actor, row, made, EntryLink.Kind.BECAME)
    return made


def _follow_up(actor: Actor, row: Entry, kind: Kind, taken: Taken) -> Entry:
    values: dict[str, Any] = {
        "title": row.title,
        "owner": row.owner if row.owner is None or row.owner.is_active else None,
        "workstream": row.workstream,
        "confidential": row.confidential,
        "description": taken.reason.strip(),
    }
    if isinstance(row, Risk):
        plan = f"Contingency plan: {row.fallback}" if row.fallback else ""
        values["description"] = "\n\n".join(part for part in (taken.reason.strip(), plan) if part)
        values["impact"] = row.effect
        values["severity"] = _severity(row)
    elif isinstance(row, Assumption):
        name = "impact" if kind is Kind.ISSUE else "effect"
        values[name] = row.impact_if_false
    tasks = list(row.tasks.values_list("uid", flat=True)) if row.project_id else []
    asked = Asked(kind, values, _still_there(row, tasks), row.site)
    return raise_entry(actor=actor, place=row.place, asked=asked)


def _still_there(row: Entry, uids: list[int]) -> list[int]:
    """Tasks that the plan still has."""
    found = task_ends({(row.project_id or 0, uid) for uid in uids})
    return [uid for uid in uids if (row.project_id or 0, uid) in found]


def _severity(row: Risk) -> int:
    """An issue is as severe as its risk was grave: 5 is critical, 4 major, 3 medium."""
    return {5: 1, 4: 2, 3: 3}.get(row.impact or 3, 4)


def _supersede(actor: Actor, row: Entry) -> None:
    assert isinstance(row, Decision)
    if row.supersedes_id is None or row.supersedes is None:
        return
    old = locked_as(Decision, row.supersedes, None)
    if old.state in (Decision.State.DECIDED, Decision.State.IMPLEMENTED):
        why = f"Superseded by {row.code}."
        save(
            actor,
            old,
            {"state": Decision.State.SUPERSEDED, "state_reason": why, "closed_on": clock.today()},
            None,
            action="supersede",
            reason=why,
        )


def _withdraw_waiting(actor: Actor, row: Entry) -> None:
    """What is over asks nobody any more."""
    for waiting in Escalation.objects.waiting().filter(entry=row):
        core.change(
            actor=actor,
            obj=waiting,
            values={
                "state": Escalation.State.WITHDRAWN,
                "answered_at": timezone.now(),
                "answered_label": actor.label[:200],
                "answer": f"{row.code} is over.",
            },
            version=None,
            action="escalation.withdraw",
            office_id=row.office_id,
        )
    save_clocks(row, None)


def _settle_residual(actor: Actor, row: Entry) -> None:
    """Once every response to a threat that is avoided is done its residual chance is 0, and of an
    opportunity that is exploited 100 % (8.1)."""
    links = EntryLink.objects.filter(target=row, kind=EntryLink.Kind.RESPONSE)
    for risk in Risk.rows.filter(links_out__in=links, strategy__in=("avoid", "exploit")):
        actions = Action.rows.filter(
            links_in__source=risk, links_in__kind=EntryLink.Kind.RESPONSE, voided=False
        )
        done = (Action.State.DONE, Action.State.VERIFIED)
        if actions.exclude(state=Action.State.CANCELLED).exclude(state__in=done).exists():
            continue
        chance = Decimal(0 if risk.strategy == "avoid" else 100)
        entry = risk.ratings.filter(aspect=Aspect.RESIDUAL).first() or RiskRating(
            risk=risk, aspect=Aspect.RESIDUAL
        )
        if entry.chance_pct == chance:
            continue
        before, entry.chance_pct = entry.chance_pct, chance
        entry.save()
        core.record(
            actor=actor,
            action="risk.rate",
            obj=risk,
            before={"residual_chance_pct": before},
            after={"residual_chance_pct": chance},
            reason="All its responses are done.",
            office_id=risk.office_id,
        )
