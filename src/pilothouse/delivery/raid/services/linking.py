# SPDX-License-Identifier: Apache-2.0
"""What belongs together: risk and response, issue and action, cause and effect."""

from __future__ import annotations

from django.db import transaction

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Entry, EntryLink
from pilothouse.delivery.raid.services.opened import tell
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid

Link = EntryLink.Kind
DIRECTED = (Link.BECAME, Link.RESPONSE, Link.LEADS)


@transaction.atomic
def link_entries(*, actor: Actor, source: Entry, target: Entry, kind: str) -> EntryLink:
    """Say why two entries belong together.

    Who: whoever may change one of them, reading both. Writes: EntryLink.
    Raises: Invalid for a circle, and for what is linked already; NotAllowed.
    """
    allowed = _keeper(actor, source, target)
    if kind not in Link.values:
        raise Invalid(
            "raid.link_kind",
            f"‘{kind}’ is no kind of link. Choose one of the list.",
            fields={"kind": "Choose one of the list."},
        )
    if source.office_id != target.office_id:
        raise Invalid("raid.link_office", "Entries of two offices cannot be linked.")
    if source.pk == target.pk:
        raise Invalid("raid.link_itself", f"{source} cannot be linked to itself.")
    # Both ends are locked in one order, so that no two links close a circle together.
    list(
        Entry.objects.select_for_update()
        .filter(pk__in=[source.pk, target.pk])
        .order_by("pk")
        .values_list("pk")
    )
    _require_no_circle(source, target, kind)
    return bind(allowed, source, target, kind)


def bind(actor: Actor, source: Entry, target: Entry, kind: str) -> EntryLink:
    """Write a link with its entry in the trail; one that is there already stays."""
    link, made = EntryLink.objects.get_or_create(source=source, target=target, kind=kind)
    if made:
        core.record(
            actor=actor,
            action=f"{source.kind}.link",
            obj=source,
            after={kind: str(target)},
            office_id=source.office_id,
        )
        tell(source, "linked")
    return link


@transaction.atomic
def unlink_entries(*, actor: Actor, link: EntryLink, reason: str = "") -> None:
    """Take a link away. What became of what stays told.

    Who: as ``link_entries``. Raises: Invalid for what became of what, NotAllowed.
    """
    allowed = _keeper(actor, link.source, link.target)
    if link.kind == Link.BECAME:
        raise Invalid(
            "raid.link_history",
            f"{link.target} became of {link.source}; that is history and stays.",
        )
    core.record(
        actor=allowed,
        action=f"{link.source.kind}.unlink",
        obj=link.source,
        before={link.kind: str(link.target)},
        reason=reason.strip(),
        office_id=link.source.office_id,
    )
    link.delete()
    tell(link.source, "unlinked")


def _keeper(actor: Actor, source: Entry, target: Entry) -> Actor:
    found = rules.acting_as(actor, source, "U", own=True)
    return found or rules.require_keep(actor, target)


def _require_no_circle(source: Entry, target: Entry, kind: str) -> None:
    """Raises Invalid naming the entries of the circle that the link would close."""
    if kind not in DIRECTED:
        return
    came: dict[int, int] = {target.pk: 0}
    front = [target.pk]
    while front and source.pk not in came:
        rows = EntryLink.objects.filter(source__in=front, kind__in=DIRECTED)
        found = {
            after: before
            for before, after in rows.order_by("pk").values_list("source_id", "target_id")
            if after not in came
        }
        came.update(found)
        front = list(found)
    if source.pk not in came:
        return
    chain = [source.pk]
    while came[chain[-1]]:
        chain.append(came[chain[-1]])
    by_pk = Entry.objects.with_place().in_bulk(chain)
    words = " → ".join(by_pk[pk].code for pk in reversed(chain))
    raise Invalid(
        "raid.circle",
        f"{words} → {by_pk[target.pk].code}: each would lead to itself. "
        "Take one of these links away first.",
    )
