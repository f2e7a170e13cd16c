# SPDX-License-Identifier: Apache-2.0
"""Entries raised, changed, remarked on and voided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from pilothouse.delivery.planning.queries import task_ends
from pilothouse.delivery.projects.models import Portfolio, Programme, Project, Workstream
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    Decision,
    Entry,
    EntryNote,
    EntryTask,
    Kind,
    Level,
)
from pilothouse.delivery.raid.queries.opening import MODELS
from pilothouse.delivery.raid.queries.policies import policy_of
from pilothouse.delivery.raid.services import news
from pilothouse.delivery.raid.services.clocks import save_clocks, start_clocks
from pilothouse.delivery.raid.services.opened import locked, require_person, save, tell
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.services import invalid_from

REVIEW_DAYS = 30
"""After so many days a risk is looked at again where nobody says when."""
_SHARED = ("title", "description", "owner", "due", "tags", "confidential", "workstream")
FIELDS: Mapping[Kind, tuple[str, ...]] = {
    Kind.RISK: (
        *_SHARED,
        *("actionee", "nature", "cause", "effect", "category", "near_from", "near_until"),
        *("strategy", "trigger", "fallback"),
    ),
    Kind.ISSUE: (*_SHARED, "priority", "type", "severity", "impact"),
    Kind.ASSUMPTION: (*_SHARED, "impact_if_false"),
    Kind.DECISION: (*_SHARED, "options", "reversible", "supersedes"),
    Kind.ACTION: (*_SHARED, "priority", "cost"),
}
"""What may be entered and changed of each kind; the rest follows from steps."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A new entry: what it is, what it says, and which tasks of the plan it is about.

    ``raised_at`` is when it was raised where that was before it is entered here.
    """

    kind: Kind
    values: Mapping[str, Any]
    tasks: Sequence[int] = field(default=())
    site: str = ""
    raised_at: datetime | None = None


@transaction.atomic
def raise_entry(*, actor: Actor, place: rules.Place, asked: Asked) -> Entry:
    """Add an entry to the register of a project, programme or portfolio.

    Who: C on its kind; a risk or an issue whoever reads the project. Writes: Entry, EntryTask.
    Publishes: RegisterChanged. Raises: Invalid naming the field, NotAllowed.
    """
    allowed = rules.require_raise(actor, place, asked.kind)
    home = _locked_place(place)
    office = OrgUnit.objects.get(pk=home.office_id)
    began = asked.raised_at or timezone.now()
    today = clock.day_of(began)
    values = _entered(asked.kind, office.pk, asked.values)
    row = MODELS[asked.kind](
        kind=asked.kind,
        number=_next_number(home, asked.kind),
        office=office,
        level=_level_of(home),
        state=rules.FIRST[asked.kind],
        raised_by_id=actor.user_id,
        raised_label=actor.label[:200],
        raised_on=today,
        site=asked.site[:300],
        **{_column(home): home},
        **values,
    )
    _complete(row, home, today)
    start_clocks(row, began)
    try:
        core.create(actor=allowed, obj=row, names=FIELDS[asked.kind], office_id=office.pk)
    except ValidationError as error:
        raise invalid_from(error, "raid.entry") from error
    _bind_tasks(row, asked.tasks)
    tell(row, "raised")
    news.assigned(actor, row, [row.owner_id, row.actionee_id])
    return row


@transaction.atomic
def edit_entry(
    *,
    actor: Actor,
    entry: Entry,
    values: Mapping[str, Any],
    version: int | None,
    tasks: Sequence[int] | None = None,
    reason: str = "",
) -> Entry:
    """Change what an entry says; a day that is put off is counted.

    Who: U on its kind where it is held, and its owner. Writes: Entry, EntryTask.
    Publishes: RegisterChanged. Raises: Invalid naming the field, NotAllowed, Conflict.
    """
    row = locked(entry, version)
    allowed = rules.require_keep(actor, row)
    _require_changeable(row)
    typed = _entered(Kind(row.kind), row.office_id, values)
    severity = getattr(row, "severity", None)
    typed.update(_moved(row, typed.get("due", row.due)))
    preview = {**core.plain(row, typed), **typed}
    _require_whole(row, preview)
    before = {row.owner_id, row.actionee_id}
    save(allowed, row, typed, version, reason=reason)
    news.assigned(actor, row, {row.owner_id, row.actionee_id} - before)
    if getattr(row, "severity", None) != severity:
        save_clocks(row, getattr(row, "clock_from", None))
    if tasks is not None:
        _bind_tasks(row, tasks)
    return row


@transaction.atomic
def note_entry(*, actor: Actor, entry: Entry, text: str) -> EntryNote:
    """Remark on an entry; whoever reads it may.

    Writes: EntryNote. Raises: Invalid without a text.
    """
    said = text.strip()
    if not said:
        raise Invalid("raid.note", "Write what you remark.", fields={"text": "Needed."})
    note = EntryNote(entry=entry, by_id=actor.user_id, by_label=actor.label[:200], text=said)
    try:
        note.full_clean()
    except ValidationError as error:
        raise invalid_from(error, "raid.note") from error
    note.save(force_insert=True)
    core.record(
        actor=actor,
        action=f"{entry.kind}.note",
        obj=entry,
        after={"note": said},
        office_id=entry.office_id,
    )
    news.remarked(actor, entry, said)
    return note


@transaction.atomic
def void_entry(*, actor: Actor, entry: Entry, version: int | None, reason: str) -> Entry:
    """Take an entry that should not be out of every count; it stays readable (R-GEN-06).

    Who: V on its kind. Writes: Entry. Publishes: RegisterChanged. Raises: Invalid without a
    reason, NotAllowed, Conflict.
    """
    row = locked(entry, version)
    allowed = rules.require_void(actor, row)
    why = required(reason, "it is voided")
    save(
        allowed,
        row,
        {"voided": True, "state_reason": why},
        version,
        action="void",
        reason=why,
    )
    return row


def required(reason: str, what: str) -> str:
    """The reason, trimmed. Raises: Invalid where there is none."""
    said = reason.strip()
    if not said:
        raise Invalid(
            "raid.reason",
            f"Say why {what}; whoever reads it later needs to know.",
            fields={"reason": "Needed."},
        )
    return said


def _locked_place(place: rules.Place) -> rules.Place:
    """The place, locked, so that numbers are given one after another."""
    if isinstance(place, Project):
        rows = Project.objects.select_related("portfolio__org_unit", "programme", "currency")
        return core.lock(rows, place.pk)
    if isinstance(place, Programme):
        return core.lock(Programme.objects.select_related("portfolio__org_unit"), place.pk)
    return core.lock(Portfolio.objects.select_related("org_unit"), place.pk)


def _column(place: rules.Place) -> str:
    return str(place._meta.model_name)


def _level_of(place: rules.Place) -> Level:
    return Level(_column(place))


def _next_number(place: rules.Place, kind: Kind) -> int:
    rows = Entry.objects.filter(**{_column(place): place}, kind=kind)
    return int(rows.aggregate(last=Max("number"))["last"] or 0) + 1


def _entered(kind: Kind, office_id: int, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values that this kind has. Raises: Invalid for other names, and for strangers."""
    unknown = sorted(set(values) - set(FIELDS[kind]))
    if unknown:
        raise Invalid(
            "raid.field",
            f"{kind.label}s have no {', '.join(unknown)}.",
            fields=dict.fromkeys(unknown, "There is no such field."),
        )
    typed = dict(values)
    for name in ("owner", "actionee"):
        require_person(office_id, typed.get(name), name)
    for name in ("title", "tags", "category"):
        if name in typed:
            typed[name] = " ".join(str(typed[name]).split())
    return typed


