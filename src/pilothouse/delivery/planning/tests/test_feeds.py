# SPDX-License-Identifier: Apache-2.0
"""Dates of a plan in other calendars: what goes out, by which link, and when it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from pilothouse.delivery.planning import services
from pilothouse.delivery.planning.models import PlanFeed, ProjectPlan
from pilothouse.delivery.planning.tests.files import upload
from pilothouse.foundation.access.models import RoleAssignment
from pilothouse.foundation.core.errors import Invalid, NotAllowed, NotFound
from pilothouse.foundation.core.models import AuditEvent


@pytest.fixture
def plan(cast):
    services.import_plan(
        actor=cast.piet.actor(), project=cast.harbour, source=upload(), file_name="quay.xml"
    )
    services.edit_plan(
        actor=cast.piet.actor(),
        project=cast.harbour,
        steps=[{"do": "set", "uid": 4, "field": "deadline", "value": "2026-04-01"}],
    )
    services.link_person(
        actor=cast.piet.actor(), project=cast.harbour, uid=1, person=cast.tess, version=None
    )
    return ProjectPlan.objects.get()


def lines(cast, *kinds, by=None):
    found = services.plan_calendar(
        actor=(by or cast.piet).actor(), project=cast.harbour, kinds=kinds
    )
    return found.body.decode().replace("\r\n ", "").split("\r\n")


def make(cast, by=None, kinds=("milestones",)):
    return services.make_feed(actor=(by or cast.piet).actor(), project=cast.harbour, kinds=kinds)


def open_feed(token, days=0):
    return services.open_feed(token, timezone.now() + timedelta(days=days))


def test_milestones_and_deadlines_are_whole_days(cast, plan):
    text = lines(cast, "milestones", "deadlines")

    assert [line for line in text if line.startswith(("SUMMARY", "DTSTART", "DTEND"))] == [
        "DTSTART;VALUE=DATE:20260401",
        "DTEND;VALUE=DATE:20260402",
        "SUMMARY:⚑ Survey",
        "DTSTART;VALUE=DATE:20260312",
        "DTEND;VALUE=DATE:20260313",
        "SUMMARY:◆ Quay ready",
    ]
    assert f"SEQUENCE:{plan.plan_version}" in text


def test_own_tasks_are_those_of_who_asks(cast, plan):
    assert "SUMMARY:Dredge" in lines(cast, "own", by=cast.tess)
    assert not any(line.startswith("SUMMARY") for line in lines(cast, "own"))


def test_an_entry_keeps_its_uid_while_the_plan_moves(cast, plan):
    def uids():
        return [line for line in lines(cast, "milestones") if line.startswith("UID")]

    before = uids()
    services.edit_plan(
        actor=cast.piet.actor(),
        project=cast.harbour,
        steps=[{"do": "set", "uid": 2, "field": "duration", "value": "9d"}],
    )

    assert uids() == before
    assert "DTSTART;VALUE=DATE:20260318" in lines(cast, "milestones")


def test_nothing_and_nonsense_are_refused(cast, plan):
    for kinds in ((), ("milestones", "secrets")):
        with pytest.raises(Invalid):
            lines(cast, *kinds)
    with pytest.raises(NotAllowed):
        lines(cast, "milestones", by=cast.otto)


def test_a_link_opens_without_sign_in_until_it_is_ended(client, cast, plan):
    row, token = make(cast)
    address = reverse("planning:feed", args=[token])

    answer = client.get(address)
    assert (answer.status_code, answer["Content-Type"]) == (200, "text/calendar; charset=utf-8")
    assert answer["Cache-Control"] == "private, no-store"
    again = client.get(address, headers={"if-none-match": answer["ETag"]})
    assert again.status_code == 304

    services.end_feed(actor=cast.piet.actor(), project=cast.harbour, feed_id=row.pk)

    assert client.get(address).status_code == 410
    told = AuditEvent.objects.filter(action__startswith="plan.feed").order_by("pk")
    assert [event.action for event in told] == ["plan.feed", "plan.feed_ended"]


def test_only_a_digest_of_a_link_is_kept(cast, plan):
    _row, token = make(cast)

    assert token not in str(PlanFeed.objects.values().get())


@pytest.mark.parametrize("change", ["x", "", "a.b.c"])
def test_an_altered_link_opens_nothing(cast, plan, change):
    _row, token = make(cast)

    with pytest.raises(NotFound):
        open_feed(token[:-1] + change if change != "a.b.c" else change)


def test_a_link_ends_with_the_year_the_account_and_the_right(cast, plan):
    _row, token = make(cast, by=cast.tess)
    assert open_feed(token).name == "HARB-plan.ics"

    with pytest.raises(NotFound):
        open_feed(token, days=367)
    cast.tess.is_active = False
    cast.tess.save()
    with pytest.raises(NotFound):
        open_feed(token)
    cast.tess.is_active = True
    cast.tess.save()
    RoleAssignment.objects.filter(person=cast.tess).delete()
    with pytest.raises(NotFound):
        open_feed(token)


def test_a_link_that_expired_goes(cast, plan):
    make(cast)

    services.tidy(timezone.now() + timedelta(days=367))

    assert PlanFeed.objects.count() == 0


def test_there_are_ten_links_at_most(cast, plan):
    for _ in range(10):
        make(cast)

    with pytest.raises(Invalid, match="10 links"):
        make(cast)


def test_nobody_ends_the_link_of_another(cast, plan):
    row, _token = make(cast)

    with pytest.raises(NotFound):
        services.end_feed(actor=cast.ada.actor(), project=cast.harbour, feed_id=row.pk)


def test_guessing_is_slowed(client, db):
    codes = [client.get("/plans/feed/abc/").status_code for _ in range(40)]

    assert codes[0] == 410
    assert codes[-1] == 429


def test_the_page_shows_a_new_link_once(client, cast, plan):
    client.force_login(cast.piet)
    address = reverse("planning:calendar", args=[cast.harbour.pk])

    made = client.post(address, {"kinds": ["milestones", "own"]}).content.decode()

    assert "http://testserver/plans/feed/" in made
    after = client.get(address).content.decode()
    assert "/plans/feed/" not in after
    assert "Milestones, My tasks" in after
    assert client.post(address, {}).status_code == 422
    file = reverse("planning:calendar-file", args=[cast.harbour.pk])
    assert client.get(file)["Content-Disposition"] == 'attachment; filename="HARB-plan.ics"'
