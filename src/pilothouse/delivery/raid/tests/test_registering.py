# SPDX-License-Identifier: Apache-2.0
"""Entries raised and changed: who may, what they need, what is kept."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.utils import timezone

from cast import person
from pilothouse.delivery.raid.models import Aspect, Entry, Kind
from pilothouse.delivery.raid.services.rating import Rated, rate_risk
from pilothouse.delivery.raid.services.registering import (
    Asked,
    edit_entry,
    note_entry,
    raise_entry,
    void_entry,
)
from pilothouse.delivery.raid.tests.registers import stream
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Conflict, Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent


def test_numbers_run_for_each_kind_of_a_place(raid):
    found = [
        raid.add(Kind.RISK).code,
        raid.add(Kind.RISK).code,
        raid.add(Kind.ISSUE).code,
        raid.add(Kind.RISK, by=raid.gwen, place=raid.cast.programme).code,
    ]

    assert found == ["R-1", "R-2", "I-1", "R-1"]


def test_a_risk_in_one_line_has_an_owner_and_a_review(raid):
    risk = raid.add(Kind.RISK, "Crane late")

    assert (risk.owner, risk.due) == (raid.cast.piet, clock.today() + timedelta(days=30))
    assert (risk.state, risk.level, risk.raised_label) == ("draft", "project", "Piet Example")


@pytest.mark.parametrize(
    ("kind", "who"),
    [
        (Kind.RISK, "ada piet rosa femi sam tess"),
        (Kind.ISSUE, "ada piet rosa femi sam tess"),
        (Kind.ASSUMPTION, "ada piet sam"),
        (Kind.DECISION, "ada piet sam"),
        (Kind.ACTION, "ada piet sam"),
    ],
)
def test_who_may_raise(raid, kind, who):
    """DOMAIN 1.4: risks and issues whoever reads the project."""
    found = []
    for name, user in raid.cast.people.items():
        try:
            raid.add(kind, by=user)
        except NotAllowed:
            continue
        found.append(name)

    assert " ".join(found) == who


def test_an_action_without_owner_or_day_is_refused(raid):
    with pytest.raises(Invalid) as refused:
        raid.add(Kind.ACTION, owner=None, due=None)

    assert set(refused.value.fields) == {"owner", "due"}
    assert not Entry.objects.exists()


def test_an_owner_is_an_active_person_of_the_office(raid):
    for stranger in (raid.cast.nia, raid.cast.otto):
        with pytest.raises(Invalid) as refused:
            raid.add(Kind.RISK, owner=stranger)
        assert refused.value.code == "raid.person"


def test_fields_of_another_kind_are_refused(raid):
    with pytest.raises(Invalid) as refused:
        raid.add(Kind.DECISION, trigger="soon")

    assert refused.value.code == "raid.field"


def test_nothing_is_added_to_what_is_over(raid):
    harbour = raid.cast.harbour
    harbour.state = "closed"
    harbour.save()

    with pytest.raises(Invalid) as refused:
        raid.add(Kind.RISK)

    assert refused.value.code == "raid.place_over"


def test_a_task_that_the_plan_does_not_have_is_refused(raid):
    with pytest.raises(Invalid) as refused:
        raid.add(Kind.RISK, tasks=[7])

    assert refused.value.fields == {"tasks": "No such task: 7."}
    assert not Entry.objects.exists()


def test_a_workstream_is_of_the_project(raid):
    raid.cast.foreign.workstreams.create(name="Theirs")
    theirs = raid.cast.foreign.workstreams.get()

    with pytest.raises(Invalid):
        raid.add(Kind.RISK, workstream=theirs)
    assert raid.add(Kind.RISK, workstream=stream(raid)).workstream.name == "Civils"


def test_putting_off_is_counted_and_the_first_promise_kept(raid):
    action = raid.add(Kind.ACTION, due=date(2026, 6, 1))
    for day in (date(2026, 6, 8), date(2026, 6, 5), date(2026, 7, 1)):
        edit_entry(actor=raid.cast.piet.actor(), entry=action, values={"due": day}, version=None)

    action.refresh_from_db()
    assert (action.due_first, action.due_moves) == (date(2026, 6, 1), 2)


def test_a_stale_change_is_refused(raid):
    risk = raid.add(Kind.RISK)
    edit_entry(actor=raid.cast.piet.actor(), entry=risk, values={"title": "Crane later"}, version=1)

    with pytest.raises(Conflict):
        edit_entry(
            actor=raid.cast.ada.actor(), entry=risk, values={"title": "Crane lost"}, version=1
        )
    risk.refresh_from_db()
    assert (risk.title, risk.version) == ("Crane later", 2)


def test_who_may_change_a_risk(raid):
    """DOMAIN 1.4: U, and whoever owns it."""
    risk = raid.add(Kind.RISK, owner=raid.cast.tess)
    found = []
    for name, user in {**raid.cast.people, "gwen": raid.gwen, "paul": raid.paul}.items():
        try:
            edit_entry(actor=user.actor(), entry=risk, values={"title": f"By {name}"}, version=None)
        except NotAllowed:
            continue
        found.append(name)

    assert found == ["ada", "piet", "sam", "tess", "gwen", "paul"]


def test_who_raised_a_risk_reads_it_and_changes_nothing(raid):
    risk = raid.add(Kind.RISK, by=raid.cast.tess)

    with pytest.raises(NotAllowed):
        edit_entry(actor=raid.cast.tess.actor(), entry=risk, values={"title": "x"}, version=None)


def test_a_title_that_says_nothing_is_refused(raid):
    with pytest.raises(Invalid) as refused:
        raid.add(Kind.RISK, title="  \n ")

    assert refused.value.fields == {"title": "Say in a few words what it is."}


def test_what_is_voided_is_kept_with_its_reason_and_stays(raid):
    risk = raid.add(Kind.RISK)
    with pytest.raises(Invalid):
        void_entry(actor=raid.cast.piet.actor(), entry=risk, version=None, reason=" ")
    with pytest.raises(NotAllowed):
        void_entry(actor=raid.cast.ada.actor(), entry=risk, version=None, reason="Twice.")

    void_entry(actor=raid.cast.piet.actor(), entry=risk, version=None, reason="Twice.")

    risk.refresh_from_db()
    assert (risk.voided, risk.is_open) == (True, False)
    assert not Entry.objects.open().exists()
    with pytest.raises(Invalid):
        edit_entry(actor=raid.cast.piet.actor(), entry=risk, values={"title": "x"}, version=None)


def test_remarks_stay_with_who_made_them(raid):
    risk = raid.add(Kind.RISK)

    note_entry(actor=raid.cast.tess.actor(), entry=risk, text=" Heard of it on Monday. ")

    note = risk.notes.get()
    assert (note.by_label, note.text) == ("Tess Example", "Heard of it on Monday.")
    with pytest.raises(Invalid):
        note_entry(actor=raid.cast.tess.actor(), entry=risk, text=" ")


def test_the_trail_tells_of_every_write(raid):
    risk = raid.add(Kind.RISK)
    edit_entry(
        actor=raid.cast.ada.actor(), entry=risk, values={"title": "Crane lost"}, version=None
    )
    rows = AuditEvent.objects.filter(object_type="risk", object_id=risk.pk).order_by("pk")

    assert [(row.action, row.actor_label) for row in rows] == [
        ("risk.create", "Piet Example"),
        ("risk.update", "Ada Example"),
    ]
    assert rows[1].after == {"title": "Crane lost"}


def test_somebody_from_outside_is_told_nothing_of_it(raid):
    stranger = person("Zoe Example")

    with pytest.raises(NotAllowed):
        raise_entry(
            actor=stranger.actor(),
            place=raid.cast.harbour,
            asked=Asked(Kind.RISK, {"title": "x"}),
        )


def test_what_was_raised_and_rated_before_keeps_its_days(raid):
    """A register that was kept elsewhere comes with its past."""
    then = timezone.now() - timedelta(days=40)
    asked = Asked(Kind.ISSUE, {"title": "Pump broken", "severity": 2}, raised_at=then)
    issue = raise_entry(actor=raid.cast.piet.actor(), place=raid.cast.harbour, asked=asked)
    risk = raid.risk("Crane late")
    rate_risk(
        actor=raid.cast.piet.actor(),
        risk=risk,
        aspect=Aspect.CURRENT,
        rated=Rated(probability=2, time=3),
        version=None,
        at=then,
    )

    assert (issue.raised_on, issue.clock_from) == (clock.day_of(then), then)
    assert risk.marks.get().at == then
