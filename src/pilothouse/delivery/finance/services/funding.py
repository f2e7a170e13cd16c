# SPDX-License-Identifier: Apache-2.0
"""Funding: proposed for a stage, approved by its gate, released, carried over or lapsed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F, Max
from django.utils import timezone

from pilothouse.delivery.finance import deciding, rules
from pilothouse.delivery.finance.events import MoneyChanged
from pilothouse.delivery.finance.models import FundingRelease
from pilothouse.delivery.finance.money import is_stored
from pilothouse.delivery.finance.queries.available import COUNTED
from pilothouse.delivery.finance.queries.funding import funding_of
from pilothouse.delivery.finance.queries.releases import Held
from pilothouse.delivery.finance.services.keeping import required_reason
from pilothouse.delivery.finance.services.opened import locked_project, locked_release
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.events import publish
from pilothouse.foundation.organisation.services import invalid_from

State = FundingRelease.State
FIELDS = ("gate", "amount", "first", "last", "reason")


@dataclass(frozen=True, slots=True)
class AskedFunding:
    """What a gate is to set free, for which stage."""

    gate: str
    amount: Decimal
    first: date
    last: date
    reason: str = ""


@transaction.atomic
def propose_funding(*, actor: Actor, project: Project, asked: AskedFunding) -> FundingRelease:
    """Propose what a gate is to set free for a stage.

    Who: C or S on funding_release. Writes: FundingRelease. Raises: Invalid naming the field.
    """
    allowed = deciding.require_proposer(actor, project)
    row = locked_project(project)
    last = row.funding_releases.aggregate(last=Max("number"))["last"] or 0
    release = FundingRelease(project=row, number=last + 1, **_values(row, asked))
    try:
        core.create(
            actor=allowed,
            obj=release,
            names=("number", *FIELDS),
            reason=asked.reason,
            office_id=row.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "finance.funding") from error
    return release


@transaction.atomic
def change_funding(
    *, actor: Actor, release: FundingRelease, asked: AskedFunding, version: int | None
) -> FundingRelease:
    """Change a release that is only proposed.

    Who: C, S or U on funding_release. Writes: FundingRelease. Raises: Invalid, Conflict.
    """
    row = locked_release(release, version)
    allowed = deciding.require_proposer(actor, row.project, "U")
    _require_state(row, State.PROPOSED)
    values = _values(row.project, asked)
    _set(allowed, row, values, version, deciding.FUNDING_CHANGED, asked.reason)
    return row


@transaction.atomic
def approve_funding(
    *, actor: Actor, release: FundingRelease, version: int | None, note: str = ""
) -> FundingRelease:
    """Decide for the gate that a stage gets its funding; finance releases it.

    Who: A on funding_release; not who proposed or changed it nor the project manager.
    Writes: FundingRelease. Publishes: MoneyChanged. Raises: Invalid, Conflict.
    """
    row = locked_release(release, version)
    allowed = deciding.require_funder(actor, row)
    _require_state(row, State.PROPOSED)
    values = {"state": State.APPROVED, **_signed("approved", actor)}
    return _told(allowed, row, values, version, "fundingrelease.approved", note)


@transaction.atomic
def release_funding(
    *, actor: Actor, release: FundingRelease, version: int | None, note: str = ""
) -> FundingRelease:
    """Set approved funding free; from now on it is available.

    Who: L on funding_release, which is finance. Writes: FundingRelease. Publishes: MoneyChanged.
    Raises: Invalid unless it is approved, Conflict.
    """
    row = locked_release(release, version)
    allowed = rules.require(actor, row.project, rules.FUNDING, "L", "release the funding")
    _require_state(row, State.APPROVED)
    values = {"state": State.RELEASED, **_signed("released", actor)}
    return _told(allowed, row, values, version, "fundingrelease.released", note)


@transaction.atomic
def withdraw_funding(
    *, actor: Actor, release: FundingRelease, version: int | None, reason: str
) -> FundingRelease:
    """Take funding back. Of what is released only the part that nobody used or promised goes.

    Who: whoever proposes or releases funding, while it is not released; afterwards whoever
    approves it. Writes: FundingRelease. Publishes: MoneyChanged. Raises: Invalid, Conflict.
    """
    row = locked_release(release, version)
    _require_state(row, State.PROPOSED, State.APPROVED, State.RELEASED)
    if row.state == State.RELEASED:
        allowed = deciding.require_funder(actor, row)
        lapsed = _held(row).rest
    else:
        allowed = deciding.require_proposer(actor, row.project, "L")
        lapsed = row.amount
    why = required_reason(reason, "the funding is withdrawn")
    values = {"state": State.WITHDRAWN, "lapsed": lapsed}
    return _told(allowed, row, values, version, "fundingrelease.withdrawn", why)


@transaction.atomic
def carry_over(
    *,
    actor: Actor,
    release: FundingRelease,
    to: FundingRelease | None,
    version: int | None,
    reason: str,
) -> FundingRelease:
    """Let what is left of a release last as long as a later one, as the gate decided.

    Who: A on funding_release; not who proposed or changed it nor the project manager.
    Writes: FundingRelease. Raises: Invalid, Conflict.
    """
    row = locked_release(release, version)
    allowed = deciding.require_funder(actor, row)
    _require_state(row, State.RELEASED)
    why = required_reason(reason, "the rest is carried over")
    if (
        to is None
        or to.project_id != row.project_id
        or to.last <= row.last
        or to.state not in (State.APPROVED, State.RELEASED)
    ):
        raise Invalid(
            "finance.carry_to",
            f"The rest of funding {row.number} is carried over to an approved or released one of "
            f"project {row.project.code} that ends after {written(row.last)}.",
            fields={"to": "Choose a later one."},
        )
    return _told(allowed, row, {"carried_to": to}, version, "fundingrelease.carried", why)


@transaction.atomic
def settle_funding(*, actor: Actor, project: Project, today: date) -> int:
    """Let what is left of ended stages lapse, and mark what costs have used up; how many changed.

    What lapsed once is settled again: what orders and costs of an ended stage let go lapses too.

    Who: the daily job. Writes: FundingRelease. Publishes: MoneyChanged.
    """
    row = core.lock(Project.objects.select_related("currency"), project.pk)
    count = 0
    for held in funding_of(row, today).held:
        values = _settled(held)
        if values:
            _set(actor, held.release, values, None, "fundingrelease.settled", "")
            count += 1
    if count:
        publish(MoneyChanged((row.pk,), "funding settled"))
    return count


def projects_to_settle() -> list[Project]:
    """Projects with funding that is released and did not lapse whole, for the daily job."""
    rows = FundingRelease.objects.filter(COUNTED, amount__gt=F("lapsed"))
    return list(Project.objects.filter(pk__in=rows.values("project_id")).order_by("pk"))


def _settled(held: Held) -> Mapping[str, Any]:
    release = held.release
    if held.lapsing:
        withdrawn = release.state == State.WITHDRAWN
        return {"state": release.state if withdrawn else State.LAPSED, "lapsed": held.lapsed}
    if release.state not in (State.RELEASED, State.EXHAUSTED):
        return {}
    state = State.EXHAUSTED if held.spent == held.counted else State.RELEASED
    return {"state": state} if state != release.state else {}


def _held(row: FundingRelease) -> Held:
    return next(held for held in funding_of(row.project).held if held.release.pk == row.pk)


def _values(project: Project, asked: AskedFunding) -> dict[str, Any]:
    units = project.currency.minor_units
    if not is_stored(asked.amount, units):
        raise Invalid(
            "finance.funding_amount",
            f"An amount of {project.currency_id} has at most {units} decimals.",
            fields={"amount": f"At most {units} decimals."},
        )
    return {
        "gate": asked.gate.strip(),
        "amount": asked.amount,
        "first": asked.first,
        "last": asked.last,
        "reason": asked.reason.strip(),
    }


def _require_state(row: FundingRelease, *states: FundingRelease.State) -> None:
    if row.state not in states:
        wanted = " or ".join(str(state.label).lower() for state in states)
        raise Invalid(
            "finance.funding_state",
            f"Funding {row.number} of project {row.project.code} is "
            f"{row.get_state_display().lower()}; for this step it would be {wanted}.",
        )


def _signed(word: str, actor: Actor) -> dict[str, Any]:
    return {f"{word}_by_id": actor.user_id, f"{word}_at": timezone.now()}


def _set(
    actor: Actor,
    row: FundingRelease,
    values: Mapping[str, Any],
    version: int | None,
    action: str,
    reason: str,
) -> None:
    try:
        core.change(
            actor=actor,
            obj=row,
            values=values,
            version=version,
            action=action,
            reason=reason.strip(),
            office_id=row.project.office_id,
        )
    except ValidationError as error:
        raise invalid_from(error, "finance.funding") from error


def _told(
    actor: Actor,
    row: FundingRelease,
    values: Mapping[str, Any],
    version: int | None,
    action: str,
    reason: str,
) -> FundingRelease:
    _set(actor, row, values, version, action, reason)
    publish(MoneyChanged((row.project_id,), action))
    return row
