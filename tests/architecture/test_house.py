# SPDX-License-Identifier: Apache-2.0
"""The floors, the table of reactions, migrations, and the table of jobs."""

from __future__ import annotations

import configparser
import dataclasses
import importlib
import re
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from sources import ROOT, modules

from pilothouse.config.schedule import SCHEDULE
from pilothouse.reactions import TABLE


def test_all_imports_go_downhill():
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [str(command), "--no-logo", ".importlinter"], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stdout[-4000:]


def test_every_app_has_a_floor():
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layers = contracts["importlinter:contract:floors"]["layers"]
    floors = set(re.findall(r"pilothouse[\w.]*", layers))
    installed = {config.name for config in apps.get_app_configs()}
    ours = {name for name in installed if name.startswith("pilothouse.")}

    without = {name for name in ours if name not in floors and name.rsplit(".", 1)[0] not in floors}

    assert without == set()


def test_every_folder_with_an_app_is_installed():
    there = {module.name.removesuffix(".apps") for module in modules() if module.room == "apps"}

    assert there - set(settings.INSTALLED_APPS) == set()


def test_every_event_stands_in_the_table_of_reactions():
    events = set()
    for module in modules():
        if module.room != "events" or module.app == "foundation.core":
            continue
        loaded = importlib.import_module(module.name)
        events |= {
            value
            for value in vars(loaded).values()
            if isinstance(value, type)
            and dataclasses.is_dataclass(value)
            and value.__module__ == module.name
        }

    assert {event.__name__ for event in events - set(TABLE)} == set()


def test_events_are_frozen_and_in_the_past_tense():
    wrong = [
        event.__name__
        for event in TABLE
        if not event.__dataclass_params__.frozen or not event.__name__.endswith(("ed", "en", "nt"))
    ]

    assert wrong == []


def test_no_migration_is_missing(db):
    told = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=told)
    except SystemExit:
        pytest.fail(told.getvalue())


def test_migrations_are_named_for_their_purpose():
    nameless = [
        str(path.relative_to(ROOT))
        for path in (ROOT / "src").rglob("migrations/0*.py")
        if re.search(r"_auto_|_alter_\w+_and_more|\d{4}_\d{8}", path.stem)
    ]

    assert nameless == []


def test_every_periodic_job_is_one_that_exists():
    assert [entry.name for entry in SCHEDULE.periodic if entry.name not in SCHEDULE.handlers] == []


def test_jobs_are_named_after_their_app_and_live_in_tasks():
    wrong = [
        name
        for name, handler in SCHEDULE.handlers.items()
        if not handler.__module__.endswith(f".{name.split('.')[0]}.tasks")
    ]

    assert wrong == []


def test_there_is_no_default_account(db, django_user_model):
    assert django_user_model.objects.count() == 0
