# SPDX-License-Identifier: Apache-2.0
"""Reads of files that are held or were refused, and how the scanner is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.db.models import QuerySet

from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.rules import visible_files
from pilothouse.foundation.scanning.scanner import Unanswered, WrongAddress, scanner_at

HELD = IncomingFile.State.HELD
SHOWN = 20


def files_of(actor: Actor, state: str = "") -> QuerySet[IncomingFile]:
    """Files in sight, newest first, with what a list shows."""
    rows = visible_files(actor).select_related("office", "created_by")
    return rows.filter(state=state) if state else rows


def own_held(
    actor: Actor, door: IncomingFile.Door, offices: Sequence[OrgUnit]
) -> list[IncomingFile]:
    """What the actor sent to these offices by a door, and the scanner has not seen yet.

    Without a scanner nothing is asked: what was held before stands in the list of files.
    """
    if not settings.PILOTHOUSE_SCANNER:
        return []
    rows = IncomingFile.objects.filter(
        created_by_id=actor.user_id, state=HELD, door=door, office__in=offices
    )
    return list(rows.order_by("pk")[:SHOWN])


def held_for(door: IncomingFile.Door, object_id: int) -> list[IncomingFile]:
    """What is held for an object; who asks may bring files in for it. Else as ``own_held``."""
    if not settings.PILOTHOUSE_SCANNER:
        return []
    rows = IncomingFile.objects.filter(state=HELD, door=door, object_id=object_id)
    return list(rows.select_related("created_by").order_by("pk")[:SHOWN])


@dataclass(frozen=True, slots=True)
class ScannerState:
    """Whether a scanner is set, who answers or why nobody does, and how many files wait."""

    is_set: bool
    answer: str
    fault: str
    held: int


def scanner_state() -> ScannerState:
    """Ask the scanner who it is, and count what waits for it."""
    held = IncomingFile.objects.filter(state=HELD).count()
    if not settings.PILOTHOUSE_SCANNER:
        return ScannerState(False, "", "", held)
    try:
        return ScannerState(True, scanner_at(settings.PILOTHOUSE_SCANNER).knock(), "", held)
    except (Unanswered, WrongAddress) as error:
        return ScannerState(True, "", str(error), held)
