# SPDX-License-Identifier: Apache-2.0
"""The schedule screen in a real browser: typed, pasted, dragged, refused, and seen by others."""

from __future__ import annotations

import re
from datetime import date

import pytest
from playwright.sync_api import expect

from browsing import AXE, PHONE, axe_faults
from cast import SYSTEM, make_project
from pilothouse.delivery.dependencies.models import PlanDependency
from pilothouse.delivery.dependencies.rules import Side
from pilothouse.delivery.dependencies.services import Proposal, propose_dependency
from pilothouse.delivery.planning.models import ProjectPlan, Task, TaskLink
from pilothouse.delivery.planning.services import (
    Asked,
    approve_baseline,
    begin_plan,
    delete_plan,
    edit_plan,
    import_plan,
    take_baseline,
)
from pilothouse.delivery.projects.models import Project
from pilothouse.foundation.organisation.models import CustomField
from pilothouse.foundation.organisation.services import save_custom_field
from schedule_screen import Screen


def test_a_plan_is_made_from_nothing_by_typing_and_pasting(visitor, port, no_plan):
    page = visitor().sign_in("piet@example.org")
    page.goto(f"/plans/{port.harbour.pk}/schedule/")
    page.get_by_role("link", name="Begin a plan").click()
    page.get_by_label("Start of the project").fill("2026-03-02")
    page.get_by_role("button", name="Begin a plan").click()
    screen = Screen(page)
    expect(page.get_by_text("The plan has no tasks yet. Type the first one below")).to_be_visible()

    fresh = page.get_by_role("textbox", name="Add a task at the end")
    for name in ("Dredge", "Pour", "Open"):
        fresh.fill(name)
        fresh.press("Enter")
        expect(screen.row(name)).to_be_visible()
    expect(page.get_by_text("The plan has no tasks yet.")).to_be_hidden()

    screen.choose("Dredge", "duration")
    page.evaluate(
        """([text]) => { const data = new DataTransfer(); data.setData("text/plain", text);
        document.querySelector("[role=treegrid]").dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: data, bubbles: true})); }""",
        ["5d\n3d\n0d"],
    )
    expect(screen.cell("Pour", "duration")).to_have_text("3d")
    page.evaluate(
        """([text]) => { const data = new DataTransfer(); data.setData("text/plain", text);
        document.querySelector("#ph-s-new input").dispatchEvent(
            new ClipboardEvent("paste", {clipboardData: data, bubbles: true})); }""",
        ["Paint\t2d\nHand over\t0d\n"],
    )
    expect(screen.cell("Paint", "duration")).to_have_text("2d")
    expect(screen.cell("Hand over", "duration")).to_have_text("0d")
    screen.settled().press("Control+z")
    expect(screen.row("Paint")).to_have_count(0)
    screen.choose("Pour", "predecessors").type("1").choose("Open", "predecessors")
    screen.type("2FS+1d")

    expect(screen.cell("Open", "finish")).to_have_text("12 Mar 26")
    expect(screen.cell("Open", "float")).to_have_text("0")
    found = Task.objects.order_by("position").values_list("name", "duration_minutes", "milestone")
    assert list(found) == [("Dredge", 2400, False), ("Pour", 1440, False), ("Open", 0, True)]
    assert ProjectPlan.objects.get().finish.date() == date(2026, 3, 12)


