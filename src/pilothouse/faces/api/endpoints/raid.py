# SPDX-License-Identifier: Apache-2.0
"""Registers of risks, issues, assumptions, decisions and actions, and how entries go up."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Schema

from pilothouse.delivery.projects.models import Workstream
from pilothouse.delivery.projects.rules import visible_projects
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    Aspect,
    Decision,
    Entry,
    EntryLink,
    Issue,
    Kind,
    Level,
    RaidPolicy,
    Risk,
)
from pilothouse.delivery.raid.queries.entry_page import EntryPage, RiskFacts, entry_page
from pilothouse.delivery.raid.queries.entry_page import Rated as RatedShown
from pilothouse.delivery.raid.queries.heat import Asked as HeatAsked
from pilothouse.delivery.raid.queries.heat import heat_map
from pilothouse.delivery.raid.queries.opening import escalation_of, open_entry, place_of
from pilothouse.delivery.raid.queries.policies import open_scales
from pilothouse.delivery.raid.queries.register import Asked, Line, everything, line_of
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.escalating import (
    answer_escalation,
    escalate,
    hand_back,
    withdraw_escalation,
)
from pilothouse.delivery.raid.services.linking import link_entries, unlink_entries
from pilothouse.delivery.raid.services.policies import Scales, set_policy
from pilothouse.delivery.raid.services.quick import raise_quick
from pilothouse.delivery.raid.services.rating import Rated, rate_risk
from pilothouse.delivery.raid.services.registering import Asked as NewEntry
from pilothouse.delivery.raid.services.registering import (
    edit_entry,
    note_entry,
    raise_entry,
    void_entry,
)
from pilothouse.delivery.raid.services.responses import add_response
from pilothouse.delivery.raid.services.states import Taken, take_step
from pilothouse.faces.api.auth import actor_of
from pilothouse.faces.api.endpoints.common import (
    IdempotencyKey,
    IfMatch,
    creates,
    person_ref,
    read,
    ref,
    unknown,
    updates,
    values_of,
)
from pilothouse.faces.api.replies import (
    Page,
    Paging,
    created,
    page,
    reply,
    slice_of,
    version_of,
)
from pilothouse.faces.api.routing import Router
from pilothouse.faces.api.schemas import QueryDay, QueryId
from pilothouse.faces.api.schemas_raid import (
    AnswerIn,
    ClockOut,
    EntryChange,
    EntryFull,
    EntryNew,
    EntryOut,
    EscalationOut,
    HeatMapOut,
    KindName,
    LinkIn,
    LinkOut,
    NoteIn,
    NoteOut,
    RatingIn,
    RatingOut,
    ResponseIn,
    ResponseValueOut,
    RiskOut,
    ScalesIn,
    ScalesOut,
    SpotOut,
    StepIn,
    WhyIn,
)
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import NotFound
from pilothouse.foundation.core.pages import site_of

router = Router(tags=["RAID"])
ALL = "/raid/entries"
ONE = "/raid/entries/{int:entry_id}"
Show = Annotated[
    Literal["open", "mine", "overdue", "escalated", "high", "over", "all"],
    Query(description="Narrow the list; `high`: high and very high risks, issues S1 and S2."),
]
AspectName = Literal["inherent", "current", "residual", "target"]
DETAILS = (
    *("impact_if_false", "outcome", "answer", "rationale", "decided_by", "decided_on"),
    *("type", "impact", "resolution", "done_on", "done_note", "cost", "reversible"),
)
"""Fields that only some kinds have."""


@router.get(ALL, response=read(Page[EntryOut]))
def list_register_entries(
    request: HttpRequest,
    paging: Query[Paging],
    project_id: QueryId | None = None,
    programme_id: QueryId | None = None,
    portfolio_id: QueryId | None = None,
    kind: KindName | None = None,
    show: Show = "open",
    q: str = "",
    owner_id: QueryId | None = None,
    category: str = "",
    tag: str = "",
    sort: str = "",
    below: bool = False,
) -> HttpResponse:
    """A register of one place, or everything in sight; of a confidential entry its number alone."""
    actor = actor_of(request)
    place = _place(actor, project_id, programme_id, portfolio_id)
    asked = Asked(
        kind=kind or "",
        show=show,
        text=q,
        owner=owner_id,
        category=category.replace("\0", ""),
        tag=tag.replace("\0", ""),
        sort=sort,
        below=below,
    )
    rows = everything(actor, place, asked)
    return page(request, [_line(row) for row in slice_of(rows, paging)], len(rows), paging)


@router.get("/raid/heat", response=read(HeatMapOut))
def read_heat_map(
    request: HttpRequest,
    project_id: QueryId | None = None,
    programme_id: QueryId | None = None,
    portfolio_id: QueryId | None = None,
    aspect: AspectName = "current",
    nature: Literal["threat", "opportunity"] = "threat",
    since: QueryDay | None = None,
    below: bool = False,
) -> HttpResponse:
    """Where the open risks of one place stand, and how they moved since a day (30 days ago)."""
    actor = actor_of(request)
    place = _place(actor, project_id, programme_id, portfolio_id)
    if place is None:
        raise unknown("project_id", "Name one project, programme or portfolio.")
    found = heat_map(actor, place, HeatAsked(Aspect(aspect), nature, since, below))
    policy = found.policy
    spots = [
        SpotOut(
            entry_id=spot.pk,
            code=spot.code,
            title=spot.title,
            probability=spot.probability,
            impact=spot.impact,
            score=spot.score,
            rating=str(rules.rating_of(policy, spot.score)),
            before=spot.before,
            move=spot.move,
        )
        for spot in found.spots
    ]
    return reply(
        HeatMapOut(
            aspect=aspect,
            nature=nature,
            since=found.since,
            scale_number=policy.number,
            rating_from=policy.rating_from,
            unrated=found.unrated,
            hidden=found.hidden,
            spots=spots,
        )
    )


@router.post(ALL, response=creates(EntryFull))
def create_register_entry(
    request: HttpRequest, payload: EntryNew, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Raise an entry in a register, from one line or from its fields."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        place = _place(actor, payload.project_id, payload.programme_id, payload.portfolio_id)
        if place is None:
            raise unknown("project_id", "Name one project, programme or portfolio.")
        kind = Kind(payload.kind)
        if payload.line:
            row = raise_quick(
                actor=actor, place=place, kind=kind, line=payload.line, site=site_of(request)
            )
        else:
            values, tasks = _values(request, payload, place.office_id)
            asked = NewEntry(kind, values, tasks or (), site_of(request))
            row = raise_entry(actor=actor, place=place, asked=asked)
        return _full(actor, row.pk)

    return created(request, idempotency_key, make)


@router.get(ONE, response=read(EntryFull))
def read_register_entry(request: HttpRequest, entry_id: int) -> HttpResponse:
    """One entry with everything that is known of it."""
    return _answer(actor_of(request), entry_id)


@router.patch(ONE, response=updates(EntryFull))
def update_register_entry(
    request: HttpRequest, entry_id: int, payload: EntryChange, if_match: IfMatch = None
) -> HttpResponse:
    """Change what an entry says; a day that is put off is counted."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    values, tasks = _values(request, payload, row.office_id)
    edit_entry(
        actor=actor,
        entry=row,
        values=values,
        version=version_of(if_match),
        tasks=tasks,
        reason=payload.reason,
    )
    return _answer(actor, entry_id)


