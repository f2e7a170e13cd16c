# SPDX-License-Identifier: Apache-2.0
"""Showing the scanner what came in before there was one, and what waits for it."""

from __future__ import annotations

import argparse
import sys

from django.utils import timezone

from pilothouse.exchange.services import scan_stored
from pilothouse.faces.cli.main import FAILED, OK
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.jobs import recorded
from pilothouse.foundation.scanning.services import look_at_held


def run_scan(options: argparse.Namespace) -> int:
    """Name each stored file in which something was found; 1 for any, or one too large."""
    with recorded("scanning.stored") as run:
        told = scan_stored(actor=Actor.system("scan"))
        run.detail = f"{told.seen} stored files were looked at, {len(told.found)} refused."
    print(run.detail)
    for said in told.found:
        print(said, file=sys.stderr)
    for said in told.too_large:
        print(f"{said}: larger than the scanner takes, not looked at.", file=sys.stderr)
    print(look_at_held(timezone.now()).sentence)
    return FAILED if told.found or told.too_large else OK