def test_everything_is_done_by_keyboard_and_said_to_who_does_not_see(visitor, plan):
    page = visitor().sign_in("piet@example.org")
    screen = Screen(page).open(plan.pk)
    screen.grid.focus()
    active = screen.grid.get_attribute

    screen.press("Control+Home").press("ArrowRight").press("ArrowDown")
    assert active("aria-activedescendant") == "ph-c-2-duration"
    screen.type("8d")
    expect(screen.status).to_contain_text("4 tasks moved")
    expect(screen.status).to_contain_text("finishes on 30 Mar 26 instead of 25 Mar 26")
    assert active("aria-activedescendant") == "ph-c-3-duration"
    page.locator("#ph-s-why-moved summary").click()
    moved = page.locator("#ph-s-moves")
    expect(moved).to_contain_text("Pour 9 Mar 26 – 11 Mar 26 → 12 Mar 26 – 16 Mar 26. Starts when")
    screen.keys.press("Escape")

    screen.grid.focus()
    screen.press("Control+z")
    expect(screen.cell("Dredge", "duration")).to_have_text("5d")
    screen.press("Control+y")
    expect(screen.cell("Dredge", "duration")).to_have_text("8d")

    screen.press("ArrowLeft").press("Insert")
    expect(screen.row("New task")).to_be_visible()
    screen.type("Inspect")
    expect(screen.row("Inspect")).to_be_visible()
    screen.press("ArrowUp").press("Control+]")
    expect(screen.row("Inspect")).to_have_attribute("aria-level", "3")
    expect(screen.row("Pour")).to_have_attribute("aria-expanded", "true")
    screen.press("Control+[").press("Alt+ArrowUp")
    expect(screen.row("Inspect")).to_have_attribute("aria-rowindex", "4")
    screen.press("Control+Delete")
    expect(screen.row("Inspect")).to_have_count(0)
    assert screen.names() == ["Quay", "Dredge", "Pour", "Cure"]

    screen.choose("Quay").press("Control+ArrowLeft")
    expect(screen.row("Cure")).to_have_count(0)
    screen.press("Control+ArrowRight")
    expect(screen.row("Cure")).to_be_visible()
    screen.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_be_visible()


def test_what_cannot_be_is_refused_at_the_cell_and_nothing_is_lost(visitor, plan):
    guest = visitor()
    page = guest.sign_in("piet@example.org")
    screen = Screen(page).open(plan.pk)
    why = page.get_by_role("alert").filter(visible=True)

    for key, typed, said in [
        ("predecessors", "99", "names row 99, but the plan has rows 1 to 4"),
        ("predecessors", "4", "‘Cure’"),
        ("duration", "-3d", "‘-3d’ is no duration"),
    ]:
        with guest.watch.refusal(422):
            screen.choose("Dredge", key).type(typed)
            expect(why.first).to_contain_text(said)
        field = screen.cell("Dredge", key).get_by_role("textbox")
        expect(field).to_be_focused()
        expect(field).to_have_value(typed)
        screen.keys.press("Escape")
    for key, typed, said in [
        ("start", "soon", "“soon” is no date"),
        ("start", "31.2.2026", "is no date"),
        ("percent", "120", "no percentage between 0 and 100"),
        ("people", "Nobody", "“Nobody” is no resource of this plan"),
    ]:
        screen.choose("Dredge", key).type(typed)
        expect(why.first).to_contain_text(said)
        expect(screen.cell("Dredge", key).get_by_role("textbox")).to_have_value(typed)
        screen.keys.press("Escape")
    with guest.watch.refusal(422):
        screen.choose("Dredge", "start").type("1.1.1970")
        expect(why.first).to_contain_text("is a date from 1984 to 2100")
    screen.keys.press("Escape")
    expect(screen.cell("Dredge", "start")).to_have_text("2 Mar 26")
    assert TaskLink.objects.count() == 2