@router.put(ONE + "/ratings/{aspect}", response=updates(EntryFull))
def rate_register_risk(
    request: HttpRequest,
    entry_id: int,
    aspect: AspectName,
    payload: RatingIn,
    if_match: IfMatch = None,
) -> HttpResponse:
    """Rate a risk from one aspect; the current one moves it on the heat map."""
    actor = actor_of(request)
    rate_risk(
        actor=actor,
        risk=_risk(actor, entry_id),
        aspect=Aspect(aspect),
        rated=Rated(**payload.model_dump(exclude={"reason"})),
        version=version_of(if_match),
        reason=payload.reason,
    )
    return _answer(actor, entry_id)


@router.post(ONE + "/step", response=updates(EntryFull))
def take_register_step(
    request: HttpRequest, entry_id: int, payload: StepIn, if_match: IfMatch = None
) -> HttpResponse:
    """Bring an entry a step on; what a risk became stands in the links of the answer."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    if payload.step not in set(Step):
        raise unknown("step", f"‘{payload.step}’ is no step.")
    other = None
    if payload.duplicate_of_id is not None:
        seen = rules.sight_of(actor).condition()
        other = Issue.rows.filter(seen, pk=payload.duplicate_of_id).first()
        if other is None:
            raise unknown("duplicate_of_id", "There is no such issue in your sight.")
    taken = Taken(duplicate_of=other, **payload.model_dump(exclude={"step", "duplicate_of_id"}))
    take_step(
        actor=actor,
        entry=row,
        step=Step(payload.step),
        taken=taken,
        version=version_of(if_match),
    )
    return _answer(actor, entry_id)


@router.post(ONE + "/responses", response=creates(EntryFull))
def create_risk_response(
    request: HttpRequest, entry_id: int, payload: ResponseIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Add an action that answers a risk; the answer is that action."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        risk = _risk(actor, entry_id)
        values = values_of(request, payload, office_id=risk.office_id)
        row = add_response(
            actor=actor, risk=risk, values=values, version=None, site=site_of(request)
        )
        return _full(actor, row.pk)

    return created(request, idempotency_key, make)


@router.post(ONE + "/notes", response=creates(EntryFull))
def create_register_note(
    request: HttpRequest, entry_id: int, payload: NoteIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Remark on an entry."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        note_entry(actor=actor, entry=open_entry(actor, entry_id).entry, text=payload.text)
        return _full(actor, entry_id)

    return created(request, idempotency_key, make)


@router.post(ONE + "/links", response=creates(EntryFull))
def create_register_link(
    request: HttpRequest, entry_id: int, payload: LinkIn, idempotency_key: IdempotencyKey = None
) -> HttpResponse:
    """Say that another entry belongs to this one, answers it, or follows from it."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        source = open_entry(actor, entry_id).entry
        target = open_entry(actor, payload.other_id).entry
        link_entries(actor=actor, source=source, target=target, kind=payload.kind)
        return _full(actor, entry_id)

    return created(request, idempotency_key, make)


