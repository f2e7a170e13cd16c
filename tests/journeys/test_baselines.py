# SPDX-License-Identifier: Apache-2.0
"""What was promised: taken by the manager, approved by the sponsor, held against the plan."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from browsing import PHONE
from pilothouse.delivery.planning.models import PlanBaseline
from schedule_screen import Screen


def take(page: Page, project: int, kind: str, name: str, why: str = "", change: str = "") -> None:
    page.goto(f"/plans/{project}/baselines/")
    page.get_by_role("link", name="Take a baseline").first.click()
    page.get_by_label("Kind").select_option(kind)
    page.get_by_label("Name").fill(name)
    page.get_by_label("Why").fill(why)
    page.get_by_label("Change request or exception plan").fill(change)
    page.get_by_role("button", name="Take a baseline").click()


def approve(page: Page, project: int, name: str) -> None:
    page.goto(f"/plans/{project}/baselines/")
    page.get_by_role("link", name="Approve", exact=True).click()
    page.get_by_label("Note").fill("As agreed")
    page.get_by_role("button", name="Approve").click()
    expect(page.get_by_text(f"‘{name}’ counts from now on.")).to_be_visible()


def said(page: Page, figure: str, value: str) -> None:
    """A figure of the head of a page, whose explanation is folded."""
    named = re.compile(rf"^\s*{figure}\b")
    box = page.locator(".ph-base-head > div", has=page.locator("dt", has_text=named))
    expect(box.locator("dd")).to_have_text(re.compile(rf"^\s*{re.escape(value)}"))


def line(page: Page, name: str) -> list[str]:
    row = page.locator(".ph-base-lines tbody tr", has=page.locator("th", has_text=name))
    return [cell.strip() for cell in row.locator("td").all_inner_texts()]


def test_a_promise_is_taken_approved_by_another_and_held_against_the_plan(visitor, plan):
    piet, sam = visitor(), visitor()
    page, sponsor = piet.sign_in("piet@example.org"), sam.sign_in("sam@example.org")
    take(page, plan.pk, "first", "Gate 3")
    expect(page.get_by_text("‘Gate 3’ is kept and waits for approval.")).to_be_visible()
    expect(page.get_by_role("link", name="Approve")).to_have_count(0)
    baseline = PlanBaseline.objects.get()
    with piet.watch.refusal(403):
        page.goto(f"/plans/{plan.pk}/baselines/{baseline.pk}/approve/")
    baseline.refresh_from_db()
    assert (baseline.state, baseline.is_pmb) == ("proposed", False)
    approve(sponsor, plan.pk, "Gate 3")
    baseline.refresh_from_db()
    assert (baseline.number, baseline.state, baseline.is_pmb) == (0, "approved", True)

    screen = Screen(page).open(plan.pk)
    expect(screen.cell("Cure", "finishVariance")).to_have_text("0")
    screen.choose("Dredge", "duration").type("7d")
    for name in ("Quay", "Dredge", "Pour", "Cure"):
        expect(screen.cell(name, "finishVariance")).to_have_text("2")
    fresh = page.get_by_role("textbox", name="Add a task at the end")
    fresh.fill("Survey")
    fresh.press("Enter")
    expect(screen.cell("Survey", "finishVariance")).to_have_text("")
    page.get_by_role("combobox", name="Show").select_option("Without baseline")
    expect(screen.row("Survey")).to_be_visible()
    expect(screen.row("Pour")).to_have_count(0)

    page.goto(f"/plans/{plan.pk}/baselines/compare/")
    said(page, "Finish moved", "+2.0 d")
    said(page, "Tasks later", "3 of 4")
    said(page, "Unbaselined", "1")
    assert line(page, "Dredge")[:7] == [
        *("2 Mar 2026", "6 Mar 2026", "2 Mar 2026", "10 Mar 2026"),
        *("0.0", "+2.0", "+2.0"),
    ]
    assert line(page, "Cure")[:7] == [
        *("12 Mar 2026", "25 Mar 2026", "16 Mar 2026", "27 Mar 2026"),
        *("+2.0", "+2.0", "0.0"),
    ]
    page.get_by_role("link", name="New 1").click()
    row = page.locator(".ph-base-lines tbody tr", has_text="Survey")
    expect(row.locator(".ph-tag")).to_have_text("new")
    expect(page.locator(".ph-base-lines")).not_to_contain_text("Dredge")


def test_a_replan_needs_a_reason_and_leaves_the_first_promise_where_it_is(visitor, plan):
    piet = visitor()
    page, sponsor = piet.sign_in("piet@example.org"), visitor().sign_in("sam@example.org")
    if not PlanBaseline.objects.exists():
        take(page, plan.pk, "first", "Gate 3")
        approve(sponsor, plan.pk, "Gate 3")
    screen = Screen(page).open(plan.pk)
    screen.choose("Dredge", "duration").type("7d")
    with piet.watch.refusal(422):
        take(page, plan.pk, "replan", "After the piles")
        expect(page.locator("[aria-invalid=true]").first).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("After the piles")
    take(page, plan.pk, "replan", "After the piles", "Old timber in the bed", "CR-7")
    approve(sponsor, plan.pk, "After the piles")

    screen.open(plan.pk)
    expect(screen.cell("Cure", "finishVariance")).to_have_text("0")
    screen.choose("Pour", "duration").type("4d")
    expect(screen.cell("Cure", "finishVariance")).to_have_text("1")
    expect(screen.cell("Dredge", "finishVariance")).to_have_text("0")
    page.goto(f"/plans/{plan.pk}/baselines/")
    said(page, "Promised finish", "27 Mar 2026")
    said(page, "Against what counts", "+1.0 d")
    said(page, "Against the original promise", "+3.0 d")

    take(page, plan.pk, "rebaseline", "New start", "The old one says nothing", "EX-1")
    approve(sponsor, plan.pk, "New start")
    page.goto(f"/plans/{plan.pk}/baselines/")
    said(page, "Against what counts", "0.0 d")
    said(page, "Against the original promise", "+3.0 d")
    original = page.locator(".ph-base-table tbody tr", has_text="0 · Gate 3")
    expect(original).to_contain_text("original promise")
    expect(original).to_contain_text("25 Mar 2026")

    page.goto(f"/plans/{plan.pk}/baselines/compare/")
    page.get_by_label("Left: what was promised").select_option(label="0 · Gate 3 – superseded")
    page.get_by_label("Right: what it is held against").select_option(
        label="1 · After the piles – superseded"
    )
    page.get_by_role("button", name="Compare").click()
    said(page, "Finish moved", "+2.0 d")
    assert line(page, "Cure")[1:4:2] == ["25 Mar 2026", "27 Mar 2026"]
    page.set_viewport_size(PHONE)
