# SPDX-License-Identifier: Apache-2.0
"""``pilothouse parts``: what this version is made of, for who has to account for it."""

from __future__ import annotations

import argparse

from pilothouse.faces.cli.output import print_table
from pilothouse.foundation.core.parts import list_text, parts


def run_parts(options: argparse.Namespace) -> int:
    """Print the parts with their licences, or the list itself."""
    if options.json:
        print(list_text(), end="")
        return 0
    print_table(
        ("Part", "Version", "Licence", "What for"),
        [(part.name, part.version, part.licence, part.why) for part in parts()],
    )
    return 0
