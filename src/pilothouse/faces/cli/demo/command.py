# SPDX-License-Identifier: Apache-2.0
"""Loading the demo once, throwing it away, and saying how to sign in."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from django.conf import settings
from django.core.management import call_command

from pilothouse.engine._compile import run_uncompiled
from pilothouse.faces.cli.demo import living, real
from pilothouse.faces.cli.demo.people import LOG_INS, PASSWORD
from pilothouse.faces.cli.serving import is_free, serve
from pilothouse.faces.cli.upkeep import collect_static, migrate
from pilothouse.foundation.accounts.models import User
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.jobs import recorded, was_done
from pilothouse.foundation.core.models import JobRun
from pilothouse.foundation.core.trail import heads

PARTS: tuple[tuple[str, Callable[[date], str]], ...] = (
    ("the real office", real.load),
    ("the living office", living.load),
)
"""What is loaded, in order; each part says in a sentence what it brought."""

MARK = "demo.load"


def run_demo(options: argparse.Namespace) -> int:
    """Bring the database up to date, load what is missing, then serve if asked."""
    if options.serve and not is_free(options.host, options.port):
        return 1
    if options.serve:
        # The process that loads goes on to serve, without the compiler (docs/adr/0014).
        run_uncompiled()
    Path(settings.PILOTHOUSE_DATA_DIR).mkdir(parents=True, exist_ok=True)
    migrate()
    if User.objects.exists() and not is_demo():
        print(
            "demo: this database holds accounts that are not the demo's, so it is left alone. "
            "Name another folder (PILOTHOUSE_DATA) or database (PILOTHOUSE_DATABASE).",
            file=sys.stderr,
        )
        return 1
    if options.reset:
        call_command("flush", interactive=False, verbosity=0)
        heads.forget()
        migrate()
    load()
    collect_static()
    if not options.serve:
        print_log_ins("")
        return 0
    print_log_ins(f"http://{options.host}:{options.port}")
    return serve(options.host, options.port, quiet=True)


def is_demo() -> bool:
    """Whether this database was filled by this command, wholly or in part."""
    return JobRun.objects.filter(name__startswith=MARK).exists()


def load() -> None:
    """Load every part that is not there yet; a part is loaded wholly or not at all."""
    for name, part in PARTS:
        mark = f"{MARK}: {name}"
        if was_done(mark):
            continue
        print(f"Loading {name} …", flush=True)
        started = time.monotonic()
        with recorded(mark) as run:
            run.detail = part(clock.today())
        print(f"  {run.detail} ({time.monotonic() - started:.0f} s)", flush=True)


def print_log_ins(address: str) -> None:
    """Where it is and who may enter. These accounts exist in the demo only."""
    width = max(len(email) for email, _ in LOG_INS)
    print()
    if address:
        print(f"  Pilothouse is at {address}   (Ctrl-C stops it)")
    print(f"  Sign in with the password {PASSWORD} as")
    for email, what in LOG_INS:
        print(f"    {email:<{width}}  {what}")
    print(flush=True)