def _complete(row: Entry, place: rules.Place, today: date) -> None:
    """What follows where nothing was said: the manager owns it, a risk is looked at in a month."""
    if row.owner_id is None and row.kind in rules.ANYBODY_RAISES:
        row.owner = place.pm if isinstance(place, Project) else place.manager
    if row.kind == Kind.RISK and row.due is None:
        row.due = today + timedelta(days=REVIEW_DAYS)
    row.due_first = row.due
    _require_whole(row, {name: getattr(row, name) for name in FIELDS[Kind(row.kind)]})


def _require_whole(row: Entry, values: Mapping[str, Any]) -> None:
    """Raises Invalid naming what an entry of its kind cannot be without."""
    problems: dict[str, str] = {}
    if not values.get("title", row.title):
        problems["title"] = "Say in a few words what it is."
    if row.kind == Kind.ACTION:
        if values.get("owner", row.owner) is None:
            problems["owner"] = "Name who does it: what nobody owns is not done."
        if values.get("due", row.due) is None:
            problems["due"] = "Say until when."
    if row.kind == Kind.RISK:
        if values.get("due", row.due) is None:
            problems["due"] = "Say when it is looked at again."
        problems.update(_unfit(row, values))
        known = policy_of(row.office_id).categories
        category = values.get("category") or ""
        if category and category not in known and category != getattr(row, "category", ""):
            problems["category"] = "Choose one of the list of this office."
    old = values.get("supersedes")
    if isinstance(old, Decision) and not rules.same_register(old, row):
        problems["supersedes"] = "Choose another decision of this register."
    workstream: Workstream | None = values.get("workstream")
    if isinstance(workstream, Workstream) and workstream.project_id != row.project_id:
        problems["workstream"] = "Choose a workstream of this project."
    if problems:
        raise Invalid("raid.entry", " ".join(problems.values()), fields=problems)


