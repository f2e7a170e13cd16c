# SPDX-License-Identifier: Apache-2.0
"""docs/house/security.md names tests that exist, and leaves no requirement without one."""

from __future__ import annotations

import re

from sources import ROOT

PAGE = (ROOT / "docs" / "house" / "security.md").read_text(encoding="utf-8")
MET = [
    line.strip("| ").split(" | ")
    for line in PAGE.split("## Met\n")[1].split("\n## ")[0].splitlines()
    if line.startswith("| ")
][2:]


def test_every_test_that_is_named_exists():
    there = {
        name
        for folder in ("src", "tests")
        for path in (ROOT / folder).rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M)
    }
    named = set(re.findall(r"`(test_\w+)`", PAGE))

    assert named - there == set()


def test_every_requirement_is_shown_by_a_test():
    assert [row[0] for row in MET if len(row) != 3 or "`test_" not in row[2]] == []
    assert all(re.fullmatch(r"[\d.]+(?:(?:, | to )[\d.]+)*", row[0]) for row in MET)
