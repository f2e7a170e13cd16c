# SPDX-License-Identifier: Apache-2.0
"""A sandbox from the making to the adoption in a real browser, while the plan moves on."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from browsing import PHONE
from pilothouse.delivery.planning.models import Sandbox, Task
from pilothouse.delivery.planning.services import add_person, edit_plan, make_sandbox
from schedule_screen import Screen


def live(plan, name):
    return Task.objects.get(plan__project=plan, name=name).duration_minutes // 480


def test_a_sandbox_is_made_tried_compared_and_adopted(visitor, port, plan):
    piet = visitor()
    page = piet.sign_in("piet@example.org")
    page.goto(f"/plans/{plan.pk}/")
    page.get_by_role("link", name="Sandboxes").click()
    page.get_by_role("link", name="Make a sandbox").click()
    page.get_by_label("Name").fill("Second crew")
    page.get_by_role("button", name="Make a sandbox").click()

    screen = Screen(page)
    expect(page.locator("ph-schedule[ready]")).to_be_visible()
    screen.choose("Pour", "duration").type("1d")
    expect(screen.cell("Cure", "finish")).to_have_text("23 Mar 26")
    assert live(plan, "Pour") == 3

    page.get_by_role("link", name="Compare", exact=True).click()
    row = page.locator(".ph-aside-sums tbody tr").first
    expect(row).to_contain_text("25 Mar 2026")
    expect(row).to_contain_text("23 Mar 2026")
    expect(row).to_contain_text("−2.0 d")

    edit_plan(
        actor=port.piet.actor(),
        project=plan,
        steps=[
            {"do": "set", "uid": 3, "field": "duration", "value": "5d"},
            {"do": "set", "uid": 2, "field": "name", "value": "Dredge deep"},
        ],
    )
    page.get_by_role("link", name="Adopt").first.click()
    expect(page.get_by_text("The plan moved on since this sandbox was made")).to_be_visible()
    page.get_by_label("Why").fill("The board agreed")
    with piet.watch.refusal(409):
        page.get_by_role("button", name="Adopt").click()
    expect(page.get_by_role("alert")).to_contain_text("both changed 1 value")
    assert live(plan, "Pour") == 5
    expect(page.get_by_label("Why")).to_have_value("The board agreed")
    page.get_by_label("Sandbox: 1d").check()
    page.get_by_role("button", name="Adopt").click()

    expect(page.get_by_text("‘Second crew’ is adopted")).to_be_visible()
    assert live(plan, "Pour") == 1
    assert live(plan, "Dredge deep") == 5
    assert Sandbox.objects.get().state == "adopted"


def test_a_sandbox_is_thrown_away_on_a_phone(visitor, port, plan):
    page = visitor().sign_in("piet@example.org")
    page.set_viewport_size(PHONE)
    page.goto(f"/plans/{plan.pk}/sandboxes/make/")
    page.get_by_label("Name").fill("Dead end")
    page.get_by_role("button", name="Make a sandbox").click()
    expect(page.locator("ph-schedule[ready]")).to_be_visible()
    page.goto(f"/plans/{plan.pk}/sandboxes/")
    page.get_by_role("link", name="Throw away Dead end").click()
    page.get_by_label("Why").fill("It gains nothing")
    page.get_by_role("button", name="Throw the sandbox away").click()

    expect(page.get_by_role("heading", name="Closed")).to_be_visible()
    expect(page.get_by_text("It gains nothing")).to_be_visible()
    assert not Task.objects.filter(plan__sandbox__isnull=False).exists()


def test_a_plan_is_levelled_crashed_and_fast_tracked(visitor, port, plan):
    here = {"actor": port.piet.actor(), "project": plan}
    add_person(**here, person=port.tess, version=None)
    staff = [{"do": "assign", "uid": uid, "resource": 1} for uid in (2, 3)]
    edit_plan(**here, steps=[*staff, {"do": "unlink", "predecessor": 2, "successor": 3}])
    page = visitor().sign_in("piet@example.org")

    page.goto(f"/plans/{plan.pk}/schedule/")
    page.get_by_role("link", name="Level resources").click()
    expect(page.get_by_role("row", name=re.compile("Dredge"))).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Resources levelled: 1 tasks moved.")).to_be_visible()
    assert Task.objects.get(plan__project=plan, name="Dredge").leveling_delay_minutes == 3 * 1440

    sandbox = make_sandbox(**here, name="Faster")
    page.goto(f"/plans/{plan.pk}/sandboxes/{sandbox.pk}/crash/")
    page.get_by_label("Cost of a day less of Cure").fill("1,200.50")
    page.get_by_label("Days that Cure can lose at most").fill("4")
    page.get_by_label("Working days to gain").fill("3")
    page.get_by_role("button", name="Propose").click()
    expect(page.get_by_text("3,601.50").first).to_be_visible()
    page.get_by_role("button", name="Accept").click()
    expect(page.get_by_text("Tasks crashed")).to_be_visible()
    cure = Task.objects.get(plan__sandbox=sandbox, name="Cure")
    assert (cure.duration_minutes, str(cure.cost)) == (7 * 480, "3601.50")

    page.get_by_role("link", name="Fast-track").click()
    page.get_by_role("checkbox", name="Cure overlaps Pour: SS").check()
    page.get_by_role("button", name="Accept the chosen ones").click()
    expect(page.get_by_text("Tasks fast-tracked")).to_be_visible()


def test_a_template_is_kept_and_a_plan_begun_from_it(visitor, port, plan):
    ada = visitor().sign_in("ada@example.org")
    ada.goto(f"/plans/{plan.pk}/templates/")
    ada.get_by_role("link", name="Keep a template").click()
    ada.get_by_label("Name").fill("Quay works")
    ada.get_by_role("button", name="Keep a template").click()
    expect(ada.get_by_role("row", name=re.compile("Dredge"))).to_be_visible()

    page = visitor().sign_in("piet@example.org")
    page.goto(f"/plans/{plan.pk}/templates/")
    page.get_by_role("link", name="Quay works").click()
    page.get_by_role("link", name="Put into the plan").click()
    page.get_by_label("Start").fill("2026-08-03")
    page.get_by_label("Below the row").select_option(label="1.1 Dredge")
    page.get_by_role("button", name="Put the template into the plan").click()
    expect(page.locator("ph-schedule[ready]")).to_be_visible()
    expect(Screen(page).row("Dredge")).to_have_count(2)


def test_notes_are_written_in_a_sandbox_and_leave_the_plan_as_it_is(visitor, port, plan):
    here = {"actor": port.piet.actor(), "project": plan}
    edit_plan(**here, steps=[{"do": "set", "uid": 3, "field": "notes", "value": "By pump"}])
    sandbox = make_sandbox(**here, name="Barges")
    page = visitor().sign_in("piet@example.org")
    page.goto(f"/plans/{plan.pk}/sandboxes/{sandbox.pk}/")
    expect(page.locator("ph-schedule[ready]")).to_be_visible()
    screen = Screen(page)
    screen.choose("Pour").press("Control+Enter")
    notes = page.get_by_role("textbox", name="Notes")
    expect(notes).to_have_value("By pump")

    notes.fill("By barge")
    page.get_by_role("textbox", name="Duration").focus()
    expect(screen.status).to_contain_text("notes")
    kept = Task.objects.filter(uid=3, plan__project=plan) | Task.objects.filter(
        uid=3, plan__sandbox=sandbox
    )
    assert {(row.plan.sandbox_id, row.notes) for row in kept} == {
        (None, "By pump"),
        (sandbox.pk, "By barge"),
    }
