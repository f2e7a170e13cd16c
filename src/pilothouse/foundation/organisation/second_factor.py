# SPDX-License-Identifier: Apache-2.0
"""Who must have a second factor: by the rule of an office, and of the installation.

An office binds everybody who holds a role in it on the day, everybody with a place in it, and who
acts for a holder by delegation. A role in the whole installation is one in every office. The
installation binds every account. All of it is read, nothing of it is kept: a role that begins or
ends by its date changes who is bound at that midnight.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone

from pilothouse.foundation.access.models import Delegation, RoleAssignment
from pilothouse.foundation.access.queries import Grants
from pilothouse.foundation.accounts.models import SecondFactor, User
from pilothouse.foundation.accounts.queries import Asker, second_factor_of
from pilothouse.foundation.core import clock, jobs
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent, Installation
from pilothouse.foundation.organisation.models import Membership, OrgUnit
from pilothouse.foundation.organisation.queries import (
    may_set_for_everybody,
    visible_people,
)
from pilothouse.foundation.organisation.services import (
    installation_row,
    require_on_unit,
    update_unit,
)

Known = F | OuterRef | int
"""A number, or a column of a query around the one that asks."""


def _bonds(person: Known, office: Known, office_below: Known, day: date) -> Q:
    """What binds a person to an office on a day; ``office_below`` is it seen one query deeper."""
    held = RoleAssignment.objects.valid_on(day)
    own = held.filter(Q(office_id=office) | Q(scope_type="global"), person_id=person)
    place = Membership.objects.filter(person_id=person, org_unit__office_id=office)
    theirs = held.filter(
        Q(office_id=office_below) | Q(scope_type="global"), person_id=OuterRef("from_person_id")
    )
    given = Delegation.objects.filter(
        Exists(theirs),
        to_person_id=person,
        from_person__is_active=True,
        valid_from__lte=day,
        valid_to__gte=day,
        voided=False,
    )
    return Q(Exists(own)) | Q(Exists(place)) | Q(Exists(given))


def _asking(person: Known, day: date) -> QuerySet[OrgUnit]:
    """Offices whose rule binds a person, the earliest first."""
    bonds = _bonds(person, OuterRef("pk"), OuterRef(OuterRef("pk")), day)
    rows = OrgUnit.objects.filter(bonds, parent=None, second_factor_from__isnull=False)
    return rows.order_by("second_factor_from", "name")


def due(person: str, day: date) -> Sequence[Combinable]:
    """From which day the earliest office asks, and from which the installation."""
    offices = _asking(OuterRef(OuterRef(person)), day)
    return (
        Subquery(offices.values("second_factor_from")[:1]),
        Subquery(Installation.objects.values("second_factor_from")[:1]),
    )


def askers(user_id: int, day: date) -> list[Asker]:
    """Who asks this person, the earliest first."""
    rows = _asking(user_id, day).values_list("name", "second_factor_from")
    found = [Asker(name, since) for name, since in rows if since is not None]
    since = installation_asks_from()
    if since is not None:
        found.append(Asker("", since))
    return sorted(found, key=lambda asker: asker.since)


def installation_asks_from() -> date | None:
    """The day from which every account here must have one, if any."""
    return Installation.objects.values_list("second_factor_from", flat=True).first()


def bound_people(office_id: int | None, day: date) -> QuerySet[User]:
    """Active people whom the rule of an office binds, or would; of the installation for None."""
    rows = User.objects.filter(is_active=True)
    if office_id is None:
        return rows
    return rows.filter(_bonds(OuterRef("pk"), office_id, office_id, day))


@dataclass(frozen=True, slots=True)
class Lacking:
    """How far a rule is met: how many it binds, and those of them without, by name."""

    bound: int
    people: QuerySet[User]


def lacking(
    actor: Actor, office_id: int | None, day: date, grants: Grants | None = None
) -> Lacking:
    """Who in the actor's sight has no second factor yet.

    Who acts in an office only by a delegation, and has no place there, is bound and not listed.
    """
    has = Exists(SecondFactor.objects.filter(user_id=OuterRef("pk")))
    seen = visible_people(actor, grants).values("pk")
    rows = bound_people(office_id, day).filter(pk__in=seen)
    return Lacking(rows.count(), rows.filter(~has).order_by("full_name", "pk"))


REMIND = "organisation.remind_second_factor"


@transaction.atomic
def set_rule_of_office(
    *, actor: Actor, office: OrgUnit, since: date | None, version: int | None, reason: str
) -> OrgUnit:
    """Say from which day everybody of an office must have a second factor; None for no rule.

    Sessions that are open are bound from that day on too.
    Who: U on org_unit. Writes: OrgUnit. Raises: NotAllowed, Invalid, Conflict.
    """
    require_on_unit(actor, office, "U")
    _require_day(office.second_factor_from, since, reason)
    values = {"second_factor_from": since}
    return update_unit(actor=actor, unit=office, values=values, version=version, reason=reason)


@transaction.atomic
def set_rule_of_installation(
    *, actor: Actor, since: date | None, version: int | None, reason: str
) -> Installation:
    """Say from which day every account here must have a second factor, administrators' too.

    Who: ``may_set_for_everybody``. Writes: Installation. Raises: NotAllowed, Invalid, Conflict.
    """
    require_set_for_everybody(actor)
    row = installation_row(actor)
    _require_day(row.second_factor_from, since, reason)
    values = {"second_factor_from": since}
    core.change(actor=actor, obj=row, values=values, version=version, reason=reason)
    return row


def require_set_for_everybody(actor: Actor) -> None:
    """Raise NotAllowed unless the actor may set the rule of the whole installation."""
    if not (actor.is_system or may_set_for_everybody(actor)):
        raise NotAllowed(
            "organisation.second_factor",
            "This rule holds for every account here; a system administrator sets it.",
        )


def _require_day(saved: date | None, since: date | None, reason: str) -> None:
    """A rule begins today or later; to lift it or put it off wants a reason."""
    today = clock.today()
    if since is not None and since != saved and since < today:
        message = "Choose today or a later day; people need time to set it up."
        raise Invalid("organisation.second_factor_day", message, fields={"since": message})
    weaker = saved is not None and (since is None or since > saved)
    if weaker and not reason.strip():
        message = "Say why less is asked than before."
        raise Invalid("organisation.second_factor_reason", message, fields={"reason": message})


@transaction.atomic
def remind(*, actor: Actor, office: OrgUnit | None, site: str) -> int:
    """Mail everybody in sight whom the rule of an office (None: installation) finds without one.

    Once a day at most. ``site`` is the address of the installation. Returns how many mails go out.
    Who: whoever sets the rule. Writes: Job. Raises: NotAllowed, Invalid.
    """
    if office is None:
        require_set_for_everybody(actor)
        row: Installation | OrgUnit = installation_row(actor)
    else:
        require_on_unit(actor, office, "U")
        # Two who press at once do so one after the other.
        row = core.lock(OrgUnit.objects.all(), office.pk)
    if row.second_factor_from is None:
        raise Invalid(
            "organisation.second_factor_off", "There is no rule to remind of; set its day first."
        )
    action = f"{row._meta.model_name}.remind_second_factor"
    day = clock.today()
    before = AuditEvent.objects.filter(
        action=action, object_id=row.pk, at__gte=clock.start_of(day)
    ).first()
    if before is not None:
        raise Invalid(
            "organisation.second_factor_reminded",
            f"{before.actor_label} had the mails sent today already; wait until tomorrow.",
        )
    people = list(lacking(actor, office.pk if office else None, day).people)
    for person in people:
        jobs.enqueue(
            name=REMIND,
            payload={"person_id": person.pk, "site": site},
            run_at=timezone.now(),
            unique_key=f"{REMIND}:{person.pk}",
        )
    core.record(
        actor=actor,
        action=action,
        obj=row,
        after={"mails": len(people)},
        office_id=office.pk if office else 0,
    )
    return len(people)


def send_reminder(*, person_id: int, site: str) -> bool:
    """Mail one person what is asked of them, unless it is done by now. Who: the job."""
    person = User.objects.filter(pk=person_id, is_active=True).first()
    day = clock.today()
    asks = askers(person_id, day)
    if person is None or not asks or second_factor_of(person_id) is not None:
        return False
    context = {
        "name": person.full_name,
        "asks": " ".join(asker.sentence(day) for asker in asks),
        "address": site + reverse("accounts:second-factor"),
        "day": written(asks[0].since) if asks[0].since > day else "",
    }
    subject = render_to_string("organisation/second_factor_subject.txt", context).strip()
    body = render_to_string("organisation/second_factor_mail.txt", context)
    send_mail(subject, body, None, [person.email])
    return True
