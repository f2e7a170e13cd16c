# SPDX-License-Identifier: Apache-2.0
"""Every file passes here before anything reads it: taken in, held, or refused."""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Min, Sum
from django.utils import timezone

from pilothouse.foundation.accounts.queries import require_second_factor
from pilothouse.foundation.core import jobs
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import (
    Conflict,
    FileHeld,
    Invalid,
    PilothouseError,
    Unavailable,
)
from pilothouse.foundation.core.logs import note
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.scanning.models import IncomingContent, IncomingFile
from pilothouse.foundation.scanning.rules import get_file
from pilothouse.foundation.scanning.scanner import (
    TooLarge,
    Unanswered,
    WrongAddress,
    scanner_at,
)

State = IncomingFile.State
Door = IncomingFile.Door
Done = Callable[[int], None]
Release = Callable[[Actor, IncomingFile, bytes, Done], None]
"""Takes in a held file that is clean now, with the rights that its person has now.

``Done`` is called with the id of the result, inside the transaction that makes it.
"""

HELD_BY_PERSON = 5
HELD_BY_OFFICE = 50
HELD_BYTES_BY_OFFICE = 200 * 1024 * 1024
SOONEST = timedelta(minutes=1)
LATEST = timedelta(minutes=15)
NAMES = (
    "office",
    "door",
    "object_id",
    "file_name",
    "sha256",
    "size_bytes",
    "state",
    "reason",
    "signature",
)

_releases: dict[str, Release] = {}


def install_release(door: Door, release: Release) -> None:
    """Say who takes in what was held at a door; called once at the start, by its app."""
    _releases[door] = release


@dataclass(frozen=True, slots=True)
class Arrival:
    """A file at a door: what it is meant for, and what was asked beside it."""

    door: Door
    place: str
    file_name: str
    data: bytes
    office_id: int | None = None
    object_id: int = 0
    asked: Mapping[str, Any] | None = None


@dataclass(slots=True)
class Looked:
    """What became of held files in one go."""

    released: int = 0
    refused: int = 0
    waiting: int = 0

    @property
    def sentence(self) -> str:
        return f"Held files: {self.released} taken in, {self.refused} refused, {self.waiting} wait."


def admit(*, actor: Actor, arrival: Arrival, holds: bool = True) -> None:
    """Show a file to the scanner before anything reads it; returns where it may be taken in.

    Without ``holds`` nothing is kept of it: who only asks what a file would do asks again later.

    Who: whoever may bring in the file; the caller has seen to that. Call it outside of a
    transaction: what is noted here outlives the refusal. Writes: IncomingFile where it is held or
    something was found. Raises: Invalid where something was found, the file is larger than the
    scanner takes, or too many are held; FileHeld where the scanner does not answer; Unavailable in
    place of it without ``holds``, at the command line and for the system, which wait for no page.
    """
    if not settings.PILOTHOUSE_SCANNER:
        return
    try:
        signature = examine(arrival.data)
    except TooLarge:
        message = (
            f"{arrival.file_name} is larger than the scanner takes, so it was not taken in. Send "
            "it in parts, or let the operator raise the limit of the scanner (StreamMaxLength)."
        )
        raise Invalid("scanning.too_large", message, fields={"file": message}) from None
    except Unanswered as error:
        if not holds or actor.is_system or actor.channel == "cli":
            raise Unavailable(
                "scanning.silent",
                f"{arrival.file_name} was not taken in: the scanner {error}. Start the scanner, "
                "or correct PILOTHOUSE_SCANNER (pilothouse check says how it is), and try again.",
            ) from None
        row = _hold(actor, arrival, str(error))
        raise FileHeld(
            "scanning.held",
            f"{arrival.file_name} is kept and not read yet: the scanner {error}. It is looked at "
            "as soon as the scanner answers, and then goes its way.",
            file_id=row.pk,
        ) from None
    if signature:
        note_found(actor=actor, arrival=arrival, signature=signature)
        message = (
            f"{arrival.file_name} is refused: the scanner found {signature} in it. Nothing of it "
            "was read or kept. Look at where the file comes from."
        )
        raise Invalid("scanning.found", message, fields={"file": message})


def require_scanner() -> None:
    """Raise Invalid unless a scanner is set."""
    if not settings.PILOTHOUSE_SCANNER:
        raise Invalid(
            "scanning.none",
            "No scanner is set. Name one in PILOTHOUSE_SCANNER, such as "
            "clamd:///run/clamav/clamd.ctl.",
        )


