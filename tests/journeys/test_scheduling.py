# SPDX-License-Identifier: Apache-2.0
"""How a plan is scheduled, from the screen: rules, progress, reasons, quality; on real plans too."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from browsing import PHONE
from pilothouse.delivery.planning.models import ProjectPlan, Task
from pilothouse.delivery.planning.services import edit_plan, import_plan
from schedule_screen import Screen


def put(dialog, label: str, text: str) -> None:
    """Type into a field of the dialog of a task, and leave it."""
    field = dialog.get_by_label(label, exact=True)
    field.fill(text)
    field.press("Tab")


def test_rules_of_a_task_are_set_from_the_screen_and_told_in_words(visitor, port, plan):
    page = visitor().sign_in("piet@example.org")
    screen = Screen(page).open(plan.pk)
    screen.choose("Pour").press("Control+Enter")
    dialog = page.get_by_role("dialog", name="3 Pour")
    dialog.get_by_label("Constraint", exact=True).select_option("Must start on")
    put(dialog, "Constraint date", "2026-03-10")
    expect(dialog.get_by_label("Start", exact=True)).to_have_value("2026-03-10")
    dialog.get_by_label("The constraint is hard").uncheck()
    dialog.get_by_role("button", name="Close").click()
    expect(screen.cell("Pour", "start")).to_have_text("10 Mar 26")
    expect(screen.cell("Cure", "finish")).to_have_text("26 Mar 26")

    # Softly the link wins over the day, hard the day over the link.
    screen.choose("Dredge", "duration").type("8d")
    expect(screen.cell("Pour", "start")).to_have_text("12 Mar 26")
    screen.choose("Pour").press("Control+Enter")
    dialog.get_by_label("The constraint is hard").check()
    expect(dialog.get_by_label("Start", exact=True)).to_have_value("2026-03-10")
    dialog.get_by_role("button", name="Close").click()
    expect(screen.cell("Dredge", "float")).to_have_text("−2")

    screen.choose("Cure").press("Control+Enter")
    dialog = page.get_by_role("dialog", name="4 Cure")
    put(dialog, "Deadline", "24 Mar 2026")
    dialog.get_by_role("button", name="Close").click()
    page.get_by_role("combobox", name="Show").select_option("Deadline missed")
    expect(screen.row("Cure")).to_be_visible()
    expect(screen.row("Dredge")).to_have_count(0)
    screen.choose("Cure")
    page.get_by_role("button", name="Why are the dates as they are?").click()
    chain = page.locator(".ph-plan-chain").first.get_by_role("listitem")
    expect(chain).to_have_count(2)
    expect(chain.first).to_contain_text("Cure")
    expect(chain.last).to_contain_text("must start on")
    page.set_viewport_size(PHONE)


def test_progress_is_measured_and_work_is_interrupted_from_the_screen(visitor, port, plan):
    page = visitor().sign_in("piet@example.org")
    screen = Screen(page).open(plan.pk)
    screen.choose("Dredge").press("Control+Enter")
    dialog = page.get_by_role("dialog", name="2 Dredge")
    dialog.get_by_label("Percent of", exact=True).select_option("Steps")
    put(dialog, "Steps", "x Survey; Piles [3]")
    expect(dialog.get_by_label("Physical %", exact=True)).to_have_value("25")
    dialog.get_by_role("checkbox", name="Piles").check()
    expect(dialog.get_by_label("Physical %", exact=True)).to_have_value("100")
    put(dialog, "%", "40")
    put(dialog, "Interrupted", "2026-03-03 17:00")
    put(dialog, "Resumed", "2026-03-09 08:00")
    dialog.get_by_role("button", name="Close").click()

    expect(screen.cell("Dredge", "finish")).to_have_text("11 Mar 26")
    expect(screen.cell("Pour", "start")).to_have_text("12 Mar 26")
    screen.press("Control+z")
    expect(screen.cell("Dredge", "finish")).not_to_have_text("11 Mar 26")


def begun_too_early(port, plan) -> None:
    """Pour has begun although Dredge, which it waits for, is not done."""
    steps = [
        {"do": "set", "uid": 2, "field": "percent_complete", "value": "20"},
        {"do": "set", "uid": 3, "field": "actual_start", "value": "2026-03-03T08:00"},
        {"do": "set", "uid": 3, "field": "percent_complete", "value": "50"},
    ]
    edit_plan(actor=port.piet.actor(), project=plan, steps=steps)


def test_a_status_date_moves_what_is_left_by_retained_logic_or_override(visitor, port, plan):
    begun_too_early(port, plan)
    page = visitor().sign_in("piet@example.org")
    Screen(page).open(plan.pk)
    page.get_by_text("Status date How is this computed?").click()
    page.get_by_role("link", name="Set the status date").click()
    page.get_by_label("Status date").fill("2026-03-04")
    page.get_by_role("button", name="Reschedule").click()
    expect(page.get_by_text("tasks moved; the plan finishes on")).to_be_visible()

    screen = Screen(page).open(plan.pk)
    expect(page.locator("[data-fact=status]")).to_have_text("4 Mar 26")
    expect(screen.cell("Dredge", "finish")).to_have_text("10 Mar 26")
    kept = screen.cell("Pour", "finish").inner_text()
    page.get_by_text("Status date How is this computed?").click()
    page.get_by_role("link", name="Retained logic or override").click()
    page.get_by_label("Work out of sequence").select_option("Progress override")
    page.get_by_role("button", name="Save and schedule").click()
    screen.open(plan.pk)
    overridden = screen.cell("Pour", "finish").inner_text()
    assert (kept, overridden) == ("12 Mar 26", "6 Mar 26")


REAL = ["task-links-project2016-mspdi.xml", "sample1.xml", "baselines.xml"]


def read_chain(page: Page, uid: int) -> None:
    """The chain of reasons ends with what holds it; its first step is the task."""
    chain = page.locator(".ph-plan-chain").first.get_by_role("listitem")
    name = Task.objects.get(uid=uid).name
    expect(chain.first).to_contain_text(name)
    assert all(re.search(r"\.$", text.strip()) for text in chain.all_inner_texts())


@pytest.mark.shared_data
@pytest.mark.parametrize("name", REAL)
def test_a_real_plan_is_explained_and_judged(visitor, port, no_plan, shared_data, name):
    with (shared_data / "msproject" / "mspdi" / name).open("rb") as source:
        import_plan(actor=port.piet.actor(), project=port.harbour, source=source, file_name=name)
    plan = ProjectPlan.objects.get(project=port.harbour)
    page = visitor().sign_in("piet@example.org")
    last = Task.objects.filter(plan=plan, summary=False, active=True).order_by("-finish").first()
    page.goto(f"/plans/{port.harbour.pk}/schedule/?task={last.uid}")
    expect(page.locator("ph-schedule[ready]")).to_be_visible()
    page.get_by_role("button", name="Why are the dates as they are?").click()
    read_chain(page, last.uid)

    page.goto(f"/plans/{port.harbour.pk}/quality/")
    expect(page.locator("table tbody tr")).to_have_count(14)
    folds = page.locator("table details")
    folds.first.locator("summary").click()
    task = folds.first.get_by_role("link").first
    found = int(task.get_attribute("href").split("task=")[1])
    task.click()
    expect(page.locator("ph-schedule[ready]")).to_be_visible()
    grid = page.get_by_role("treegrid")
    expect(grid).to_have_attribute("aria-activedescendant", re.compile(f"^ph-c-{found}-"))
    assert date(1984, 1, 1) <= last.finish.date() <= date(2100, 1, 1)
