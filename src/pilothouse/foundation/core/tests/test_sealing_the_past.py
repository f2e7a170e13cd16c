# SPDX-License-Identifier: Apache-2.0
"""An upgrade puts what was recorded before into the chain."""

import importlib

import pytest
from django.apps import apps
from django.db import connection

from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.models import AuditEvent, AuditHead, AuditSeal, Installation
from pilothouse.foundation.core.services import record
from pilothouse.foundation.core.trail import sealing
from pilothouse.foundation.core.trail.verifying import Verification

pytestmark = pytest.mark.django_db
upgrade = importlib.import_module(
    "pilothouse.foundation.core.migrations.0005_seal_what_was_recorded"
)


@pytest.fixture(autouse=True)
def own_folder(tmp_path, settings):
    settings.PILOTHOUSE_DATA_DIR = tmp_path


def tell(number: int) -> None:
    record(
        actor=Actor.system("test"),
        action="test.tell",
        obj=Installation(pk=1),
        before={"number": 1.5, "text": "é"},
        after={"number": number, "list": [None, {"b": 1, "a": 2}]},
    )


def test_what_was_recorded_before_is_sealed_in_its_order_and_the_chain_goes_on(monkeypatch):
    monkeypatch.setattr(upgrade, "BATCH", 2)
    for number in range(5):
        tell(number)

    upgrade.seal_all(apps, connection.schema_editor)

    assert AuditHead.objects.get(pk=1).position == 5
    placed = list(AuditSeal.objects.values_list("position", "event_id"))
    assert placed == list(
        enumerate(AuditEvent.objects.order_by("pk").values_list("pk", flat=True), 1)
    )
    AuditEvent.objects.filter(pk=placed[0][1]).update(reason="Another")
    assert [row.position for row in Verification().findings()] == [1]
    AuditEvent.objects.filter(pk=placed[0][1]).update(reason="")
    tell(5)
    last = AuditEvent.objects.latest("pk").pk
    sealing.seal([last])
    assert list(Verification().findings()) == []
    assert AuditHead.objects.get(pk=1).position == 6


def test_a_second_run_changes_nothing_and_an_empty_trail_begins_later():
    upgrade.seal_all(apps, connection.schema_editor)
    assert not AuditHead.objects.exists()

    tell(1)
    sealing.seal_events()
    before = list(AuditSeal.objects.values_list())
    upgrade.seal_all(apps, connection.schema_editor)

    assert list(AuditSeal.objects.values_list()) == before
