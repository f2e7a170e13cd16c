# SPDX-License-Identifier: Apache-2.0
import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.recorder import MigrationRecorder

from pilothouse.foundation.core.health import missing_migrations, unknown_migrations

pytestmark = pytest.mark.django_db


def test_names_of_files_tell_what_djangos_loader_tells():
    loader = MigrationExecutor(connection).loader
    targets = loader.graph.leaf_nodes()

    assert not any(row.replaces for row in loader.disk_migrations.values())
    assert missing_migrations() == len(MigrationExecutor(connection).migration_plan(targets)) == 0
    assert unknown_migrations() == []


def test_what_is_not_applied_is_missing_and_what_is_not_here_is_unknown():
    recorder = MigrationRecorder(connection)
    applied = next(key for key in recorder.applied_migrations() if key[0] == "projects")
    recorder.record_unapplied(*applied)
    recorder.record_applied("projects", "9999_from_the_future")
    recorder.record_applied("of_another_program", "0001_initial")

    assert missing_migrations() == 1
    assert unknown_migrations() == ["projects.9999_from_the_future"]
