# SPDX-License-Identifier: Apache-2.0
"""What nobody may forget: broken promises, what has to go up, reminders (8.1, 8.2).

Each pass finds in a few reads what is due and handles it row by row, each in a transaction of its
own that asks again whether it still is. What was told is kept, so a pass can be repeated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from pilothouse.delivery.planning.queries import office_time, working_day_after
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    Action,
    Entry,
    Escalation,
    Issue,
    IssueBreach,
    Level,
    Risk,
    open_entries,
)
from pilothouse.delivery.raid.models.scales import DAY
from pilothouse.delivery.raid.queries.policies import after, time_of
from pilothouse.delivery.raid.services import news
from pilothouse.delivery.raid.services.clocks import PROMISES
from pilothouse.delivery.raid.services.escalating import UP, escalate
from pilothouse.delivery.raid.services.opened import locked_as
from pilothouse.engine.calendars import WorkingTime
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import people_in_role
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core import services as core
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.notifications.queries import told_once
from pilothouse.foundation.organisation.queries import head_above

SYSTEM = Actor.system("watch of registers")
SOON = timedelta(days=2)
LATE_WORKING_DAYS = 5
"""So long after its day an action is told to the manager of its owner."""
FIRST: dict[int, tuple[tuple[Role, ...], ...]] = {
    1: ((Role.SPO, Role.PGM),),
    2: ((Role.PGM,), (Role.PFM,)),
    3: ((Role.PM,),),
    4: ((Role.PM,),),
}
"""Severity → who is told at once (8.2): of these groups the first that somebody is in."""
FURTHER: dict[int, Role] = {1: Role.DIR, 2: Role.SPO, 3: Role.PGM}
"""Severity → who is told a working day later, where the promise is still broken."""
GOES_UP = (1, 2, 3)
"""Severities of which a broken promise to resolve brings the issue a level up."""
_AT = {"acknowledge": "acknowledged_at", "plan": "planned_at", "resolve": "resolved_at"}


@dataclass(frozen=True, slots=True)
class Watched:
    """How much a pass found."""

    breaches: int
    sent_up: int
    unanswered: int
    reminders: int
    reviews: int


def watch(*, now: datetime) -> Watched:
    """One pass over all registers. Who: the job. Writes: IssueBreach, Escalation, Notice."""
    today = clock.day_of(now)
    breaches, went_up = _breaches(now)
    _further(now)
    return Watched(
        breaches=breaches,
        sent_up=went_up + _risks_up(now),
        unanswered=_unanswered(now),
        reminders=_actions(today),
        reviews=_reviews(today) + _passed(today),
    )


def _broken(now: datetime) -> Q:
    found = Q(pk__in=[])
    for promise in PROMISES:
        found |= Q(**{f"{promise}_by__lt": now, f"{_AT[promise]}": None})
    return found


def _breaches(now: datetime) -> tuple[int, int]:
    """Record each promise that is broken, once at each level. Returns how many, and went up."""
    rows = list(Issue.rows.filter(open_entries(), _broken(now)).order_by("pk"))
    known = set(IssueBreach.objects.filter(issue__in=rows).values_list("issue", "promise", "level"))
    found = went_up = 0
    for row in rows:
        fresh = [
            promise
            for promise in PROMISES
            if _is_broken(row, promise, now) and (row.pk, promise, row.level) not in known
        ]
        if fresh:
            done, gone = _record(row, fresh, now)
            found += done
            went_up += gone
    return found, went_up


def _is_broken(row: Issue, promise: str, now: datetime) -> bool:
    by: datetime | None = getattr(row, f"{promise}_by")
    return by is not None and by < now and getattr(row, _AT[promise]) is None


@transaction.atomic
def _record(issue: Issue, promises: Sequence[str], now: datetime) -> tuple[int, bool]:
    row = locked_as(Issue, issue, None)
    if not row.is_open:
        return 0, False
    done = 0
    for promise in promises:
        known = row.breaches.filter(promise=promise, level=row.level).exists()
        if known or not _is_broken(row, promise, now):
            continue
        by: datetime = getattr(row, f"{promise}_by")
        people = _first_told(row)
        names = ", ".join(
            User.objects.filter(pk__in=people).order_by("pk").values_list("full_name", flat=True)
        )
        breach = IssueBreach.objects.create(
            issue=row,
            promise=promise,
            level=row.level,
            due_at=by,
            noticed_at=now,
            told=names[:500] or "Nobody holds a role above it.",
        )
        text = f"To be {_DONE[promise]} by {clock.local(by):%d %b %Y, %H:%M}; it is not."
        news.say(news.BREACH, row, people, "Promise broken", text)
        core.record(
            actor=SYSTEM,
            action="issue.breach",
            obj=row,
            after={"promise": promise, "level": row.level, "told": breach.told},
            office_id=row.office_id,
        )
        done += 1
    goes = bool(done) and "resolve" in promises and row.severity in GOES_UP
    return done, goes and _send_up(row, "It was not resolved within the time of its severity.")


_DONE = {"acknowledge": "acknowledged", "plan": "planned", "resolve": "resolved"}


def _first_told(row: Issue) -> list[int]:
    """Who is told of a broken promise; where nobody holds the role, whoever holds it above."""
    scopes, day = rules.holder_scopes(row), clock.today()
    for roles in FIRST[row.severity]:
        found = [pk for role in roles for pk, _name in people_in_role(role, scopes, day)]
        if found:
            return found
    manager = news.manager_of(row)
    if manager is not None and not row.is_lifted:
        return [manager]
    levels = [Level(row.level), *UP[Level(row.level)]]
    return next((found for level in levels if (found := _holders(level, row))), [])


def _holders(level: Level, row: Entry) -> list[int]:
    return [] if level is Level.PROJECT else rules.holders_of(level, row)


def _send_up(row: Entry, why: str) -> bool:
    """Bring an entry a level up, if nothing waits; whether it went."""
    if row.escalations.waiting().exists():
        return False
    try:
        with transaction.atomic():
            escalate(actor=SYSTEM, entry=row, reason=why, version=None)
    except Invalid as error:
        if error.code != "raid.nobody_above":
            raise
        once = f"raid.stuck:{row.pk}:{row.level}"
        news.say(news.STUCK, row, [news.manager_of(row)], "Goes nowhere", error.message, once=once)
        return False
    return True


def _further(now: datetime) -> int:
    """Tell the next ones of promises that are still broken a working day later."""
    since = now - timedelta(days=1)
    rows = IssueBreach.objects.filter(
        noticed_at__lt=since, further_at=None, issue__severity__in=FURTHER
    )
    rows = rows.filter(level=F("issue__level")).filter(
        Q(promise="acknowledge", issue__acknowledged_at=None)
        | Q(promise="plan", issue__planned_at=None)
        | Q(promise="resolve", issue__resolved_at=None)
    )
    open_issues = Issue.rows.filter(open_entries())
    found = list(rows.filter(issue__in=open_issues).select_related("issue").order_by("pk"))
    return sum(_tell_further(breach, now) for breach in found)


@transaction.atomic
def _tell_further(breach: IssueBreach, now: datetime) -> bool:
    row = locked_as(Issue, breach.issue, None)
    if after(time_of(row), breach.noticed_at, DAY) > now:
        return False
    if not IssueBreach.objects.filter(pk=breach.pk, further_at=None).update(further_at=now):
        return False
    found = people_in_role(FURTHER[row.severity], rules.holder_scopes(row), clock.today())
    text = f"To be {_DONE[breach.promise]} by {clock.local(breach.due_at):%d %b %Y, %H:%M}."
    people = [pk for pk, _name in found]
    return bool(news.say(news.BREACH, row, people, "Promise still broken", text))


def _risks_up(now: datetime) -> int:
    """Bring risks up whose time to go up has passed (R-RSK-02)."""
    waiting = Escalation.objects.waiting().values("entry")
    rows = Risk.rows.filter(open_entries(), escalate_by__lt=now).exclude(pk__in=waiting)
    return sum(_risk_up(row, now) for row in rows.order_by("pk"))


@transaction.atomic
def _risk_up(risk: Risk, now: datetime) -> bool:
    row = locked_as(Risk, risk, None)
    if not row.is_open or row.escalate_by is None or row.escalate_by >= now:
        return False
    return _send_up(row, row.escalate_why or "It has to go up.")


def _unanswered(now: datetime) -> int:
    """Tell of escalations that nobody has answered in time, once: the asked and those above."""
    rows = Escalation.objects.waiting().filter(answer_by__lt=now, late_told=False)
    rows = rows.filter(entry__in=Entry.objects.open())
    return sum(_tell_unanswered(pk, now) for pk in rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def _tell_unanswered(escalation_id: int, now: datetime) -> bool:
    asked = core.lock(Escalation.objects.all(), escalation_id)
    if asked.state != Escalation.State.WAITING or asked.late_told:
        return False
    asked.late_told = True
    asked.save(update_fields=["late_told"])
    row = Entry.objects.with_place().get(pk=asked.entry_id)
    level = Level(asked.to_level)
    people = rules.holders_of(level, row, barred=[asked.asked_by_id])
    above = next((found for up in UP[level] if (found := rules.holders_of(up, row))), [])
    until = written(clock.day_of(asked.answer_by))
    text = f"{asked.asked_label}: {asked.reason}\nAn answer was due by {until}."
    return bool(news.say(news.UNANSWERED, row, [*people, *above], "Not answered", text))


def _actions(today: date) -> int:
    """Remind owners of actions two days before, on the day and two days after it; then managers."""
    mine = Action.rows.filter(open_entries(), state__in=("open", "in_progress"))
    mine.filter(due__gt=today + SOON, reminded__isnull=False).update(reminded=None)
    rows = mine.filter(due__lte=today + SOON).exclude(reminded=LATE_WORKING_DAYS, due__lt=today)
    times: dict[int, WorkingTime] = {}
    found = 0
    for row in rows.order_by("pk"):
        if row.office_id not in times:
            times[row.office_id] = office_time(row.office_id)
        step = reminder_due(row.due, today, times[row.office_id])
        if step is not None and step != row.reminded:
            found += _remind(row, step, today)
    return found


def reminder_due(due: date | None, today: date, time: WorkingTime) -> int | None:
    """Which reminder of an action has come last: -2, 0 or 2 days from its day, 5 working days."""
    if due is None:
        return None
    # ``working_day_after`` gives the first day behind them.
    if today >= working_day_after(time, due, LATE_WORKING_DAYS) - timedelta(days=1):
        return LATE_WORKING_DAYS
    days = (today - due).days
    return next((step for step in (2, 0, -2) if days >= step), None)


@transaction.atomic
def _remind(action: Action, step: int, today: date) -> bool:
    same = Action.rows.filter(pk=action.pk, reminded=action.reminded, due=action.due)
    if not same.update(reminded=step):
        return False
    row = Entry.objects.with_place().get(pk=action.pk)
    assert row.due is not None
    days = (today - row.due).days
    if step == LATE_WORKING_DAYS:
        people = [head_above(row.owner_id) or news.manager_of(row)]
        owner = row.owner.full_name if row.owner is not None else "Nobody"
        text = f"{owner} was to do it by {written(row.due)}."
        return bool(news.say(news.REMINDER, row, people, "Not done", text, due=row.due))
    lead = "Due soon" if step < 0 else "Due today" if not days else "Late"
    text = f"To be done by {written(row.due)}."
    return bool(news.say(news.REMINDER, row, [row.owner_id], lead, text, due=row.due))


def _reviews(today: date) -> int:
    """Tell owners of risks whose day to be looked at again has passed, once for each day."""
    rows = Risk.rows.filter(open_entries(), due__lt=today).order_by("pk")
    return _tell_risks(
        [(row, f"raid.review:{row.pk}:{row.due}") for row in rows],
        news.REVIEW,
        "To be looked at again",
        "Its review is overdue. Look at it, and say when it is looked at again.",
    )


def _passed(today: date) -> int:
    """Propose to close threats whose time has passed without them, once for each day."""
    rows = Risk.rows.filter(open_entries(), nature="threat", near_until__lt=today).order_by("pk")
    return _tell_risks(
        [(row, f"raid.passed:{row.pk}:{row.near_until}") for row in rows],
        news.PASSED,
        "To be closed?",
        "Its time has passed and it has not occurred. Close it, or say until when it threatens.",
    )


def _tell_risks(rows: Sequence[tuple[Risk, str]], topic: str, lead: str, text: str) -> int:
    known = told_once([once for _row, once in rows])
    fresh = {row.pk: once for row, once in rows if once not in known}
    found = 0
    for row in Entry.objects.with_place().filter(pk__in=fresh).order_by("pk"):
        people = [row.owner_id or news.manager_of(row)]
        with transaction.atomic():
            told = news.say(topic, row, people, lead, text, due=row.due, once=fresh[row.pk])
        found += bool(told)
    return found
