# SPDX-License-Identifier: Apache-2.0
"""docs/reference/api.md says for each page by which operation the API does the same, or why not."""

from __future__ import annotations

import re
from collections import Counter

from sources import ROOT
from walking import addresses, operations

PAGE = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
NAME = re.compile(r"`([\w:-]+)`")


def cells(heading: str) -> list[list[str]]:
    """The rows of the table below a heading, without its head."""
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in part.splitlines() if line.startswith("|")]
    return rows[2:]


DONE = cells("What the pages do, and by which operation")
ALONE = cells("In the browser only")
APART = cells("By the API only")


def test_every_operation_stands_in_the_table_and_no_other():
    named = {name for row in DONE for name in NAME.findall(row[2])}
    apart = {name for row in APART for name in NAME.findall(row[0])}
    assert named & apart == set()
    named |= apart
    known = {name.removeprefix("api:") for name in operations()}

    assert known - named == set(), "say in docs/reference/api.md which page does the same"
    assert named - known == set(), "docs/reference/api.md names operations that do not exist"


def test_every_page_stands_in_one_of_the_tables_once():
    named = [name for row in DONE for name in NAME.findall(row[1])]
    named += [name for row in ALONE for name in NAME.findall(row[0])]
    known = set(addresses())

    assert known - set(named) == set(), "say in docs/reference/api.md by which operation"
    assert set(named) - known == set(), "docs/reference/api.md names pages that do not exist"
    assert [name for name, count in Counter(named).items() if count > 1] == []


def test_every_row_says_what_it_is_about():
    assert [row for row in DONE if len(row) != 3 or not all(row)] == []
    assert [row for row in ALONE + APART if len(row) != 2 or not all(row)] == []
