# SPDX-License-Identifier: Apache-2.0
"""One entry with everything that is known of it, and what the actor may do with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db.models import Q
from django.utils import timezone

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    Action,
    Aspect,
    Entry,
    EntryLink,
    EntryNote,
    EntryTask,
    Escalation,
    Issue,
    IssueBreach,
    Kind,
    Level,
    RaidPolicy,
    Risk,
    RiskMark,
    RiskRating,
)
from pilothouse.delivery.raid.queries.money import Measure, measure_of
from pilothouse.delivery.raid.queries.opening import Opened, open_entry
from pilothouse.delivery.raid.queries.policies import policy_of
from pilothouse.foundation.access.queries import Grants
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.queries import Change, history_of

PEOPLE = ("owner", "actionee", "done_by", "resolver", "raised_by")


@dataclass(frozen=True, slots=True)
class Linked:
    """The other end of a link; of one that is not in sight neither number nor title."""

    link: EntryLink
    outward: bool
    pk: int | None
    code: str
    title: str
    state: str
    is_open: bool


@dataclass(frozen=True, slots=True)
class Rated:
    """A risk from one aspect. ``emv`` = chance × mean cost; None where it is not quantified."""

    aspect: Aspect
    rating: RiskRating | None
    word: str
    cost: rules.Range | None
    mean: Decimal | None
    emv: Decimal | None


@dataclass(frozen=True, slots=True)
class RiskFacts:
    """What only a risk has. ``policy`` are the scales of today, by which it is rated next."""

    ratings: Sequence[Rated]
    marks: Sequence[RiskMark]
    proximity: rules.Proximity | None
    policy: RaidPolicy
    measure: Measure
    responses: Sequence[Action]
    response_cost: Decimal
    value: rules.ResponseValue | None
    before: str
    lacking: Sequence[str]


@dataclass(frozen=True, slots=True)
class Clock:
    """One promise of the service level of an issue."""

    promise: str
    until: datetime | None
    kept_at: datetime | None
    is_broken: bool


@dataclass(frozen=True, slots=True)
class May:
    """What the actor may do now; the services ask again."""

    keep: bool
    change: bool
    rate: bool
    void: bool
    escalate: bool
    withdraw: bool
    answer: bool
    hand_back: bool
    respond: bool
    steps: Sequence[rules.Step]


@dataclass(frozen=True, slots=True)
class EntryPage:
    """One entry."""

    entry: Entry
    state_label: str
    may: May
    waiting: Escalation | None
    escalations: Sequence[Escalation]
    links: Sequence[Linked]
    tasks: Sequence[EntryTask]
    notes: Sequence[EntryNote]
    history: Sequence[Change]
    risk: RiskFacts | None
    clocks: Sequence[Clock]
    breaches: Sequence[IssueBreach]

    @property
    def tags(self) -> list[str]:
        """The tags one by one."""
        parts = (part.strip() for part in self.entry.tags.split(","))
        return [part for part in parts if part]


def entry_page(actor: Actor, entry_id: int) -> EntryPage:
    """One entry; NotFound where it is out of sight, NotAllowed where it is confidential."""
    opened = open_entry(actor, entry_id)
    entry, held = opened.entry, opened.held
    escalations = list(entry.escalations.order_by("-pk"))
    waiting = next((row for row in escalations if row.state == Escalation.State.WAITING), None)
    issue = entry if isinstance(entry, Issue) else None
    return EntryPage(
        entry,
        rules.state_label(entry),
        _may(actor, opened, waiting),
        waiting,
        escalations,
        _links(actor, held, entry),
        list(entry.tasks.all()),
        list(entry.notes.all()),
        _named(history_of(entry)),
        risk_facts(entry) if isinstance(entry, Risk) else None,
        _clocks(issue) if issue is not None else (),
        list(issue.breaches.all()) if issue is not None else (),
    )


def _may(actor: Actor, opened: Opened, waiting: Escalation | None) -> May:
    entry, held = opened.entry, opened.held
    keeps = rules.may_keep(held, entry)
    fixed = entry.voided or (
        entry.kind == Kind.DECISION and entry.state != rules.FIRST[Kind.DECISION]
    )
    letter = "V" if entry.level == Level.PROJECT else "A"
    risk = entry.kind == Kind.RISK and entry.is_open
    return May(
        keep=keeps,
        change=keeps and not fixed,
        rate=keeps and risk,
        void=not entry.voided and rules.acting_as(actor, entry, letter) is not None,
        escalate=keeps and entry.is_open and waiting is None and entry.level != Level.BOARD,
        withdraw=keeps and waiting is not None,
        answer=waiting is not None and rules.answering_as(actor, waiting, entry) is not None,
        hand_back=keeps and entry.is_lifted and not entry.voided,
        respond=keeps and risk and rules.may_raise(actor, entry.place, Kind.ACTION, held),
        steps=rules.steps_for(actor, entry),
    )


def _links(actor: Actor, held: Grants, entry: Entry) -> list[Linked]:
    links = list(EntryLink.objects.filter(Q(source=entry.pk) | Q(target=entry.pk)))
    others = {link.target_id if link.source_id == entry.pk else link.source_id for link in links}
    rows = Entry.objects.all().with_place().filter(pk__in=others)
    seen = {row.pk: row for row in rows.filter(rules.sight_of(actor, held).condition())}
    return [_linked(link, entry, seen, held) for link in links]


def _linked(link: EntryLink, entry: Entry, seen: Mapping[int, Entry], held: Grants) -> Linked:
    outward = link.source_id == entry.pk
    other = seen.get(link.target_id if outward else link.source_id)
    if other is None:
        return Linked(link, outward, None, "", "", "", True)
    code = other.code if other.place == entry.place else str(other)
    if not rules.opens(held, other):
        return Linked(link, outward, None, code, "", "", True)
    return Linked(
        link, outward, other.pk, code, other.title, rules.state_label(other), other.is_open
    )


def risk_facts(risk: Risk) -> RiskFacts:
    """Ratings, worth of the responses and what is lacking (R-RSK-01, R-RSK-03)."""
    policy, today = policy_of(risk.office_id), clock.today()
    by_aspect = {row.aspect: row for row in risk.ratings.all()}
    for row in by_aspect.values():
        row.risk = risk
    responses = list(
        Action.rows.filter(links_in__source=risk, links_in__kind=EntryLink.Kind.RESPONSE)
        .exclude(voided=True)
        .exclude(state=Action.State.CANCELLED)
        .select_related("owner")
        .order_by("number")
    )
    cost = sum((row.cost or Decimal(0) for row in responses), Decimal(0))
    first = Aspect.CURRENT if Aspect.CURRENT in by_aspect else Aspect.INHERENT
    return RiskFacts(
        [_rated(risk, aspect, by_aspect.get(aspect), policy) for aspect in Aspect],
        list(risk.marks.all()),
        rules.proximity(policy, risk.near_from, risk.near_until, today),
        policy,
        measure_of(risk.project, today),
        responses,
        cost,
        rules.response_value(by_aspect, cost),
        str(first.label),
        _lacking(risk, responses),
    )


def _rated(risk: Risk, aspect: Aspect, row: RiskRating | None, policy: RaidPolicy) -> Rated:
    if row is None:
        return Rated(aspect, None, "", None, None, None)
    score = row.score
    word = ""
    if aspect == Aspect.CURRENT and risk.rating:
        word = str(risk.get_rating_display())
    elif score is not None:
        word = str(rules.rating_of(policy, score).label)
    opportunity = risk.nature == Risk.Nature.OPPORTUNITY
    return Rated(
        aspect,
        row,
        word,
        rules.cost_range(row),
        rules.mean_cost(row),
        rules.emv(row, opportunity=opportunity),
    )


def _lacking(risk: Risk, responses: Sequence[Action]) -> list[str]:
    """What a high risk needs and has not (R-RSK-03)."""
    if not risk.is_open or risk.rating not in ("high", "very_high"):
        return []
    found = {
        "an active owner": risk.owner is not None and risk.owner.is_active,
        "a response": bool(risk.strategy),
        "a response action with a day": any(row.due for row in responses)
        or risk.strategy.startswith("accept"),
        "a trigger": bool(risk.trigger),
    }
    return [name for name, there in found.items() if not there]


def _clocks(issue: Issue) -> list[Clock]:
    now = timezone.now()
    pairs = (
        ("acknowledge", issue.acknowledge_by, issue.acknowledged_at),
        ("plan", issue.plan_by, issue.planned_at),
        ("resolve", issue.resolve_by, issue.resolved_at),
    )
    return [
        Clock(name, until, kept, until is not None and (kept or now) > until)
        for name, until, kept in pairs
    ]


def _named(changes: Iterable[Change]) -> list[Change]:
    """Changes with the names of people in place of their keys."""
    found = list(changes)
    keys = {
        value
        for change in found
        for item in change.fields
        if item.name.removesuffix("_id") in PEOPLE
        for value in (item.before, item.after)
        if isinstance(value, int)
    }
    names = dict(User.objects.filter(pk__in=keys).values_list("pk", "full_name"))

    def said(name: str, value: Any) -> Any:
        return names.get(value, value) if name.removesuffix("_id") in PEOPLE else value

    return [_with_names(change, said) for change in found]


def _with_names(change: Change, said: Any) -> Change:
    fields = tuple(
        type(item)(item.name, said(item.name, item.before), said(item.name, item.after))
        for item in change.fields
    )
    return Change(change.at, change.who, change.channel, change.action, change.reason, fields)