def test_bars_are_moved_stretched_and_linked_by_hand(visitor, plan):
    page = visitor().sign_in("piet@example.org")
    screen = Screen(page).open(plan.pk)
    page.get_by_role("button", name="Day", exact=True).click()
    screen.choose("Dredge")
    page.evaluate("document.querySelector('ph-schedule').actions.do('bar')")
    day = 32

    box = screen.bar("Dredge")
    middle = box["y"] + box["height"] / 2
    screen.drag((box["x"] + 30, middle), (box["x"] + 30 + day, middle), drop=False)
    expect(screen.cell("Dredge", "start")).to_have_text("2 Mar 26")
    screen.drag((box["x"] + 30, middle), (box["x"] + 30 + day, middle))
    expect(screen.cell("Dredge", "start")).to_have_text("3 Mar 26")
    expect(screen.cell("Cure", "finish")).to_have_text("26 Mar 26")

    box = screen.bar("Dredge")
    edge = box["x"] + box["width"] - 2
    screen.drag((edge, middle), (edge + day, middle))
    expect(screen.cell("Dredge", "duration")).to_have_text("6d")

    screen.press("Control+z").press("Control+z")
    expect(screen.cell("Dredge", "start")).to_have_text("2 Mar 26")
    cure = screen.bar("Cure")
    box = screen.bar("Dredge")
    page.mouse.move(box["x"] + 20, middle)
    knot = page.locator('[data-knot=f][data-uid="2"]').bounding_box()
    begin = (knot["x"] + 4, knot["y"] + 4)
    screen.drag(begin, (cure["x"] + 10, cure["y"] + 6))
    expect(screen.cell("Cure", "predecessors")).to_have_text("2; 3")
    screen.choose("Cure").press("Control+Enter")
    dialog = page.get_by_role("dialog", name="4 Cure")
    dialog.get_by_role("button", name="Remove: Waits for 2 Dredge · FS").click()
    expect(dialog.get_by_text("Waits for 2 Dredge")).to_be_hidden()
    dialog.get_by_label("Deadline").fill("20 Mar 2026")
    dialog.get_by_label("Deadline").press("Tab")
    expect(dialog.get_by_label("Deadline")).to_have_value("2026-03-20")
    dialog.get_by_label("%", exact=True).fill("300")
    dialog.get_by_label("Priority").fill("700")
    dialog.get_by_label("Priority").press("Tab")
    expect(dialog.get_by_role("alert")).to_contain_text("no percentage between 0 and 100")
    expect(dialog.get_by_label("%", exact=True)).to_have_value("300")
    dialog.get_by_label("%", exact=True).fill("0")
    dialog.get_by_label("Constraint", exact=True).select_option("Finish no later than")
    expect(dialog.get_by_label("Constraint date")).to_have_value("2026-03-25")
    dialog.get_by_role("button", name="Close").click()
    task = Task.objects.get(uid=4)
    assert (task.deadline.date(), task.constraint) == (date(2026, 3, 20), "fnlt")


def test_two_at_one_plan_see_each_other_and_lose_nothing(visitor, plan):
    mine = Screen(visitor().sign_in("piet@example.org")).open(plan.pk)
    guest = visitor()
    theirs = Screen(guest.sign_in("piet@example.org")).open(plan.pk)

    mine.choose("Dredge", "duration").type("6d")
    expect(theirs.cell("Dredge", "duration")).to_have_text("6d")
    expect(theirs.cell("Cure", "finish")).to_have_text("26 Mar 26")

    theirs.choose("Cure", "name").press("Control+Enter")
    dialog = theirs.page.get_by_role("dialog", name="4 Cure")
    dialog.get_by_label("Deadline").press_sequentially("1 Ap")
    mine.choose("Pour", "name").type("Pour slab")
    mine.choose("Pour slab", "duration").type("4d")
    expect(theirs.row("Pour slab")).to_be_visible()
    expect(dialog.get_by_label("Finish", exact=True)).to_have_value("2026-03-27")
    expect(dialog.get_by_label("Deadline")).to_have_value("1 Ap")
    expect(dialog.get_by_label("Deadline")).to_be_focused()
    dialog.get_by_label("Deadline").press_sequentially("r 2026")
    theirs.press("Tab")
    expect(mine.cell("Cure", "name")).to_be_visible()
    theirs.press("Escape")

    theirs.page.context.set_offline(True)
    theirs.choose("Pour slab", "duration").type("9d")
    expect(theirs.status).to_contain_text("The server did not answer; nothing was saved.")
    theirs.page.context.set_offline(False)
    guest.watch.faults.clear()
    field = theirs.cell("Pour slab", "duration").get_by_role("textbox")
    expect(field).to_have_value("9d")
    theirs.press("Enter")
    expect(mine.cell("Pour slab", "duration")).to_have_text("9d")


def test_a_plan_that_somebody_deletes_stays_to_be_read_and_is_edited_no_more(visitor, port, plan):
    screen = Screen(visitor().sign_in("piet@example.org")).open(plan.pk)
    row = ProjectPlan.objects.get(project=plan)

    delete_plan(actor=port.piet.actor(), project=plan, reason="Begun twice", version=row.version)
    expect(screen.status).to_contain_text("Somebody deleted this plan.")
    screen.choose("Pour", "duration").press("F2")

    expect(screen.grid.get_by_role("textbox")).to_have_count(0)