def _unfit(row: Entry, values: Mapping[str, Any]) -> dict[str, str]:
    """Strategies are of threats, of opportunities, or of both."""
    nature = values.get("nature") or getattr(row, "nature", "")
    strategy = values.get("strategy") or ""
    unfit = rules.OF_OPPORTUNITIES if nature == "threat" else rules.OF_THREATS
    if strategy not in unfit:
        return {}
    what = "a threat" if nature == "threat" else "an opportunity"
    return {"strategy": f"This is no response to {what}."}


def _moved(row: Entry, due: date | None) -> dict[str, Any]:
    """What is kept of a promise: the first day, and how often it was put off."""
    if due is None or due == row.due:
        return {}
    if row.due_first is None:
        return {"due_first": due}
    put_off = row.due is not None and due > row.due and row.kind != Kind.RISK
    return {"due_moves": row.due_moves + 1} if put_off else {}


def _require_changeable(row: Entry) -> None:
    """A decision is immutable once it is decided; what is voided stays as it is."""
    decided = row.kind == Kind.DECISION and row.state != rules.FIRST[Kind.DECISION]
    if row.voided or decided:
        raise Invalid(
            "raid.immutable",
            f"{row} is {rules.state_words(row)} and stays as it is. "
            + ("Record a new decision that supersedes it." if decided else "Raise a new one."),
        )


def _bind_tasks(row: Entry, uids: Sequence[int]) -> None:
    """Set which tasks of the plan an entry is about. Raises: Invalid for one that is not there."""
    wanted = sorted(set(uids))
    if wanted and row.project_id is None:
        raise Invalid(
            "raid.no_plan",
            "Only an entry of a project is about tasks of a plan.",
            fields={"tasks": "A programme or portfolio has no plan of its own."},
        )
    found = task_ends({(row.project_id or 0, uid) for uid in wanted})
    missing = [uid for uid in wanted if (row.project_id or 0, uid) not in found]
    if missing:
        numbers = ", ".join(str(uid) for uid in missing)
        raise Invalid(
            "raid.task",
            f"The plan has no task {numbers}. Choose tasks that are in it.",
            fields={"tasks": f"No such task: {numbers}."},
        )
    row.tasks.exclude(uid__in=wanted).delete()
    known = set(row.tasks.values_list("uid", flat=True))
    EntryTask.objects.bulk_create(
        EntryTask(entry=row, uid=uid, name=found[row.project_id or 0, uid].name)
        for uid in wanted
        if uid not in known
    )
