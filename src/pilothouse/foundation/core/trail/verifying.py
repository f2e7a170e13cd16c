# SPDX-License-Identifier: Apache-2.0
"""The walk along the chain: whatever was changed, with its place.

It holds a batch of events at a time, the heads that it was given, and a few figures for each run
of retention, however long the trail is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from pilothouse.foundation.core.models import AuditEvent, AuditSeal
from pilothouse.foundation.core.trail import heads
from pilothouse.foundation.core.trail.contents import (
    ANY_TEXT,
    FIELDS,
    Head,
    content_of,
    seal_of,
    told_of_run,
)
from pilothouse.foundation.core.trail.services import RETIRE, end_of_trail

BATCH = 1000
UNREADABLE = "unreadable"
"""In the place of a digest: a value that its column does not hold."""
NOT_READ = (AttributeError, TypeError, ValueError, RecursionError)
"""What Python says of such a value; the last one of JSON that is nested without end."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One place at which the trail is not as it was sealed.

    It names what stands in the database, which somebody may have put there to be printed: what it
    says is one line of printable signs.
    """

    says: str
    position: int | None = None
    event: int | None = None

    def __post_init__(self) -> None:
        line = "".join(sign if sign.isprintable() else "\ufffd" for sign in self.says)
        object.__setattr__(self, "says", line)
        for name in ("position", "event"):
            if not isinstance(getattr(self, name), int):
                object.__setattr__(self, name, None)


@dataclass(frozen=True, slots=True)
class KeptHead:
    """A head from outside the database: where it was kept, and what it says."""

    origin: str
    head: Head


@dataclass(frozen=True, slots=True)
class Link:
    """A seal with what its event says now: a digest, and its values where they can be read."""

    position: int
    event: int
    content: str
    seal: str
    retirement: str
    actual: str | None
    values: tuple[Any, ...] | None = None

    def __str__(self) -> str:
        name = f"Event {self.event}, position {self.position}"
        if self.values is None:
            return name
        said = dict(zip(FIELDS, self.values))
        return (
            f"{name}, {said['object_type']} ‘{said['object_label']}’ ({said['action']}), "
            f"{said['at']:%Y-%m-%d %H:%M} UTC"
        )


@dataclass(slots=True)
class _Run:
    """What is marked as retired by one run."""

    first: int
    last: int = 0
    count: int = 0
    digest: Any = field(default_factory=sha256)

    def add(self, link: Link) -> None:
        self.last = link.position
        self.count += 1
        self.digest.update(told_of_run(link.position, link.seal))

    def is_told(self, after: Mapping[str, Any]) -> bool:
        said = [after.get(name) for name in ("first", "last", "count", "digest")]
        return said == [self.first, self.last, self.count, self.digest.hexdigest()]


@dataclass(slots=True)
class Walk:
    """Looks at one link after the other, by position; what it saw is counted."""

    head: Head | None
    kept: Sequence[KeptHead]
    position: int = 0
    seal: str = ""
    events: int = 0
    retired: int = 0
    _is_whole: bool = True
    _runs: dict[str, _Run] = field(default_factory=dict)
    _waiting: dict[int, list[KeptHead]] = field(default_factory=dict)

    def findings(self, links: Iterable[Link]) -> Iterator[Finding]:
        """Everything that is wrong, in the order of the trail, and then about its end."""
        self.seal = self.head.trail if self.head else ""
        self._is_whole = self.head is not None
        for item in self.kept:
            self._waiting.setdefault(item.head.position, []).append(item)
        yield from self._kept_here()
        for link in links:
            yield from self._link(link)
        yield from self._end()

    def _link(self, link: Link) -> Iterator[Finding]:
        if not isinstance(link.position, int) or link.position <= self.position:
            yield Finding(f"{link}: there is no such position.", link.position, link.event)
            return
        if link.position > self.position + 1:
            yield self._gap(self.position + 1, link.position - 1)
            self._is_whole = False
        if self._is_whole and seal_of(self.seal, link.position, link.content) != link.seal:
            says = "its seal does not follow from the one before"
            yield Finding(f"{link}: {says}.", link.position, link.event)
        self.position, self.seal, self._is_whole = link.position, link.seal, True
        yield from self._event(link)
        yield from self._kept_here()

    def _event(self, link: Link) -> Iterator[Finding]:
        says = ""
        if link.retirement:
            self.retired += 1
            self._runs.setdefault(link.retirement, _Run(link.position)).add(link)
            if link.actual is not None:
                says = "it is marked as retired and still there"
        elif link.actual is None:
            says = "it is gone"
        else:
            self.events += 1
        if link.actual == UNREADABLE:
            says = "its contents cannot be read"
        elif link.actual is not None and link.actual != link.content:
            says = "its contents differ from its seal"
        if says:
            yield Finding(f"{link}: {says}.", link.position, link.event)
        if link.values is not None and link.values[6] == RETIRE:
            yield from self._told(link, link.values[12])

    def _told(self, link: Link, after: object) -> Iterator[Finding]:
        """An event tells of a run; what is marked must be what it says."""
        told = after if isinstance(after, dict) else {}
        name = told.get("retirement")
        run = self._runs.pop(name, None) if isinstance(name, str) else None
        if run is not None and run.is_told(told):
            return
        marked = f"{run.count} from {run.first} to {run.last}" if run else "none"
        yield Finding(
            f"{link}: it tells of {_figure(told, 'count')} retired events from "
            f"{_figure(told, 'first')} to {_figure(told, 'last')}, but {marked} are marked, or "
            "others.",
            link.position,
            link.event,
        )

    def _kept_here(self) -> Iterator[Finding]:
        for item in self._waiting.pop(self.position, ()):
            if item.head.seal != self.seal:
                yield Finding(
                    f"Position {self.position}: its seal is not the one of the head kept in "
                    f"{item.origin}.",
                    self.position,
                )

    def _gap(self, first: int, last: int) -> Finding:
        if first == last:
            return Finding(f"Position {first} is missing.", first)
        return Finding(f"Positions {first} to {last} are missing.", first)

    def _end(self) -> Iterator[Finding]:
        for name, run in self._runs.items():
            yield Finding(
                f"Positions {run.first} to {run.last}: {run.count} events are marked as retired "
                f"by the run {name}, of which no event before or after tells.",
                run.first,
            )
        if self.head is None:
            if self.position:
                yield Finding("The row of the trail's head is missing.", self.position)
        elif (self.head.position, self.head.seal) != (self.position, self.seal):
            yield Finding(
                f"The trail ends at {self.position}, its head says {self.head.position}, or "
                "another seal.",
                self.position,
            )
        for item in (item for items in self._waiting.values() for item in items):
            yield beyond(self.position, item)


def _figure(told: Mapping[str, Any], name: str) -> str:
    value = told.get(name)
    return str(value) if isinstance(value, int) else "no number"


def beyond(end: int, item: KeptHead) -> Finding:
    """A head was kept of a position that is not there."""
    if item.head.position < end:
        return Finding(
            f"Position {item.head.position} is missing, of which a head is kept in {item.origin}.",
            item.head.position,
        )
    return Finding(
        f"The trail ends at {end}, the head kept in {item.origin} stands at {item.head.position}.",
        end,
    )


@dataclass(slots=True)
class Verification:
    """A walk along the trail in the database, with the heads kept here and those given."""

    given: Sequence[KeptHead] = ()
    end: Head | None = None
    events: int = 0
    retired: int = 0

    def findings(self) -> Iterator[Finding]:
        """Everything that is wrong. Raises OSError if a kept head cannot be read."""
        # Read first: what was kept before the snapshot is in it.
        kept = heads.kept()
        with one_snapshot():
            self.end = end_of_trail()
            here, strange = _of_this(kept, self.end)
            yield from strange
            walk = Walk(self.end, [*here, *self.given])
            yield from walk.findings(links())
            yield from _unsealed()
            self.events, self.retired = walk.events, walk.retired


def disagreements() -> list[Finding]:
    """Whether the end of the trail fits the heads kept here, without the walk."""
    kept = heads.kept()
    with one_snapshot():
        return _disagreements(kept)


def _disagreements(kept: Mapping[str, Head | None]) -> list[Finding]:
    end = end_of_trail()
    last = AuditSeal.objects.order_by("-position").values_list("position", "seal").first()
    here, found = _of_this(kept, end)
    stands = (0, end.trail) if last is None and end else last
    if stands != (None if end is None else (end.position, end.seal)):
        ends = 0 if stands is None else stands[0]
        found.append(Finding(f"The trail ends at {ends}, and its head says otherwise.", ends))
    for item in here:
        row = AuditSeal.objects.filter(position=item.head.position).first()
        if row is None and item.head.position:
            found.append(beyond(0 if last is None else last[0], item))
        elif row is not None and row.seal != item.head.seal:
            says = f"Position {row.position}: its seal is not the one of the head kept in "
            found.append(Finding(f"{says}{item.origin}.", row.position))
    return found


def _of_this(
    kept: Mapping[str, Head | None], end: Head | None
) -> tuple[list[KeptHead], list[Finding]]:
    """The heads kept of this trail, and what is wrong with the other files."""
    here: list[KeptHead] = []
    strange: list[Finding] = []
    for trail, head in kept.items():
        name = f"{trail}.txt"
        if head is None:
            strange.append(Finding(f"The file {name} holds no head."))
        elif end is None or trail != end.trail:
            strange.append(
                Finding(f"The head kept in {name} is of another trail, which is not here.")
            )
        else:
            here.append(KeptHead(name, head))
    return here, strange


def links() -> Iterator[Link]:
    """The whole chain with its events, a batch at a time."""
    rows = AuditSeal.objects.order_by("position")
    columns = ("position", "event_id", "content", "seal", "retirement")
    # One read, not one for each batch: SQLite may hold positions that are no numbers.
    seals = rows.values_list(*columns).iterator(BATCH)
    while batch := list(islice(seals, BATCH)):
        said = _said([row[1] for row in batch])
        for position, event, content, seal, retirement in batch:
            actual, values = said.get(event, (None, None))
            yield Link(position, event, content, seal, retirement, actual, values)


Said = tuple[str, tuple[Any, ...] | None]


def _said(ids: Sequence[int]) -> dict[int, Said]:
    """Key of an event → a digest of what it says, and its values."""
    rows = AuditEvent.objects.order_by().values_list(*FIELDS)
    try:
        return {row[0]: (content_of(row), row) for row in rows.filter(pk__in=ids)}
    except NOT_READ:
        return {key: said for key in ids if (said := _one_said(key)) is not None}


def _one_said(key: int) -> Said | None:
    """The same of one event, of which a value may not be one of its column."""
    try:
        row = AuditEvent.objects.values_list(*FIELDS).filter(pk=key).first()
        return None if row is None else (content_of(row), row)
    except NOT_READ:
        return UNREADABLE, None


def _unsealed() -> Iterator[Finding]:
    sealed = AuditSeal.objects.filter(event_id=OuterRef("pk"))
    rows = AuditEvent.objects.filter(~Exists(sealed)).order_by("pk")
    columns = ("pk", "object_type", "object_label", "action")
    for key, kind, label, action in rows.values_list(*columns).iterator(BATCH):
        yield Finding(f"Event {key}, {kind} ‘{label}’ ({action}): it has no seal.", None, key)


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Reads inside see the database as it was at the first of them, and nobody waits for them."""
    if connection.vendor == "postgresql":
        with _snapshot_of_postgresql():
            yield
    else:
        with any_text(), _snapshot_of_sqlite():
            yield


@contextmanager
def _snapshot_of_postgresql() -> Iterator[None]:
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield


@contextmanager
def _snapshot_of_sqlite() -> Iterator[None]:
    if connection.in_atomic_block:
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("BEGIN DEFERRED")
        try:
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextmanager
def any_text() -> Iterator[None]:
    """Let SQLite give out text that is not UTF-8, which else ends the read of all that follows.

    It is text that no seal fits, and differs from every other.
    """
    connection.ensure_connection()
    raw = connection.connection
    before = raw.text_factory
    raw.text_factory = lambda data: data.decode("utf-8", ANY_TEXT)
    try:
        yield
    finally:
        raw.text_factory = before
