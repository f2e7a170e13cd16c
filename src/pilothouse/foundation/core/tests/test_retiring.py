# SPDX-License-Identifier: Apache-2.0
"""Events that a rule of retention removes leave their seals, and one event that tells of it."""

from hashlib import sha256

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.errors import Invalid, NotAllowed
from pilothouse.foundation.core.models import AuditEvent, AuditSeal, Installation
from pilothouse.foundation.core.services import record
from pilothouse.foundation.core.trail import sealing
from pilothouse.foundation.core.trail.services import retire_events

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("retention")
RULE = "Older than ten years."


@pytest.fixture
def trail():
    for number in range(1, 8):
        record(
            actor=SYSTEM,
            action="test.old" if number % 2 else "test.new",
            obj=Installation(pk=1),
            after={"number": number},
        )
    sealing.seal_events()


def old():
    return AuditEvent.objects.filter(action="test.old")


def test_events_retire_and_one_event_tells_of_them(trail):
    seals = list(AuditSeal.objects.values_list("position", "event_id", "content", "seal"))

    assert retire_events(actor=SYSTEM, events=old(), reason=RULE, office_id=3) == 4

    assert not old().exists()
    assert list(AuditSeal.objects.values_list("position", "event_id", "content", "seal")) == seals
    told = AuditEvent.objects.get(action="audit.retire")
    retired = AuditSeal.objects.exclude(retirement="")
    digest = sha256("".join(f"{row}\n" for row in retired).encode()).hexdigest()
    assert [row.position for row in retired] == [1, 3, 5, 7]
    assert {row.retirement for row in retired} == {told.after["retirement"]}
    assert (told.reason, told.office_id, told.before) == (RULE, 3, {})
    assert told.after == {
        "retirement": told.after["retirement"],
        "count": 4,
        "first": 1,
        "last": 7,
        "digest": digest,
    }


def test_a_second_run_finds_nothing_and_tells_nothing(trail):
    retire_events(actor=SYSTEM, events=old(), reason=RULE)
    sealing.seal_events()
    before = list(AuditSeal.objects.values_list())

    assert retire_events(actor=SYSTEM, events=old(), reason=RULE) == 0

    assert AuditEvent.objects.filter(action="audit.retire").count() == 1
    assert list(AuditSeal.objects.values_list()) == before


def test_what_has_no_seal_and_what_tells_of_retirement_stays(trail):
    retire_events(actor=SYSTEM, events=old(), reason=RULE)
    sealing.seal_events()
    record(actor=SYSTEM, action="test.new", obj=Installation(pk=1), after={"number": 8})

    assert retire_events(actor=SYSTEM, events=AuditEvent.objects.all(), reason=RULE) == 3

    left = [(row.action, row.after.get("number")) for row in AuditEvent.objects.order_by("pk")]
    assert left == [("audit.retire", None), ("test.new", 8), ("audit.retire", None)]


def test_many_retire_in_batches(trail, monkeypatch):
    monkeypatch.setattr("pilothouse.foundation.core.trail.services.BATCH", 2)
    with CaptureQueriesContext(connection) as asked:
        assert retire_events(actor=SYSTEM, events=old().order_by("-at"), reason=RULE) == 4

    told = AuditEvent.objects.get(action="audit.retire").after
    assert (told["count"], told["first"], told["last"]) == (4, 1, 7)
    # For each batch a read, the marks and the removal; then a read of nothing, the event that
    # tells of it, and a savepoint around.
    assert len(asked) == 10


def test_only_the_system_retires_and_says_by_which_rule(trail):
    with pytest.raises(NotAllowed):
        retire_events(actor=Actor(1, "Ada", is_system_admin=True), events=old(), reason=RULE)
    with pytest.raises(Invalid):
        retire_events(actor=SYSTEM, events=old(), reason=" ")

    assert old().count() == 4
    assert not AuditSeal.objects.exclude(retirement="").exists()