def test_answers_that_come_late_take_nothing_of_what_is_being_typed(visitor, port, plan):
    screen = Screen(visitor().sign_in("piet@example.org")).open(plan.pk)
    page = screen.page

    def hold(route) -> None:
        page.wait_for_timeout(700)
        route.continue_()

    page.route("**/plan/edits?*", hold)
    screen.choose("Dredge", "duration")
    screen.keys.type("7d")
    screen.keys.press("Enter")
    screen.keys.type("12")
    expect(screen.cell("Dredge", "duration")).to_have_text("7d")
    screen.keys.type("d")
    screen.press("Enter")
    expect(screen.cell("Pour", "duration")).to_have_text("12d")
    assert list(Task.objects.filter(uid__in=(2, 3)).values_list("duration_minutes", flat=True)) == [
        7 * 480,
        12 * 480,
    ]

    screen.choose("Cure", "name")
    screen.keys.press("Insert")
    screen.keys.type("Inspect")
    expect(page.get_by_role("textbox", name="Task: New task")).to_have_value("Inspect")
    screen.press("Enter")
    expect(screen.row("Inspect")).to_be_visible()
    expect(screen.row("Cure")).to_be_visible()


def test_whoever_was_there_first_is_not_overwritten(visitor, plan):
    mine = Screen(visitor().sign_in("piet@example.org")).open(plan.pk)
    guest = visitor()
    theirs = Screen(guest.sign_in("piet@example.org")).open(plan.pk)

    theirs.choose("Dredge", "duration")
    theirs.keys.press("F2")
    mine.choose("Dredge", "duration").type("46d")
    field = theirs.cell("Dredge", "duration").get_by_role("textbox")
    field.fill("7d")
    with guest.watch.refusal(409):
        theirs.press("Enter")
        expect(theirs.page.get_by_role("alert").filter(visible=True).first).to_contain_text(
            "Somebody changed duration of ‘Dredge’ in the meantime: 5d became 46d"
        )
    field = theirs.cell("Dredge", "duration").get_by_role("textbox")
    expect(field).to_be_focused()
    expect(field).to_have_value("7d")
    theirs.keys.press("Escape")
    expect(theirs.cell("Dredge", "duration")).to_have_text("46d")

    theirs.choose("Cure", "predecessors")
    theirs.keys.press("F2")
    theirs.cell("Cure", "predecessors").get_by_role("textbox").fill("2")
    mine.choose("Quay", "name").press("Insert").type("Fence")
    theirs.press("Enter")
    expect(theirs.cell("Cure", "predecessors")).to_have_text("3")
    assert TaskLink.objects.filter(successor_uid=4).get().predecessor_uid == 2
    mine.choose("Fence").press("Control+Delete")
    expect(theirs.row("Fence")).to_have_count(0)


def test_rows_fall_where_they_are_dropped_also_below_what_is_folded(visitor, plan):
    screen = Screen(visitor().sign_in("piet@example.org")).open(plan.pk)
    fresh = screen.page.get_by_role("textbox", name="Add a task at the end")
    fresh.fill("Fence")
    fresh.press("Enter")
    expect(screen.row("Fence")).to_be_visible()
    screen.choose("Fence").press("Control+[")
    fresh.fill("Gate")
    fresh.press("Enter")
    expect(screen.row("Gate")).to_be_visible()
    screen.choose("Quay").press("Control+ArrowLeft")
    number = screen.cell("Gate", "number").bounding_box()
    below = screen.cell("Fence", "number").bounding_box()
    x = number["x"] + 20
    screen.drag((x, number["y"] + 10), (x, below["y"] + 2))

    expect(screen.cell("Gate", "number")).to_have_text("5")
    levels = Task.objects.order_by("position").values_list("name", "outline_level")
    assert list(levels) == [
        ("Quay", 1),
        ("Dredge", 2),
        ("Pour", 2),
        ("Cure", 2),
        ("Gate", 1),
        ("Fence", 1),
    ]


