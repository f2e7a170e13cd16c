# SPDX-License-Identifier: Apache-2.0
"""What is told of entries at once, and what the watch finds by itself (8.1, 8.2)."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from django.utils import timezone

from pilothouse.delivery.planning.queries import office_time
from pilothouse.delivery.projects.models import Project
from pilothouse.delivery.raid.models import Action, Escalation, Issue, Kind, Risk
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services import news
from pilothouse.delivery.raid.services.clocks import PROMISES
from pilothouse.delivery.raid.services.escalating import answer_escalation, escalate
from pilothouse.delivery.raid.services.registering import edit_entry, note_entry
from pilothouse.delivery.raid.services.watching import reminder_due, watch
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.models import AuditEvent
from pilothouse.foundation.notifications.models import Notice
from pilothouse.foundation.notifications.queries import shown_to


@pytest.fixture
def managed(raid):
    """Harbour names its manager."""
    Project.objects.filter(pk=raid.cast.harbour.pk).update(pm=raid.cast.piet)
    raid.cast.harbour.refresh_from_db()
    return raid


def told(topic=None):
    rows = Notice.objects.order_by("pk")
    rows = rows.filter(topic=topic) if topic else rows
    return [(row.person.full_name.split()[0], row.topic.removeprefix("raid.")) for row in rows]


def clear():
    Notice.objects.all().delete()


def late(issue, **before):
    """Let clocks of an issue have run out so many hours ago, and no other run."""
    now = timezone.now()
    values: dict[str, datetime | None] = {f"{promise}_by": None for promise in PROMISES}
    values |= {f"{promise}_by": now - timedelta(hours=hours) for promise, hours in before.items()}
    Issue.rows.filter(pk=issue.pk).update(**values)
    return now


def test_whoever_is_given_an_entry_is_told_and_who_takes_it_is_not(managed):
    action = managed.add(Kind.ACTION, "Call the supplier")
    assert told() == [("Tess", "assigned")]
    clear()

    values = {"owner": managed.cast.piet}
    edit_entry(actor=managed.cast.piet.actor(), entry=action, values=values, version=None)

    assert told() == []


def test_a_remark_is_told_to_who_owns_and_raised_it_but_not_to_its_author(managed):
    action = managed.add(Kind.ACTION)
    clear()

    note_entry(actor=managed.cast.tess.actor(), entry=action, text="By Friday.")

    assert told() == [("Piet", "remark")]
    assert "By Friday." in Notice.objects.get().text


def test_what_was_done_is_told_to_one_who_may_verify_it(managed):
    action = managed.add(Kind.ACTION)
    clear()

    managed.step(action, Step.FINISH, managed.cast.tess)

    assert told() == [("Piet", "verify")]


def test_the_level_above_is_told_at_once_and_below_what_it_answered(managed):
    issue = managed.add(Kind.ISSUE, owner=managed.cast.tess)
    clear()
    asked = escalate(
        actor=managed.cast.piet.actor(), entry=issue, reason="Beyond us.", version=None
    )
    assert told() == [("Gwen", "escalated")]
    assert shown_to(managed.gwen, list(Notice.objects.all()))[0].is_open
    clear()

    answer_escalation(
        actor=managed.gwen.actor(), escalation=asked, state="rejected", reason="No.", version=None
    )

    assert sorted(told()) == [("Piet", "answered"), ("Tess", "answered")]


def test_a_notice_of_a_confidential_entry_opens_to_nobody_else(managed):
    action = managed.add(Kind.ACTION, "The merger", confidential=True)
    row = Notice.objects.get()
    assert shown_to(managed.cast.tess, [row])[0].is_open

    values = {"owner": managed.cast.piet}
    edit_entry(actor=managed.cast.piet.actor(), entry=action, values=values, version=None)

    (shown,) = shown_to(managed.cast.tess, [row])
    assert (shown.is_open, "merger" in shown.words.title) == (False, False)


def test_a_broken_promise_is_recorded_and_told_once(managed):
    issue = managed.add(Kind.ISSUE, severity=4)
    clear()
    now = late(issue, acknowledge=1)

    first, again = watch(now=now), watch(now=now + timedelta(hours=1))

    assert (first.breaches, again.breaches) == (1, 0)
    breach = Issue.rows.get(pk=issue.pk).breaches.get()
    assert (breach.promise, breach.level, breach.told) == ("acknowledge", "project", "Piet Example")
    assert told(news.BREACH) == [("Piet", "breach")]
    assert AuditEvent.objects.filter(action="issue.breach").count() == 1


@pytest.mark.parametrize(
    ("severity", "first", "further"),
    [
        (1, {"Sam", "Gwen"}, {"Ada"}),
        (2, {"Gwen"}, {"Sam"}),
        (3, {"Piet"}, {"Gwen"}),
        (4, {"Piet"}, set()),
    ],
)
def test_each_severity_has_its_first_and_its_further_people(managed, severity, first, further):
    """DOMAIN 8.2."""
    issue = managed.add(Kind.ISSUE, severity=severity)
    clear()
    now = late(issue, acknowledge=1)

    watch(now=now)
    assert {name for name, _topic in told(news.BREACH)} == first
    clear()
    watch(now=now + timedelta(hours=2))
    assert told(news.BREACH) == []
    watch(now=now + timedelta(days=6))
    assert {name for name, _topic in told(news.BREACH)} == further
    clear()
    watch(now=now + timedelta(days=7))
    assert told(news.BREACH) == []


def test_a_promise_that_is_kept_meanwhile_is_not_told_further(managed):
    issue = managed.add(Kind.ISSUE, severity=3)
    now = late(issue, acknowledge=1)
    watch(now=now)
    clear()
    Issue.rows.filter(pk=issue.pk).update(acknowledged_at=now)

    watch(now=now + timedelta(days=6))

    assert told(news.BREACH) == []


@pytest.mark.parametrize(("severity", "goes"), [(1, True), (2, True), (3, True), (4, False)])
def test_a_broken_promise_to_resolve_brings_an_issue_up(managed, severity, goes):
    issue = managed.add(Kind.ISSUE, severity=severity)
    now = late(issue, resolve=1)

    found = watch(now=now)

    assert found.sent_up == goes
    waiting = Escalation.objects.waiting()
    assert [row.asked_label for row in waiting] == ["system: watch of registers"] * goes
    assert watch(now=now + timedelta(hours=1)).sent_up == 0


def test_nothing_goes_up_twice_while_it_waits(managed):
    issue = managed.add(Kind.ISSUE, severity=1)
    escalate(actor=managed.cast.piet.actor(), entry=issue, reason="Beyond us.", version=None)
    now = late(issue, resolve=1)

    assert watch(now=now).sent_up == 0
    assert Escalation.objects.count() == 1


def test_a_risk_that_has_to_go_up_goes_by_itself(managed):
    risk = managed.rate(managed.risk(), probability=4, cost=2, time=5)
    assert risk.escalate_by is not None
    assert watch(now=risk.escalate_by - timedelta(minutes=1)).sent_up == 0

    assert watch(now=risk.escalate_by + timedelta(minutes=1)).sent_up == 1

    asked = Escalation.objects.get()
    assert (asked.to_level, "20 (4 × 5)" in asked.reason) == ("programme", True)
    assert Risk.rows.get(pk=risk.pk).escalate_by is None


def test_where_nobody_is_above_the_manager_is_told_once(managed):
    risk = managed.rate(managed.risk(), probability=5, cost=5)
    after = risk.escalate_by + timedelta(minutes=1)
    for person in (managed.gwen, managed.paul, managed.cast.ada):
        person.is_active = False
        person.save()

    assert watch(now=after).sent_up == 0
    assert watch(now=after + timedelta(hours=1)).sent_up == 0

    assert told(news.STUCK) == [("Piet", "stuck")]


def test_an_escalation_without_an_answer_is_told_to_the_asked_and_above_once(managed):
    issue = managed.add(Kind.ISSUE)
    asked = escalate(
        actor=managed.cast.piet.actor(), entry=issue, reason="Beyond us.", version=None
    )
    late_by = asked.answer_by + timedelta(minutes=1)

    assert watch(now=late_by - timedelta(minutes=2)).unanswered == 0
    assert watch(now=late_by).unanswered == 1
    assert watch(now=late_by + timedelta(hours=1)).unanswered == 0

    assert sorted(told(news.UNANSWERED)) == [("Gwen", "unanswered"), ("Paul", "unanswered")]


@pytest.mark.parametrize(
    ("today", "step"),
    [
        (date(2026, 3, 8), None),
        (date(2026, 3, 9), -2),
        (date(2026, 3, 10), -2),
        (date(2026, 3, 11), 0),
        (date(2026, 3, 12), 0),
        (date(2026, 3, 13), 2),
        (date(2026, 3, 17), 2),
        (date(2026, 3, 18), 5),
    ],
)
def test_reminders_come_two_days_before_on_the_day_two_days_after_and_then_above(
    managed, today, step
):
    """8.2: an action of Wednesday 11 March 2026; five working days later it is Wednesday."""
    time = office_time(managed.cast.office.pk)

    assert reminder_due(date(2026, 3, 11), today, time) == step


def test_an_owner_is_reminded_once_for_each_step_and_then_the_manager(managed):
    action = managed.add(Kind.ACTION, due=clock.today() + timedelta(days=2))
    clear()
    now = timezone.now()

    assert watch(now=now).reminders == 1
    assert watch(now=now).reminders == 0
    assert told(news.REMINDER) == [("Tess", "reminder")]
    clear()
    assert watch(now=now + timedelta(days=15)).reminders == 1
    assert told(news.REMINDER) != [("Tess", "reminder")]
    assert Action.rows.get(pk=action.pk).reminded == 5


def test_an_action_that_is_put_off_is_reminded_anew(managed):
    action = managed.add(Kind.ACTION, due=clock.today())
    now = timezone.now()
    watch(now=now)
    Action.rows.filter(pk=action.pk).update(due=clock.today() + timedelta(days=9))
    watch(now=now)
    assert Action.rows.get(pk=action.pk).reminded is None
    clear()

    assert watch(now=now + timedelta(days=7)).reminders == 1
    assert told(news.REMINDER) == [("Tess", "reminder")]


def test_what_is_done_is_not_reminded(managed):
    action = managed.add(Kind.ACTION, due=clock.today())
    managed.step(action, Step.FINISH, managed.cast.tess)

    assert watch(now=timezone.now()).reminders == 0


def test_overdue_reviews_and_threats_whose_time_has_passed_are_told_once(managed):
    today = clock.today()
    risk = managed.risk(near_until=today - timedelta(days=1))
    Risk.rows.filter(pk=risk.pk).update(due=today - timedelta(days=1))
    clear()
    now = timezone.now()

    assert (watch(now=now).reviews, watch(now=now).reviews) == (2, 0)

    assert sorted(told()) == [("Piet", "passed"), ("Piet", "review")]


def test_the_watch_asks_no_more_for_more_entries_of_which_nothing_is_due(
    managed, django_assert_max_num_queries
):
    for number in range(12):
        managed.add(Kind.ACTION, f"Action {number}", due=clock.today() + timedelta(days=20))
        managed.risk(f"Risk {number}")
    now: datetime = timezone.now()
    watch(now=now)

    with django_assert_max_num_queries(12):
        watch(now=now)


def test_a_sponsor_without_a_role_is_not_needed(managed):
    """Where nobody holds the first role, whoever manages the place is told."""
    issue = managed.add(Kind.ISSUE, severity=2)
    for person in (managed.gwen, managed.paul):
        person.is_active = False
        person.save()
    clear()

    watch(now=late(issue, acknowledge=1))

    assert told(news.BREACH) == [("Piet", "breach")]
