# SPDX-License-Identifier: Apache-2.0
"""What may be done to the audit trail: events retire, and a new beginning outside is accepted."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from hashlib import sha256

from django.db import models, transaction

from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent, AuditHead, AuditSeal
from pilothouse.foundation.core.services import record
from pilothouse.foundation.core.trail import heads
from pilothouse.foundation.core.trail.contents import Head, seal_of, told_of_run

RETIRE, ACCEPT = "audit.retire", "audit.accept"
BATCH = 1000


@transaction.atomic
def retire_events(
    *, actor: Actor, events: models.QuerySet[AuditEvent], reason: str, office_id: int = 0
) -> int:
    """Remove audit events that a rule of retention no longer keeps; their seals stay.

    One event tells of the whole run: how many, from which position to which, and a digest of
    their seals, by which ``verify`` knows them. Events without a seal stay, and those that tell
    of retirements and acceptances. To be safe to repeat, a run without events records nothing.
    Who: the system, on behalf of a rule. Writes: AuditSeal; removes AuditEvent. Returns how many.
    Raises: NotAllowed for anybody else; Invalid without a reason.
    """
    if not actor.is_system:
        raise NotAllowed("core.retire", "Only the system retires events, by a rule of retention.")
    if not reason.strip():
        raise Invalid("core.reason", "Say by which rule.", fields={"reason": "Needed."})
    retirement = secrets.token_hex(8)
    chosen = events.exclude(action__in=(RETIRE, ACCEPT)).order_by().values("pk")
    sealed = AuditSeal.objects.select_for_update(of=("self",)).filter(
        retirement="", event_id__in=chosen
    )
    count, first, last = 0, 0, 0
    digest = sha256()
    while batch := list(sealed.filter(position__gt=last).order_by("position")[:BATCH]):
        AuditSeal.objects.filter(pk__in=[row.pk for row in batch]).update(retirement=retirement)
        AuditEvent.objects.filter(pk__in=[row.event_id for row in batch]).delete()
        for row in batch:
            digest.update(told_of_run(row.position, row.seal))
        count += len(batch)
        first, last = first or batch[0].pk, batch[-1].pk
    if count:
        record(
            actor=actor,
            action=RETIRE,
            obj=AuditHead(pk=1),
            after={
                "retirement": retirement,
                "count": count,
                "first": first,
                "last": last,
                "digest": digest.hexdigest(),
            },
            reason=reason,
            office_id=office_id,
        )
    return count


@transaction.atomic
def accept_trail(*, actor: Actor, reason: str) -> None:
    """Go on from where the trail ends, though a head kept here says otherwise.

    That is so after a backup was restored. An event keeps what stood here, and the heads of this
    server begin anew with it. What the chain itself shows to be changed stays to be seen.
    Who: the system, at the command of the operator. Writes: AuditHead; the kept heads.
    Raises: NotAllowed for anybody else; Invalid without a reason, or if there is no trail yet.
    """
    if not actor.is_system:
        raise NotAllowed("core.accept", "Only the operator accepts a trail, by the command.")
    if not reason.strip():
        raise Invalid("core.reason", "Say why it is accepted.", fields={"reason": "Needed."})
    row = AuditHead.objects.select_for_update().filter(pk=1).first()
    last = AuditSeal.objects.order_by("-position").first()
    if last is None:
        raise Invalid("core.no_trail", "There is no audit trail yet, so none can be accepted.")
    stood = {
        trail: "no head" if head is None else str(head) for trail, head in heads.kept().items()
    }
    before = {"head": "none" if row is None else f"{row.position}:{row.seal}", "kept": stood}
    row = row or AuditHead(pk=1, trail=_begun_by(stood))
    row.position, row.seal = last.position, last.seal
    row.save()
    record(
        actor=actor,
        action=ACCEPT,
        obj=row,
        before=before,
        after={"head": str(last)},
        reason=reason,
    )
    transaction.on_commit(_keep_anew)


def _begun_by(trails: Iterable[str]) -> str:
    """The one of these trails that the chain began with, else a new name."""
    first = AuditSeal.objects.filter(position=1).first()
    for trail in trails:
        if first is not None and seal_of(trail, 1, first.content) == first.seal:
            return trail
    return secrets.token_hex(16)


def _keep_anew() -> None:
    heads.start_anew(current_head())


def end_of_trail() -> Head | None:
    """Where the chain ends; None where nothing was recorded yet."""
    row = AuditHead.objects.filter(pk=1).first()
    return None if row is None else Head(row.trail, row.position, row.seal)


def current_head() -> Head:
    """Where the chain ends. Raises: Invalid if nothing was recorded yet."""
    end = end_of_trail()
    if end is None:
        raise Invalid("core.no_trail", "There is no audit trail yet; nothing was changed so far.")
    return end
