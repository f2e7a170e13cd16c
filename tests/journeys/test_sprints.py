# SPDX-License-Identifier: Apache-2.0
"""A team works in sprints: from the first line of its backlog to a closed sprint."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from browsing import axe_faults
from cast import Cast
from pilothouse.delivery.agile.models import BacklogItem, Sprint
from pilothouse.delivery.agile.tests.team import lay_plan


@pytest.fixture(scope="module")
def planned(port) -> Cast:
    """Harbour has a plan with the milestone “Go live”."""
    lay_plan(port.harbour)
    return port


def order(page: Page) -> list[str]:
    return page.locator("tbody th a").all_inner_texts()


def judge(page: Page) -> None:
    """Axe finds nothing, by day and by night."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe_faults(page) == []
    page.emulate_media(color_scheme="light")


def test_from_the_first_line_to_a_closed_sprint(axe_windows, planned):
    window = axe_windows()
    page, keys = window.sign_in("piet@example.org"), window.page.keyboard
    project = planned.harbour.pk
    page.goto(f"/agile/{project}/")
    page.get_by_role("link", name="Work in sprints").click()
    page.get_by_role("button", name="Work in sprints").click()

    page.get_by_label("New item").fill("Show the quay (5)")
    keys.press("Enter")
    expect(page.get_by_text("1 item is added.")).to_be_visible()
    page.get_by_role("link", name="Add many").click()
    page.get_by_label("Items needed").fill("- bug: It flickers (3)\n- Lights by night (8)")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_text("2 items are added.")).to_be_visible()
    judge(page)

    # By keyboard: the focus stays on the row that moves.
    up = page.get_by_role("button", name="Move HARB-3 up")
    up.focus()
    keys.press("Enter")
    expect(page.locator("tbody th a").nth(1)).to_have_text("Lights by night")
    expect(page.get_by_role("button", name="Move HARB-3 up")).to_be_focused()
    keys.press("Alt+ArrowUp")
    expect(page.locator("tbody th a").nth(0)).to_have_text("Lights by night")
    # By dragging.
    rows = page.locator("tbody tr")
    rows.nth(2).drag_to(rows.nth(0), target_position={"x": 200, "y": 3})
    expect(page.locator("tbody th a").nth(0)).to_have_text("It flickers")
    assert order(page) == ["It flickers", "Lights by night", "Show the quay"]
    page.reload()
    assert order(page) == ["It flickers", "Lights by night", "Show the quay"]

    page.get_by_role("navigation", name="Pages of the backlog").get_by_text("Sprints").click()
    page.get_by_role("link", name="Plan a sprint").first.click()
    page.get_by_label("Goal").fill("Ships see the quay")
    page.get_by_role("button", name="Plan a sprint").click()
    page.get_by_role("link", name="To the backlog").click()
    for name in ("Tick HARB-1", "Tick HARB-2"):
        page.get_by_label(name).check()
    page.locator("#bulk").get_by_label("sprint as it is").select_option("Sprint 1")
    page.get_by_role("button", name="Change").click()
    expect(page.get_by_text("2 items are changed.")).to_be_visible()
    page.get_by_role("link", name="Sprint 1").first.click()
    page.get_by_role("button", name="Start the sprint").click()
    expect(page.get_by_text("‘Sprint 1’ runs: 8 points are committed.")).to_be_visible()
    judge(page)

    page.get_by_role("button", name="Move HARB-2 to In progress").focus()
    keys.press("Enter")
    done = page.locator("[data-state=done]")
    moving = page.locator("[data-state=in_progress] .ph-ag-card")
    expect(moving).to_have_count(1)
    moving.drag_to(done)
    expect(done.locator(".ph-ag-card")).to_have_count(1)
    expect(done).to_contain_text("It flickers")
    assert BacklogItem.objects.get(number=2).state == "done"

    page.get_by_role("link", name="Close the sprint").click()
    expect(page.get_by_text("1 items are not done.")).to_be_visible()
    page.get_by_role("button", name="Close the sprint").click()
    expect(page.get_by_text("3 points completed, 8 were committed")).to_be_visible()
    expect(page.get_by_text("Back to the backlog").last).to_be_visible()
    judge(page)
    sprint = Sprint.objects.get()
    assert (sprint.committed, sprint.completed) == (8, 3)