@router.delete(ONE + "/links/{int:link_id}", response=read(EntryFull))
def remove_register_link(request: HttpRequest, entry_id: int, link_id: int) -> HttpResponse:
    """Take a link away; what became of what stays told."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    link = EntryLink.objects.select_related("source", "target").filter(pk=link_id).first()
    if link is None or row.pk not in (link.source_id, link.target_id):
        raise NotFound("raid.no_link", "There is no such link of this entry.")
    unlink_entries(actor=actor, link=link)
    return _answer(actor, entry_id)


@router.post(ONE + "/void", response=updates(EntryFull))
def void_register_entry(
    request: HttpRequest, entry_id: int, payload: WhyIn, if_match: IfMatch = None
) -> HttpResponse:
    """Take an entry that should not be out of every count; it stays readable."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    void_entry(actor=actor, entry=row, version=version_of(if_match), reason=payload.reason)
    return _answer(actor, entry_id)


@router.post(ONE + "/escalation", response=updates(EntryFull))
def escalate_register_entry(
    request: HttpRequest, entry_id: int, payload: WhyIn, if_match: IfMatch = None
) -> HttpResponse:
    """Ask the level above to take an entry over."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    escalate(actor=actor, entry=row, reason=payload.reason, version=version_of(if_match))
    return _answer(actor, entry_id)


@router.post(ONE + "/escalation/answer", response=updates(EntryFull))
def answer_register_escalation(
    request: HttpRequest, entry_id: int, payload: AnswerIn, if_match: IfMatch = None
) -> HttpResponse:
    """Accept what came up, turn it back, or lift it; If-Match names the escalation's version."""
    actor = actor_of(request)
    _, waiting = escalation_of(actor, entry_id)
    answer_escalation(
        actor=actor,
        escalation=waiting,
        state=payload.state,
        reason=payload.reason,
        version=version_of(if_match),
    )
    return _answer(actor, entry_id)


@router.post(ONE + "/escalation/withdraw", response=updates(EntryFull))
def withdraw_register_escalation(
    request: HttpRequest, entry_id: int, payload: WhyIn, if_match: IfMatch = None
) -> HttpResponse:
    """Take back what waits for an answer; If-Match names the escalation's version."""
    actor = actor_of(request)
    _, waiting = escalation_of(actor, entry_id)
    withdraw_escalation(
        actor=actor, escalation=waiting, reason=payload.reason, version=version_of(if_match)
    )
    return _answer(actor, entry_id)


@router.post(ONE + "/hand-back", response=updates(EntryFull))
def hand_register_entry_back(
    request: HttpRequest, entry_id: int, payload: WhyIn, if_match: IfMatch = None
) -> HttpResponse:
    """Give an entry that was taken over back to the place it belongs to."""
    actor = actor_of(request)
    row = open_entry(actor, entry_id).entry
    hand_back(actor=actor, entry=row, reason=payload.reason, version=version_of(if_match))
    return _answer(actor, entry_id)


