# SPDX-License-Identifier: Apache-2.0
"""Registers as an actor may see them: of one place, of all below it, and of everything in sight.

Of a confidential entry that is not opened to the actor no more than its number leaves this file:
it is found by no word, owner, category or tag, and stands last whatever the order.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, TypeVar

from django.db.models import Case, Count, Exists, F, OuterRef, Q, Value, When
from django.utils import timezone

from pilothouse.delivery.projects.models import Programme, Project
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    PREFIXES,
    Entry,
    Escalation,
    Issue,
    Kind,
    Level,
    RaidPolicy,
    Rating,
    Risk,
    open_entries,
)
from pilothouse.delivery.raid.queries.exposure import exposures_of
from pilothouse.delivery.raid.queries.policies import last_working_day, policy_of
from pilothouse.foundation.access.queries import Grants, grants_of
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor

PAGE_SIZE = 50
SHOWS = ("open", "mine", "overdue", "escalated", "high", "over", "all")
"""Ways to narrow a register; ``high`` are high and very high risks and issues S1 and S2."""
BARE = ("open", "all")
"""Those of them that say nothing of an entry but whether it is open."""
SORTS: dict[str, Sequence[Any]] = {
    "code": [F("kind"), F("number")],
    "title": [F("title")],
    "rating": [F("risk__score").desc(nulls_last=True), F("issue__severity").asc(nulls_last=True)],
    "due": [F("due").asc(nulls_last=True)],
    "age": [F("raised_on")],
    "owner": [F("owner__full_name").asc(nulls_last=True)],
    "state": [F("state")],
}
RowOf = TypeVar("RowOf", bound=Entry)
_CODE = re.compile(r"(AS|R|I|D|A)-?(\d{1,6})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Asked:
    """How a register is narrowed and sorted; nonsense counts as not said."""

    kind: str = ""
    show: str = "open"
    text: str = ""
    owner: int | None = None
    category: str = ""
    tag: str = ""
    sort: str = ""
    page: int = 1
    below: bool = False

    @property
    def is_narrowed(self) -> bool:
        """Whether more is asked than a kind and what is open."""
        said = self.text or self.owner or self.category or self.tag
        return bool(said) or self.show != "open"


@dataclass(frozen=True, slots=True)
class Line:
    """One entry as it is listed; a confidential one that is not opened has no ``entry``."""

    pk: int
    code: str
    kind: Kind
    place: rules.Place
    entry: Entry | None = None
    risk: Risk | None = None
    issue: Issue | None = None
    proximity: rules.Proximity | None = None
    waiting: Escalation | None = None
    overdue_days: int = 0
    age_days: int = 0
    clock: str = ""
    clock_until: datetime | None = None
    is_broken: bool = False

    @property
    def state_label(self) -> str:
        """What the state is called."""
        return rules.state_label(self.entry) if self.entry is not None else ""

    @property
    def tags(self) -> list[str]:
        """The tags one by one."""
        said = self.entry.tags if self.entry is not None else ""
        return [tag for tag in (part.strip() for part in said.split(",")) if tag]


@dataclass(frozen=True, slots=True)
class Register:
    """A page of a register. ``kinds`` counts what is open by kind, ``counts`` by filter.

    ``exposures`` are of the open risks of a project that are shown, and empty elsewhere.
    """

    place: rules.Place | None
    asked: Asked
    lines: Sequence[Line]
    total: int
    page: int
    pages: int
    kinds: dict[str, int]
    counts: dict[str, int]
    owners: Sequence[tuple[int, str]]
    categories: Sequence[str]
    policy: RaidPolicy | None
    may_raise: Sequence[Kind]
    exposures: dict[str, rules.Exposure]


def register(actor: Actor, place: rules.Place | None, asked: Asked) -> Register:
    """A page of the register of a place that is in sight, or of everything the actor reads."""
    held = grants_of(actor)
    asked = _known(asked)
    now, today = timezone.now(), clock.today()
    scope = scope_of(actor, held, place, below=asked.below)
    hidden = hidden_in(held, scope)
    rows = Entry.objects.filter(scope)
    late = _overdue(rows, place, today, now)
    policy = policy_of(place.office_id) if place is not None else None
    of_kind = rows.filter(kind=asked.kind) if asked.kind else rows
    counts = {
        name: Count("pk", filter=_shown(name, actor, late) & _bare(name, hidden)) for name in SHOWS
    }
    narrow = _narrow(asked)
    found = of_kind.filter(_shown(asked.show, actor, late) & narrow)
    if narrow or asked.show not in BARE:
        found = found.exclude(pk__in=hidden)
    total = found.count()
    pages = max(1, -(-total // PAGE_SIZE))
    page = min(max(asked.page, 1), pages)
    first = (page - 1) * PAGE_SIZE
    shown = list(_sorted(found, asked, hidden)[first : first + PAGE_SIZE])
    return Register(
        place,
        asked,
        _lines(shown, hidden, late, now, today),
        total,
        page,
        pages,
        _by_kind(rows),
        of_kind.aggregate(**counts),
        _owners(of_kind.exclude(pk__in=hidden)),
        _categories(rows.exclude(pk__in=hidden), asked),
        policy,
        [kind for kind in Kind if place and rules.may_raise(actor, place, kind, held)],
        _exposures(rows.exclude(pk__in=hidden), place, asked),
    )


def everything(actor: Actor, place: rules.Place | None, asked: Asked) -> list[Line]:
    """As ``register``, all pages in one, for a file; in order of their codes."""
    held, asked = grants_of(actor), _known(asked)
    now, today = timezone.now(), clock.today()
    scope = scope_of(actor, held, place, below=asked.below)
    hidden = hidden_in(held, scope)
    rows = Entry.objects.filter(scope)
    late = _overdue(rows, place, today, now)
    found = rows.filter(kind=asked.kind) if asked.kind else rows
    narrow = _narrow(asked)
    found = found.filter(_shown(asked.show, actor, late) & narrow)
    if narrow or asked.show not in BARE:
        found = found.exclude(pk__in=hidden)
    return _lines(list(_sorted(found, asked, hidden)), hidden, late, now, today)


def _known(asked: Asked) -> Asked:
    return Asked(
        asked.kind if asked.kind in Kind.values else "",
        asked.show if asked.show in SHOWS else "open",
        " ".join(asked.text.replace("\0", "").split())[:200],
        asked.owner,
        asked.category[:200],
        asked.tag[:200],
        asked.sort if asked.sort.removeprefix("-") in SORTS else "",
        asked.page,
        asked.below,
    )


def scope_of(actor: Actor, held: Grants, place: rules.Place | None, *, below: bool) -> Q:
    """What belongs to a place, or was lifted to it, as far as the actor reads it."""
    seen = rules.sight_of(actor, held).condition()
    if place is None:
        return seen
    if isinstance(place, Project):
        return seen & Q(project=place)
    if isinstance(place, Programme):
        here = Q(programme=place) | Q(lifted_programme=place)
        return seen & (here | Q(project__programme=place) if below else here)
    here = Q(portfolio=place) | Q(lifted_portfolio=place, level=Level.PORTFOLIO)
    if below:
        here |= Q(project__portfolio=place) | Q(programme__portfolio=place)
    return seen & here


def hidden_in(held: Grants, scope: Q) -> list[int]:
    """Confidential entries of which the actor may know the number alone."""
    if held.everything:
        return []
    rows = Entry.objects.all().with_place().filter(scope, confidential=True)
    return [row.pk for row in rows if not rules.opens(held, row)]


def _overdue(rows: Any, place: rules.Place | None, today: date, now: datetime) -> Q:
    """What should have been done, by the working time of its office, or by a clock that broke."""
    offices: Iterable[int] = (
        [place.office_id]
        if place is not None
        else rows.order_by().values_list("office_id", flat=True).distinct()
    )
    found = Q(pk__in=[])
    for office_id in sorted(offices):
        found |= Q(office_id=office_id, due__lt=last_working_day(office_id, today))
    return open_entries() & (found | _broken(now))


def _broken(now: datetime) -> Q:
    return (
        Q(issue__acknowledge_by__lt=now, issue__acknowledged_at=None)
        | Q(issue__plan_by__lt=now, issue__planned_at=None)
        | Q(issue__resolve_by__lt=now, issue__resolved_at=None)
    )


def _shown(name: str, actor: Actor, late: Q) -> Q:
    """What one of ``SHOWS`` lets through."""
    if name == "all":
        return ~Q(pk__in=[])
    if name == "over":
        return ~open_entries()
    if name == "overdue":
        return late
    found = open_entries()
    if name == "mine":
        return found & (Q(owner=actor.user_id) | Q(actionee=actor.user_id))
    if name == "escalated":
        waits = Exists(Escalation.objects.waiting().filter(entry=OuterRef("pk")))
        lifted = ~Q(lifted_programme=None) | ~Q(lifted_portfolio=None) | Q(level=Level.BOARD)
        return found & (Q(waits) | lifted | Q(risk__escalate_by__isnull=False))
    if name == "high":
        severe = Q(issue__severity__lte=Issue.Severity.MAJOR)
        return found & (Q(risk__rating__in=(Rating.HIGH, Rating.VERY_HIGH)) | severe)
    return found


def _bare(name: str, hidden: Sequence[int]) -> Q:
    return ~Q(pk__in=[]) if name in BARE else ~Q(pk__in=hidden)


def _narrow(asked: Asked) -> Q:
    found = Q()
    if asked.text:
        words = Q(title__icontains=asked.text) | Q(description__icontains=asked.text)
        words |= Q(tags__icontains=asked.text)
        words |= Q(risk__cause__icontains=asked.text) | Q(risk__effect__icontains=asked.text)
        code = _CODE.fullmatch(asked.text)
        if code is not None:
            kinds = {prefix: kind for kind, prefix in PREFIXES.items()}
            words |= Q(kind=kinds[code[1].upper()], number=int(code[2]))
        found &= words
    if asked.owner is not None:
        found &= Q(owner=asked.owner) | Q(actionee=asked.owner)
    if asked.category:
        found &= Q(risk__category=asked.category)
    if asked.tag:
        found &= Q(tags__icontains=asked.tag)
    return found


def _sorted(found: Any, asked: Asked, hidden: Sequence[int]) -> Any:
    name = asked.sort.removeprefix("-")
    order = list(SORTS[name] if name else _usual(asked.kind))
    if asked.sort.startswith("-"):
        order = [_turned(one) for one in order]
    shut = Case(When(pk__in=hidden, then=Value(1)), default=Value(0))
    rows = found.with_place().select_related("risk", "issue", "actionee")
    return rows.order_by(shut, *order, "kind", "number", "pk")


def _usual(kind: str) -> Sequence[Any]:
    if kind == Kind.RISK:
        return [*SORTS["rating"][:1], *SORTS["due"]]
    if kind == Kind.ISSUE:
        return [*SORTS["rating"][1:], *SORTS["due"]]
    return SORTS["due"]


def _turned(one: Any) -> Any:
    if isinstance(one, F):
        return one.desc()
    turned = one.copy()
    turned.reverse_ordering()
    turned.nulls_first, turned.nulls_last = None, True
    return turned


def _by_kind(rows: Any) -> dict[str, int]:
    counted = rows.filter(open_entries()).order_by().values_list("kind").annotate(Count("pk"))
    found = dict(counted)
    return {kind: int(found.get(kind, 0)) for kind in Kind.values}


def _owners(rows: Any) -> list[tuple[int, str]]:
    found = rows.filter(open_entries(), owner__isnull=False).order_by("owner__full_name", "owner")
    return list(found.values_list("owner", "owner__full_name").distinct())


def _categories(rows: Any, asked: Asked) -> list[str]:
    if asked.kind not in ("", Kind.RISK):
        return []
    found = rows.exclude(risk__category="").filter(risk__isnull=False)
    return list(
        found.order_by("risk__category").values_list("risk__category", flat=True).distinct()
    )


def _exposures(rows: Any, place: rules.Place | None, asked: Asked) -> dict[str, rules.Exposure]:
    if not isinstance(place, Project) or asked.kind != Kind.RISK:
        return {}
    found = rows.filter(open_entries(), kind=Kind.RISK).order_by("pk")
    return exposures_of(found.values_list("pk", "risk__nature"))


def _lines(
    rows: Sequence[Entry], hidden: Sequence[int], late: Q, now: datetime, today: date
) -> list[Line]:
    numbers = [row.pk for row in rows]
    waiting = {
        one.entry_id: one
        for one in Escalation.objects.waiting().filter(entry__in=numbers)
        if one.entry_id not in hidden
    }
    overdue = set(
        Entry.objects.filter(late, pk__in=numbers).order_by().values_list("pk", flat=True)
    )
    policies = _Policies()
    return [
        Line(row.pk, row.code, Kind(row.kind), row.place)
        if row.pk in hidden
        else _line(row, waiting.get(row.pk), row.pk in overdue, policies, now, today)
        for row in rows
    ]


class _Policies:
    """The scales of each office, read once."""

    def __init__(self) -> None:
        self._known: dict[int, RaidPolicy] = {}

    def of(self, office_id: int) -> RaidPolicy:
        if office_id not in self._known:
            self._known[office_id] = policy_of(office_id)
        return self._known[office_id]


def _as(model: type[RowOf], row: Entry) -> RowOf | None:
    """The entry of its kind, whether it is that already or was fetched beside."""
    if row.kind != model._meta.model_name:
        return None
    return row if isinstance(row, model) else getattr(row, str(model._meta.model_name))


def _line(
    row: Entry,
    waiting: Escalation | None,
    late: bool,
    policies: _Policies,
    now: datetime,
    today: date,
) -> Line:
    risk, issue = _as(Risk, row), _as(Issue, row)
    proximity = None
    if risk is not None and (risk.near_from or risk.near_until):
        policy = policies.of(row.office_id)
        proximity = rules.proximity(policy, risk.near_from, risk.near_until, today)
    clock_name, until = next_clock(issue) if issue is not None and row.is_open else ("", None)
    overdue_days = (today - row.due).days if late and row.due is not None else 0
    return Line(
        row.pk,
        row.code,
        Kind(row.kind),
        row.place,
        row,
        risk,
        issue,
        proximity,
        waiting,
        max(overdue_days, 0),
        ((row.closed_on or today) - row.raised_on).days,
        clock_name,
        until,
        until is not None and until < now,
    )


def next_clock(issue: Issue) -> tuple[str, datetime | None]:
    """Which promise of an issue is due next, and until when; the first one that is not kept."""
    pairs: list[tuple[str, Callable[[Issue], datetime | None], datetime | None]] = [
        ("acknowledge", lambda row: row.acknowledge_by, issue.acknowledged_at),
        ("plan", lambda row: row.plan_by, issue.planned_at),
        ("resolve", lambda row: row.resolve_by, issue.resolved_at),
    ]
    for name, until, kept in pairs:
        due = until(issue)
        if kept is None and due is not None:
            return name, due
    return "", None


def line_of(row: Entry, waiting: Escalation | None) -> Line:
    """One entry, of its own kind and opened to whoever asks, as it is listed."""
    now, today = timezone.now(), clock.today()
    late = row.due is not None and row.due < last_working_day(row.office_id, today)
    return _line(row, waiting, late and row.is_open, _Policies(), now, today)