def examine(data: bytes) -> str:
    """What the scanner finds in a file, or nothing. Raises: Unanswered, TooLarge.

    The connection to the database is given back meanwhile: a scanner that is slow must not keep
    all others from it.
    """
    if not connection.in_atomic_block:
        connection.close()
    try:
        return scanner_at(settings.PILOTHOUSE_SCANNER).examine(data)
    except WrongAddress as error:
        raise Unanswered(f"is not set rightly: {error}", silent=True) from None


@transaction.atomic
def note_found(
    *, actor: Actor, arrival: Arrival, signature: str, sent_by: int | None = None
) -> IncomingFile:
    """Note a file in which something was found; the file itself is not kept.

    ``sent_by`` is whose file it was, where the actor is not who sent it.
    Who: the doors. Writes: IncomingFile, a line of the security log.
    """
    row = _row(actor, arrival, State.FOUND)
    row.created_by_id = sent_by or actor.user_id
    row.signature, row.ended_at = signature, timezone.now()
    row.reason = f"The scanner found {signature}."
    _create(actor, row, "file.found")
    _tell(row, actor)
    return row


def _tell(row: IncomingFile, actor: Actor) -> None:
    note(
        "file.found",
        file=row.pk,
        person=row.created_by_id or actor.user_id,
        office=row.office_id,
        door=row.door,
        sha256=row.sha256,
        signature=row.signature,
    )


@transaction.atomic
def _hold(actor: Actor, arrival: Arrival, why: str) -> IncomingFile:
    """Keep a file until the scanner answers; row, content and job come together or not at all."""
    now = timezone.now()
    if arrival.office_id is not None:
        core.lock(OrgUnit.objects.all(), arrival.office_id)
    _require_room(actor, arrival, why)
    row = _row(actor, arrival, State.HELD)
    row.reason, row.tries, row.next_try_at = f"The scanner {why}.", 1, now + SOONEST
    _create(actor, row, "file.held")
    IncomingContent.objects.create(file=row, content=zlib.compress(arrival.data, 1))
    _look_again(row.next_try_at)
    return row


def _row(actor: Actor, arrival: Arrival, state: State) -> IncomingFile:
    return IncomingFile(
        created_by_id=actor.user_id,
        updated_by_id=actor.user_id,
        office_id=arrival.office_id,
        door=arrival.door,
        object_id=arrival.object_id,
        place=arrival.place[:300],
        file_name=arrival.file_name[:200],
        sha256=hashlib.sha256(arrival.data).hexdigest(),
        size_bytes=len(arrival.data),
        state=state,
        asked=dict(arrival.asked or {}),
    )


def _create(actor: Actor, row: IncomingFile, action: str) -> None:
    row.full_clean()
    row.save(force_insert=True)
    core.record(
        actor=actor,
        action=action,
        obj=row,
        after=core.plain(row, NAMES),
        office_id=row.office_id or 0,
    )


def _require_room(actor: Actor, arrival: Arrival, why: str) -> None:
    """A scanner that is away must not let anybody fill the disk."""
    held = IncomingFile.objects.filter(state=State.HELD)
    message = ""
    if held.filter(created_by_id=actor.user_id).count() >= HELD_BY_PERSON:
        message = f"{HELD_BY_PERSON} files of yours wait for it already; withdraw one of them"
    else:
        there = held.filter(office_id=arrival.office_id)
        size = there.aggregate(size=Sum("size_bytes"))["size"] or 0
        if there.count() >= HELD_BY_OFFICE or size + len(arrival.data) > HELD_BYTES_BY_OFFICE:
            message = "as many files of your organisation wait for it as are kept"
    if message:
        message = (
            f"{arrival.file_name} was not taken in: the scanner {why}, and {message}, or send the "
            "file again once it answers."
        )
        raise Invalid("scanning.full", message, fields={"file": message})


def _look_again(when: datetime) -> None:
    """Queue the next look, once for each minute."""
    minute = math.ceil(when.timestamp() / 60) * 60
    due = datetime.fromtimestamp(minute, when.tzinfo)
    jobs.enqueue(name="scanning.look", payload={}, run_at=due, unique_key=f"scanning.look:{minute}")


@transaction.atomic
def withdraw(*, actor: Actor, file_id: int, version: int | None) -> IncomingFile:
    """Give up a held file; its content is deleted.

    Who: whoever sent it, and who may change the office. Writes: IncomingFile.
    Raises: NotFound, Conflict, Invalid where it is held no more.
    """
    get_file(actor, file_id)
    row = _locked(file_id)
    core.require_version(row, version)
    if not row.is_held:
        raise Invalid(
            "scanning.ended",
            f"{row.file_name} waits no more: {row.get_state_display().lower()}. Only a file that "
            "waits for the scanner can be withdrawn.",
        )
    _end(actor, row, State.WITHDRAWN, "Withdrawn before the scanner had answered.")
    return row


