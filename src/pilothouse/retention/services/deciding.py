# SPDX-License-Identifier: Apache-2.0
"""Rules of retention and legal holds: who decided what, when and why."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from pilothouse.delivery.projects.queries import scope_chain
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotFound
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.retention.kinds import CLASSES, MOST_MONTHS, term
from pilothouse.retention.models import Kind, LegalHold, RetentionRule
from pilothouse.retention.rules import require_hold, require_set_rule


def checked_months(kind: Kind, keep_months: int | None) -> int | None:
    """A term that a rule for this kind may have. Raises: Invalid with the least and the reason."""
    about = CLASSES[kind]
    if keep_months is None or about.least_months <= keep_months <= MOST_MONTHS:
        return keep_months
    if keep_months > MOST_MONTHS:
        message = f"At most {term(MOST_MONTHS)}; leave it empty to keep for ever."
    else:
        message = f"At least {term(about.least_months)}: {about.why}."
    raise Invalid("retention.term", message, fields={"keep_months": message})


def _reason(reason: str, what: str) -> str:
    text = reason.strip()
    if not text or len(text) > 300:
        message = f"Say why {what}, in at most 300 characters."
        raise Invalid("retention.reason", message, fields={"reason": message})
    return text


def locked_office(office: OrgUnit) -> OrgUnit:
    """Rules, holds and each batch of a run wait for one another: what holds is never removed."""
    return core.lock(OrgUnit.objects.all(), office.pk)


@transaction.atomic
def set_rule(
    *,
    actor: Actor,
    office: OrgUnit,
    kind: Kind,
    keep_months: int | None,
    version: int | None,
    reason: str,
) -> RetentionRule:
    """Say for how many months an office keeps a kind of data; None is for ever.

    What is older goes with the next nightly run. What went before does not come back.
    Who: U on retention_rule, or a system administrator. Writes: RetentionRule.
    Raises: NotAllowed, Invalid below the least term or without a reason, Conflict.
    """
    actor = require_set_rule(actor, office)
    checked_months(kind, keep_months)
    why = _reason(reason, "the rule is set")
    locked_office(office)
    row, _ = RetentionRule.objects.get_or_create(
        office=office, kind=kind, defaults={"created_by_id": actor.user_id}
    )
    core.change(
        actor=actor,
        obj=row,
        values={"keep_months": keep_months},
        version=version,
        reason=why,
        office_id=office.pk,
    )
    return row


@transaction.atomic
def place_hold(
    *, actor: Actor, office: OrgUnit, scope_type: str, scope_id: int, reason: str
) -> LegalHold:
    """From now on nothing of an object, and of what lies or lay below it, is removed.

    Who: U on legal_hold, or a system administrator; of the tree only what the actor sees.
    Writes: LegalHold. Raises: NotAllowed, Invalid for what is no object of this office, for one
    that has a hold already, or without a reason.
    """
    actor = require_hold(actor, office)
    why = _reason(reason, "it is held")
    locked_office(office)
    _require_object(actor, office, scope_type, scope_id)
    if LegalHold.objects.filter(
        scope_type=scope_type, scope_id=scope_id, released_at=None
    ).exists():
        message = "It is under a legal hold already; release that one first."
        raise Invalid("retention.held", message, fields={"scope_id": message})
    row = LegalHold(office=office, scope_type=scope_type, scope_id=scope_id, reason=why)
    return core.create(
        actor=actor,
        obj=row,
        names=("scope_type", "scope_id", "reason"),
        reason=why,
        office_id=office.pk,
    )


def _require_object(actor: Actor, office: OrgUnit, scope_type: str, scope_id: int) -> None:
    found = office.pk if scope_type == LegalHold.Scope.OFFICE and scope_id == office.pk else 0
    if scope_type in LegalHold.Scope.values and scope_type != LegalHold.Scope.OFFICE:
        try:
            _, found, _ = scope_chain(actor, scope_type, scope_id)
        except NotFound:
            found = 0
    if found != office.pk:
        message = "There is no such portfolio, programme or project in this organisation."
        raise Invalid("retention.scope", message, fields={"scope_id": message})


@transaction.atomic
def release_hold(*, actor: Actor, hold: LegalHold, version: int | None, reason: str) -> LegalHold:
    """End a legal hold: the rules of the office apply again from the next nightly run on.

    Who: U on legal_hold, or a system administrator. Writes: LegalHold.
    Raises: NotAllowed, Conflict, Invalid for one that is released or without a reason.
    """
    actor = require_hold(actor, hold.office)
    why = _reason(reason, "it is released")
    locked_office(hold.office)
    row = core.lock(LegalHold.objects.all(), hold.pk)
    if row.released_at is not None:
        raise Invalid("retention.released", "This legal hold was released already.")
    core.change(
        actor=actor,
        obj=row,
        values={
            "released_at": timezone.now(),
            "released_by_id": actor.user_id,
            "release_reason": why,
        },
        version=version,
        action="legalhold.release",
        reason=why,
        office_id=row.office_id,
    )
    return row
