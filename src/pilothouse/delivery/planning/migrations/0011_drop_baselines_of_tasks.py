# SPDX-License-Identifier: Apache-2.0
from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ("planning", "0010_move_baselines_to_their_project"),
    ]

    operations = [
        migrations.DeleteModel(name="TaskBaseline"),
    ]
