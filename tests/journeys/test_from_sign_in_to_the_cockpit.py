# SPDX-License-Identifier: Apache-2.0
"""The journey of the whole product: three people, one browser, from the door to the mended line."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from cast import SYSTEM, Cast, appoint, person
from pilothouse.delivery.planning.tests.files import document, link, task
from pilothouse.exchange.services import load_years, shipped_files, source_file
from pilothouse.foundation.access.matrix import Role
from pilothouse.foundation.organisation.models import OrgUnit
from pilothouse.foundation.organisation.queries import unit_scopes

DUE = "<Deadline>2026-03-06T17:00:00</Deadline>"
LATE = document(
    task(1, "Quay wall", hours=64)
    + task(2, "Dredge", 2, 40, start="2026-03-02T08:00:00", finish="2026-03-06T17:00:00")
    + task(
        3,
        "Drive piles",
        2,
        24,
        link(2, lag=4800) + DUE,
        start="2026-03-09T08:00:00",
        finish="2026-03-11T17:00:00",
    )
    + task(4, "Survey", 2, 8, start="2026-03-02T08:00:00", finish="2026-03-02T17:00:00")
)
"""Dredge five days, a day of lag the file forgets, piles due before they can be driven."""


@pytest.fixture(scope="module")
def two_offices(port: Cast) -> Cast:
    """The port, and the UK's published years 2019 and 2020 with Grace at their head."""
    files = [source_file(path) for path in shipped_files() if re.search("2019|2020", path.name)]
    load_years(actor=SYSTEM, files=files, today=date(2026, 11, 25))
    office = OrgUnit.objects.get(code="UKGOV")
    scopes = unit_scopes(office)
    appoint(person("Grace Example"), Role.DIR, ("org_unit", office.pk), office.pk, scopes)
    return port


def leave_by_the_door(page: Page) -> None:
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_from_the_door_to_the_mended_line(two_offices, visitor):
    window = visitor()

    look_at_2019(window.sign_in("grace@example.org"))
    leave_by_the_door(window.page)

    bring_in_the_plan(window.sign_in("piet@example.org"))
    leave_by_the_door(window.page)

    find_what_is_late(window.sign_in("ada@example.org"))


def look_at_2019(page: Page) -> None:
    """The list and a project of it as they stood at the end of 2019, and back to today."""
    expect(page.get_by_role("heading", level=1, name="Projects")).to_be_visible()
    page.locator("summary", has_text="As of today").click()
    page.get_by_label("Another day").fill("2019-12-31")
    page.locator("form", has=page.get_by_label("Another day")).get_by_role("button").click()

    expect(page.get_by_text("Everything on this page is shown as it stood on")).to_contain_text(
        "31 Dec 2019"
    )
    # 125 projects were published for September 2019.
    expect(page.locator(".ph-pf-figures dd").first).to_contain_text("125")
    project = page.locator("tbody th a").first
    name = project.inner_text()
    project.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    expect(page.get_by_label("As of")).to_have_value("2019-12-31")
    expect(page.get_by_text("This is the project as it was known on 31 Dec 2019")).to_be_visible()


def bring_in_the_plan(page: Page) -> None:
    """Upload the plan, see what came over, and the critical path with its reasons."""
    page.get_by_role("link", name="Harbour", exact=True).click()
    page.get_by_role("link", name="Import a plan").click()
    page.locator("input[type=file]").set_input_files(
        {"name": "quay.xml", "mimeType": "application/xml", "buffer": LATE.encode()}
    )
    page.get_by_role("button", name="Upload and schedule").click()

    expect(page.get_by_role("status")).to_contain_text("The plan has 4 tasks and is scheduled")
    differing = page.get_by_role("region", name="Dates that differ from the file")
    expect(differing.locator("tbody tr")).to_have_count(1)
    expect(differing.get_by_role("row", name="Drive piles")).to_contain_text("12 Mar 2026")

    page.get_by_role("link", name="Table", exact=True).click()
    page.get_by_role("navigation", name="Show").get_by_role("link", name="Critical").click()
    path = page.locator("table.ph-plan tbody th[scope=row] a")
    expect(path).to_have_text(["Quay wall", "Dredge", "Drive piles"])
    path.last.click()
    chain = page.get_by_role("region", name="The chain of reasons")
    expect(chain.get_by_role("listitem")).to_contain_text(["Drive piles", "Dredge"])


def find_what_is_late(page: Page) -> None:
    """The cockpit names the late plan; its line leads to the late tasks."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Cockpit").click()
    line = page.locator(".ph-breach", has_text="1 task beyond its deadline")
    expect(line).to_contain_text("3 late tasks")
    expect(line).to_contain_text("Piet Example")
    line.get_by_role("link", name="Late tasks").click()

    expect(page).to_have_url(re.compile(r"/plans/\d+/\?only=late$"))
    expect(page.locator("table.ph-plan tbody th[scope=row] a")).to_have_text(
        ["Dredge", "Drive piles", "Survey"]
    )