def look_at_held(now: datetime) -> Looked:
    """Show the scanner every held file that is due; take in, refuse, or wait on.

    What was tried least comes first, and each try is noted before it is made: a file that breaks
    a run does not keep others from theirs.
    Who: the system. Writes: IncomingFile, and what taking in a file writes.
    """
    looked = Looked()
    held = IncomingFile.objects.filter(state=State.HELD)
    due = list(
        held.filter(next_try_at__lte=now).order_by("tries", "pk").values_list("pk", flat=True)
    )
    for pk in due:
        if not settings.PILOTHOUSE_SCANNER or not _look(pk, now, looked):
            break
    looked.waiting = held.count()
    following = held.aggregate(first=Min("next_try_at"))["first"]
    if following is not None and settings.PILOTHOUSE_SCANNER:
        _look_again(max(following, now + SOONEST))
    return looked


def _look(pk: int, now: datetime, looked: Looked) -> bool:
    """One file; False where the scanner is silent, and so would be to all others."""
    row = IncomingFile.objects.select_related("office", "created_by").get(pk=pk)
    wait = min(max((now - row.created_at) / 4, SOONEST), LATEST)
    mine = IncomingFile.objects.filter(pk=pk, state=State.HELD)
    mine.update(tries=row.tries + 1, next_try_at=now + wait)
    content = IncomingContent.objects.filter(file=row).first()
    if content is None:
        # It was withdrawn while others were looked at.
        return True
    data = zlib.decompress(bytes(content.content))
    try:
        signature = examine(data)
    except TooLarge:
        message = "It is larger than the scanner takes."
        looked.refused += _ended(row, State.REFUSED, message)
        return True
    except Unanswered as error:
        why = f"The scanner {error}."
        mine.update(reason=why)
        if error.silent:
            others = IncomingFile.objects.filter(state=State.HELD, next_try_at__lte=now)
            others.update(next_try_at=now + wait, reason=why)
        return not error.silent
    if signature:
        message = f"The scanner found {signature}."
        looked.refused += _ended(row, State.FOUND, message, signature)
        return True
    try:
        _release(row, data)
        looked.released += 1
    except PilothouseError as error:
        looked.refused += _ended(row, State.REFUSED, _sentence(error))
    return True


def _release(row: IncomingFile, data: bytes) -> None:
    """Take in a clean file as the person who sent it, with the rights of now (ASVS 8.3.3).

    Nothing is open to a person who must have a second factor and has none: this is not either.
    """
    person = row.created_by
    if person is None or not person.is_active:
        raise Invalid("scanning.person", "Whoever sent the file may no longer sign in.")
    require_second_factor(person)
    actor = person.actor("job")

    def done(result_id: int) -> None:
        held = _locked(row.pk)
        if not held.is_held:
            raise Conflict("scanning.withdrawn", "The file was withdrawn in the meantime.")
        _end(actor, held, State.RELEASED, "", result_id=result_id)

    _releases[row.door](actor, row, data, done)


def _sentence(error: PilothouseError) -> str:
    more = [text for text in error.fields.values() if text not in error.message]
    return " ".join([error.message, *more])[:2000]


@transaction.atomic
def _ended(row: IncomingFile, state: State, reason: str, signature: str = "") -> bool:
    """End the holding of a file unless somebody was quicker; whether it was ended."""
    held = _locked(row.pk)
    if not held.is_held:
        return False
    actor = Actor.system("scanner")
    _end(actor, held, state, reason, signature=signature)
    if state == State.FOUND:
        _tell(held, actor)
    return True


def _end(
    actor: Actor,
    row: IncomingFile,
    state: State,
    reason: str,
    *,
    signature: str = "",
    result_id: int | None = None,
) -> None:
    IncomingContent.objects.filter(file=row).delete()
    core.change(
        actor=actor,
        obj=row,
        values={
            "state": state,
            "reason": reason,
            "signature": signature,
            "result_id": result_id,
            "ended_at": timezone.now(),
            "next_try_at": None,
        },
        version=None,
        action=f"file.{state.value}",
        office_id=row.office_id or 0,
    )


def _locked(file_id: int) -> IncomingFile:
    return core.lock(IncomingFile.objects.all(), file_id)
