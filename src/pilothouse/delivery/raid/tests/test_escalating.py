# SPDX-License-Identifier: Apache-2.0
"""What goes up, who answers, and the clocks meanwhile (R-RSK-02, R-ISS-01)."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from pilothouse.delivery.finance.tests import budgeting, desk
from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import Entry, Escalation, Issue, Kind, Level
from pilothouse.delivery.raid.queries.policies import after, time_of
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.escalating import (
    answer_escalation,
    escalate,
    hand_back,
    withdraw_escalation,
)
from pilothouse.delivery.raid.services.registering import edit_entry
from pilothouse.delivery.raid.tests.registers import quantified
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.access.queries import grants_of
from pilothouse.foundation.core.errors import Invalid, NotAllowed

FRIDAY = datetime(2025, 3, 7, 16, 0, tzinfo=ZoneInfo("UTC"))


def up(raid, entry, by=None, reason="Beyond us.") -> Escalation:
    return escalate(actor=(by or raid.cast.piet).actor(), entry=entry, reason=reason, version=None)


def answer(raid, escalation, state, by=None, reason="Ours now.") -> Escalation:
    return answer_escalation(
        actor=(by or raid.gwen).actor(),
        escalation=escalation,
        state=state,
        reason=reason,
        version=None,
    )


def test_clocks_run_in_working_time(raid):
    """O-ISS-1: S2 raised on a Friday at 16:00 is acknowledged by Monday 11:00."""
    issue = raid.add(Kind.ISSUE, severity=2)

    found = after(time_of(issue), FRIDAY, 4 * 60)

    assert found == datetime(2025, 3, 10, 11, 0, tzinfo=ZoneInfo("UTC"))


def test_a_severity_without_a_promise_has_no_clock_for_it(raid):
    minor = Issue.rows.get(pk=raid.add(Kind.ISSUE, severity=4).pk)
    major = Issue.rows.get(pk=raid.add(Kind.ISSUE, severity=2).pk)

    assert minor.plan_by is None and minor.resolve_by is not None
    assert major.acknowledge_by < major.plan_by < major.resolve_by < minor.resolve_by


def test_another_severity_sets_other_clocks_from_the_same_start(raid):
    issue = Issue.rows.get(pk=raid.add(Kind.ISSUE, severity=4).pk)
    values = {"severity": 1}
    edit_entry(actor=raid.cast.piet.actor(), entry=issue, values=values, version=None)

    found = Issue.rows.get(pk=issue.pk)

    assert found.clock_from == issue.clock_from
    assert found.resolve_by < issue.resolve_by and found.plan_by is not None


def test_a_very_high_threat_has_to_go_up_within_two_working_days(raid):
    """O-RSK-2."""
    risk = raid.rate(raid.risk(), probability=4, cost=2, time=5)

    assert risk.rating == "very_high"
    assert "20 (4 × 5)" in risk.escalate_why
    assert risk.escalate_by == after(time_of(risk), risk.marks.get().at, 2 * 480)


def test_the_day_until_which_it_goes_up_stays_while_it_is_rated_anew(raid):
    risk = raid.rate(raid.risk(), probability=4, cost=5)
    first = risk.escalate_by

    assert raid.rate(risk, probability=5, cost=5).escalate_by == first
    assert raid.rate(risk, probability=1, cost=5).escalate_by is None


def test_an_opportunity_does_not_go_up_by_itself(raid):
    assert raid.rate(raid.risk(nature="opportunity"), probability=5, cost=5).escalate_by is None


def test_a_risk_worth_more_than_a_tenth_of_the_contingency_has_to_go_up(raid):
    months = desk.months(raid.cast.office, 2026)
    budgeting.approved(raid.cast, months, contingency=Decimal(100_000))
    small = raid.rate(raid.risk(), probability=1, cost=1, **quantified("10", "100000"))
    large = raid.rate(raid.risk(), probability=1, cost=1, **quantified("11", "100000"))

    assert small.escalate_by is None
    assert "more than 10 % of the contingency" in large.escalate_why


def test_what_goes_up_waits_for_the_next_level_and_stops_the_clocks(raid):
    issue = raid.add(Kind.ISSUE, severity=2)

    waiting = up(raid, issue)

    assert (waiting.to_level, waiting.programme) == ("programme", raid.cast.programme)
    found = Issue.rows.get(pk=issue.pk)
    assert (found.acknowledge_by, found.plan_by, found.resolve_by) == (None, None, None)
    assert found.level == "project"


@pytest.mark.parametrize("name", ["ada", "piet", "rosa", "femi", "sam", "tess", "otto", "nia"])
def test_nobody_but_the_level_that_is_asked_answers(raid, name):
    waiting = up(raid, raid.add(Kind.ISSUE))

    with pytest.raises(NotAllowed):
        answer(raid, waiting, "accepted", by=getattr(raid.cast, name))

    waiting.refresh_from_db()
    assert waiting.state == "waiting"


def test_what_is_accepted_belongs_to_the_level_above_and_is_read_only_below(raid):
    issue = raid.add(Kind.ISSUE, severity=2)
    answer(raid, up(raid, issue), "accepted")

    found = Issue.rows.get(pk=issue.pk)
    assert (found.level, found.lifted_programme, found.owner) == (
        "programme",
        raid.cast.programme,
        raid.gwen,
    )
    assert found.acknowledge_by is not None
    with pytest.raises(NotAllowed) as refused:
        edit_entry(actor=raid.cast.piet.actor(), entry=issue, values={"title": "x"}, version=None)
    assert "programme level" in refused.value.message
    edit_entry(actor=raid.gwen.actor(), entry=issue, values={"title": "y"}, version=None)


def test_what_is_turned_back_says_why_and_its_clocks_start_anew(raid):
    issue = raid.add(Kind.ISSUE, severity=2)
    waiting = up(raid, issue)
    with pytest.raises(Invalid):
        answer(raid, waiting, "rejected", reason=" ")

    answer(raid, waiting, "rejected", reason="Within your tolerance.")

    found = Issue.rows.get(pk=issue.pk)
    assert (found.level, found.owner) == ("project", raid.cast.piet)
    assert found.resolve_by is not None
    assert Escalation.objects.get().answer == "Within your tolerance."


def test_what_is_lifted_further_waits_at_the_next_level(raid):
    issue = raid.add(Kind.ISSUE)
    answer(raid, up(raid, issue), "lifted", reason="Not mine either.")

    states = list(Escalation.objects.values_list("to_level", "state").order_by("pk"))
    assert states == [("programme", "lifted"), ("portfolio", "waiting")]
    answer(raid, Escalation.objects.waiting().get(), "accepted", by=raid.paul)
    assert Issue.rows.get(pk=issue.pk).level == "portfolio"


def test_it_goes_past_a_level_where_nobody_holds_the_role_and_says_so(raid):
    RoleAssignment.objects.filter(person=raid.gwen).update(voided=True)

    waiting = up(raid, raid.add(Kind.ISSUE))

    assert waiting.to_level == "portfolio"
    assert waiting.passed_over == "Nobody else is programme manager above HARB."


def test_the_board_is_the_last(raid):
    RoleAssignment.objects.filter(person__in=[raid.gwen, raid.paul]).update(voided=True)
    waiting = up(raid, raid.add(Kind.ISSUE))
    assert waiting.to_level == Level.BOARD

    with pytest.raises(Invalid) as refused:
        answer(raid, waiting, "lifted", by=raid.cast.ada)
    assert refused.value.code == "raid.highest"
    answer(raid, waiting, "accepted", by=raid.cast.ada)

    assert Issue.rows.get().level == "board"


def test_where_nobody_is_above_it_says_so_and_nothing_waits(raid):
    RoleAssignment.objects.filter(person__in=[raid.gwen, raid.paul, raid.cast.ada]).update(
        voided=True
    )

    with pytest.raises(Invalid) as refused:
        up(raid, raid.add(Kind.ISSUE))

    assert refused.value.code == "raid.nobody_above"
    assert not Escalation.objects.exists()


def test_one_answer_is_waited_for_at_a_time(raid):
    issue = raid.add(Kind.ISSUE)
    up(raid, issue)

    with pytest.raises(Invalid) as refused:
        up(raid, issue)

    assert refused.value.code == "raid.waiting_already"


def test_what_waits_can_be_withdrawn_and_is_not_answered_twice(raid):
    issue = raid.add(Kind.ISSUE)
    waiting = up(raid, issue)
    withdraw_escalation(
        actor=raid.cast.piet.actor(), escalation=waiting, reason="Solved.", version=None
    )

    assert Issue.rows.get(pk=issue.pk).resolve_by is not None
    with pytest.raises(Invalid) as refused:
        answer(raid, waiting, "accepted")
    assert refused.value.code == "raid.answered"


def test_what_is_over_asks_nobody_any_more(raid):
    issue = raid.add(Kind.ISSUE)
    up(raid, issue)
    other = raid.add(Kind.ISSUE)

    raid.step(issue, Step.DUPLICATE, duplicate_of=other)

    found = Escalation.objects.get()
    assert (found.state, found.answer) == ("withdrawn", "I-1 is over.")


def test_the_level_above_hands_back_to_the_manager(raid):
    issue = raid.add(Kind.ISSUE)
    answer(raid, up(raid, issue), "accepted")

    hand_back(actor=raid.gwen.actor(), entry=issue, reason="Yours again.", version=None)

    found = Issue.rows.get(pk=issue.pk)
    assert (found.level, found.owner, found.lifted_programme) == (
        "project",
        raid.cast.piet,
        None,
    )
    assert rules.may_keep(grants_of(raid.cast.piet.actor()), found)


def test_what_was_lifted_of_a_confidential_project_is_read_by_who_decides_alone(raid):
    """R-GEN-10: who reads registers of the portfolio learns nothing of the project."""
    issue = raid.add(Kind.ISSUE)
    answer(raid, up(raid, issue), "lifted", reason="Not mine either.")
    answer(raid, Escalation.objects.waiting().get(), "accepted", by=raid.paul)
    harbour = raid.cast.harbour

    def readers() -> set[str]:
        people = {**raid.cast.people, "paul": raid.paul}
        return {
            name
            for name, user in people.items()
            if Entry.objects.filter(rules.sight_of(user.actor()).condition(), pk=issue.pk).exists()
        }

    assert "rosa" in readers()
    harbour.classification = "confidential"
    harbour.save()

    assert readers() == {"ada", "piet", "sam", "paul"}
