# SPDX-License-Identifier: Apache-2.0
"""``pilothouse retention``: apply the rules of every office now, or tell what would go."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from pilothouse.faces.cli.output import print_json, print_table
from pilothouse.foundation.core import clock
from pilothouse.foundation.core.actor import Actor
from pilothouse.foundation.core.dates import written
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.retention.kinds import term
from pilothouse.retention.models import Kind
from pilothouse.retention.queries import Outlook, RuleLine, rule_lines
from pilothouse.retention.rules import visible_offices
from pilothouse.retention.services import apply_rules

SCHEMA = "pilothouse.retention/1"


def run_retention(options: argparse.Namespace) -> int:
    """Print one line for each office and kind of data of which something goes or would go."""
    if options.dry_run:
        _tell(options.json)
    else:
        _apply(options.json)
    return 0


def _ruled() -> Iterator[tuple[OrgUnit, RuleLine, Outlook]]:
    today = clock.today()
    for office in visible_offices(Actor.system("command")):
        for line in rule_lines(office, today):
            if line.outlook is not None:
                yield office, line, line.outlook


def _tell(as_json: bool) -> None:
    found = list(_ruled())
    if as_json:
        rows = [
            {
                "office": office.code,
                "data": line.about.kind.value,
                "keep_months": line.keep_months,
                "before": look.first.isoformat(),
                "goes": look.goes,
                "held": look.held,
            }
            for office, line, look in found
        ]
        print_json(SCHEMA, {"applied": False, "rows": rows})
    elif found:
        print_table(
            ("Office", "Data", "Kept", "Before", "Would go", "Held"),
            [
                (
                    office.name,
                    str(line.about.kind.label),
                    term(line.keep_months),
                    written(look.first),
                    str(look.goes),
                    str(look.held),
                )
                for office, line, look in found
            ],
        )
    else:
        print("No office has a rule; everything is kept for ever.")


def _apply(as_json: bool) -> None:
    done = apply_rules(today=clock.today())
    gone = [(row.office, Kind(kind), number) for row in done for kind, number in row.counts.items()]
    if as_json:
        rows = [
            {"office": office.code, "data": kind.value, "gone": number}
            for office, kind, number in gone
        ]
        print_json(SCHEMA, {"applied": True, "rows": rows})
    elif gone:
        print_table(
            ("Office", "Data", "Gone"),
            [(office.name, str(kind.label), str(number)) for office, kind, number in gone],
        )
    else:
        print("Nothing is older than the rules of the offices keep, but for what is held.")
