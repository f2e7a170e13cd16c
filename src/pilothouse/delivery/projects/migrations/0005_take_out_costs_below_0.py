# SPDX-License-Identifier: Apache-2.0
"""Costs below 0 leave the register before a constraint keeps them out; the audit trail tells."""

from django.db import migrations

COSTS = (
    ("Portfolio", ("budget_envelope",)),
    ("Project", ("budget", "forecast_cost")),
)


def take_out(apps, schema_editor):
    audit = apps.get_model("core", "AuditEvent")
    for model, names in COSTS:
        rows = apps.get_model("projects", model).objects
        for name in names:
            for row in rows.filter(**{f"{name}__lt": 0}):
                audit.objects.create(
                    actor_label="Pilothouse",
                    channel="system",
                    action=f"{model.lower()}.update",
                    object_type=model.lower(),
                    object_id=row.pk,
                    object_label=row.name[:300],
                    office_id=row.office_id,
                    before={name: getattr(row, name)},
                    after={name: None},
                    reason="A budget or cost is not below 0.",
                )
                rows.filter(pk=row.pk).update(**{name: None, "version": row.version + 1})


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0003_installation"),
        ("projects", "0004_name_open_classification"),
    ]

    operations = [migrations.RunPython(take_out, migrations.RunPython.noop)]
