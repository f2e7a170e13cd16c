# SPDX-License-Identifier: Apache-2.0
"""Events from before there was a chain get their seals, in the order of their keys."""

import json
import secrets
from datetime import UTC
from hashlib import sha256

from django.db import migrations

FIELDS = (
    "id",
    "at",
    "actor_id",
    "actor_label",
    "on_behalf_of_id",
    "channel",
    "action",
    "object_type",
    "object_id",
    "object_label",
    "office_id",
    "before",
    "after",
    "reason",
)
BATCH = 1000


def content_of(values):
    row = list(values)
    row[1] = row[1].astimezone(UTC).isoformat(timespec="microseconds")
    text = json.dumps(row, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode()).hexdigest()


def seal_all(apps, schema_editor):
    events = apps.get_model("core", "AuditEvent").objects.order_by("id")
    seals = apps.get_model("core", "AuditSeal").objects
    heads = apps.get_model("core", "AuditHead").objects
    if heads.exists() or not events.exists():
        return
    trail = secrets.token_hex(16)
    position, seal, last = 0, trail, 0
    while batch := list(events.filter(id__gt=last).values_list(*FIELDS)[:BATCH]):
        rows = []
        for values in batch:
            position += 1
            content = content_of(values)
            seal = sha256(f"{seal}:{position}:{content}".encode()).hexdigest()
            rows.append(
                seals.model(position=position, event_id=values[0], content=content, seal=seal)
            )
        seals.bulk_create(rows)
        last = batch[-1][0]
    heads.create(id=1, trail=trail, position=position, seal=seal)


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0004_chain_audit_events"),
        # It records events too.
        ("projects", "0005_take_out_costs_below_0"),
    ]

    operations = [migrations.RunPython(seal_all, migrations.RunPython.noop)]
