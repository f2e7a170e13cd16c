# SPDX-License-Identifier: Apache-2.0
"""From being raised to being over: which steps there are, who takes them, what follows."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from pilothouse.delivery.raid import rules
from pilothouse.delivery.raid.models import (
    Aspect,
    Assumption,
    Decision,
    EntryLink,
    Issue,
    Kind,
    Risk,
)
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.linking import link_entries, unlink_entries
from pilothouse.delivery.raid.services.registering import edit_entry
from pilothouse.delivery.raid.tests.registers import WHY
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid, NotAllowed


def test_a_risk_is_open_once_it_is_rated(raid):
    risk = raid.risk()
    with pytest.raises(Invalid) as refused:
        raid.step(risk, Step.ASSESS)
    assert refused.value.code == "raid.not_rated"

    raid.rate(risk, probability=2, cost=2)

    assert raid.step(risk, Step.ASSESS).entry.state == "open"


def test_a_response_needs_a_strategy(raid):
    risk = raid.risk()
    raid.rate(risk, probability=2, cost=2)
    raid.step(risk, Step.ASSESS)
    with pytest.raises(Invalid):
        raid.step(risk, Step.PLAN)

    values = {"strategy": "reduce"}
    edit_entry(actor=raid.cast.piet.actor(), entry=risk, values=values, version=None)

    assert raid.step(risk, Step.PLAN).entry.state == "planned"


def opened(raid, **values) -> Risk:
    """A risk that is assessed."""
    risk = raid.risk(**values)
    raid.rate(risk, probability=2, cost=4)
    return raid.step(risk, Step.ASSESS).entry


def test_a_risk_that_occurs_becomes_an_issue_with_its_contingency_plan(raid):
    risk = opened(raid, fallback="Hire a floating crane.", effect="Piling stops.")

    outcome = raid.step(risk, Step.OCCUR, reason="The barge sank.")

    issue = Issue.rows.get(pk=outcome.became.pk)
    assert (outcome.entry.state, outcome.entry.closed_on) == ("occurred", clock.today())
    assert issue.title == "Crane late"
    assert issue.description == "The barge sank.\n\nContingency plan: Hire a floating crane."
    assert (issue.impact, issue.severity, issue.owner) == ("Piling stops.", 2, raid.cast.piet)
    link = EntryLink.objects.get()
    assert (link.source_id, link.target_id, link.kind) == (risk.pk, issue.pk, "became")


def test_closing_a_risk_says_how_it_ended(raid):
    risk = opened(raid)
    with pytest.raises(Invalid) as refused:
        raid.step(risk, Step.CLOSE)
    assert refused.value.code == "raid.closed_as"

    closed = raid.step(risk, Step.CLOSE, closed_as="expired").entry

    assert (closed.state, closed.closed_as, closed.is_open) == ("closed", "expired", False)
    assert raid.step(closed, Step.REOPEN).entry.closed_on is None


@pytest.mark.parametrize(
    ("step", "who"),
    [(Step.CLOSE, "piet sam gwen paul"), (Step.OCCUR, "ada piet sam gwen paul")],
)
def test_who_closes_a_risk_and_who_says_that_it_occurred(raid, step, who):
    """DOMAIN 1.4: the last word is A, keeping is U."""
    everybody = {**raid.cast.people, "gwen": raid.gwen, "paul": raid.paul}
    found = []
    for name, user in everybody.items():
        try:
            raid.step(opened(raid, title=f"For {name}"), step, by=user, closed_as="gone")
        except NotAllowed:
            continue
        found.append(name)

    assert " ".join(found) == who


def test_a_step_that_the_state_does_not_allow_is_refused_and_changes_nothing(raid):
    risk = raid.risk()

    with pytest.raises(Invalid) as refused:
        raid.step(risk, Step.REOPEN)

    assert refused.value.code == "raid.step_not_now"
    risk.refresh_from_db()
    assert (risk.state, risk.version) == ("draft", 1)


def test_an_issue_from_open_to_closed(raid):
    issue = raid.add(Kind.ISSUE, owner=raid.cast.tess, severity=2)
    raid.step(issue, Step.ASSIGN)
    raid.step(issue, Step.START, by=raid.cast.tess)
    done = raid.step(issue, Step.RESOLVE, by=raid.cast.tess, reason="Replaced.").entry

    assert (done.resolution, done.resolver) == ("Replaced.", raid.cast.tess)
    assert done.acknowledged_at and done.planned_at and done.resolved_at
    verified = raid.step(issue, Step.VERIFY).entry
    assert verified.is_open
    assert not raid.step(issue, Step.CLOSE).entry.is_open


def test_nobody_verifies_what_they_resolved_themselves(raid):
    """R-GEN-08."""
    issue = raid.add(Kind.ISSUE)
    raid.step(issue, Step.RESOLVE)

    with pytest.raises(NotAllowed) as refused:
        raid.step(issue, Step.VERIFY)

    assert refused.value.code == "raid.own_work"
    assert raid.step(issue, Step.VERIFY, by=raid.cast.sam).entry.state == "verified"


def test_a_reopened_issue_has_new_clocks(raid):
    issue = Issue.rows.get(pk=raid.add(Kind.ISSUE).pk)
    raid.step(issue, Step.RESOLVE)
    Issue.rows.filter(pk=issue.pk).update(clock_from=issue.clock_from - timedelta(days=90))

    again = raid.step(issue, Step.REOPEN).entry

    assert (again.state, again.reopened, again.resolver) == ("assigned", 1, None)
    assert again.clock_from >= issue.clock_from


def test_a_duplicate_names_an_issue_of_the_same_register(raid):
    first, second = raid.add(Kind.ISSUE), raid.add(Kind.ISSUE)
    elsewhere = raid.add(Kind.ISSUE, by=raid.gwen, place=raid.cast.programme)
    for wrong in (None, second, elsewhere):
        with pytest.raises(Invalid):
            raid.step(second, Step.DUPLICATE, duplicate_of=wrong)

    found = raid.step(second, Step.DUPLICATE, duplicate_of=first).entry

    assert (found.duplicate_of_id, found.is_open) == (first.pk, False)
    with pytest.raises(Invalid):
        raid.step(first, Step.DUPLICATE, duplicate_of=second)


def test_a_false_assumption_becomes_a_risk_or_an_issue(raid):
    first = raid.add(Kind.ASSUMPTION, "Ground is dry", impact_if_false="Pumps are needed.")
    with pytest.raises(Invalid) as refused:
        raid.step(first, Step.INVALIDATE)
    assert refused.value.code == "raid.becomes"

    became = raid.step(first, Step.INVALIDATE, becomes="risk").became

    assert Risk.rows.get(pk=became.pk).effect == "Pumps are needed."
    assert Assumption.rows.get(pk=first.pk).outcome == WHY
    assert EntryLink.objects.get().kind == "became"


def test_a_decision_says_who_decided_what_and_why(raid):
    decision = raid.add(Kind.DECISION, "Which crane?", options=["Fixed", "Floating"])
    with pytest.raises(Invalid) as refused:
        raid.step(decision, Step.DECIDE, decided_on=clock.today() + timedelta(days=1))
    assert set(refused.value.fields) == {"answer", "rationale", "decided_by", "decided_on"}

    said = {"answer": "Floating", "rationale": "Sooner there.", "decided_by": "Steering committee"}
    decided = raid.step(decision, Step.DECIDE, **said).entry

    assert (decided.answer, decided.decided_on) == ("Floating", clock.today())
    with pytest.raises(Invalid) as refused:
        edit_entry(
            actor=raid.cast.piet.actor(), entry=decision, values={"title": "?"}, version=None
        )
    assert refused.value.code == "raid.immutable"


def test_a_later_decision_supersedes_an_earlier_one(raid):
    said = {"answer": "Fixed", "rationale": "Cheaper.", "decided_by": "Sam"}
    first = raid.step(raid.add(Kind.DECISION, "Which crane?"), Step.DECIDE, **said).entry
    second = raid.add(Kind.DECISION, "Which crane now?", supersedes=first)

    raid.step(second, Step.DECIDE, **{**said, "answer": "Floating"})

    found = Decision.rows.get(pk=first.pk)
    assert (found.state, found.state_reason) == ("superseded", "Superseded by D-2.")


def test_an_action_is_done_by_its_owner_and_verified_by_another(raid):
    action = raid.add(Kind.ACTION)
    done = raid.step(action, Step.FINISH, by=raid.cast.tess, reason="").entry
    assert (done.done_by, done.done_on) == (raid.cast.tess, clock.today())

    with pytest.raises(NotAllowed):
        raid.step(action, Step.VERIFY, by=raid.cast.tess)

    assert raid.step(action, Step.VERIFY, by=raid.cast.piet, reason="").entry.state == "verified"


def test_an_avoided_threat_has_no_chance_left_once_its_responses_are_done(raid):
    risk = opened(raid, strategy="avoid")
    raid.rate(risk, Aspect.RESIDUAL, chance_pct=Decimal(10), cost_likely=Decimal(1000))
    actions = [raid.add(Kind.ACTION, f"Response {n}") for n in (1, 2)]
    for action in actions:
        link_entries(actor=raid.cast.piet.actor(), source=risk, target=action, kind="response")

    raid.step(actions[0], Step.FINISH)
    assert risk.ratings.get(aspect="residual").chance_pct == 10
    raid.step(actions[1], Step.FINISH)

    assert risk.ratings.get(aspect="residual").chance_pct == 0


def test_links_that_close_a_circle_are_refused_with_its_entries(raid):
    first, second, third = (raid.add(Kind.ISSUE, f"Issue {n}") for n in (1, 2, 3))
    piet = raid.cast.piet.actor()
    link_entries(actor=piet, source=first, target=second, kind="leads")
    link_entries(actor=piet, source=second, target=third, kind="leads")

    with pytest.raises(Invalid) as refused:
        link_entries(actor=piet, source=third, target=first, kind="leads")

    assert refused.value.code == "raid.circle"
    assert refused.value.message.startswith("I-3 → I-1 → I-2 → I-3") or "I-1 → I-2 → I-3 → I-1" in (
        refused.value.message
    )
    link_entries(actor=piet, source=third, target=first, kind="relates")
    assert EntryLink.objects.count() == 3


def test_what_became_of_what_cannot_be_unlinked(raid):
    risk = opened(raid)
    raid.step(risk, Step.OCCUR)

    with pytest.raises(Invalid) as refused:
        unlink_entries(actor=raid.cast.piet.actor(), link=EntryLink.objects.get())

    assert refused.value.code == "raid.link_history"


def test_every_way_begins_and_ends_in_states_of_its_kind():
    states = {
        Kind.RISK: Risk.State,
        Kind.ISSUE: Issue.State,
        Kind.ASSUMPTION: Assumption.State,
        Kind.DECISION: Decision.State,
        Kind.ACTION: type(rules.FIRST[Kind.ACTION]),
    }
    for kind, ways in rules.WAYS.items():
        for way in ways.values():
            assert {*way.sources, way.target} <= set(states[kind].values)


def test_dates_are_kept_as_days(raid):
    assert raid.add(Kind.RISK, due=date(2026, 5, 4)).due_first == date(2026, 5, 4)
