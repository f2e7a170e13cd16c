# SPDX-License-Identifier: Apache-2.0
"""One entry as a page: what it shows, and what is done from it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from cast import appoint, person
from pilothouse.delivery.projects.rules import project_scopes
from pilothouse.delivery.raid.models import (
    Action,
    Aspect,
    Entry,
    EntryLink,
    Escalation,
    Kind,
    RaidPolicy,
    Risk,
)
from pilothouse.delivery.raid.queries.entry_page import entry_page
from pilothouse.delivery.raid.queries.highlights import highlights_of
from pilothouse.delivery.raid.rules import Step
from pilothouse.delivery.raid.services.escalating import escalate
from pilothouse.delivery.raid.services.linking import link_entries
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.access.queries import grants_of

pytestmark = pytest.mark.django_db


def page_of(entry):
    return reverse("raid:entry", args=[entry.pk])


def looking(client, user):
    client.force_login(user)
    return client


def post(client, name, *args, entry, **form):
    url = reverse(f"raid:{name}", args=[entry.pk, *args])
    version = Entry.objects.get(pk=entry.pk).version
    return client.post(url, {"version": version, **form})


@pytest.fixture
def reader(raid):
    """Somebody who reads the registers of Harbour and keeps none of them."""
    user, harbour = person("Rita Reader"), raid.cast.harbour
    appoint(user, Role.FIN, ("project", harbour.pk), raid.cast.office.pk, project_scopes(harbour))
    return user


def test_a_risk_explains_what_it_is_expected_to_cost_and_what_its_response_is_worth(raid, client):
    """O-RSK-1: 30 % of 100,000, for 8,000 down to 10 %: worth 12,000, leverage 2.5."""
    risk = raid.risk("Crane late", strategy="reduce")
    raid.rate(risk, probability=3, cost=4, chance_pct=Decimal(30), cost_likely=Decimal(100_000))
    raid.rate(
        risk,
        aspect=Aspect.RESIDUAL,
        probability=1,
        cost=4,
        chance_pct=Decimal(10),
        cost_likely=Decimal(100_000),
    )
    looking(client, raid.cast.piet)
    form = {"title": "Second yard", "owner": raid.cast.tess.pk, "due": "2026-06-01", "cost": "8000"}
    assert post(client, "respond", entry=risk, **form).status_code == 302

    page = client.get(page_of(risk)).content.decode()
    for said in (
        "30.00 % × 100,000.00 = 30,000.00",
        "30,000.00 − 10,000.00 − 8,000.00 = 12,000.00",
    ):
        assert said in page
    assert "= 2.50" in page
    assert "Second yard" in page


def test_a_risk_that_occurs_becomes_an_issue_in_two_clicks(raid, client):
    risk = raid.risk("Crane late", fallback="Hire a floating crane")
    raid.rate(risk, probability=4, time=4)
    raid.step(risk, Step.ASSESS)
    looking(client, raid.cast.piet)
    step = reverse("raid:step", args=[risk.pk, "occur"])
    assert f'href="{step}"' in client.get(page_of(risk)).content.decode()

    answer = post(client, "step", "occur", entry=risk, reason="The yard burned")

    issue = Entry.objects.get(kind=Kind.ISSUE)
    assert answer["Location"] == page_of(issue)
    page = client.get(page_of(issue)).content.decode()
    assert "Hire a floating crane" in page
    assert "came of" in page


def test_a_step_that_lacks_its_reason_is_asked_again(raid, client):
    issue = raid.add(Kind.ISSUE, "Pump broken")

    answer = post(looking(client, raid.cast.piet), "step", "resolve", entry=issue, reason="")

    assert answer.status_code == 422
    assert Entry.objects.get(pk=issue.pk).state == "open"


def test_a_stale_form_shows_what_is_saved_now(raid, client):
    issue = raid.add(Kind.ISSUE, "Pump broken")
    looking(client, raid.cast.piet)
    url = reverse("raid:edit", args=[issue.pk])
    form = {"type": "problem", "severity": "3", "priority": "3"}
    assert client.post(url, {**form, "version": 1, "title": "One"}).status_code == 302

    stale = client.post(url, {**form, "version": 1, "title": "Two"})

    assert stale.status_code == 409
    assert "Saved now: One" in stale.content.decode()


def test_an_entry_is_edited_with_all_its_fields(raid, client):
    risk = raid.risk("Crane late")
    form = {
        "title": "Crane very late",
        "description": "From overseas",
        "owner": raid.cast.tess.pk,
        "due": "2026-07-01",
        "tags": "steel",
        "nature": "threat",
        "category": "Supplier",
        "cause": "One yard",
        "effect": "The quay waits",
        "near_from": "2026-06-01",
        "near_until": "2026-08-01",
        "strategy": "reduce",
        "trigger": "No ship by May",
        "fallback": "Hire one",
        "confidential": "on",
    }

    assert post(looking(client, raid.cast.piet), "edit", entry=risk, **form).status_code == 302

    row = Risk.rows.get(pk=risk.pk)
    assert (row.title, row.owner, row.due) == ("Crane very late", raid.cast.tess, date(2026, 7, 1))
    assert (row.category, row.strategy, row.near_until) == (
        "Supplier",
        "reduce",
        date(2026, 8, 1),
    )
    assert row.confidential


def test_a_strategy_of_opportunities_is_refused_for_a_threat(raid, client):
    risk = raid.risk("Crane late")
    form = {"title": "Crane late", "due": "2026-07-01", "nature": "threat", "strategy": "exploit"}

    answer = post(looking(client, raid.cast.piet), "edit", entry=risk, **form)

    assert answer.status_code == 422
    assert "no response to a threat" in answer.content.decode()


def test_a_confidential_entry_is_refused_to_others_without_its_text(raid, reader, client):
    risk = raid.risk("Zebra layoffs", confidential=True)

    answer = looking(client, reader).get(page_of(risk))

    assert answer.status_code == 403
    assert "Zebra" not in answer.content.decode()


def test_a_link_to_a_confidential_entry_tells_its_number_alone(raid, reader, client):
    risk, secret = raid.risk("Crane late"), raid.risk("Zebra layoffs", confidential=True)
    link_entries(actor=raid.cast.piet.actor(), source=risk, target=secret, kind="relates")

    page = looking(client, reader).get(page_of(risk)).content.decode()

    assert "Zebra" not in page
    assert "R-2" in page


def test_the_home_of_a_project_shows_no_confidential_risk_to_others(raid, reader):
    secret = raid.risk("Zebra layoffs", confidential=True)
    raid.rate(secret, probability=5, time=5)
    raid.rate(raid.risk("Crane late"), probability=2, time=2)

    def titles(user):
        found = highlights_of(raid.cast.harbour, grants_of(user.actor()))
        return [row.title for row in found.risks]

    assert titles(reader) == ["Crane late"]
    assert titles(raid.cast.piet) == ["Zebra layoffs", "Crane late"]
    assert titles(raid.cast.otto) == []


def test_entries_are_linked_by_their_codes(raid, client):
    risk, issue = raid.risk("Crane late"), raid.add(Kind.ISSUE, "Pump broken")
    looking(client, raid.cast.piet)

    assert post(client, "link", entry=risk, kind="leads", other="harb i-1").status_code == 302
    assert EntryLink.objects.get().target_id == issue.pk
    for wrong in ("I-9", "nonsense", "AIR I-1"):
        answer = post(client, "link", entry=risk, kind="leads", other=wrong)
        assert answer.status_code == 422
    circle = post(client, "link", entry=issue, kind="leads", other="R-1")
    assert circle.status_code == 422
    assert EntryLink.objects.count() == 1


def test_a_link_is_taken_away(raid, client):
    risk, issue = raid.risk("Crane late"), raid.add(Kind.ISSUE, "Pump broken")
    link = link_entries(actor=raid.cast.piet.actor(), source=risk, target=issue, kind="relates")

    answer = post(looking(client, raid.cast.piet), "unlink", link.pk, entry=risk)

    assert answer.status_code == 302
    assert not EntryLink.objects.exists()


def test_an_entry_goes_up_is_taken_over_and_handed_back(raid, client):
    issue = raid.add(Kind.ISSUE, "Permit withdrawn", severity=2)
    looking(client, raid.cast.piet)
    assert post(client, "escalate", entry=issue, reason="Too big").status_code == 302
    waiting = Escalation.objects.get()
    assert "Waits for an answer" in client.get(page_of(issue)).content.decode()

    looking(client, raid.gwen)
    url = reverse("raid:answer", args=[issue.pk])
    assert url in client.get(page_of(issue)).content.decode()
    form = {"version": waiting.version, "state": "rejected", "reason": ""}
    assert client.post(url, form).status_code == 422
    assert client.post(url, form | {"state": "accepted"}).status_code == 302
    assert Entry.objects.get(pk=issue.pk).level == "programme"

    assert post(client, "hand-back", entry=issue, reason="Yours").status_code == 302
    assert Entry.objects.get(pk=issue.pk).level == "project"


def test_an_escalation_is_withdrawn(raid, client):
    issue = raid.add(Kind.ISSUE, "Permit withdrawn", severity=2)
    escalate(actor=raid.cast.piet.actor(), entry=issue, reason="Too big", version=None)
    url = reverse("raid:withdraw", args=[issue.pk])

    answer = looking(client, raid.cast.piet).post(url, {"version": 1, "reason": "Solved"})

    assert answer.status_code == 302
    assert Escalation.objects.get().state == "withdrawn"
    assert client.get(url).status_code == 404


def test_a_remark_is_kept_and_shown(raid, reader, client):
    issue = raid.add(Kind.ISSUE, "Pump broken")

    assert post(looking(client, reader), "note", entry=issue, text="Seen it").status_code == 302
    assert "Seen it" in client.get(page_of(issue)).content.decode()
    assert post(client, "note", entry=issue, text=" ").status_code == 422


def test_a_reader_is_offered_nothing_they_may_not_do(raid, reader):
    risk = raid.risk("Crane late")

    may = entry_page(reader.actor(), risk.pk).may

    assert not any((may.keep, may.change, may.rate, may.void, may.escalate, may.respond))
    assert list(may.steps) == []


def test_a_high_risk_tells_what_it_lacks(raid):
    risk = raid.risk("Crane late")
    raid.rate(risk, probability=4, time=4)

    facts = entry_page(raid.cast.piet.actor(), risk.pk).risk

    assert facts.lacking == ["a response", "a response action with a day", "a trigger"]


def test_an_old_rating_says_by_which_scales_it_was_made(raid, client):
    risk = raid.risk("Crane late")
    raid.rate(risk, probability=4, time=4)
    RaidPolicy.objects.create(office=raid.cast.office, number=1)

    page = looking(client, raid.cast.piet).get(page_of(risk)).content.decode()

    assert "Rated by scales version 0; now it is 1." in page


def test_a_response_inherits_that_its_risk_is_confidential(raid, client):
    risk = raid.risk("Zebra layoffs", confidential=True)
    form = {"title": "Talk", "owner": raid.cast.tess.pk, "due": "2026-06-01"}

    post(looking(client, raid.cast.piet), "respond", entry=risk, **form)

    assert Action.rows.get().confidential


def test_a_decision_supersedes_only_one_of_its_register(raid, client):
    other = raid.add(Kind.DECISION, "Which law?", by=raid.gwen, place=raid.cast.programme)
    row = raid.add(Kind.DECISION, "Which crane?")

    answer = post(
        looking(client, raid.cast.piet),
        "edit",
        entry=row,
        title="Which crane?",
        supersedes=other.pk,
    )

    assert answer.status_code == 422
