# SPDX-License-Identifier: Apache-2.0
"""From an installation with nothing in it to the first row of the list, through the pages."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from cast import PASSWORD, SYSTEM
from pilothouse.foundation.accounts.services import create_user


@pytest.fixture
def una(house) -> None:
    """The only account of a fresh installation, as ``createadmin`` makes it."""
    create_user(
        actor=SYSTEM,
        email="una@example.org",
        full_name="Una Example",
        password=PASSWORD,
        is_system_admin=True,
    )


def test_one_person_is_led_from_nothing_to_the_first_project(una, visitor):
    page = visitor().sign_in("una@example.org")
    expect(page.get_by_role("heading", level=1)).to_have_text("Set up an office")

    page.get_by_role("link", name="Open an organisation").click()
    page.get_by_label("Name").fill("Northmouth Port")
    page.get_by_label("Code").fill("PORT")
    page.get_by_label("Currency").select_option("EUR")
    page.get_by_role("button", name="Open the organisation").click()

    page.locator("#f-person").select_option(label="Una Example (you)")
    page.get_by_label("Who decided this").fill("A one-person office")
    page.get_by_label("I am the only person of this office").check()
    page.get_by_role("button", name="Name the director").click()

    page.get_by_role("link", name="New portfolio").click()
    page.get_by_label("Name").fill("All works")
    page.get_by_label("Code").fill("ALL")
    page.get_by_role("button", name="Open the portfolio").click()

    page.goto("/register/start/")
    page.get_by_role("link", name="New project").click()
    page.locator("#f-name").fill("Quay 7")
    page.get_by_label("Code").fill("Q7")
    page.get_by_role("button", name="Enter the project").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Quay 7")

    page.goto("/register/start/")
    expect(page.get_by_text("The office is set up.")).to_be_visible()
    page.locator("main").get_by_role("link", name="Projects").click()
    expect(page.locator("tbody th")).to_contain_text("Quay 7")