@router.get("/offices/{int:office_id}/raid-scales", response=read(ScalesOut))
def read_raid_scales(request: HttpRequest, office_id: int) -> HttpResponse:
    """The scales of risks and service levels of issues that hold in an office."""
    return reply(_scales(open_scales(actor_of(request), office_id).current))


@router.post("/offices/{int:office_id}/raid-scales", response=creates(ScalesOut))
def set_raid_scales(
    request: HttpRequest,
    office_id: int,
    payload: ScalesIn,
    idempotency_key: IdempotencyKey = None,
) -> HttpResponse:
    """Set a new version of the scales; what was rated by older ones keeps its rating."""
    actor = actor_of(request)

    def make() -> tuple[Schema, int | None]:
        opened = open_scales(actor, office_id)
        row = set_policy(
            actor=actor,
            office=opened.office,
            scales=Scales(**payload.model_dump(exclude={"seen_number", "reason"})),
            seen=payload.seen_number,
            reason=payload.reason,
        )
        return _scales(row), None

    return created(request, idempotency_key, make)


def _scales(row: RaidPolicy) -> ScalesOut:
    return ScalesOut(
        number=row.number,
        reason=row.reason,
        set_at=row.created_at if row.number else None,
        probability_pct=row.probability_pct,
        impact_pct=row.impact_pct,
        rating_from=row.rating_from,
        proximity_months=row.proximity_months,
        categories=row.categories,
        service_minutes=row.service_minutes,
        contingency_pct=row.contingency_pct,
        escalation_days=row.escalation_days,
    )


def _place(
    actor: Actor, project_id: int | None, programme_id: int | None, portfolio_id: int | None
) -> rules.Place | None:
    named = [
        (level, pk)
        for level, pk in (
            (Level.PROJECT, project_id),
            (Level.PROGRAMME, programme_id),
            (Level.PORTFOLIO, portfolio_id),
        )
        if pk is not None
    ]
    if len(named) > 1:
        raise unknown(f"{named[1][0]}_id", "Name one project, programme or portfolio, not several.")
    return place_of(actor, *named[0]) if named else None


def _risk(actor: Actor, entry_id: int) -> Risk:
    row = open_entry(actor, entry_id).entry
    if not isinstance(row, Risk):
        raise NotFound("raid.no_risk", f"{row} is no risk.")
    return row


PLAIN = ("reason", "tasks", "kind", "line", "project_id", "programme_id", "portfolio_id")


def _values(
    request: HttpRequest, payload: EntryChange, office_id: int
) -> tuple[dict[str, Any], list[int] | None]:
    """The fields that were sent, and the tasks; null empties a text."""
    values = values_of(request, payload, office_id=office_id, leave=PLAIN)
    actor = actor_of(request)
    if "workstream_id" in values:
        values["workstream"] = _workstream(actor, values.pop("workstream_id"))
    if "supersedes_id" in values:
        values["supersedes"] = _decision(actor, values.pop("supersedes_id"))
    for name, value in values.items():
        if value is None and name in TEXTS:
            values[name] = ""
    return values, payload.tasks


TEXTS = {
    *("description", "tags", "cause", "effect", "category", "strategy", "trigger", "fallback"),
    *("impact", "impact_if_false"),
}


def _workstream(actor: Actor, pk: int | None) -> Workstream | None:
    if pk is None:
        return None
    found = Workstream.objects.filter(project__in=visible_projects(actor), pk=pk).first()
    if found is None:
        raise unknown("workstream_id", "There is no such workstream.")
    return found


def _decision(actor: Actor, pk: int | None) -> Decision | None:
    if pk is None:
        return None
    row = open_entry(actor, pk).entry
    if not isinstance(row, Decision):
        raise unknown("supersedes_id", "That is no decision.")
    return row


def _answer(actor: Actor, entry_id: int) -> HttpResponse:
    full, version = _full(actor, entry_id)
    return reply(full, version=version)


