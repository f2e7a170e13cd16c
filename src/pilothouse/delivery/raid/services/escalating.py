# SPDX-License-Identifier: Apache-2.0
"""Entries that go up, and what the level above answers (R-RSK-02, R-ISS-01)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.planning.queries import office_time
from pilothouse.delivery.projects.models import Portfolio, Programme
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Entry, Escalation, Kind, Level, Risk
from pilothouse.delivery.raid.models.scales import DAY
from pilothouse.delivery.raid.queries.policies import after, policy_of
from pilothouse.delivery.raid.services import news
from pilothouse.delivery.raid.services.clocks import save_clocks
from pilothouse.delivery.raid.services.opened import locked, save, tell
from pilothouse.delivery.raid.services.registering import required
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

State = Escalation.State
UP: dict[Level, tuple[Level, ...]] = {
    Level.PROJECT: (Level.PROGRAMME, Level.PORTFOLIO, Level.BOARD),
    Level.PROGRAMME: (Level.PORTFOLIO, Level.BOARD),
    Level.PORTFOLIO: (Level.BOARD,),
    Level.BOARD: (),
}
"""The levels above each, the next one first."""
ROLES = {
    Level.PROGRAMME: "programme manager",
    Level.PORTFOLIO: "portfolio manager",
    Level.BOARD: "PMO director",
}
"""Who answers for each level."""


@transaction.atomic
def escalate(
    *,
    actor: Actor,
    entry: Entry,
    reason: str,
    version: int | None,
    at: datetime | None = None,
) -> Escalation:
    """Ask the level above to take an entry over; where nobody holds its role, the next one.

    Until it is answered nothing is due below. ``at`` is when it was asked where that was before
    it is entered here. Who: whoever may change it. Writes: Escalation,
    Entry. Publishes: RegisterChanged. Raises: Invalid without a reason, where it waits already,
    is over, or nobody is above; NotAllowed, Conflict.
    """
    row = locked(entry, version)
    allowed = rules.require_keep(actor, row)
    why = required(reason, "it goes up")
    if not row.is_open:
        raise Invalid("raid.over", f"{row} is {rules.state_words(row)}; it cannot go up.")
    if row.escalations.waiting().exists():
        raise Invalid(
            "raid.waiting_already",
            f"{row} waits for an answer from above already. Withdraw that first.",
        )
    return _send_up(allowed, row, Level(row.level), why, at or timezone.now())


@transaction.atomic
def answer_escalation(
    *, actor: Actor, escalation: Escalation, state: str, reason: str, version: int | None
) -> Escalation:
    """Accept an entry, turn it back with a reason, or lift it further.

    What is accepted belongs to the level that took it: its place below reads it only, and its
    clocks start anew. Who: A on its kind at the level that is asked, not who asked (R-GEN-08).
    Writes: Escalation, Entry. Publishes: RegisterChanged. Raises: Invalid, NotAllowed, Conflict.
    """
    row = locked(escalation.entry, None)
    waiting = _locked_escalation(escalation, version)
    allowed = rules.require_answer(actor, waiting, row)
    if state not in (State.ACCEPTED, State.REJECTED, State.LIFTED):
        raise Invalid(
            "raid.answer",
            "An escalation is accepted, rejected or lifted further.",
            fields={"state": "Choose one of the list."},
        )
    words = {State.REJECTED: "it is turned back", State.LIFTED: "it goes further up"}
    why = required(reason, words[State(state)]) if state in words else reason.strip()
    if state == State.LIFTED and waiting.to_level == Level.BOARD:
        raise Invalid("raid.highest", "There is no level above the investment board.")
    _end(allowed, waiting, state, why)
    if state == State.LIFTED:
        news.answered(actor, row, waiting)
        _send_up(allowed, row, Level(waiting.to_level), why, timezone.now())
        return waiting
    if state == State.ACCEPTED:
        _take_over(allowed, row, waiting, actor.user_id)
    save_clocks(row, timezone.now())
    tell(row, f"escalation {state}")
    news.answered(actor, row, waiting)
    return waiting


@transaction.atomic
def withdraw_escalation(
    *, actor: Actor, escalation: Escalation, reason: str, version: int | None
) -> Escalation:
    """Take back what waits for an answer; the clocks below start anew.

    Who: whoever may change the entry. Writes: Escalation, Entry. Raises: Invalid, NotAllowed.
    """
    row = locked(escalation.entry, None)
    waiting = _locked_escalation(escalation, version)
    allowed = rules.require_keep(actor, row)
    _end(allowed, waiting, State.WITHDRAWN, required(reason, "it is withdrawn"))
    save_clocks(row, timezone.now())
    tell(row, "escalation withdrawn")
    return waiting


@transaction.atomic
def hand_back(*, actor: Actor, entry: Entry, reason: str, version: int | None) -> Entry:
    """Give an entry that was taken over back to the place it belongs to, with its manager.

    Who: whoever holds it, by U. Writes: Entry. Publishes: RegisterChanged. Raises: Invalid where
    it was never lifted, NotAllowed, Conflict.
    """
    row = locked(entry, version)
    allowed = rules.require_keep(actor, row)
    if not row.is_lifted:
        raise Invalid("raid.not_lifted", f"{row} is held where it belongs.")
    why = required(reason, "it is handed back")
    place = row.place
    manager = place.manager if isinstance(place, Programme | Portfolio) else place.pm
    values: dict[str, Any] = {
        "level": row.home_level,
        "lifted_programme": None,
        "lifted_portfolio": None,
        "owner": manager if manager is not None and manager.is_active else None,
    }
    if row.kind == Kind.ACTION and values["owner"] is None:
        values.pop("owner")
    save(allowed, row, values, version, action="hand_back", reason=why)
    save_clocks(row, timezone.now())
    news.assigned(actor, row, [row.owner_id])
    return row


def _send_up(actor: Actor, row: Entry, level: Level, why: str, now: datetime) -> Escalation:
    programme, _ = rules.above(row)
    passed: list[str] = []
    for target in UP[level]:
        if target is Level.PROGRAMME and programme is None:
            continue
        if not rules.holders_of(target, row, barred=[actor.user_id]):
            passed.append(f"Nobody else is {ROLES[target]} above {row.place.code}.")
            continue
        return _ask(actor, row, level, target, why, " ".join(passed), now)
    raise Invalid(
        "raid.nobody_above",
        f"There is nobody above who could take {row} over. "
        + (" ".join(passed) or "It is held at the highest level.")
        + " Give somebody the role.",
    )


def _ask(
    actor: Actor,
    row: Entry,
    level: Level,
    target: Level,
    why: str,
    passed: str,
    now: datetime,
) -> Escalation:
    programme, portfolio = rules.above(row)
    days = policy_of(row.office_id).escalation_days
    asked = Escalation(
        entry=row,
        from_level=level,
        to_level=target,
        programme=programme if target is Level.PROGRAMME else None,
        portfolio=portfolio if target is not Level.PROGRAMME else None,
        reason=why,
        passed_over=passed[:500],
        asked_by_id=actor.user_id,
        asked_label=actor.label[:200],
        asked_at=now,
        answer_by=after(office_time(row.office_id), now, days * DAY),
    )
    core.create(
        actor=actor,
        obj=asked,
        names=("entry", "from_level", "to_level", "reason", "passed_over", "answer_by"),
        reason=why,
        office_id=row.office_id,
    )
    save_clocks(row, None)
    if isinstance(row, Risk):
        row.escalate_by, row.escalate_why = None, ""
        row.save(update_fields=["escalate_by", "escalate_why"])
    core.touch(actor=actor, obj=row)
    tell(row, "escalated")
    news.escalated(actor, row, asked)
    return asked


def _take_over(actor: Actor, row: Entry, waiting: Escalation, owner_id: int | None) -> None:
    target = Level(waiting.to_level)
    values: dict[str, Any] = {
        "level": target,
        "lifted_programme": waiting.programme,
        "lifted_portfolio": waiting.portfolio,
    }
    if owner_id is not None:
        values["owner_id"] = owner_id
    save(actor, row, values, None, action="lift", reason=waiting.reason, cause="lifted")


def _end(actor: Actor, waiting: Escalation, state: str, why: str) -> None:
    now: datetime = timezone.now()
    core.change(
        actor=actor,
        obj=waiting,
        values={
            "state": state,
            "answered_by_id": actor.user_id,
            "answered_label": actor.label[:200],
            "answered_at": now,
            "answer": why,
        },
        version=None,
        action=f"escalation.{state}",
        reason=why,
        office_id=waiting.entry.office_id,
    )


def _locked_escalation(escalation: Escalation, version: int | None) -> Escalation:
    rows = Escalation.objects.select_related("entry", "programme", "portfolio")
    found = core.lock(rows, escalation.pk)
    core.require_version(found, version)
    if found.state != State.WAITING:
        raise Invalid(
            "raid.answered",
            f"{found} is {found.get_state_display().lower()} already"
            f"{f', by {found.answered_label}' if found.answered_label else ''}.",
        )
    return found