def test_the_look_of_the_screen_goes_with_the_person(visitor, plan):
    page = visitor().sign_in("piet@example.org")
    screen = Screen(page).open(plan.pk)
    page.get_by_role("button", name="Choose columns").click()
    dialog = page.get_by_role("dialog", name="Columns")
    dialog.get_by_role("checkbox", name="Deadline").check()
    dialog.get_by_role("checkbox", name="Predecessors").uncheck()
    dialog.get_by_role("button", name="Further up: Duration").click()
    dialog.get_by_role("button", name="Show these").click()
    with page.expect_response(re.compile("/plans/look/")):
        page.get_by_role("button", name="Month", exact=True).click()

    screen.open(plan.pk)
    heads = page.get_by_role("columnheader").all_inner_texts()
    assert heads[:3] == ["#", "Duration", "Task"]
    assert "Deadline" in heads
    assert "Predecessors" not in heads
    month = page.get_by_role("button", name="Month", exact=True)
    expect(month).to_have_attribute("aria-pressed", "true")


def test_fields_of_the_office_are_columns_and_typed_in_their_kind(visitor, port, plan):
    for label, kind in (("Crew", "text"), ("Permit", "choice")):
        save_custom_field(
            actor=port.ada.actor(),
            office=port.office,
            field=None,
            label=label,
            kind=kind,
            choices=["asked", "granted"],
            of=CustomField.Of.TASK,
        )
    screen = Screen(visitor().sign_in("piet@example.org")).open(plan.pk)
    screen.page.get_by_role("button", name="Choose columns").click()
    for label in ("Crew", "Permit"):
        screen.page.get_by_role("checkbox", name=label).check()
    screen.page.get_by_role("button", name="Show these").click()

    screen.choose("Pour", "own:crew").type("Night")
    expect(screen.cell("Pour", "own:crew")).to_have_text("Night")
    screen.choose("Pour").press("Control+Enter")
    dialog = screen.page.get_by_role("dialog", name="3 Pour")
    dialog.get_by_label("Permit").select_option("granted")
    expect(screen.cell("Pour", "own:permit")).to_have_text("granted")

    assert Task.objects.get(name="Pour").custom == {"crew": "Night", "permit": "granted"}


def test_a_task_is_measured_by_steps_that_are_ticked(visitor, plan):
    window = visitor()
    screen = Screen(window.sign_in("piet@example.org")).open(plan.pk)
    screen.choose("Dredge").press("Control+Enter")
    dialog = screen.page.get_by_role("dialog", name="2 Dredge")
    field = dialog.get_by_label("Steps", exact=True)

    field.fill("Sound; Dig [3]")
    field.press("Enter")
    expect(dialog.get_by_label("Dig")).to_be_visible()
    dialog.get_by_label("Percent of").select_option("steps")
    expect(dialog.get_by_label("Physical %")).to_have_value("0")
    dialog.get_by_label("Dig").check()

    expect(dialog.get_by_label("Physical %")).to_have_value("75")
    expect(field).to_have_value("Sound; x Dig [3]")
    assert Task.objects.get(uid=2).physical_percent == 75
    # Two ticks before the first answer: neither is lost.
    screen.page.route(
        "**/plan/edits?*", lambda route: (screen.page.wait_for_timeout(300), route.continue_())
    )
    dialog.get_by_label("Sound").click()
    dialog.get_by_label("Dig").click()
    screen.page.unroute_all(behavior="wait")
    expect(field).to_have_value("x Sound; Dig [3]")
    with window.watch.refusal(422):
        field.fill("Sound [0]")
        field.press("Enter")
        expect(dialog.get_by_role("alert")).to_contain_text("weigh more than 0")


def test_who_may_only_read_edits_nothing(visitor, plan):
    page = visitor().sign_in("sam@example.org")
    screen = Screen(page).open(plan.pk)

    screen.choose("Dredge", "duration").press("9")
    expect(screen.cell("Dredge", "duration").get_by_role("textbox")).to_have_count(0)
    expect(page.get_by_role("button", name="Undo")).to_have_count(0)
    expect(page.get_by_role("textbox", name="Add a task at the end")).to_have_count(0)
    screen.press("Control+Enter")
    dialog = page.get_by_role("dialog", name="2 Dredge")
    expect(dialog.get_by_label("Duration")).to_be_disabled()


