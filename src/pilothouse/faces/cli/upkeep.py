# SPDX-License-Identifier: Apache-2.0
"""Keeping an installation up to date."""

from __future__ import annotations

import argparse

from django.core.management import call_command

from pilothouse.direction.performance.services import refresh_all
from pilothouse.faces.cli.background import warm_in_background
from pilothouse.faces.cli.doctor import knock
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.errors import Invalid
from pilothouse.foundation.core.health import unknown_migrations


def migrate() -> None:
    """Bring the database to the state this version needs; a newer one's is left alone."""
    knock()
    if unknown := unknown_migrations():
        raise Invalid(
            "cli.newer",
            f"A newer version has used this database ({unknown[0]} is not known here). "
            "Install that version, or restore the backup made before it.",
        )
    call_command("migrate", interactive=False, verbosity=0)


def collect_static() -> None:
    """Put the files of the pages where they are served from."""
    call_command("collectstatic", interactive=False, verbosity=0)


def run_migrate(options: argparse.Namespace) -> int:
    migrate()
    collect_static()
    print("The database and the static files are up to date.")
    warm_in_background()
    return 0


def run_refresh(options: argparse.Namespace) -> int:
    count = refresh_all(today=clock.today())
    print(f"Health is computed for {count} open project{'' if count == 1 else 's'}.")
    return 0
