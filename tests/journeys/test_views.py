# SPDX-License-Identifier: Apache-2.0
"""The plan seen otherwise: cards moved by keys and by dragging, drawings taken along."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from browsing import axe_faults
from cast import Cast
from pilothouse.delivery.planning.models import Task
from pilothouse.delivery.planning.services import set_board_limit
from pilothouse.delivery.progress.tests.harbour import lay_plan
from pilothouse.foundation.core import clock


@pytest.fixture(scope="module")
def planned(port) -> Cast:
    """Harbour has a plan around today."""
    lay_plan(port, clock.today())
    return port


@pytest.fixture
def view(axe_windows, planned):
    """``view("board")`` opens a page of the plan as its manager."""
    window = axe_windows()
    page = window.sign_in("piet@example.org")

    def opened(name: str, query: str = "") -> Page:
        page.goto(f"/plans/{planned.harbour.pk}/{name}/{query}")
        return page

    opened.window = window
    return opened


def judge(page: Page) -> None:
    """Axe finds nothing, by day and by night."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe_faults(page) == []
    page.emulate_media(color_scheme="light")


def card(page: Page, name: str):
    return page.locator(f'[data-uid][data-name="{name}"]')


def column(page: Page, key: str):
    return page.locator(f'[data-column="{key}"]')


def test_a_card_is_moved_by_keys_alone(view):
    page = view("board", "?by=priority")
    judge(page)
    keys = page.keyboard

    card(page, "Pour").focus()
    keys.press("Space")
    expect(page.get_by_role("status")).to_contain_text("Pour is lifted")
    keys.press("ArrowLeft")
    expect(page.get_by_role("status")).to_contain_text("It would go to High")
    keys.press("Escape")
    expect(page.get_by_role("status")).to_contain_text("Pour stays in Normal")

    keys.press("Space")
    keys.press("ArrowLeft")
    keys.press("Space")
    expect(column(page, "high").locator("[data-uid]")).to_have_count(1)
    expect(page.get_by_role("status")).to_contain_text("‘Pour’ lies in ‘High")
    expect(card(page, "Pour")).to_be_focused()
    assert Task.objects.get(name="Pour").priority == 700


def test_a_card_is_dragged_and_a_refusal_says_why(view):
    page = view("board")

    with view.window.watch.refusal(422):
        card(page, "Paint").drag_to(column(page, "complete"))
        expect(page.locator("#board-said[data-refused]")).to_contain_text("really began")
    card(page, "Cure").drag_to(column(page, "late"))
    expect(page.locator("#board-said")).to_contain_text("cannot be moved there")
    assert Task.objects.get(name="Paint").actual_start is None


def test_a_full_column_asks_before_it_takes_more(view, planned):
    set_board_limit(
        actor=planned.piet.actor(),
        project=planned.harbour,
        field="priority",
        column="low",
        most=1,
    )
    page = view("board", "?by=priority")
    answers = [False, True]
    asked = []

    def answer(dialog):
        asked.append(dialog.message)
        dialog.accept() if answers.pop(0) else dialog.dismiss()

    page.on("dialog", answer)

    card(page, "Dredge").drag_to(column(page, "low"))
    expect(column(page, "low").locator("[data-uid]")).to_have_count(1)
    card(page, "Cure").drag_to(column(page, "low"))
    expect(column(page, "low").locator("[data-uid]")).to_have_count(1)
    card(page, "Cure").drag_to(column(page, "low"))
    expect(column(page, "low").locator("[data-uid]")).to_have_count(2)
    expect(column(page, "low")).to_contain_text("over the limit")
    assert len(asked) == 2
    assert "should hold at most 1" in asked[0]
    judge(page)


def test_a_roadmap_is_taken_along_as_a_picture_and_fills_one_page(view):
    page = view("roadmap")
    judge(page)

    page.get_by_text("Download").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture (PNG)").click()
    saved = waiting.value.path().read_bytes()
    assert waiting.value.suggested_filename.endswith(".png")
    assert saved.startswith(b"\x89PNG")
    assert int.from_bytes(saved[16:20]) == 2 * 1180

    for paper, wide, high in (("a4", 842, 595), ("a3", 1191, 842)):
        page = view("roadmap", f"?paper={paper}")
        judge(page)
        printed = page.pdf(prefer_css_page_size=True, print_background=True)
        (box,) = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
        assert (round(float(box[0])), round(float(box[1]))) == (wide, high)