def test_the_screen_is_accessible_by_day_by_night_and_on_a_phone(visitor, plan):
    window = visitor()
    window.context.add_init_script(path=AXE)
    page = window.sign_in("piet@example.org")
    screen = Screen(page).open(plan.pk)

    def judge() -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            assert axe_faults(page) == []

    screen.choose("Pour", "duration")
    judge()
    screen.press("F2")
    judge()
    screen.keys.press("Escape")
    screen.press("Control+Enter")
    judge()
    screen.keys.press("Escape")
    page.get_by_role("button", name="Choose columns").click()
    judge()
    screen.keys.press("Escape")
    page.set_viewport_size(PHONE)
    judge()


def test_the_chart_draws_what_was_promised_before_and_what_counts_now(visitor, port, plan):
    for asked in (Asked("first", "Gate 3"), Asked("replan", "Old piles", "Timber", "CR-7")):
        taken = take_baseline(actor=port.piet.actor(), project=plan, asked=asked)
        approve_baseline(actor=port.sam.actor(), baseline=taken, version=taken.version)
        step = {"do": "set", "uid": 2, "field": "duration", "value": "9d"}
        edit_plan(actor=port.piet.actor(), project=plan, steps=[step])
    page = visitor().sign_in("piet@example.org")
    Screen(page).open(plan.pk)
    drawn = page.locator(".ph-s-base").filter(visible=True)
    before = page.locator(".ph-s-base-1")
    expect(drawn).to_have_count(4)

    page.get_by_text("Baselines", exact=True).last.click()
    page.get_by_label("0 · Gate 3").check()
    expect(before).to_have_count(4)
    page.get_by_label("1 · Old piles").uncheck()
    expect(drawn).to_have_count(4)
    page.get_by_label("0 · Gate 3").uncheck()
    expect(before).to_have_count(0)


def test_an_own_edit_that_others_built_on_is_passed_over(visitor, port, plan):
    window = visitor()
    screen = Screen(window.sign_in("piet@example.org")).open(plan.pk)
    page = screen.page
    screen.choose("Pour", "duration").type("4d")
    screen.choose("Dredge", "duration").type("6d")
    edit_plan(
        actor=SYSTEM,
        project=plan,
        steps=[{"do": "set", "uid": 2, "field": "duration", "value": "7d"}],
    )
    expect(screen.cell("Dredge", "duration")).to_have_text("7d")
    offer = page.get_by_role("button", name="Pass this edit over")
    expect(offer).to_be_hidden()

    with window.watch.refusal(409):
        screen.press("Control+z")
        expect(screen.status).to_have_attribute("role", "alert")
    offer.click()
    expect(screen.status).to_contain_text("‘‘Dredge’: duration’ stays as it is")
    expect(offer).to_be_hidden()

    screen.press("Control+z")
    expect(screen.cell("Pour", "duration")).to_have_text("3d")
    expect(screen.cell("Dredge", "duration")).to_have_text("7d")


def test_columns_are_widened_by_keys_and_by_number(visitor, plan):
    page = visitor().sign_in("piet@example.org")
    screen = Screen(page).open(plan.pk)
    head = page.get_by_role("columnheader", name="Duration")
    screen.choose("Pour", "duration")
    before = round(head.bounding_box()["width"])

    for _ in range(3):
        screen.press("Control+Shift+ArrowRight")
    screen.press("Control+Shift+ArrowLeft")
    expect(screen.status).to_have_text(f"Duration is {before + 32} points wide.")
    assert round(head.bounding_box()["width"]) == before + 32

    page.get_by_role("button", name="Choose columns").click()
    width = page.get_by_label("Width of Duration in points")
    expect(width).to_have_value(str(before + 32))
    width.fill("7")
    page.get_by_role("button", name="Show these").click()
    expect(width).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    assert round(head.bounding_box()["width"]) == before + 32
    page.get_by_role("button", name="Choose columns").click()
    width.fill("120")
    # The look that the keys left may be sent only now; the one with the number is waited for.
    with page.expect_response(lambda answer: "120" in (answer.request.post_data or "")):
        page.get_by_role("button", name="Show these").click()
    screen.open(plan.pk)
    assert round(head.bounding_box()["width"]) == 120


