# SPDX-License-Identifier: Apache-2.0
"""Showing the scanner what is stored already, from before there was one."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field

from django.db import transaction

from pilothouse.exchange.models import ImportFile, ImportJob
from pilothouse.exchange.services.reading import OPEN, give_up
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotAllowed, Unavailable
from pilothouse.foundation.scanning.models import IncomingFile
from pilothouse.foundation.scanning.scanner import TooLarge, Unanswered
from pilothouse.foundation.scanning.services import Arrival, examine, note_found, require_scanner


@dataclass(slots=True)
class Scanned:
    """How many files were looked at, in which something was found and what became of them, and
    which were too large.
    """

    seen: int = 0
    found: list[str] = field(default_factory=list)
    too_large: list[str] = field(default_factory=list)


def scan_stored(*, actor: Actor) -> Scanned:
    """Look at the file of every open import; what is found ends its import and is deleted.

    Files are kept nowhere else: plans are kept as rows, and an import that ended keeps no file.
    Who: the system. Writes: ImportJob, ImportFile, ImportRow, IncomingFile.
    Raises: Invalid without a scanner, Unavailable where it does not answer; what was found before
    stays refused.
    """
    if not actor.is_system:
        raise NotAllowed("exchange.scan", "What is stored is scanned by the operator.")
    require_scanner()
    told = Scanned()
    for pk in list(ImportFile.objects.order_by("pk").values_list("pk", flat=True)):
        stored = ImportFile.objects.select_related("job").filter(pk=pk).first()
        if stored is None:
            # Its import ended while others were looked at.
            continue
        data, job = zlib.decompress(bytes(stored.content)), stored.job
        said = f"import {job.pk}, {job.file_name}"
        told.seen += 1
        try:
            signature = examine(data)
        except TooLarge:
            told.too_large.append(said)
            continue
        except Unanswered as error:
            raise Unavailable(
                "exchange.scan_silent",
                f"The scanner {error}; {told.seen - 1} files were looked at. Start it and run this "
                "again.",
            ) from None
        if signature:
            became = _refuse(actor, job, data, signature)
            told.found.append(f"{said}: {signature}: {became}")
    return told


@transaction.atomic
def _refuse(actor: Actor, seen: ImportJob, data: bytes, signature: str) -> str:
    """End an import and delete its file and rows; note what was found. Says what became of it.

    One that somebody ended while the scanner looked stays as it is: what was brought in can be
    undone by its rows.
    """
    job = core.lock(ImportJob.objects.all(), seen.pk)
    became = f"{job.get_stage_display().lower()} meanwhile, its file is deleted."
    if job.stage in OPEN:
        became = "its import is ended and the file deleted."
        give_up(actor, job, "importjob.refuse", f"The scanner found {signature}.")
    arrival = Arrival(
        door=IncomingFile.Door.TABLE,
        place=f"Import {job.pk}",
        file_name=job.file_name,
        data=data,
        office_id=job.office_id,
        object_id=job.office_id,
    )
    note_found(actor=actor, arrival=arrival, signature=signature, sent_by=job.created_by_id)
    return became