def _full(actor: Actor, entry_id: int) -> tuple[EntryFull, int]:
    shown = entry_page(actor, entry_id)
    row = shown.entry
    full = EntryFull(
        **_line(line_of(row, shown.waiting)).model_dump(),
        description=row.description,
        state_reason=row.state_reason,
        raised_by=row.raised_label,
        raised_on=row.raised_on,
        closed_on=row.closed_on,
        workstream_id=row.workstream_id,
        tasks=[task.uid for task in shown.tasks],
        details=_details(row),
        risk=_risk_out(row, shown.risk) if shown.risk and isinstance(row, Risk) else None,
        clocks=[
            ClockOut(
                promise=one.promise, until=one.until, kept_at=one.kept_at, broken=one.is_broken
            )
            for one in shown.clocks
        ],
        links=[
            LinkOut(
                id=one.link.pk,
                kind=one.link.kind,
                outward=one.outward,
                entry_id=one.pk,
                code=one.code,
                title=one.title,
            )
            for one in shown.links
        ],
        notes=[NoteOut(at=one.at, by=one.by_label, text=one.text) for one in shown.notes],
        escalations=_escalations(shown),
        steps=[str(step) for step in shown.may.steps],
    )
    return full, row.version


def _details(row: Entry) -> dict[str, str]:
    return {
        name: str(getattr(row, name))
        for name in DETAILS
        if getattr(row, name, None) not in (None, "")
    }


def _escalations(shown: EntryPage) -> list[EscalationOut]:
    return [
        EscalationOut(
            version=one.version,
            state=one.state,
            from_level=one.from_level,
            to_level=one.to_level,
            reason=one.reason,
            passed_over=one.passed_over,
            asked_by=one.asked_label,
            asked_at=one.asked_at,
            answer_by=one.answer_by,
            answered_by=one.answered_label,
            answered_at=one.answered_at,
            answer=one.answer,
        )
        for one in shown.escalations
    ]


def _risk_out(row: Risk, facts: RiskFacts) -> RiskOut:
    worth = facts.value
    return RiskOut(
        nature=row.nature,
        cause=row.cause,
        effect=row.effect,
        near_from=row.near_from,
        near_until=row.near_until,
        strategy=row.strategy,
        trigger=row.trigger,
        fallback=row.fallback,
        scale_number=row.scale_number,
        escalate_by=row.escalate_by,
        escalate_why=row.escalate_why,
        lacking=list(facts.lacking),
        ratings=[_rating(one) for one in facts.ratings if one.rating is not None],
        responses=[action.pk for action in facts.responses],
        response_value=None
        if worth is None
        else ResponseValueOut(
            before=worth.before,
            after=worth.after,
            cost=worth.cost,
            value=worth.value,
            leverage=worth.leverage,
        ),
    )


def _rating(one: RatedShown) -> RatingOut:
    row = one.rating
    assert row is not None
    names = RatingIn.model_fields.keys() - {"reason"}
    return RatingOut(
        aspect=str(one.aspect),
        score=row.score,
        rating=one.word,
        mean_cost=one.mean,
        expected_value=one.emv,
        **{name: getattr(row, name) for name in names},
    )


def _line(line: Line) -> EntryOut:
    it = line.entry
    common: dict[str, Any] = {
        "id": line.pk,
        "kind": str(line.kind),
        "code": line.code,
        "place": ref(line.place),
    }
    if it is None:
        return EntryOut(**common, **SHUT)
    risk, issue = line.risk, line.issue
    return EntryOut(
        **common,
        level=it.level,
        confidential=it.confidential,
        opened=True,
        title=it.title,
        state="voided" if it.voided else it.state,
        is_open=it.is_open,
        owner=person_ref(it.owner),
        due=it.due,
        due_first=it.due_first,
        due_moves=it.due_moves,
        overdue_days=line.overdue_days,
        age_days=line.age_days,
        tags=line.tags,
        category=risk.category if risk else "",
        probability=risk.probability if risk else None,
        impact=risk.impact if risk else None,
        score=risk.score if risk else None,
        rating=risk.rating if risk else "",
        proximity=str(line.proximity or ""),
        severity=issue.severity if issue else None,
        clock=line.clock,
        clock_until=line.clock_until,
        clock_broken=line.is_broken,
        waits_for=line.waiting.to_level if line.waiting else "",
    )


SHUT: dict[str, Any] = {
    "level": "",
    "confidential": True,
    "opened": False,
    "title": "",
    "state": "",
    "is_open": True,
    "owner": None,
    "due": None,
    "due_first": None,
    "due_moves": 0,
    "overdue_days": 0,
    "age_days": 0,
    "tags": [],
    "category": "",
    "probability": None,
    "impact": None,
    "score": None,
    "rating": "",
    "proximity": "",
    "severity": None,
    "clock": "",
    "clock_until": None,
    "clock_broken": False,
    "waits_for": "",
}
"""What is told of a confidential entry beside its number."""
