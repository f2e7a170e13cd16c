# SPDX-License-Identifier: Apache-2.0
"""``pilothouse audit``: where the chain over the audit trail ends, and whether it is whole."""

from __future__ import annotations

import argparse
import sys
from dataclasses import asdict

from django.db import DatabaseError

from pilothouse.faces.cli.output import print_json
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.trail.contents import Head
from pilothouse.foundation.core.trail.services import accept_trail, current_head
from pilothouse.foundation.core.trail.verifying import Finding, KeptHead, Verification

WHOLE, CHANGED, NOT_LOOKED = 0, 1, 2


def run_audit(options: argparse.Namespace) -> int:
    return {"head": run_head, "verify": run_verify, "accept": run_accept}[options.kind](options)


def run_head(options: argparse.Namespace) -> int:
    """Print position and seal of the end, to be kept where no operator of the database gets."""
    print(current_head())
    return 0


def run_verify(options: argparse.Namespace) -> int:
    """Walk the whole chain and name every place that is not as it was sealed."""
    given = [KeptHead("--head", Head("", position, seal)) for position, seal in options.head]
    verification = Verification(given)
    found: list[Finding] = []
    number = 0
    try:
        for finding in verification.findings():
            number += 1
            if options.json:
                found.append(finding)
            else:
                print(finding.says)
    except (DatabaseError, OSError) as error:
        why = " ".join(str(error).split())
        print(f"pilothouse audit verify: the trail cannot be looked at ({why}).", file=sys.stderr)
        return NOT_LOOKED
    end = verification.end
    if options.json:
        document = {
            "events": verification.events,
            "retired": verification.retired,
            "head": None if end is None else str(end).encode("ascii", "replace").decode(),
            "findings": [asdict(row) for row in found],
        }
        print_json("pilothouse.audit/1", document)
    elif number:
        places = "one place" if number == 1 else f"{number} places"
        print(f"The audit trail is not as it was sealed: {places}.")
    elif end is None:
        print("Nothing is recorded yet.")
    else:
        print(
            f"The audit trail is whole: {verification.events} events, and the seals of "
            f"{verification.retired} that have retired. It ends at {end}."
        )
    return CHANGED if number else WHOLE


def run_accept(options: argparse.Namespace) -> int:
    """Go on from where the trail ends, after a backup was restored."""
    accept_trail(actor=Actor.system("audit accept"), reason=options.reason)
    print(f"The trail goes on at {current_head()}; that is kept here from now on.")
    return 0
