# SPDX-License-Identifier: Apache-2.0
"""What can be done to an entry straight from a mail: an action is done, a risk was looked at."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from django.db import transaction

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Entry, Kind
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.news import CHANNEL, FINISH, LOOK, entries_open_to
from pilothouse.delivery.raid.services.registering import REVIEW_DAYS, edit_entry, note_entry
from pilothouse.delivery.raid.services.states import Taken, take_step
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.notifications.acts import Act, Offer, gone


def acts() -> Sequence[Act]:
    """The acts of the registers."""
    return (Act(FINISH, offer_finish, finish), Act(LOOK, offer_look, look))


def _entry(person: User, entry_id: int, kind: Kind) -> Entry | None:
    row = entries_open_to(person, [entry_id]).get(entry_id)
    return row if row is not None and row.kind == kind else None


def offer_finish(person: User, entry_id: int) -> Offer | None:
    """An action in sight that this person may say is done."""
    row = _entry(person, entry_id, Kind.ACTION)
    if row is None or Step.FINISH not in rules.leads_on(row):
        return None
    if rules.taking_as(person.actor(CHANNEL), row, Step.FINISH) is None:
        return None
    until = f", until {written(row.due)}" if row.due is not None else ""
    return Offer(
        title="Is this done?",
        lead=f"{row} {row.title}{until}",
        text=row.description,
        button="It is done",
        done=f"{row.code} is done.",
    )


def finish(person: User, entry_id: int, remark: str, day: date | None) -> None:
    """Say that an action is done. Raises: NotFound where it is not in sight, as ``take_step``."""
    row = _require(person, entry_id, Kind.ACTION)
    actor = person.actor(CHANNEL)
    take_step(actor=actor, entry=row, step=Step.FINISH, taken=Taken(reason=remark), version=None)


def offer_look(person: User, entry_id: int) -> Offer | None:
    """An open risk in sight that this person may change."""
    row = _entry(person, entry_id, Kind.RISK)
    if row is None or not row.is_open:
        return None
    if rules.acting_as(person.actor(CHANNEL), row, "U", own=True) is None:
        return None
    return Offer(
        title="Is this still so?",
        lead=f"{row} {row.title}",
        text=row.description,
        button="I looked at it",
        done=f"{row.code} is looked at again later.",
        day=clock.today() + timedelta(days=REVIEW_DAYS),
        day_label="Look at it again on",
    )


@transaction.atomic
def look(person: User, entry_id: int, remark: str, day: date | None) -> None:
    """Say that a risk was looked at, and when it is again. Raises: NotFound."""
    row = _require(person, entry_id, Kind.RISK)
    actor = person.actor(CHANNEL)
    edit_entry(actor=actor, entry=row, values={"due": day}, version=None, reason=remark)
    if remark.strip():
        note_entry(actor=actor, entry=row, text=remark)


def _require(person: User, entry_id: int, kind: Kind) -> Entry:
    row = _entry(person, entry_id, kind)
    if row is None:
        raise gone()
    return row
