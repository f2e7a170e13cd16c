# SPDX-License-Identifier: Apache-2.0
"""Events get their seals when their transaction commits, in that transaction.

The chain has one end, so whoever seals holds it until the commit is done. A lock on it that was
taken when an event is recorded would make every other change wait for a long import, and would
stand before locks on rows that are taken later: two changes could wait for each other.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator

from django.db import IntegrityError, connection

from pilothouse.foundation.core.committing import After, committing
from pilothouse.foundation.core.errors import Conflict
from pilothouse.foundation.core.models import AuditEvent, AuditHead, AuditSeal
from pilothouse.foundation.core.trail import heads
from pilothouse.foundation.core.trail.contents import FIELDS, Head, content_of, seal_of

BATCH = 500


def require_transaction() -> None:
    """Raise ``TransactionManagementError`` where an event would be committed by itself."""
    committing().require_transaction()


def note_recorded(ids: Collection[int]) -> None:
    """Have these events sealed with the commit of this transaction."""
    committing().before_commit(seal, ids)


def seal_events() -> None:
    """Seal what this transaction has recorded so far.

    A commit does it by itself; this is for tests, whose transactions are rolled back.
    """
    committing().do_last()


def seal(ids: Collection[int]) -> After | None:
    """Put those of these events that are still there at the end of the chain."""
    found = list(_contents(ids))
    if not found:
        return None
    if connection.vendor == "postgresql":
        # Foreign keys are looked at now: in the commit that would wait for rows which others have
        # locked, while they wait for the end of the chain.
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    before = locked_head()
    position, last = before.position, before.seal
    rows = []
    for event_id, content in found:
        position += 1
        last = seal_of(last, position, content)
        rows.append(AuditSeal(position=position, event_id=event_id, content=content, seal=last))
    try:
        AuditSeal.objects.bulk_create(rows, batch_size=BATCH)
    except IntegrityError as error:
        raise disagreement() from error
    AuditHead.objects.filter(pk=1).update(position=position, seal=last)
    after = Head(before.trail, position, last)
    return lambda: heads.keep(after, before)


def _contents(ids: Collection[int]) -> Iterator[tuple[int, str]]:
    """(id, digest) of the events as they are in the database, which rounds and orders values."""
    keys = sorted(ids)
    for start in range(0, len(keys), BATCH):
        rows = AuditEvent.objects.filter(pk__in=keys[start : start + BATCH]).order_by("pk")
        for row in rows.values_list(*FIELDS):
            yield row[0], content_of(row)


def locked_head() -> Head:
    """The end of the chain; nobody else seals before this transaction is over.

    The first event of an installation begins the trail. Raises ``Conflict`` if there is a chain
    without an end.
    """
    rows = AuditHead.objects.select_for_update()
    row = rows.filter(pk=1).first()
    if row is None and AuditSeal.objects.exists():
        # Somebody else may have begun it between the two reads.
        row = rows.filter(pk=1).first()
        if row is None:
            raise disagreement()
    if row is None:
        trail = secrets.token_hex(16)
        begun = AuditHead(pk=1, trail=trail, position=0, seal=trail)
        # Whoever begins it at the same moment is waited for; then theirs holds.
        AuditHead.objects.bulk_create([begun], ignore_conflicts=True)
        row = rows.get(pk=1)
    return Head(row.trail, row.position, row.seal)


def disagreement() -> Conflict:
    """What to say when the row of the end does not fit the chain."""
    return Conflict(
        "core.audit_head",
        "The audit trail does not end where its head says, so nothing can be saved. "
        "The operator finds the place with `pilothouse audit verify`.",
    )
