# SPDX-License-Identifier: Apache-2.0
"""Generated pages say what the code says; links between pages lead somewhere."""

from __future__ import annotations

import re

from sources import ROOT

import reference_pages


def test_the_generated_pages_are_up_to_date():
    assert reference_pages.outdated() == [], "run: make docs"


def test_every_link_in_the_docs_leads_to_a_file():
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text())
        if "://" not in target and not (page.parent / target).exists()
    ]

    assert broken == []


def test_every_variable_of_the_settings_is_documented():
    code = (ROOT / "src/pilothouse/config/env.py").read_text()
    read = set(re.findall(r'environ\.get\(\s*"(PILOTHOUSE_\w+)"', code))

    assert {name for name in read if name not in reference_pages.settings_page()} == set()