def test_figures_of_the_head_open_their_explanation(visitor, plan):
    page = visitor().sign_in("tess@example.org")
    screen = Screen(page).open(plan.pk)

    page.get_by_text("Critical tasks How is this computed?").click()
    expect(page.get_by_text("a day lost there moves the finish")).to_be_visible()
    page.get_by_role("button", name="Show these tasks").click()
    expect(page.get_by_role("combobox", name="Show")).to_have_value("critical")
    expect(screen.row("Cure")).to_be_visible()
    page.get_by_text("Computed finish How is this computed?").click()
    page.get_by_role("link", name="Cure").click()
    expect(page).to_have_url(re.compile("/tasks/4/why/"))


def test_notes_of_a_task_are_kept_and_held_against_what_others_wrote(visitor, port, plan):
    window = visitor()
    screen = Screen(window.sign_in("piet@example.org")).open(plan.pk)
    page = screen.page
    screen.choose("Pour").press("Control+Enter")
    notes = page.get_by_role("textbox", name="Notes")
    expect(notes).to_be_enabled()

    notes.fill("Pump from the\nwest side <b>")
    page.get_by_role("textbox", name="Duration").focus()
    expect(screen.status).to_contain_text("notes")
    assert Task.objects.get(uid=3).notes == "Pump from the\nwest side <b>"
    notes.fill("Pump from the east side")
    page.get_by_role("textbox", name="Duration").focus()
    expect(screen.status).not_to_have_text("Saving…")

    notes.press("End")
    notes.press("!")
    edit_plan(
        actor=SYSTEM,
        project=plan,
        steps=[{"do": "set", "uid": 3, "field": "notes", "value": "By barge"}],
    )
    with window.watch.refusal(409):
        page.get_by_role("textbox", name="Duration").focus()
        expect(notes).to_have_attribute("aria-invalid", "true")
    expect(notes).to_have_value("Pump from the east side!")
    assert Task.objects.get(uid=3).notes == "By barge"


@pytest.fixture
def bound(port, plan):
    """The dredging waits for rails, and gives its spoil to a project that Sam may not know of."""
    bonds = []
    for code, name in (("RAIL", "Rail sidings"), ("VAULT", "Vault")):
        other = Project.objects.filter(code=code).first()
        if other is None:
            other = make_project(port.portfolio, code, name, state="executing")
        begin_plan(actor=SYSTEM, project=other, start=date(2026, 3, 2))
        step = {"do": "add", "after": None, "tasks": [{"name": "Lay", "duration": "10d"}]}
        edit_plan(actor=SYSTEM, project=other, steps=[step])
        if code == "VAULT":
            Project.objects.filter(pk=other.pk).update(classification="confidential")
        ends = (other, 1, plan, 2) if code == "RAIL" else (plan, 2, other, 1)
        proposal = Proposal(*ends, f"{name} <done>", date(2026, 3, 6))
        bonds.append(propose_dependency(actor=SYSTEM, proposal=proposal, side=Side.GIVER))
    yield bonds
    PlanDependency.objects.all().delete()
    for row in ProjectPlan.objects.exclude(project=plan):
        delete_plan(actor=SYSTEM, project=row.project, reason="Over", version=row.version)


def test_other_projects_stand_to_the_task_that_they_are_bound_to(visitor, bound, plan):
    page = visitor().sign_in("ada@example.org")
    screen = Screen(page).open(plan.pk)
    ghosts = page.locator(".ph-s-ghost")
    rail = (
        "RAIL ‘Lay’ gives ‘Rail sidings <done>’ to this task · forecast 13 Mar 26 · "
        "promised 13 Mar 26 · needed 6 Mar 26 · slack −5 working days"
    )

    expect(ghosts).to_have_count(2)
    expect(screen.row("Dredge").locator(".ph-s-bond-red")).to_have_attribute(
        "title", re.compile(re.escape(rail))
    )
    ghosts.first.locator("path").last.hover()
    expect(page.locator(".ph-s-tip")).to_have_text(rail)
    page.get_by_role("combobox", name="Show").select_option("Bound to other projects")
    expect(screen.row("Pour")).to_have_count(0)
    screen.choose("Dredge").press("Control+Enter")
    page.get_by_role("link", name=rail).click()
    expect(page).to_have_url(re.compile(f"/dependencies/{bound[0].pk}/"))


