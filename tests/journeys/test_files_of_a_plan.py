# SPDX-License-Identifier: Apache-2.0
"""Files in and out of a plan, and its calendars, in a browser: looked at first, then accepted."""

from __future__ import annotations

from io import BytesIO

import pytest
from playwright.sync_api import Page, expect

from cast import Cast
from pilothouse.delivery.planning.models import ProjectPlan
from pilothouse.delivery.planning.services import delete_plan, import_plan
from pilothouse.delivery.planning.tests.files import QUAY
from schedule_screen import Screen

LIST = "Work package,Dauer,Anfang\nQuay wall,,\n  Dredge,8 Tage,02.03.2026\n  Survey,1d,\n"


@pytest.fixture
def planned(port: Cast):
    """Harbour with a plan of five tasks, as long as the test lasts."""
    actor = port.piet.actor()
    import_plan(
        actor=actor, project=port.harbour, source=BytesIO(QUAY.encode()), file_name="quay.xml"
    )
    yield port.harbour
    if ProjectPlan.objects.filter(project=port.harbour).exists():
        delete_plan(actor=actor, project=port.harbour, reason="The test is over")


def send(page: Page, project: int, name: str, text: str) -> None:
    page.goto(f"/plans/{project}/import/")
    file = {"name": name, "mimeType": "text/plain", "buffer": text.encode()}
    page.locator("input[type=file]").set_input_files(file)
    page.get_by_role("button", name="Upload and look").click()


def test_an_updated_file_is_looked_at_and_accepted(planned, visitor):
    page = visitor().sign_in("piet@example.org")

    send(page, planned.pk, "later.xml", QUAY.replace("Drive piles", "Drive the piles"))

    expect(page.get_by_role("heading", level=1, name="What the file changes")).to_be_visible()
    row = page.locator("tbody tr", has_text="Drive the piles")
    expect(row.locator("del")).to_have_text("Drive piles")
    page.get_by_role("link", name="Dates that move").click()
    expect(page.get_by_text("Nothing of this kind changes.")).to_be_visible()
    page.get_by_role("button", name="Accept and replace the plan").click()
    expect(page.get_by_text("The plan has 5 tasks and is scheduled.")).to_be_visible()


def test_columns_of_a_spreadsheet_are_said_once(planned, visitor):
    page = visitor().sign_in("piet@example.org")

    send(page, planned.pk, "list.csv", LIST)
    expect(page.get_by_text("say which column holds the names of the tasks")).to_be_visible()
    page.get_by_label("Work package").select_option("name")
    page.get_by_role("button", name="Read the rows").click()

    expect(page.locator("tbody tr", has_text="Dredge").locator("ins").first).to_have_text("8d")
    page.get_by_role("button", name="Leave the file").click()
    expect(page.get_by_text("The file is left; the plan is as it was.")).to_be_visible()


def test_a_holiday_moves_the_plan_and_is_taken_back(planned, visitor):
    page = visitor().sign_in("piet@example.org")

    page.goto(f"/plans/{planned.pk}/calendars/")
    page.get_by_role("link", name="Standard", exact=True).click()
    page.locator("[name=exceptions]").fill("2026-03-04 to 2026-03-05 Storm")
    page.get_by_role("button", name="Save and schedule").click()

    expect(page.get_by_text("4 tasks moved; the plan finishes on 16 Mar 2026.")).to_be_visible()
    Screen(page).open(planned.pk)
    version = page.locator("[data-fact=version]")
    before = int(version.inner_text())
    page.get_by_role("button", name="Undo").click()
    expect(version).to_have_text(str(before + 1))
    page.goto(f"/plans/{planned.pk}/calendars/1/?month=2026-03")
    expect(page.locator("main")).not_to_contain_text("Storm")


def test_calendars_of_an_open_screen_follow_what_happens_to_them(planned, visitor):
    page = visitor().sign_in("piet@example.org")
    screen = Screen(page).open(planned.pk)
    other = page.context.new_page()
    other.goto(f"/plans/{planned.pk}/calendars/new/")
    other.get_by_label("Name").fill("Nights")
    other.get_by_role("button", name="Save and schedule").click()
    other.close()
    screen.choose("Dredge").press("Control+Enter")
    choices = page.get_by_role("dialog").get_by_label("Calendar", exact=True)
    expect(choices).to_contain_text("Nights")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="Undo").click()
    expect(screen.status).not_to_have_text("Saving…")
    screen.choose("Dredge").press("Control+Enter")
    expect(choices).not_to_contain_text("Nights")


def test_a_calendar_elsewhere_reads_the_link_without_sign_in(planned, visitor):
    page = visitor().sign_in("piet@example.org")
    page.goto(f"/plans/{planned.pk}/calendar/")

    page.get_by_role("button", name="Make a link").click()
    address = page.locator("input[type=url]").input_value()

    answer = visitor().page.request.get(address)
    assert answer.status == 200
    assert "SUMMARY:◆ Quay ready" in answer.text()
