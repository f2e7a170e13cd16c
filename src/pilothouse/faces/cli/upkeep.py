# SPDX-License-Identifier: Apache-2.0
"""Keeping an installation up to date."""

from __future__ import annotations

import argparse

from django.core.management import call_command
from django.utils import timezone

from pilothouse.direction.performance.services import refresh_all


def migrate() -> None:
    """Bring the database to the state this version needs."""
    call_command("migrate", interactive=False, verbosity=0)


def collect_static() -> None:
    """Put the files of the pages where they are served from."""
    call_command("collectstatic", interactive=False, verbosity=0)


def run_migrate(options: argparse.Namespace) -> int:
    migrate()
    collect_static()
    print("The database and the static files are up to date.")
    return 0


def run_refresh(options: argparse.Namespace) -> int:
    count = refresh_all(today=timezone.localdate())
    print(f"Health is computed for {count} open project{'' if count == 1 else 's'}.")
    return 0