def test_a_dependency_without_a_task_stands_at_the_axis_and_below_the_chart(visitor, bound, plan):
    loose = Proposal(bound[0].giver, 1, plan, None, "Spare rails", date(2026, 3, 20))
    row = propose_dependency(actor=SYSTEM, proposal=loose, side=Side.GIVER)
    page = visitor().sign_in("ada@example.org")
    screen = Screen(page).open(plan.pk)
    told = (
        "RAIL ‘Lay’ gives ‘Spare rails’; no task waits for it yet · forecast 13 Mar 26 · "
        "promised 13 Mar 26 · needed 20 Mar 26 · slack 5 working days"
    )
    flag = page.locator(f'.ph-s-axis [data-bond="{row.pk}"]')

    expect(page.locator(".ph-s-ghost-line").first).to_be_attached()
    flag.locator("path").hover()
    expect(page.locator(".ph-s-tip")).to_have_text(told)
    edit_plan(actor=SYSTEM, project=plan, steps=[{"do": "delete", "uids": [2]}])
    expect(screen.row("Dredge")).to_have_count(0)
    page.get_by_text("Other projects, no task yet: 3").click()
    page.get_by_role("link", name=told).click()
    expect(page).to_have_url(re.compile(f"/dependencies/{row.pk}/"))


def test_of_a_project_that_is_not_seen_no_more_is_told_than_elsewhere(visitor, bound, plan):
    page = visitor().sign_in("sam@example.org")
    screen = Screen(page).open(plan.pk)
    marked = screen.row("Dredge").locator(".ph-s-bond")

    expect(marked).to_have_attribute("title", re.compile("RAIL gives ‘Rail sidings <done>’"))
    expect(marked).to_have_attribute("title", re.compile("to a project that you may not see"))
    for hidden in ("VAULT", "Lay"):
        assert hidden not in page.content()


def test_who_may_not_see_dependencies_sees_the_plan_without(visitor, bound, plan):
    screen = Screen(visitor().sign_in("femi@example.org")).open(plan.pk)

    expect(screen.row("Dredge")).to_be_visible()
    expect(screen.page.locator(".ph-s-ghost, .ph-s-bond")).to_have_count(0)


REAL = {
    "task-links-project2016-mspdi.xml": 16,
    "sample1.xml": 22,
    "mspditimephased.xml": 40,
}


@pytest.mark.shared_data
@pytest.mark.parametrize("name", REAL)
def test_a_real_plan_is_opened_and_edited_and_taken_back(visitor, port, no_plan, shared_data, name):
    actor = port.piet.actor()
    with (shared_data / "msproject" / "mspdi" / name).open("rb") as source:
        import_plan(actor=actor, project=port.harbour, source=source, file_name=name)
    before = list(Task.objects.order_by("position").values_list("uid", "start", "finish"))
    screen = Screen(visitor().sign_in("piet@example.org")).open(port.harbour.pk)
    page = screen.page

    uid = Task.objects.filter(summary=False, actual_start=None, active=True).first().uid
    page.goto(f"/plans/{port.harbour.pk}/schedule/?task={uid}")
    expect(page.locator("ph-schedule[ready]")).to_be_visible()
    page.locator(f"#ph-c-{uid}-duration").click()
    screen.type("17d")
    expect(page.locator(f"#ph-c-{uid}-duration")).to_have_text("17d")
    expect(screen.status).to_contain_text("duration")
    per_day = ProjectPlan.objects.get(project=port.harbour).minutes_per_day
    assert Task.objects.get(uid=uid).duration_minutes == 17 * per_day
    screen.press("Control+z")
    after = list(Task.objects.order_by("position").values_list("uid", "start", "finish"))
    assert after == before
    assert len(after) == REAL[name]
