# SPDX-License-Identifier: Apache-2.0
from hashlib import sha256

from django.db import migrations


def by_person(apps, schema_editor):
    """Keep the limits of people by account or name, no longer by the number of the resource."""
    limits = apps.get_model("planning", "BoardLimit").objects
    resources = apps.get_model("planning", "PlanResource").objects
    for row in limits.filter(field="person").exclude(column="0").order_by("pk"):
        if not row.column.isdecimal():
            continue
        found = resources.filter(plan__project_id=row.project_id, uid=int(row.column)).first()
        if found is None:
            row.delete()
            continue
        name = " ".join(found.name.split()).casefold()
        key = f"name-{sha256(name.encode()).hexdigest()[:32]}"
        if found.user_id is not None:
            key = f"account-{found.user_id}"
        if limits.filter(project_id=row.project_id, field="person", column=key).exists():
            row.delete()
            continue
        row.column = key
        row.save(update_fields=["column"])


class Migration(migrations.Migration):
    dependencies = [("planning", "0023_clock_of_a_plan")]

    # Back: limits of people are unknown to the older product and stay unused there.
    operations = [migrations.RunPython(by_person, migrations.RunPython.noop)]
